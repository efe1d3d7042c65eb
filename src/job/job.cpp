#include "job/job.hpp"

#include "device/device.hpp"
#include "device/order.hpp"
#include "job/checks.hpp"
#include "job/frame_queue.hpp"
#include "media/output_plan.hpp"
#include "pipeline/frames_ratio.hpp"

#include <oldfilm/plugins.hpp>

#include <ATen/ops/zeros.h>
#include <c10/core/StreamGuard.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace oldfilm::job {
namespace {

ColorTags mask_color() {
    ColorTags color;
    color.range = Range::full;
    return color;
}

} // namespace

Frame mask_picture(const Frame& frame) {
    const at::Tensor picture =
        frame.mask().defined()
            ? frame.mask().gt(0).to(at::kCPU, at::kFloat)
            : at::zeros({1, frame.height(), frame.width()}, at::dtype(at::kFloat));
    FrameInfo info = frame.info();
    info.color = mask_color();
    return {picture, info};
}

Job::Job(const std::string& input, const std::string& output, const RestoreOptions& options,
         std::vector<std::string> devices, Profile* profile, int tile)
    : output_(output), options_(options), devices_(std::move(devices)), profile_(profile),
      tile_(tile), warnings_(options.warn), engines_(open_engines()),
      source_(input, read_options(), profile), total_(source_.reader().format().frames) {}

bool Job::encodes_on_gpu() const {
    return options_.codec.ends_with("_nvenc");
}

/// Whether finished frames are encoded where they were made. Those of several devices come to the
/// host, and the encoder brings them up again.
bool Job::stays_on_device() const {
    return encodes_on_gpu() && !engines_.empty() && devices_.size() == 1;
}

bool Job::is_piped() const {
    return source_.info().path == "-" || output_ == "-";
}

/// FFmpeg takes LibTorch's context of a GPU only where it came first, and keeps it then.
std::vector<media::UniqueBuffer> Job::open_engines() const {
    std::vector<media::UniqueBuffer> engines;
    if (options_.read.device.empty() && !encodes_on_gpu()) {
        return engines;
    }
    for (const std::string& device : devices_) {
        try {
            std::string why; // told by who needs it, as is what is thrown here
            if (media::UniqueBuffer engine =
                    media::open_device(base::resolve_device(device), why)) {
                engines.push_back(std::move(engine));
            }
        } catch (const Error&) {
            continue;
        }
    }
    return engines;
}

/// The film as it is read here: where several devices read it for themselves, by the CPU.
ReadOptions Job::read_options() {
    ReadOptions read = options_.read;
    if (!read.device.empty()) {
        read.device = devices_.size() > 1 ? "" : devices_.front();
    }
    if (!read.warn) {
        read.warn = [this](const std::string& text) { warnings_(text); };
    }
    return read;
}

/// Y4M names one rate and no times: where they vary, the mean rate.
void Job::choose_rate(WriteOptions& write, const StreamFormat& format, const std::string& path) {
    const MediaInfo& info = source_.info();
    if (format.rate.num() > 0 || media::choose_codec(path, write).name != "y4m") {
        return;
    }
    const bool is_known = info.frames > 0 && info.duration.num() > 0;
    const double mean = is_known ? static_cast<double>(info.frames) / info.duration.value() : 25;
    write.frame_rate =
        Rational(std::max<std::int64_t>(std::llround(mean * 1000), 1), 1000) * format.frames_each;
    warnings_(fmt::format("frames of {} come at varying times, which Y4M can't tell: {} says {} a "
                          "second for all of them; name a .mkv to keep the times",
                          info.path, path, write.frame_rate.to_string()));
}

/// What is wanted of the streams that go along, whatever the film becomes.
WriteOptions Job::stream_options(const std::string& codec) {
    WriteOptions write;
    write.codec = codec;
    write.audio = options_.audio;
    write.subtitles = options_.subtitles;
    write.drop_streams = options_.drop_streams;
    write.warn = [this](const std::string& text) { warnings_(text); };
    return write;
}

WriteOptions Job::write_options(const StreamFormat& format, const std::string& codec,
                                const std::string& path) {
    const MediaInfo& info = source_.info();
    WriteOptions write = stream_options(codec);
    write.crf = options_.crf;
    write.device = encodes_on_gpu() && devices_.size() == 1 ? devices_.front() : "";
    write.frame_rate = format.rate;
    write.width = format.width;
    write.height = format.height;
    write.channels = format.channels;
    write.bits = info.bits;
    write.color = format.color;
    write.sample_aspect = info.sample_aspect;
    write.overwrite = options_.overwrite;
    write.metadata = {{"oldfilm", version()}};
    choose_rate(write, format, path);
    const bool lossless = codec == "ffv1" || codec == "y4m";
    const bool like_source = format.channels == info.channels && format.width == info.width &&
                             format.height == info.height;
    if (lossless && like_source && !info.linear_light) {
        write.pixel_format = info.pixel_format; // What no stage touches then stays as coded.
    } else if (codec == "ffv1" && info.linear_light) {
        write.pixel_format = format.channels == 1 ? "gray16le" : "gbrp16le";
    }
    const std::int64_t frames =
        total_ < 0
            ? total_
            : static_cast<std::int64_t>(static_cast<double>(total_) *
                                        frames_ratio(source_.reader().format(), format).value());
    check_space(output_, {format.width, format.height, frames, format.channels, info.bits, lossless,
                          checkpoint_.has_value()});
    return write;
}

WriteOptions Job::film_options(const StreamFormat& out, const std::string& plan) {
    WriteOptions write = write_options(out, options_.codec, output_);
    write.metadata.emplace_back("oldfilm_plan", plan);
    return write;
}

WriteOptions Job::mask_options() {
    StreamFormat format = source_.reader().format();
    format.channels = 1;
    format.color = mask_color();
    WriteOptions write =
        write_options(format, lossless_codec(options_.mask_out), options_.mask_out);
    write.bits = 8;
    write.crf.reset();
    write.device.clear();
    write.pixel_format.clear();
    return write;
}

/// Of the film, with the frames that it announces.
StreamFormat Job::format() const {
    StreamFormat format = source_.reader().format();
    format.frames = total_;
    return format;
}

/// Bytes that decoding, encoding and the pictures on the way to it take.
std::int64_t Job::reserved_bytes(const StreamFormat& out) const {
    const MediaInfo& info = source_.info();
    constexpr std::int64_t decoder = 32; // bytes a pixel: some frames that others refer to
    std::int64_t bytes = decoder * info.width * info.height;
    const auto film = [&](const std::string& path, const std::string& codec, int channels,
                          std::int64_t width, std::int64_t height) {
        WriteOptions write;
        write.codec = codec;
        write.channels = channels;
        write.bits = info.bits;
        write.width = width;
        write.height = height;
        const auto picture = channels * static_cast<std::int64_t>(sizeof(float)) * width * height;
        bytes += media::encoder_bytes(media::choose_codec(path, write), write) +
                 static_cast<std::int64_t>(FrameQueue::most_frames(picture)) * picture;
    };
    film(output_, options_.codec, out.channels, out.width, out.height);
    if (!options_.mask_out.empty()) {
        film(options_.mask_out, lossless_codec(options_.mask_out), 1, info.width, info.height);
    }
    return bytes;
}

/// The same stages on a device, observed by the job: `see` is called with each frame where masks
/// are complete; false: the run is to end.
Pipeline Job::observed(const Pipeline& pipeline, Push see, const std::string& device) {
    PipelineOptions options = pipeline.options();
    options.device = device;
    if (tile_ > 0) {
        options.tile = tile_;
    }
    options.stay_on_device = stays_on_device();
    if (!options.log) {
        options.log = [this](const std::string& text) { warnings_(text); };
    }
    if (see) {
        options.tap = [this, see = std::move(see),
                       next = std::move(options.tap)](const Frame& frame) {
            if (!see(frame)) {
                failed_ = true;
            }
            if (next) {
                const std::lock_guard lock(tap_mutex_);
                next(frame);
            }
        };
    }
    return pipeline.with_options(std::move(options));
}

/// For one of the job's devices, which share the machine.
Plan Job::plan(const Pipeline& pipeline, Push see, const std::string& device) {
    return pipeline::plan(
        observed(pipeline, std::move(see), device), format(),
        {.concurrency = static_cast<int>(devices_.size()),
         .reserved_bytes = [this](const StreamFormat& out) { return reserved_bytes(out); }});
}

void Job::check_stop(std::int64_t written) const {
    if (options_.stop.stop_requested()) {
        stop_at(written);
    }
}

void Job::stop_at(std::int64_t written) const {
    const std::string of = total_ < 0 ? "" : fmt::format(" of {}", total_);
    throw Error(Errc::cancelled,
                fmt::format("stopped on request: {}{} frames were read and {} restored",
                            source_.frames(), of, written));
}

Error Job::stopped(const Error& error) const {
    const bool keeps_any = checkpoint_ && checkpoint_->keeps_any();
    return {Errc::cancelled, fmt::format("{}; {}", error.what(),
                                         keeps_any ? "run it again to go on from what is kept"
                                                   : "nothing was kept yet, so that another run "
                                                     "starts over")};
}

/// That what goes along with the film has a place in the output, before models are opened.
void Job::check_streams(const WriteOptions& wanted) const {
    const media::Choice choice = media::choose_codec(output_, wanted);
    static_cast<void>(media::plan_output(source_.reader(), output_, choice, wanted));
}

/// Frames that are lost or made up are a defect, and a film with a defect is not published.
void Job::check_counts(const StreamFormat& out, std::int64_t written) const {
    if (source_.frames() == 0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("there are no frames in the part of the film that was asked for; "
                                "it lasts {:.3f} s, so start earlier",
                                source_.info().duration.value()));
    }
    const Rational rate_in = source_.info().frame_rate;
    const bool same_rate = out.rate == rate_in;
    const std::int64_t expected = same_rate ? (Rational(source_.frames()) * out.frames_each).ceil()
                                            : (source_.covered() * out.rate).ceil();
    if (written != expected) {
        throw Error(Errc::internal,
                    fmt::format("{} frames at {} fps must give {} at {} fps, and {} were written; "
                                "this is a defect of oldfilm, please report it with the film's "
                                "first lines of `oldfilm inspect`",
                                source_.frames(), rate_in.to_string(), expected,
                                out.rate.to_string(), written));
    }
}

void Job::check_masks(std::int64_t written, bool any) {
    if (written != source_.frames()) {
        throw Error(Errc::internal,
                    fmt::format("the mask film must have {} frames, and has {}; this is a defect "
                                "of oldfilm, please report it",
                                source_.frames(), written));
    }
    if (!any) {
        warnings_("no stage marked anything as repaired, so the mask film is black; masks are "
                  "made by scratch-removal");
    }
}

RestoreResult Job::result(std::int64_t written, const ProgressMeter& meter) const {
    RestoreResult result;
    result.frames_in = source_.frames();
    result.frames_out = written;
    result.concealed = source_.reader().concealed();
    result.seconds = meter.seconds();
    return result;
}

/// Hands on what comes next, until nothing does. The number of frames, `before` included.
std::int64_t Job::pull(const Run& run, const Next& next, const Push& push, ProgressMeter& meter,
                       std::int64_t before) {
    std::int64_t written = before;
    began_ = true;
    // Frames that stay on the device are encoded beside the stages' work.
    std::optional<c10::Stream> beside;
    if (stays_on_device()) {
        const c10::Device device = base::resolve_device(devices_.front());
        beside = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
    }
    const c10::OptionalStreamGuard on(beside);
    try {
        while (!failed_) {
            const std::optional<Frame> frame = next();
            if (!frame || !push(*frame)) {
                break;
            }
            meter.update(run.progress(), ++written);
        }
    } catch (const Error& error) {
        if (error.code() == Errc::cancelled) {
            stop_at(written);
        }
        throw;
    }
    check_stop(written);
    return written;
}

} // namespace oldfilm::job
