// Films decoded by a video engine, or by what stands in for one, are the films that the CPU
// decodes; and where there is no engine, so it goes as well.
#include "device/order.hpp"
#include "job/frame_queue.hpp"
#include "job/restore.hpp"
#include "late/late_device.hpp"
#include "media/codec_choice.hpp"
#include "media/encoder.hpp"
#include "media/hardware.hpp"
#include "media/original_samples.hpp"
#include "media/reader.hpp"
#include "media/surface_fixtures.hpp"
#include "media_files.hpp"
#include "messages.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/restore.hpp>
#include <oldfilm/stage_torch.hpp>

extern "C" {
#include <libavutil/imgutils.h>
}

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;
using namespace media_files;
using late::Order;

namespace {

std::int64_t worker_waits = 0; ///< of the worker, when `Halves` last worked

/// Half as bright in the middle third, and untouched around it.
class Halves final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& /*config*/) override {}
    void process(const sdk::Request& request) override {
        at::Tensor picture = sdk::picture(request.frame(0)).clone();
        picture.slice(1, picture.size(1) / 3, picture.size(1) * 2 / 3).mul_(0.5);
        request.set_output(sdk::share(picture));
        worker_waits = late::waits_here();
    }
};

Pipeline halves(PipelineOptions options) {
    static const oldfilm_plugin_description* description =
        sdk::describe<Halves>({"org.oldfilm.halves", "halves", "1.0.0", "for tests", {}});
    StageSpec spec;
    spec.id = "halves";
    spec.description = description;
    Pipeline pipeline(std::move(options));
    pipeline.add(spec);
    return pipeline;
}

Pipeline halves(const std::string& device) {
    PipelineOptions options;
    options.device = device;
    return halves(std::move(options));
}

std::string film(const Folder& folder, const std::string& coding, int frames = 14,
                 const std::string& size = "98x66") {
    std::string file = folder / "in.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=" + size + ":rate=25 -frames:v " + std::to_string(frames) +
           " " + coding + " " + file);
    return file;
}

/// A reader with an engine of our own.
class Opened {
  public:
    Opened(const std::string& path, const at::Device& device,
           std::unique_ptr<media::VideoEngine> engine, ReadOptions options = {}) {
        options.log = test::collect(warnings);
        impl_ = std::make_unique<Reader::Impl>(path, options, device, std::move(engine));
    }
    std::optional<Frame> next() {
        const auto frame = impl_->next_frame();
        return frame ? std::optional(impl_->pictured(*frame)) : std::nullopt;
    }
    std::vector<Frame> all() {
        std::vector<Frame> frames;
        while (std::optional<Frame> frame = next()) {
            frames.push_back(std::move(*frame));
        }
        return frames;
    }
    [[nodiscard]] const MediaInfo& info() const { return impl_->info; }
    std::vector<std::string> warnings;

  private:
    std::unique_ptr<Reader::Impl> impl_;
};

/// Pictures to the bit where sums are (`media/surfaces_test.cpp`), times and everything else that
/// is known.
void same(const std::vector<Frame>& found, const std::vector<Frame>& expected) {
#if defined(__x86_64__)
    constexpr double apart = 0;
#else
    constexpr double apart = 1e-6;
#endif
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        const FrameInfo& a = found[i].info();
        const FrameInfo& b = expected[i].info();
        CHECK(a.index == b.index);
        CHECK(a.time() == b.time());
        CHECK(a.duration == b.duration);
        CHECK(a.origin == b.origin);
        CHECK(a.color == b.color);
        REQUIRE(found[i].picture().sizes() == expected[i].picture().sizes());
        CHECK((found[i].picture().cpu() - expected[i].picture()).abs().max().item<double>() <=
              apart);
    }
}

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool any_says(const std::vector<std::string>& lines, const std::string& words) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.find(words) != std::string::npos;
    });
}

bool has_gpu() {
    std::string why;
    return media::open_device({c10::kCUDA, 0}, why) != nullptr;
}

} // namespace

TEST_CASE("Films that an engine decodes are those that the CPU decodes") {
    const Folder folder;
    const std::string coding =
        GENERATE("-c:v libx264 -pix_fmt yuv420p -bf 3",
                 "-c:v libx264 -pix_fmt yuv444p -color_range pc", "-c:v libx264 -pix_fmt yuvj420p",
                 "-c:v libx265 -x265-params log-level=none "
                 "-pix_fmt yuv420p10le -colorspace bt2020nc",
                 "-c:v libx264 -pix_fmt yuv444p10le", "-c:v libx264 -pix_fmt yuv420p -vf hue=s=0",
                 "-c:v libx264 -pix_fmt yuv420p -vf "
                 "setpts='PTS+floor(N/3)*0.02/TB' -fps_mode passthrough");
    const std::string file = film(folder, coding);
    Opened plain(file, at::kCPU, nullptr);
    const std::vector<Frame> expected = plain.all();
    REQUIRE(expected.size() == 14);
    const int where = GENERATE(0, 1, 2, 3);
    CAPTURE(coding, where);
    const at::Device device = where == 0 ? at::Device(at::kCPU)
                                         : late::begin(where == 1 ? Order::last : Order::random,
                                                       static_cast<std::uint64_t>(where));
    // The program's own stream, at times: the engine's is the default one.
    std::optional<c10::Stream> own;
    if (where == 3) {
        own = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
    }
    const c10::OptionalStreamGuard on(own);
    Opened reader(file, device, stand_in(device));
    const std::vector<Frame> found = reader.all();
    CHECK(reader.info().pixel_format == plain.info().pixel_format);
    CHECK(reader.info().channels == plain.info().channels);
    CHECK(reader.info().bits == plain.info().bits);
    CHECK(reader.info().color == plain.info().color);
    CHECK(reader.warnings == plain.warnings);
    REQUIRE(found.front().picture().device() == device);
    same(found, expected);
}

TEST_CASE("Without an engine samples go to the device as they are coded") {
    const Folder folder;
    const std::string coding =
        GENERATE("-c:v ffv1 -pix_fmt yuv422p10le", "-c:v ffv1 -pix_fmt gbrp",
                 "-c:v ffv1 -pix_fmt "
                 "gray16le",
                 "-c:v mpeg4 -q:v 3", "-c:v libx264 -pix_fmt yuv420p -vf hue=s=0");
    const std::string file = film(folder, coding, 8);
    Opened plain(file, at::kCPU, nullptr);
    const std::vector<Frame> expected = plain.all();
    const at::Device device = late::begin();
    ReadOptions options;
    options.device = "late";
    std::vector<std::string> warnings;
    options.log = test::collect(warnings);
    Reader reader(file, options);
    const std::vector<Frame> found = all(reader);
    CAPTURE(coding);
    CHECK(found.front().picture().device() == device);
    CHECK(late::counts().waits == 0);
    CHECK(any_says(warnings, "decoded on the CPU: FFmpeg has no video engine of late:0"));
    same(found, expected);
}

TEST_CASE("What an engine is not given is decoded on the CPU, and said") {
    const Folder folder;
    const std::string file = film(folder, "-c:v libx264 -pix_fmt yuv420p");
    Opened plain(file, at::kCPU, nullptr);
    const std::vector<Frame> expected = plain.all();
    const at::Device device = late::begin();
    SECTION("it refuses") {
        Opened reader(file, device, stand_in(device, -1, "this one is shy"));
        same(reader.all(), expected);
        CHECK(any_says(reader.warnings, "decoded on the CPU: this one is shy"));
    }
    SECTION("deinterlacing") {
        ReadOptions options;
        options.deinterlace = true;
        Opened reader(file, device, stand_in(device), options);
        same(reader.all(), expected);
        CHECK(any_says(reader.warnings, "deinterlaced"));
    }
    SECTION("film that is turned") {
        const std::string turned = folder / "turned.mp4";
        turned_copy(file, turned, 90);
        Opened upright(turned, at::kCPU, nullptr);
        Opened reader(turned, device, stand_in(device));
        REQUIRE(upright.info().rotation != 0);
        same(reader.all(), upright.all());
        CHECK(any_says(reader.warnings, "turned"));
    }
}

TEST_CASE("An engine that breaks down says so") {
    const Folder folder;
    const std::string file = film(folder, "-c:v libx264 -pix_fmt yuv420p");
    const at::Device device = late::begin();
    Opened reader(file, device, stand_in(device, 9));
    CHECK_THROWS_AS(reader.all(), media::EngineFailure);
    CHECK(media::VideoEngine::has_failed(AVERROR_EXTERNAL));
    CHECK(media::VideoEngine::has_failed(AVERROR(ENOMEM)));
    CHECK_FALSE(media::VideoEngine::has_failed(AVERROR_INVALIDDATA));
    CHECK_FALSE(media::VideoEngine::has_failed(AVERROR_EOF));
    CHECK_FALSE(media::VideoEngine::has_failed(AVERROR(EAGAIN)));
    CHECK_FALSE(media::VideoEngine::has_failed(0));
}

TEST_CASE("Color in the middle of gray film is told, wherever it is decoded") {
    const Folder folder;
    // One frame that no look into the film meets.
    const std::string file =
        film(folder, "-c:v ffv1 -pix_fmt yuv420p -vf \"hue=s='eq(n,11)'\"", 14);
    const auto told = [&](const at::Device& device, std::unique_ptr<media::VideoEngine> engine) {
        Opened reader(file, device, std::move(engine));
        REQUIRE(reader.info().channels == 1);
        CHECK(reader.all().size() == 14);
        return reader.warnings;
    };
    const std::vector<std::string> expected = told(at::kCPU, nullptr);
    CHECK(any_says(expected, "color at 0.440 s"));
    const at::Device device = late::begin();
    CHECK(told(device, stand_in(device)) == expected);
    CHECK(told(at::kCPU, stand_in(at::kCPU)) == expected);
}

TEST_CASE("A film decoded on a device stays there until it is done") {
    const Folder folder;
    const std::string file = film(folder, "-c:v libx264 -pix_fmt yuv420p");
    StreamFormat format;
    const auto pulled = [&](const std::string& name, Opened& reader, bool stay, RunStats& stats) {
        PipelineOptions options;
        options.device = name;
        options.stay_on_device = stay;
        format.channels = reader.info().channels;
        format.height = reader.info().height;
        format.width = reader.info().width;
        format.rate = reader.info().frame_rate;
        Run run = halves(std::move(options)).start(format, [&] { return reader.next(); });
        std::vector<Frame> out;
        while (std::optional<Frame> frame = run.next()) {
            out.push_back(std::move(*frame));
        }
        stats = run.stats();
        return out;
    };
    RunStats stats;
    Opened plain(file, at::kCPU, nullptr);
    const std::vector<Frame> expected = pulled("cpu", plain, false, stats);
    const std::uint64_t seed = GENERATE(0, 1, 2, 3);
    const bool stay = GENERATE(false, true);
    ReadOptions options;
    options.keep_coded = GENERATE(true, false); // without, pictures' memory is soon another's
    CAPTURE(seed, stay, options.keep_coded);
    const at::Device device = late::begin(seed == 0 ? Order::last : Order::random, seed);
    Opened reader(file, device, stand_in(device), options);
    const late::Counts before = late::counts(); // what is looked at to tell color from gray
    const std::vector<Frame> found = pulled("late", reader, stay, stats);
    const late::Counts counts = late::counts();
    CHECK(stats.uploads == 0);
    CHECK(stats.downloads == (stay ? 0 : 14));
    // Thumbnails, for which only the frame itself is waited, outside the worker; and where it is
    // read, each frame is compared with the one before it.
    constexpr int compared = 13;
    CHECK(worker_waits == 14);
    CHECK(counts.waits - before.waits == (stay ? 14 : 28) + compared);
    // Nobody has asked for the coded samples of the frames that were not looked at.
    for (std::size_t i = 5; i < found.size(); ++i) {
        REQUIRE((found[i].coded() != nullptr) == options.keep_coded);
        if (!options.keep_coded) {
            continue;
        }
        CHECK_FALSE(static_cast<const media::CodedSamples*>(found[i].coded()->samples.get())
                        ->samples->are_on_host());
    }
    CHECK(found.front().picture().device() == (stay ? device : at::Device(at::kCPU)));
    same(found, expected);
}

TEST_CASE("Files from a device are those from the CPU, to the byte") {
    const Folder folder;
    const std::string coding = GENERATE("-c:v libx264 -pix_fmt yuv420p -g 5",
                                        "-c:v ffv1 -pix_fmt yuv422p10le", "-c:v mpeg4 -q:v 3");
    const std::string file = film(folder, coding, 30);
    RestoreOptions options;
    options.codec = "ffv1";
    restore(file, folder / "cpu.mkv", halves("cpu"), options);
    late::begin(Order::random, 5);
    std::vector<std::string> warnings;
    options.log = test::collect(warnings);
    options.read.device = "auto"; // the pipeline's
    const RestoreResult result = restore(file, folder / "late.mkv", halves("late"), options);
    CHECK(result.frames_out == 30);
    CHECK(result.stats.uploads == 0);
    CHECK(any_says(warnings, "no video engine of late:0"));
    // What no stage touched is the source's to the bit, and the rest is what the CPU makes of it.
    CHECK(hashes(folder / "late.mkv", "yuv422p16le") == hashes(folder / "cpu.mkv", "yuv422p16le"));
    const std::string top = " -vf crop=iw:16:0:0";
    CHECK(
        shell("ffmpeg -v error -i " + file + top + " -f framemd5 - | grep -v '^#' | cut -d, -f6") ==
        shell("ffmpeg -v error -i " + (folder / "late.mkv") + top +
              " -f framemd5 - | grep -v '^#' | cut -d, -f6"));
}

TEST_CASE("A film goes on, decoded on the CPU, where the engine breaks down") {
    const Folder folder;
    const std::string file = film(folder, "-c:v libx264 -pix_fmt yuv420p -g 12", 60);
    RestoreOptions options;
    options.codec = "h264";
    restore(file, folder / "whole.mkv", halves("cpu"), options);
    struct : pipeline::FrameObserver {
        void see(const Frame& frame) override {
            if (frame.info().index == 41 && !std::exchange(broken, true)) {
                throw media::EngineFailure("the engine broke down; decode it on the CPU");
            }
        }
        bool broken = false;
    } breaking;
    std::vector<std::string> warnings;
    options.log = test::collect(warnings);
    options.read.device = "auto";
    const RestoreResult result =
        job::restore(file, folder / "broken.mkv", halves("cpu"), options, &breaking);
    CHECK(breaking.broken);
    CHECK(result.frames_out == 60);
    CHECK(any_says(warnings, "continuing there"));
    CHECK(content(folder / "broken.mkv") == content(folder / "whole.mkv"));
    SECTION("but not out of a pipe") {
        breaking.broken = false;
        ffmpeg("-i " + file + " -pix_fmt yuv420p " + (folder / "in.y4m"));
        options.codec.clear();
        options.overwrite = true;
        const int out = dup(STDOUT_FILENO);
        const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        REQUIRE(dup2(nowhere, STDOUT_FILENO) >= 0);
        CHECK_THROWS_AS(job::restore(folder / "in.y4m", "-", halves("cpu"), options, &breaking),
                        Error);
        dup2(out, STDOUT_FILENO);
        close(out);
        close(nowhere);
    }
}

TEST_CASE("Where there is no GPU, the CPU decodes") {
    if (has_gpu()) {
        WARN("skipped: there is one");
        return;
    }
    std::string why;
    CHECK(media::open_device({c10::kCUDA, 0}, why) == nullptr);
    CHECK(why.find("cuda:0") != std::string::npos);
    CHECK(media::open_engine({c10::kCUDA, 0}, why) == nullptr);
    const Folder folder;
    const std::string file = film(folder, "-c:v libx264 -pix_fmt yuv420p");
    Opened plain(file, at::kCPU, nullptr);
    const std::vector<Frame> expected = plain.all();
    for (const char* name : {"auto", "cuda", "cuda:3", "cpu"}) {
        ReadOptions options;
        options.device = name;
        std::vector<std::string> warnings;
        options.log = test::collect(warnings);
        Reader reader(file, options);
        CAPTURE(name);
        same(all(reader), expected);
        CHECK(any_says(warnings, "decoded on the CPU"));
    }
    ReadOptions wrong;
    wrong.device = "gpu:x";
    CHECK_THROWS_AS(Reader(file, wrong), Error);
}

TEST_CASE("Where there is no encoder on a GPU, its codecs are refused with another's name") {
    if (has_gpu()) {
        WARN("skipped: there may be one");
        return;
    }
    const Folder folder;
    const std::string file = film(folder, "-c:v libx264 -pix_fmt yuv420p");
    for (const std::string codec : {"h264_nvenc", "h265_nvenc"}) {
        Reader reader(file);
        WriteOptions write = like(reader.info());
        write.codec = codec;
        CAPTURE(codec);
        CHECK_THROWS_WITH(Writer(folder / "out.mkv", write, &reader),
                          Catch::Contains("needs an NVIDIA GPU") &&
                              Catch::Contains("--codec " + codec.substr(0, 4)));
        RestoreOptions options;
        options.codec = codec;
        try {
            restore(file, folder / "out.mkv", halves("cpu"), options);
            FAIL("nothing was refused");
        } catch (const Error& error) {
            CHECK(error.code() == Errc::unsupported);
        }
        for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
            CHECK(entry.path().filename() == "in.mkv");
        }
    }
}

TEST_CASE("Encoders on a GPU are given what they take") {
    WriteOptions options;
    options.width = 64;
    options.height = 48;
    const auto chosen = [&](const std::string& codec, int bits) {
        options.codec = codec;
        options.bits = bits;
        const media::Choice choice = media::choose_codec("out.mkv", options);
        return std::pair(choice.planes, choice.coded);
    };
    CHECK(chosen("h264_nvenc", 8) == std::pair(AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12));
    CHECK(chosen("h264_nvenc", 10) == std::pair(AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12));
    CHECK(chosen("h265_nvenc", 8) == std::pair(AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12));
    CHECK(chosen("h265_nvenc", 16) == std::pair(AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_P010LE));
    options.width = 63;
    CHECK(chosen("h264_nvenc", 8) == std::pair(AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV444P));
    CHECK(chosen("h265_nvenc", 10) == std::pair(AV_PIX_FMT_YUV444P10LE, AV_PIX_FMT_YUV444P16LE));
    options.pixel_format = "yuv422p";
    CHECK_THROWS_WITH(chosen("h264_nvenc", 8), Catch::Contains("yuv422p"));
    // They are never chosen by themselves.
    options.pixel_format.clear();
    for (const char* path : {"a.mp4", "a.mkv", "a.mov", "a.webm", "a.avi"}) {
        options.codec.clear();
        options.width = 64;
        CHECK_FALSE(media::choose_codec(path, options).on_gpu);
    }
}

TEST_CASE("Frames reach a GPU's encoder as it takes them") {
    // What is given to the encoder is what "raw video" writes.
    const Folder folder;
    const auto format =
        GENERATE(AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_YUV444P10LE);
    const bool on_device = GENERATE(false, true);
    CAPTURE(av_get_pix_fmt_name(format), on_device);
    const std::string file =
        film(folder, std::string("-c:v ffv1 -pix_fmt ") + av_get_pix_fmt_name(format), 3);
    const at::Device device = on_device ? at::Device(late::begin()) : at::Device(at::kCPU);
    Opened reader(file, device, nullptr);
    const std::vector<Frame> frames = reader.all();
    WriteOptions options = like(reader.info());
    options.pixel_format = av_get_pix_fmt_name(format);
    media::Choice choice;
    choice.name = "raw";
    choice.encoder = avcodec_find_encoder(AV_CODEC_ID_RAWVIDEO);
    choice.planes = format;
    choice.coded = surface_format(format);
    choice.on_gpu = true;
    media::Encoder encoder(choice, options, Rational(1, 25), false);
    std::size_t count = 0;
    const auto check = [&](AVPacket& packet) {
        const auto& coded =
            *static_cast<const media::CodedSamples*>(frames.at(count++).coded()->samples.get());
        const media::UniqueFrame expected = surface_frame(coded.samples->on_host());
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(packet.size));
        REQUIRE(av_image_copy_to_buffer(bytes.data(), packet.size, expected->data,
                                        expected->linesize, choice.coded, expected->width,
                                        expected->height, 1) == packet.size);
        CHECK(std::equal(bytes.begin(), bytes.end(), packet.data));
    };
    for (const Frame& frame : frames) {
        encoder.encode(frame, check);
    }
    encoder.drain(check);
    CHECK(count == 3);
}

TEST_CASE("Work on frames of a device is done on the stream on which they were pushed") {
    const at::Device device = late::begin();
    const c10::Stream own =
        c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
    const c10::StreamGuard on(own);
    struct : job::FrameConsumer {
        void consume(const Frame& frame) override {
            streams.push_back(current_stream(frame.picture().device()));
            sums.push_back(frame.picture().sum().item<float>());
        }
        std::vector<float> sums;
        std::vector<c10::Stream> streams;
    } consumer;
    job::FrameQueue queue(consumer, nullptr);
    for (int i = 0; i < 9; ++i) {
        REQUIRE(
            queue.push(Frame(at::full({1, 4, 4}, i, at::dtype(at::kFloat).device(device)), {})));
    }
    queue.drain();
    REQUIRE(consumer.sums.size() == 9);
    for (std::size_t i = 0; i < 9; ++i) {
        CHECK(consumer.sums[i] == 16.0F * static_cast<float>(i));
        CHECK(consumer.streams[i] == own);
    }
}

TEST_CASE("FFmpeg's own decoder is chosen where no surface is wanted or offered") {
    const std::vector<AVPixelFormat> offered{AV_PIX_FMT_VDPAU, AV_PIX_FMT_CUDA, AV_PIX_FMT_YUV420P,
                                             AV_PIX_FMT_NONE};
    using media::chosen_format;
    CHECK(chosen_format(offered.data(), AV_PIX_FMT_CUDA, true) == AV_PIX_FMT_CUDA);
    CHECK(chosen_format(offered.data(), AV_PIX_FMT_CUDA, false) == AV_PIX_FMT_YUV420P);
    CHECK(chosen_format(offered.data(), AV_PIX_FMT_VAAPI, true) == AV_PIX_FMT_YUV420P);
    CHECK(chosen_format(&offered.back(), AV_PIX_FMT_CUDA, true) == AV_PIX_FMT_NONE);
}
