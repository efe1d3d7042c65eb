// What streams, events and memory of a device are held to, on a device that is as late as it may be
// (late/late_device.hpp): a missing event or a block of memory handed out too early is a wrong
// picture here, every time.
#include "late/late_device.hpp"
#include "stage_driver.hpp"
#include "tiny_model.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;
using late::Order;

namespace {

c10::Stream other_stream() {
    return c10::impl::VirtualGuardImpl(c10::kPrivateUse1)
        .getStreamFromGlobalPool({c10::kPrivateUse1, 0});
}

std::int64_t worker_waits = 0; ///< of the worker, when `Mean` last worked
std::int64_t waits_before = 0; ///< when the first frame was asked for: what loads models also waits

/// Averages its window, a little brighter: temporaries come and go, on the worker's stream.
class Mean final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& config) override {
        config.before = config.after = 1;
    }
    void process(const sdk::Request& request) override {
        at::Tensor sum = sdk::picture(request.frame(0)) * 0.5;
        for (std::size_t i = 1; i < request.count(); ++i) {
            sum = sum + sdk::picture(request.frame(i)).clamp(0, 1) * 0.25;
        }
        request.set_output(sdk::share(sum));
        request.set_mask(sdk::share(sum.narrow(0, 0, 1).gt(0.5).to(at::kFloat)));
        worker_waits = late::waits_here();
    }
};

/// Twice the frames.
class Between final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& input, const sdk::Values& /*values*/,
                   sdk::Config& config) override {
        config.rate = {2 * input.rate.num, input.rate.den};
    }
    void process(const sdk::Request& request) override {
        const double t = request.position();
        request.set_output(sdk::share(sdk::picture(request.frame(0)) * (1 - t) +
                                      sdk::picture(request.frame(1)) * t));
    }
};

template <class Kind>
StageSpec stage(const char* id, const char* name) {
    static const oldfilm_plugin_description* description =
        sdk::describe<Kind>({id, name, "1.0.0", "for tests", {}});
    StageSpec spec;
    spec.id = name;
    spec.description = description;
    return spec;
}

Pipeline three_stages(const std::string& device) {
    PipelineOptions options;
    options.device = device;
    Pipeline pipeline(options);
    pipeline.add(stage<Mean>("org.oldfilm.mean", "mean"));
    pipeline.add(stage<Between>("org.oldfilm.between", "between"));
    pipeline.add(stage<Mean>("org.oldfilm.mean", "mean"));
    return pipeline;
}

StreamFormat format_of(const at::Tensor& picture) {
    StreamFormat format;
    format.channels = static_cast<int>(picture.size(0));
    format.height = picture.size(1);
    format.width = picture.size(2);
    format.rate = 16;
    return format;
}

Frame frame(const at::Tensor& picture, std::int64_t number) {
    FrameInfo info;
    info.pts = number;
    info.duration = 1;
    info.time_base = Rational(1, 16);
    return {picture, info};
}

std::vector<Frame> film(int count) {
    std::vector<Frame> frames;
    const at::Tensor still = scene(3, 3, 32, 48);
    for (int i = 0; i < count; ++i) {
        frames.push_back(frame(still * (0.7 + 0.02 * i), i));
    }
    return frames;
}

/// The film pulled through.
std::vector<Frame> pulled(const Pipeline& pipeline, const std::vector<Frame>& frames,
                          RunStats* stats = nullptr) {
    std::size_t next = 0;
    Run run = pipeline.start(format_of(frames.front().picture()), [&]() -> std::optional<Frame> {
        waits_before = next == 0 ? late::counts().waits : waits_before;
        return next < frames.size() ? std::optional(frames[next++]) : std::nullopt;
    });
    std::vector<Frame> out;
    while (const std::optional<Frame> one = run.next()) {
        out.push_back(*one);
    }
    if (stats != nullptr) {
        *stats = run.stats();
    }
    return out;
}

void same(const std::vector<Frame>& found, const std::vector<Frame>& expected, double apart = 0) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        REQUIRE(found[i].picture().is_cpu());
        const at::Tensor difference = (found[i].picture() - expected[i].picture()).abs();
        CHECK(difference.max().item<double>() <= apart);
        CHECK(found[i].info().pts == expected[i].info().pts);
        REQUIRE(found[i].mask().defined() == expected[i].mask().defined());
        if (found[i].mask().defined()) {
            CHECK(at::equal(found[i].mask().cpu(), expected[i].mask()));
        }
    }
}

} // namespace

TEST_CASE("the late device tells what is ordered from what is not") {
    const c10::Device device = late::begin();
    const at::Tensor ones = at::ones({8, 8}, device);
    CHECK(late::pending() > 0);
    CHECK(ones.sum().item<float>() == 64);
    CHECK(late::counts().waits == 1);
    const c10::Stream side = other_stream();
    const auto read_beside = [&](bool ordered, double value) {
        const at::Tensor made = at::full({8, 8}, value, device);
        c10::Event done(device.type());
        done.record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
        const c10::StreamGuard on(side);
        if (ordered) {
            done.block(side);
        }
        return (made + 1).sum().item<float>();
    };
    CHECK(read_beside(true, 2) == 192);
    CHECK_FALSE(read_beside(false, 4) == 320);
    SECTION("memory given back is overwritten, unless the other stream is known") {
        for (const bool known : {true, false}) {
            CAPTURE(known);
            at::Tensor made = at::full({16, 16}, 3.0, device);
            CHECK(made.sum().item<float>() == 768);
            at::Tensor sum;
            {
                const c10::StreamGuard on(side);
                sum = made.sum();
            }
            if (known) {
                c10::impl::VirtualGuardImpl(device.type())
                    .recordDataPtrOnStream(made.storage().data_ptr(), side);
            }
            made = at::Tensor();
            const at::Tensor again = at::full({16, 16}, 4.0, device);
            CHECK(again.sum().item<float>() == 1024);
            const c10::StreamGuard on(side);
            CHECK((sum.item<float>() == 768) == known);
        }
    }
    SECTION("pinned memory is read late") {
        at::Tensor pinned = at::full({4}, 5.0).pin_memory();
        at::Tensor pageable = at::full({4}, 5.0);
        const at::Tensor a = pinned.to(device, true);
        const at::Tensor b = pageable.to(device, true);
        pinned.fill_(6);
        pageable.fill_(6);
        CHECK(a.sum().item<float>() == 24);
        CHECK(b.sum().item<float>() == 20);
    }
}

TEST_CASE("a film pulled through a late device is the film through the CPU") {
    const std::vector<Frame> frames = film(9);
    const std::vector<Frame> expected = pulled(three_stages("cpu"), frames);
    const std::uint64_t seed = GENERATE(0, 1, 2, 3, 4, 5);
    late::begin(seed == 0 ? Order::last : Order::random, seed);
    RunStats stats;
    const std::vector<Frame> found = pulled(three_stages("late"), frames, &stats);
    CAPTURE(seed);
    same(found, expected);
    // One up and one down a frame, and one wait: the caller's, for its frame.
    const late::Counts counts = late::counts();
    const auto out = static_cast<std::int64_t>(expected.size());
    CHECK(stats.uploads == 9);
    CHECK(stats.downloads == out);
    CHECK(counts.uploads == 9);
    CHECK(counts.downloads == 2 * out); // picture and mask
    CHECK(counts.waits == out);
    CHECK(worker_waits == 0);
    CHECK(counts.reused > 0);
}

TEST_CASE("a film pushed on a late device comes back there, and nobody waits for the worker") {
    const std::vector<Frame> frames = film(7);
    const std::vector<Frame> expected = pulled(three_stages("cpu"), frames);
    const std::uint64_t seed = GENERATE(0, 1, 2, 3);
    const c10::Device device = late::begin(seed == 0 ? Order::last : Order::random, seed);
    const c10::StreamGuard on(other_stream()); // the program's own
    Run run = three_stages("late:0").start(format_of(frames.front().picture()));
    std::vector<Frame> out;
    Frame got;
    for (const Frame& one : frames) {
        const at::Tensor pinned = one.picture().pin_memory();
        Frame there = one.with_picture(pinned.to(device, true));
        while (!run.push(there)) {
            if (run.next(got) == Run::State::frame) {
                out.push_back(got);
            }
        }
    }
    run.finish();
    while (run.next(got) == Run::State::frame) {
        out.push_back(got);
    }
    // What cuts are looked for in, 96 x 128 values of a frame at most, is waited for, outside
    // the worker.
    CHECK(late::counts().waits == 7);
    CHECK(late::counts().downloaded == 7 * 32 * 48 * 4);
    if (seed == 0) {
        CHECK(late::pending() > 14 * 3);
    }
    CHECK(run.stats().uploads == 0);
    CHECK(run.stats().downloads == 0);
    for (Frame& one : out) {
        REQUIRE(one.picture().device() == device);
        const at::Tensor picture = one.picture().cpu();
        one = Frame(picture, one.info()).with_mask(one.mask().cpu());
    }
    CAPTURE(seed);
    same(out, expected);
}

TEST_CASE("a picture of no numbers from a device is refused where the host has it") {
    late::begin();
    std::vector<Frame> frames = film(3);
    frames[1] = frames[1].with_picture(at::full({3, 32, 48}, NAN));
    CHECK_THROWS_WITH(pulled(three_stages("late"), frames),
                      Catch::Contains("non-finite") && Catch::Contains("late:0"));
}

TEST_CASE("a network on a late device") {
    const test::TempFolder folder;
    const std::string path =
        test::write_package(folder.file("model.pt"), test::residual_model("superres"));
    ModelOptions options;
    options.precision = Precision::float32;
    const at::Tensor picture = scene(5, 1, 70, 90).unsqueeze(0);
    const at::Tensor expected = Model::open(path, "", options)->run({picture}).at(0);
    options.tile = GENERATE(-1, 32);
    const c10::Device device = late::begin();
    options.device = "late";
    const auto model = Model::open(path, "", options);
    const at::Tensor there = picture.to(device);
    const std::int64_t before = late::counts().waits;
    const at::Tensor found = model->run({there}).at(0);
    CHECK(late::counts().waits == before);
    CHECK((found.cpu() - expected).abs().max().item<double>() < 1e-5);
}

TEST_CASE("a device that isn't there is refused") {
    const test::TempFolder folder;
    const std::string path = test::write_package(folder.file("model.pt"), test::residual_model());
    for (const char* name : {"gpu", "meta", "xpu", "cpu:x", ""}) {
        ModelOptions options;
        options.device = name;
        CAPTURE(name);
        if (*name == '\0') {
            CHECK_NOTHROW(Model::open(path, "", options)); // "auto"
        } else {
            CHECK_THROWS_AS(Model::open(path, "", options), Error);
        }
    }
}

TEST_CASE("every stage makes on a late device what it makes on the CPU", "[stages]") {
    const std::string name =
        GENERATE("deflicker", "stabilize", "scratch-removal", "denoise", "colorize",
                 "superres:scale=2", "interpolate:fps=2x", "face-enhance");
    std::vector<Frame> frames;
    const at::Tensor still = scene(11, 1, 112, 144);
    for (int i = 0; i < 6; ++i) {
        const at::Tensor grain = random(static_cast<std::uint64_t>(i), {1, 96, 128}, true) * 0.03;
        frames.push_back(
            frame(crop(still, 2 + i % 2, 3 + i, 96, 128) * (1 - 0.04 * (i % 3)) + grain, i));
    }
    const auto through = [&](const char* device) {
        PipelineOptions options;
        options.device = device;
        options.precision = Precision::float32;
        options.plugin_path = {OLDFILM_BINARY_DIR "/plugins"};
        return Pipeline(options).add(name);
    };
    const std::vector<Frame> expected = pulled(through("cpu"), frames);
    late::begin();
    set_recorder(c10::kPrivateUse1, {});
    const std::vector<Frame> queued = pulled(through("late"), frames);
    set_recorder(c10::kPrivateUse1, &late::record);
    late::begin();
    const std::vector<Frame> found = pulled(through("late"), frames);
    CAPTURE(name);
    same(found, queued); // networks queued anew each time
    same(found, expected, 2e-3);
    // What comes to the host beside the film itself: of a frame, its luma in 8 bits, once, and what
    // is small whatever the frame's size.
    std::int64_t film = 0;
    for (const Frame& one : found) {
        film += static_cast<std::int64_t>(one.picture().nbytes()) +
                (one.mask().defined() ? static_cast<std::int64_t>(one.mask().nbytes()) : 0);
    }
    constexpr std::int64_t small = 96 * 128 * 4;
    const std::int64_t beside = late::counts().downloaded - film;
    const std::int64_t waits = late::counts().waits - waits_before;
    const std::int64_t replays = late::counts().replays;
    CAPTURE(film, beside, waits, replays);
    const bool network = name != "deflicker" && name != "stabilize" && name != "face-enhance";
    CHECK((replays > 0) == network); // no face is in the film
    CHECK(late::counts().refused == 0);
    CHECK(beside <= static_cast<std::int64_t>(frames.size()) * (96 * 128 + small));
    // Each frame's taker, what comes down beside, and what a stage asks.
    CHECK(waits <= static_cast<std::int64_t>(found.size() + 3 * frames.size()));
}
