#include "job/checks.hpp"
#include "job/film_sink.hpp"
#include "job/watch.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>
#include <oldfilm/restore.hpp>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

namespace oldfilm {
namespace {

/// The film as it is decoded, and how much of it there was. Read on the run's own thread.
class Source {
  public:
    Source(const std::string& path, ReadOptions options) : reader_(path, std::move(options)) {}

    std::optional<Frame> next() {
        std::optional<Frame> frame = reader_.next();
        if (frame) {
            const FrameInfo& info = frame->info();
            if (frames_ == 0) {
                first_ = info.time();
            }
            end_ = info.time() + Rational(info.duration) * info.time_base;
            ++frames_;
        }
        return frame;
    }

    [[nodiscard]] const Reader& reader() const { return reader_; }
    [[nodiscard]] const MediaInfo& info() const { return reader_.info(); }
    [[nodiscard]] std::int64_t frames() const { return frames_; }
    /// Seconds that the frames so far cover. After the end only.
    [[nodiscard]] Rational covered() const {
        const Rational rate = info().frame_rate;
        return rate.num() > 0 ? Rational(frames_) / rate : end_ - first_;
    }

  private:
    Reader reader_;
    std::atomic<std::int64_t> frames_ = 0;
    Rational first_, end_;
};

/// How many frames there will be, from what the file announces; -1 when it does not.
std::int64_t announced(const MediaInfo& info, const ReadOptions& options) {
    const Rational rate = options.source_fps.value_or(info.frame_rate);
    if (rate.num() <= 0) {
        return options.start.num() == 0 && !options.duration ? info.frames : -1;
    }
    std::int64_t total = info.frames;
    if (total >= 0) {
        total = std::max<std::int64_t>(total - (options.start * rate).ceil(), 0);
    }
    if (options.duration) {
        const std::int64_t asked = (*options.duration * rate).ceil();
        total = total < 0 ? asked : std::min(total, asked);
    }
    return total;
}

StreamFormat format_of(const MediaInfo& info) {
    StreamFormat format;
    format.channels = info.channels;
    format.height = info.height;
    format.width = info.width;
    format.rate = info.frame_rate;
    format.color = info.color;
    return format;
}

/// The frame's repair mask as a picture: white where anything was repaired, however faintly.
Frame mask_picture(const Frame& frame, const ColorTags& color) {
    const at::Tensor picture =
        frame.mask().defined()
            ? frame.mask().gt(0).to(at::kCPU, at::kFloat)
            : at::zeros({1, frame.height(), frame.width()}, at::dtype(at::kFloat));
    FrameInfo info = frame.info();
    info.color = color;
    return {picture, info};
}

/// One film on its way through.
class Job {
  public:
    Job(const std::string& input, const std::string& output, const RestoreOptions& options)
        : output_(output), options_(options), warnings_(options.warn),
          source_(input, read_options()), total_(announced(source_.info(), options.read)) {}

    /// The film as it is, without loss unless another codec is named.
    RestoreResult pass();
    RestoreResult restore(const Pipeline& pipeline);

  private:
    [[nodiscard]] ReadOptions read_options();
    [[nodiscard]] WriteOptions write_options(const StreamFormat& format, const std::string& codec);
    void open_mask_film();
    [[nodiscard]] Pipeline watched(const Pipeline& pipeline);
    void record_mask(const Frame& frame);
    std::int64_t pull(Run& run, job::FilmSink& sink, job::ProgressMeter& meter);
    void check_counts(const StreamFormat& out, std::int64_t written) const;
    [[nodiscard]] RestoreResult publish(job::FilmSink& sink, const job::ProgressMeter& meter);
    void check_stop(std::int64_t written) const;
    [[noreturn]] void stopped(std::int64_t written) const;

    const std::string& output_;
    const RestoreOptions& options_;
    job::Warnings warnings_;
    Source source_;
    std::int64_t total_;
    std::unique_ptr<job::FilmSink> masks_;
    std::atomic<bool> any_mask_ = false, masks_failed_ = false;
};

ReadOptions Job::read_options() {
    ReadOptions read = options_.read;
    if (!read.warn) {
        read.warn = [this](const std::string& text) { warnings_(text); };
    }
    return read;
}

WriteOptions Job::write_options(const StreamFormat& format, const std::string& codec) {
    const MediaInfo& info = source_.info();
    WriteOptions write;
    write.codec = codec;
    write.crf = options_.crf;
    write.frame_rate = format.rate;
    write.width = format.width;
    write.height = format.height;
    write.channels = format.channels;
    write.bits = info.bits;
    write.color = format.color;
    write.sample_aspect = info.sample_aspect;
    write.overwrite = options_.overwrite;
    write.metadata = {{"oldfilm", version()}};
    write.warn = [this](const std::string& text) { warnings_(text); };
    const bool lossless = codec == "ffv1" || codec == "y4m";
    const bool like_source = format.channels == info.channels && format.width == info.width &&
                             format.height == info.height;
    if (lossless && like_source) {
        write.pixel_format = info.pixel_format; // What no stage touches then stays as coded.
    }
    const double frames =
        total_ < 0 || info.frame_rate.num() <= 0 || format.rate.num() <= 0
            ? static_cast<double>(total_)
            : static_cast<double>(total_) * (format.rate / info.frame_rate).value();
    job::check_space(output_, {format.width, format.height, static_cast<std::int64_t>(frames),
                               format.channels, info.bits, lossless});
    return write;
}

void Job::open_mask_film() {
    if (options_.mask_out.empty()) {
        return;
    }
    StreamFormat format = format_of(source_.info());
    format.channels = 1;
    format.color = ColorTags{};
    format.color.range = Range::full;
    WriteOptions write = write_options(format, job::lossless_codec(options_.mask_out));
    write.bits = 8;
    write.crf.reset();
    write.pixel_format.clear();
    masks_ = std::make_unique<job::FilmSink>(
        options_.mask_out, std::move(write), nullptr,
        [color = format.color](const Frame& frame) { return mask_picture(frame, color); });
}

void Job::record_mask(const Frame& frame) {
    if (frame.mask().defined()) {
        any_mask_ = true;
    }
    if (!masks_->push(frame)) {
        masks_failed_ = true;
    }
}

/// The same stages, with the job's own ears.
Pipeline Job::watched(const Pipeline& pipeline) {
    PipelineOptions options = pipeline.options();
    if (!options.log) {
        options.log = [this](const std::string& text) { warnings_(text); };
    }
    if (masks_) {
        options.tap = [this, next = std::move(options.tap)](const Frame& frame) {
            record_mask(frame);
            if (next) {
                next(frame);
            }
        };
    }
    Pipeline copy(std::move(options));
    for (const StageSpec& stage : pipeline.stages()) {
        copy.add(stage);
    }
    return copy;
}

void Job::check_stop(std::int64_t written) const {
    if (options_.stop.stop_requested()) {
        stopped(written);
    }
}

void Job::stopped(std::int64_t written) const {
    const std::string of = total_ < 0 ? "" : fmt::format(" of {}", total_);
    throw Error(Errc::cancelled,
                fmt::format("stopped on request: {}{} frames were read and {} restored; nothing "
                            "is left under {}, so run it again to start over",
                            source_.frames(), of, written, output_));
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
    const std::int64_t expected =
        same_rate ? source_.frames() : (source_.covered() * out.rate).ceil();
    if (written != expected) {
        throw Error(Errc::internal,
                    fmt::format("{} frames at {} fps must give {} at {} fps, and {} were written; "
                                "this is a defect of oldfilm, please report it with the film's "
                                "first lines of `oldfilm inspect`",
                                source_.frames(), rate_in.to_string(), expected,
                                out.rate.to_string(), written));
    }
    if (masks_ && masks_->frames() != source_.frames()) {
        throw Error(Errc::internal,
                    fmt::format("the mask film must have {} frames, and has {}; this is a defect "
                                "of oldfilm, please report it",
                                source_.frames(), masks_->frames()));
    }
}

RestoreResult Job::publish(job::FilmSink& sink, const job::ProgressMeter& meter) {
    if (masks_) {
        masks_->publish();
    }
    sink.publish();
    RestoreResult result;
    result.frames_in = source_.frames();
    result.frames_out = sink.frames();
    result.concealed = source_.reader().concealed();
    result.seconds = meter.seconds();
    return result;
}

/// Writes what comes out, until nothing does. The number of frames.
std::int64_t Job::pull(Run& run, job::FilmSink& sink, job::ProgressMeter& meter) {
    std::int64_t written = 0;
    try {
        while (!masks_failed_) {
            const std::optional<Frame> frame = run.next();
            if (!frame || !sink.push(*frame)) {
                break;
            }
            meter.update(run.progress(), ++written);
        }
    } catch (const Error& error) {
        if (error.code() == Errc::cancelled) {
            stopped(written);
        }
        throw;
    }
    check_stop(written);
    if (masks_) {
        masks_->drain();
    }
    sink.drain();
    return written;
}

RestoreResult Job::restore(const Pipeline& pipeline) {
    open_mask_film();
    const StreamFormat in = format_of(source_.info());
    Run run = watched(pipeline).start(in, [this] { return source_.next(); });
    const StreamFormat out = run.output();
    WriteOptions write = write_options(out, options_.codec);
    write.metadata.emplace_back("oldfilm_plan", run.plan());
    job::FilmSink sink(output_, std::move(write), &source_.reader());
    const std::stop_callback cancel(options_.stop, [&run] { run.cancel(); });

    const double ratio =
        in.rate.num() > 0 && out.rate.num() > 0 ? (out.rate / in.rate).value() : 1.0;
    job::ProgressMeter meter(options_.progress, total_, ratio);
    const std::int64_t written = pull(run, sink, meter);
    check_counts(out, written);
    if (masks_ && !any_mask_) {
        warnings_("no stage marked anything as repaired, so the mask film is black; masks are "
                  "made by scratch-removal");
    }
    meter.update(run.progress(), written, true);
    RestoreResult result = publish(sink, meter);
    result.stats = run.stats();
    return result;
}

RestoreResult Job::pass() {
    const std::string codec =
        options_.codec.empty() ? job::lossless_codec(output_) : options_.codec;
    const StreamFormat format = format_of(source_.info());
    job::FilmSink sink(output_, write_options(format, codec), &source_.reader());
    job::ProgressMeter meter(options_.progress, total_, 1.0);
    Progress progress;
    while (const std::optional<Frame> frame = source_.next()) {
        if (!sink.push(*frame)) {
            break;
        }
        progress.frames_in = source_.frames();
        meter.update(progress, source_.frames());
        check_stop(source_.frames());
    }
    sink.drain();
    check_counts(format, sink.frames());
    meter.update(progress, sink.frames(), true);
    return publish(sink, meter);
}

} // namespace

RestoreResult restore(const std::string& input, const std::string& output, const Pipeline& pipeline,
                      const RestoreOptions& options) {
    job::check_paths(input, output, options);
    job::check_codec(options.codec);
    const bool pass = pipeline.stages().empty();
    if (pass && !options.mask_out.empty()) {
        throw Error(Errc::invalid_argument,
                    "a mask film needs a stage that makes masks, and the pipeline has no stages; "
                    "add scratch-removal, or leave the mask film out");
    }
    Job film(input, output, options);
    return pass ? film.pass() : film.restore(pipeline);
}

} // namespace oldfilm
