// A film's shots dealt out over several devices: whoever makes them, the film is the same.
#include "job/restore.hpp"
#include "late/late_device.hpp"
#include "messages.hpp"
#include "run_program.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/restore.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace oldfilm;
using test::Scratch;
namespace fs = std::filesystem;

namespace {

/// What the stages below have seen, and what they are to do. Of the test at work.
struct Watch {
    std::atomic<std::int64_t> frames{0};     ///< through `Grain`
    std::atomic<std::int64_t> fail_at{-1};   ///< so many frames; then it fails
    std::atomic<std::int64_t> no_memory{-1}; ///< so many frames; then memory runs out, once
    std::atomic<int> stages{0};              ///< made
    std::atomic<int> fail_in_shot{-1};       ///< then it fails in this shot ...
    std::atomic<int> fail_after{0};          ///< ... after so many frames of it, and a while
    std::mutex mutex;
    std::set<std::thread::id> workers; ///< that stages worked on
    std::set<int> threads;             ///< of LibTorch's that they had
};
Watch* watch = nullptr;

/// Subtracts what the shot's first frames show on average; averages its window, within the shot.
class Grain final : public sdk::Stage, public sdk::Analysis {
  public:
    explicit Grain(const sdk::Host& host) : Stage(host) { ++watch->stages; }
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& config) override {
        config.before = 2;
        config.after = 1;
        config.edges = sdk::Edges::inside;
        config.analysis_frames = 5;
    }
    void reset() override { sum_ = count_ = here_ = 0; }
    void analyze(const sdk::FrameView& frame) override {
        sum_ += sdk::picture(frame).mean().item<double>();
        ++count_;
    }
    std::string finish_analysis() override {
        mean_ = static_cast<float>(sum_ / count_);
        return fmt::format("{{\"mean\": {:.9g}}}", mean_);
    }
    void restore_analysis(std::string_view json) override {
        mean_ = nlohmann::json::parse(json).at("mean").get<float>();
    }
    void process(const sdk::Request& request) override {
        const std::int64_t frames = ++watch->frames;
        if (frames == watch->fail_at) {
            throw sdk::Failure("this frame is too ugly");
        }
        if (frames == watch->no_memory) {
            throw sdk::Failure("no room", sdk::Status::out_of_memory);
        }
        if (request.center().shot() == watch->fail_in_shot && ++here_ > watch->fail_after) {
            std::this_thread::sleep_for(std::chrono::seconds(2));
            throw sdk::Failure("this shot is too ugly");
        }
        {
            const std::lock_guard lock(watch->mutex);
            watch->workers.insert(std::this_thread::get_id());
            watch->threads.insert(at::get_num_threads());
        }
        at::Tensor sum = sdk::picture(request.frame(0)) * 0.25;
        for (std::size_t i = 1; i < request.count(); ++i) {
            sum = sum + sdk::picture(request.frame(i)) * 0.25;
        }
        request.set_output(sdk::share(sum - 0.1 * mean_));
        const at::Tensor center = sdk::picture(request.center()).narrow(0, 0, 1);
        request.set_mask(sdk::share(center.gt(0.9).to(at::kFloat)));
    }

  private:
    double sum_ = 0, count_ = 0;
    int here_ = 0;
    float mean_ = 0;
};

/// Another rate: 25 frames a second, or 10.
template <int rate>
class Between final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& config) override {
        config.rate = {rate, 1};
    }
    void process(const sdk::Request& request) override {
        const double t = request.position();
        REQUIRE(t > 0);
        REQUIRE(t < 1);
        request.set_output(sdk::share(sdk::picture(request.frame(0)) * (1 - t) +
                                      sdk::picture(request.frame(1)) * t));
    }
};

/// Remembers four frames of the shot: a warm-up.
class Recall final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& config) override {
        config.warm_up = 3;
    }
    void reset() override { kept_.clear(); }
    void process(const sdk::Request& request) override {
        kept_.push_back(sdk::picture(request.center()).clone());
        if (kept_.size() > 4) {
            kept_.erase(kept_.begin());
        }
        request.set_output(sdk::share(at::stack(kept_).amax(0)));
    }

  private:
    std::vector<at::Tensor> kept_;
};

/// A stage that the program must not call on two threads.
class Alone final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& /*config*/) override {}
    void process(const sdk::Request& request) override { request.pass_through(); }
};

template <class Kind>
StageSpec stage(const char* name) {
    constexpr sdk::Threading threading =
        std::is_same_v<Kind, Alone> ? sdk::Threading::one_thread : sdk::Threading::per_stage;
    static const std::string id = std::string("org.oldfilm.deal-") + name;
    static const oldfilm_plugin_description* description =
        sdk::describe<Kind>({id, name, "1.0.0", "for tests", {}, threading});
    StageSpec spec;
    spec.id = name;
    spec.description = description;
    return spec;
}

using Chain = std::vector<StageSpec>;

/// Windows, analysis and masks ahead of cuts that lie off the output's grid, and memory on it.
Chain long_chain() {
    return {stage<Grain>("grain"), stage<Between<25>>("25"), stage<Recall>("memory")};
}

std::string checksums(const fs::path& film) {
    return test::run("ffmpeg -v error -i '" + film.string() +
                         "' -map 0:v -c copy -f framemd5 - | grep -v '^#'; ffmpeg -v error -i '" +
                         film.string() +
                         "' -map 0:v -fps_mode passthrough -f framemd5 - | grep -v '^#'",
                     film.parent_path())
        .out;
}

/// Everything about a restored film that must not depend on who made it.
struct Made {
    std::string film, masks, evidence; ///< packets and frames, with their times
    std::vector<std::int64_t> shots;
    std::vector<std::string> analysis;
    std::int64_t frames_in = 0, frames_out = 0;
};

void same(const Made& found, const Made& expected) {
    CHECK(found.frames_in == expected.frames_in);
    CHECK(found.frames_out == expected.frames_out);
    CHECK(found.shots == expected.shots);
    CHECK(found.analysis == expected.analysis);
    CHECK((found.film == expected.film));
    CHECK((found.masks == expected.masks));
    CHECK((found.evidence == expected.evidence));
}

struct Film : Scratch {
    Film() {
        watch = &seen;
        at::set_num_threads(1); // as many as each of several workers has
        testing::late::begin(testing::late::Order::random, 3);
        options.mask_out = (path() / "masks.mkv").string();
        options.evidence_out = (path() / "evidence.mkv").string();
        options.codec = "ffv1";
        options.overwrite = true;
        options.log = test::collect(notes);
    }
    ~Film() { watch = nullptr; }

    /// Five shots, the third longer than a segment may be, the fourth shorter than one; none begins
    /// at a whole second.
    void make(const std::string& codec = "-c:v ffv1 -pix_fmt yuv420p",
              const std::string& name = "in.mkv", const std::string& filters = "") {
        input = path() / name;
        test::ffmpeg(
            "-f lavfi -i testsrc2=size=64x48:rate=16:duration=1.1875 -f lavfi -i "
            "mandelbrot=size=64x48:rate=16 -f lavfi -i smptebars=size=64x48:rate=16 -f lavfi -i "
            "testsrc=size=64x48:rate=16 -f lavfi -i rgbtestsrc=size=64x48:rate=16 -filter_complex "
            "'[1:v]trim=duration=2.3125[b];[2:v]trim=duration=17.0625[c];[3:v]trim=duration=0.4375["
            "d];"
            "[4:v]trim=duration=3.5625[e];[0:v][b][c][d][e]concat=n=5,noise=alls=9:allf=t" +
                filters + "[v]' -map '[v]' " + codec + " " + name,
            path());
    }
    Pipeline pipeline(const std::string& device, const Chain& chain) const {
        PipelineOptions how;
        how.device = device;
        Pipeline made(how);
        for (const StageSpec& one : chain) {
            made.add(one);
        }
        return made;
    }
    RestoreResult restore(const std::string& device, const Chain& chain) {
        return oldfilm::restore(input.string(), (path() / "out.mkv").string(),
                                pipeline(device, chain), options);
    }
    /// What there is after a restoration; the files go.
    Made take(const RestoreResult& result) {
        Made made;
        made.shots = result.stats.shots;
        made.analysis = result.stats.analysis;
        std::sort(made.analysis.begin(), made.analysis.end());
        made.frames_in = result.frames_in;
        made.frames_out = result.frames_out;
        made.film = checksums(path() / "out.mkv");
        REQUIRE_FALSE(made.film.empty());
        CHECK_FALSE(has("out.mkv.oldfilm-job"));
        fs::remove(path() / "out.mkv");
        if (!options.mask_out.empty()) {
            made.masks = checksums(options.mask_out);
            REQUIRE_FALSE(made.masks.empty());
            fs::remove(options.mask_out);
        }
        made.evidence = checksums(options.evidence_out);
        REQUIRE_FALSE(made.evidence.empty());
        fs::remove(options.evidence_out);
        return made;
    }
    Made made_by(const std::string& device, const Chain& chain) {
        CAPTURE(device);
        return take(restore(device, chain));
    }

    Watch seen;
    RestoreOptions options;
    fs::path input;
    std::string notes;
};

} // namespace

TEST_CASE("a film is the same whoever made its shots") {
    Film s;
    s.make();
    const Made one = s.made_by("cpu", long_chain());
    CHECK(one.shots.size() == 5);
    CHECK(one.analysis.size() == 5);
    CHECK(one.frames_in == 393);
    CHECK(one.frames_out == 615); // 393 / 16 s at 25 frames a second
    const auto frames = s.seen.frames.load();
    CHECK(frames == 393);
    s.seen.workers.clear();
    SECTION("workers on the CPU") {
        const std::string devices = GENERATE("cpu,cpu", "cpu,cpu,cpu");
        same(s.made_by(devices, long_chain()), one);
        CHECK(s.seen.frames == 2 * frames); // no frame twice
        CHECK(s.seen.workers.size() > 1);
        CHECK(s.seen.threads == std::set<int>{1});
    }
    SECTION("devices") {
        const Made late = s.made_by("late:1", long_chain());
        same(s.made_by("late:0,1", long_chain()), late);
        same(late, one); // plain arithmetic
    }
    CHECK(s.notes.empty());
}

TEST_CASE("a film with B-frames, lossy, its sound beside it") {
    Film s;
    s.make("-c:v libx264 -bf 3 -x264-params open-gop=1:keyint=40 -pix_fmt yuv420p");
    s.options.codec = "h264";
    s.options.mask_out.clear();
    const Chain chain{stage<Grain>("grain"), stage<Recall>("memory")};
    same(s.made_by("cpu,cpu", chain), s.made_by("cpu", chain));
}

TEST_CASE("irregular times, and a clock that begins late") {
    Film s;
    s.make("-fps_mode vfr -enc_time_base 1/1000 -c:v libx264 -crf 12 -pix_fmt yuv420p", "in.mp4",
           ",settb=1/1000,select=not(eq(mod(n\\,7)\\,3)),setpts=PTS+400+13*lt(mod(N\\,5)\\,2)");
    REQUIRE(inspect_media(s.input.string()).frame_rate.num() == 0);
    for (const Chain& chain : {long_chain(), Chain{stage<Grain>("grain")}}) {
        same(s.made_by("cpu,cpu", chain), s.made_by("cpu", chain));
    }
}

TEST_CASE("two changes of rate, slower than the film between") {
    Film s;
    s.make();
    const Chain chain{stage<Grain>("grain"), stage<Between<10>>("10"), stage<Between<25>>("25")};
    const Made one = s.made_by("cpu", chain);
    same(s.made_by("cpu,cpu", chain), one);
    // The second change goes on from the first one's frames where a run is taken up, too.
    s.seen.frames = 0;
    s.seen.fail_at = GENERATE(60, 220, 380);
    CHECK_THROWS_AS(s.restore("cpu", chain), Error);
    REQUIRE(s.has("out.mkv.oldfilm-job"));
    s.seen.fail_at = -1;
    same(s.made_by("cpu", chain), one);
}

TEST_CASE("a part of a film, and damaged frames in it") {
    Film s;
    s.make("-c:v mpeg4 -g 12 -bf 2 -q:v 3", "in.avi");
    // Bytes in the middle of the film, now and then.
    std::fstream file(s.input, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::streamoff>(fs::file_size(s.input));
    for (std::streamoff at = size / 4; at < size * 3 / 4; at += size / 9) {
        file.seekp(at);
        file << "damaged here, and here, and here as well";
    }
    file.close();
    s.options.read.start = Rational(1, 2);
    s.options.read.duration = 20;
    const Chain chain{stage<Grain>("grain"), stage<Between<25>>("25")};
    const RestoreResult one = s.restore("cpu", chain);
    const Made expected = s.take(one);
    const std::string said = std::exchange(s.notes, "");
    const RestoreResult two = s.restore("cpu,cpu", chain);
    same(s.take(two), expected);
    CHECK(two.concealed == one.concealed);
    CHECK(two.concealed > 0);
    CHECK(s.notes == said);
}

TEST_CASE("what is broken off is taken up, by as many devices as there are") {
    Film s;
    s.make();
    const Made whole = s.made_by("cpu", long_chain());
    const std::string first = GENERATE("cpu,cpu", "cpu");
    const std::string second = GENERATE("cpu,cpu", "cpu");
    CAPTURE(first, second);
    s.seen.frames = 0;
    SECTION("a stage's error") {
        s.seen.fail_at = GENERATE(30, 120, 350);
        CAPTURE(s.seen.fail_at.load());
        CHECK_THROWS_WITH(s.restore(first, long_chain()), Catch::Contains("too ugly"));
        s.seen.fail_at = -1;
    }
    SECTION("a request") {
        std::stop_source stop;
        s.options.stop = stop.get_token();
        s.options.read.log = {};
        std::jthread asks([&] {
            while (s.seen.frames < 330) {
                std::this_thread::yield();
            }
            stop.request_stop();
        });
        CHECK_THROWS_WITH(s.restore(first, long_chain()), Catch::Contains("stopped on request"));
        s.options.stop = {};
    }
    CHECK_FALSE(s.has("out.mkv"));
    s.notes.clear();
    const RestoreResult result = s.restore(second, long_chain());
    if (s.has("out.mkv.oldfilm-job") || result.resumed > 0) {
        CHECK(s.notes.find("resuming") != std::string::npos);
    }
    same(s.take(result), whole);
}

TEST_CASE("what was made ahead of a long shot is not made again") {
    Film s;
    s.make();
    const Made whole = s.made_by("cpu", long_chain());
    s.seen.frames = 0;
    // The second shot's worker fails near its end, when the other worker has long made the third.
    s.seen.fail_in_shot = 1;
    s.seen.fail_after = 30;
    CHECK_THROWS_WITH(s.restore("cpu,cpu", long_chain()), Catch::Contains("too ugly"));
    s.seen.fail_in_shot = -1;
    const std::int64_t before = s.seen.frames;
    SECTION("by several devices") {
        const RestoreResult result = s.restore("cpu,cpu", long_chain());
        CHECK(result.resumed == 19 + 273);
        CHECK(s.seen.frames - before ==
              37 + 7 + 57); // the last segment is noted with the end alone
        same(s.take(result), whole);
    }
    SECTION("by one, which makes them again") {
        same(s.made_by("cpu", long_chain()), whole);
    }
}

TEST_CASE("memory that runs out costs larger tiles, not the film") {
    Film s;
    s.make();
    const Made whole = s.made_by("cpu", long_chain());
    s.seen.frames = 0;
    s.seen.no_memory = 200;
    same(s.made_by("cpu,cpu", long_chain()), whole);
    CHECK(s.notes.find("continuing with tiles of 256 pixels") != std::string::npos);
}

TEST_CASE("a mask film that can't be written ends the restoration") {
    Film s;
    s.make();
    s.options.mask_out = "/dev/full/masks.mkv";
    CHECK_THROWS_AS(s.restore("cpu,cpu", long_chain()), Error);
}

TEST_CASE("a film of one shot is one device's work, and is said to be") {
    Film s;
    test::ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=16:duration=3 -c:v ffv1 in.mkv", s.path());
    s.input = s.path() / "in.mkv";
    const Made one = s.made_by("cpu", long_chain());
    CHECK(s.notes.empty());
    same(s.made_by("cpu,cpu", long_chain()), one);
    CHECK(s.notes == "the film is one shot, which only one device can work on\n");
}

TEST_CASE("stages are made once an item, and an observer sees a frame at a time") {
    Film s;
    s.make();
    PipelineOptions how;
    how.device = "cpu,cpu";
    struct : pipeline::FrameObserver {
        void see(const Frame& frame) override {
            CHECK(++inside == 1);
            told.push_back(frame.info().index);
            --inside;
        }
        std::atomic<int> inside{0};
        std::vector<std::int64_t> told;
    } observer;
    Pipeline pipeline(how);
    pipeline.add(stage<Grain>("grain"));
    const RestoreResult result =
        job::restore(s.input, s.path() / "out.mkv", pipeline, s.options, &observer);
    std::vector<std::int64_t>& told = observer.told;
    std::sort(told.begin(), told.end());
    CHECK(told.size() == 393);
    CHECK(std::adjacent_find(told.begin(), told.end()) == told.end());
    CHECK(result.stats.stage_seconds.size() == 1);
    CHECK(result.stats.stage_seconds.front() > 0);
    CHECK(s.seen.stages == 4); // one an item: the first of a worker takes those of its plan
}

TEST_CASE("a stage that may not work on two frames at a time gets no items of a distributed film") {
    Film s;
    test::ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=16:duration=1 -c:v ffv1 in.mkv", s.path());
    s.input = s.path() / "in.mkv";
    const StageSpec alone = stage<Alone>("alone");
    CHECK_THROWS_WITH(s.restore("cpu,cpu", {alone}), Catch::Contains("use one device"));
    s.options.mask_out.clear();
    CHECK(s.restore("cpu", {alone}).frames_out == 16);
}

TEST_CASE("lists of devices that can't be used are refused before any work") {
    Film s;
    test::ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=16:duration=1 -c:v ffv1 in.mkv", s.path());
    s.input = s.path() / "in.mkv";
    const std::vector<std::pair<std::string, std::string>> bad{
        {"cuda:0,", "names none"}, {",cpu", "names none"},         {"cpu,,cpu", "names none"},
        {"0,1", "names none"},     {"auto,auto", "names none"},    {"cpu:x,1", "cpu:x"},
        {"cpu,1", "cpu:1"},        {"late:0,7", "there are 2"},    {"late:0,0", "twice"},
        {"late,late:0", "twice"},  {"cpu,late:0", "two kinds"},    {"late:0,x", "two kinds"},
        {"tpu:0,1", "tpu:0"},      {"late:0, late:1", "two kinds"}};
    for (const auto& [devices, says] : bad) {
        CAPTURE(devices);
        CHECK_THROWS_WITH(s.restore(devices, long_chain()), Catch::Contains(says));
        CHECK_FALSE(s.has("out.mkv"));
        CHECK_FALSE(s.has("out.mkv.oldfilm-job"));
    }
    CHECK(s.seen.frames == 0);
    StreamFormat format;
    format.height = format.width = 8;
    CHECK_THROWS_WITH(s.pipeline("cpu,cpu", long_chain()).start(format),
                      Catch::Contains("a run has one device"));
}

TEST_CASE("what can't be kept in segments is restored by the first device, which is said") {
    Film s;
    test::ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=16:duration=1 -c:v ffv1 in.mkv", s.path());
    s.options.mask_out.clear();
    s.options.codec.clear();
    const RestoreResult result =
        oldfilm::restore((s.path() / "in.mkv").string(), (s.path() / "out.y4m").string(),
                         s.pipeline("cpu,cpu", {stage<Grain>("grain")}), s.options);
    CHECK(result.frames_out == 16);
    CHECK(s.notes.find("only cpu is used") == 0);
}
