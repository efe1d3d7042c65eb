#include "device/device.hpp"
#include "device/order.hpp"
#include "job/checks.hpp"
#include "job/film_sink.hpp"
#include "job/frame_queue.hpp"
#include "job/identity.hpp"
#include "job/kept_film.hpp"
#include "job/watch.hpp"
#include "media/codec_choice.hpp"
#include "media/hardware.hpp"
#include "media/locations.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>
#include <oldfilm/restore.hpp>

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>
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
    Source(const std::string& path, ReadOptions options, Profile* profile)
        : reader_(path, std::move(options)), profile_(profile) {}

    std::optional<Frame> next() {
        std::optional<Frame> frame;
        {
            const Profile::Span span(profile_, Profile::Kind::decode, "", frames_);
            frame = reader_.next();
        }
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
    [[nodiscard]] Rational covered() const { return end_ - first_; }

  private:
    Reader reader_;
    Profile* profile_; ///< may be null
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

ColorTags mask_color() {
    ColorTags color;
    color.range = Range::full;
    return color;
}

/// The frame's repair mask as a picture: white where anything was repaired, however faintly.
Frame mask_picture(const Frame& frame) {
    const at::Tensor picture =
        frame.mask().defined()
            ? frame.mask().gt(0).to(at::kCPU, at::kFloat)
            : at::zeros({1, frame.height(), frame.width()}, at::dtype(at::kFloat));
    FrameInfo info = frame.info();
    info.color = mask_color();
    return {picture, info};
}

/// Frames out for each frame in.
double ratio_of(const StreamFormat& in, const StreamFormat& out) {
    return in.rate.num() > 0 && out.rate.num() > 0 ? (out.rate / in.rate).value() : 1.0;
}

/// One film on its way through.
class Job {
  public:
    /// `device`: the pipeline's, as it is called. `tile`: the side of tiles that memory is known to
    /// suffice for; 0 where nothing is known.
    Job(const std::string& input, const std::string& output, const RestoreOptions& options,
        std::string device, Profile* profile, int tile)
        : output_(output), options_(options), device_(std::move(device)), profile_(profile),
          tile_(tile), warnings_(options.warn), engines_(open_engines()),
          source_(input, read_options(), profile), total_(announced(source_.info(), options.read)) {
    }

    /// The film as it is, without loss unless another codec is named.
    RestoreResult pass();
    RestoreResult restore(const Pipeline& pipeline);
    /// The tiles to go on with after `error`, 0 where smaller ones would not help.
    [[nodiscard]] int smaller_tile(const Error& error);
    /// Whether to go on with decoding on the CPU.
    [[nodiscard]] bool leave_engine(const media::EngineFailure& failure);

  private:
    using Next = std::function<std::optional<Frame>()>;
    using Push = std::function<bool(const Frame&)>;
    [[nodiscard]] media::UniqueBuffer open_engines() const;
    [[nodiscard]] bool encodes_on_gpu() const;
    [[nodiscard]] bool is_piped() const;
    [[nodiscard]] ReadOptions read_options();
    [[nodiscard]] WriteOptions write_options(const StreamFormat& format, const std::string& codec);
    [[nodiscard]] WriteOptions film_options(const StreamFormat& out, const std::string& plan);
    [[nodiscard]] WriteOptions mask_options();
    [[nodiscard]] std::int64_t held_beside(const StreamFormat& out) const;
    [[nodiscard]] Pipeline watched(const Pipeline& pipeline, Push see);
    RestoreResult stream(const Pipeline& pipeline);
    RestoreResult keep(const Pipeline& pipeline);
    void take_up(job::KeptFilm& film, const Pipeline& pipeline, const StreamFormat& in);
    std::int64_t pull(const Run& run, const Next& next, const Push& push, job::ProgressMeter& meter,
                      std::int64_t before = 0);
    void check_counts(const StreamFormat& out, std::int64_t written) const;
    void check_masks(std::int64_t written, bool any);
    [[nodiscard]] RestoreResult result(std::int64_t written, const job::ProgressMeter& meter) const;
    void check_stop(std::int64_t written) const;
    [[noreturn]] void stopped(std::int64_t written) const;

    const std::string& output_;
    const RestoreOptions& options_;
    std::string device_;
    Profile* profile_; ///< may be null
    int tile_;
    job::Warnings warnings_;
    media::UniqueBuffer engines_; ///< null where none are asked for, or there
    Source source_;
    std::int64_t total_;
    std::atomic<bool> failed_ = false; ///< what is done with frames on their way
    bool kept_ = false;
    bool began_ = false; ///< the stages are at work
};

bool Job::encodes_on_gpu() const {
    return options_.codec.ends_with("_nvenc");
}

/// FFmpeg takes LibTorch's context of a GPU only where it came first, and keeps it then.
media::UniqueBuffer Job::open_engines() const {
    if (options_.read.device.empty() && !encodes_on_gpu()) {
        return nullptr;
    }
    try {
        std::string why; // told by who needs it, as is what is thrown here
        return media::open_device(base::resolve_device(device_), why);
    } catch (const Error&) {
        return nullptr;
    }
}

ReadOptions Job::read_options() {
    ReadOptions read = options_.read;
    if (!read.device.empty()) {
        read.device = device_;
    }
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
    write.device = encodes_on_gpu() ? device_ : "";
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
                               format.channels, info.bits, lossless, kept_});
    return write;
}

WriteOptions Job::film_options(const StreamFormat& out, const std::string& plan) {
    WriteOptions write = write_options(out, options_.codec);
    write.metadata.emplace_back("oldfilm_plan", plan);
    return write;
}

WriteOptions Job::mask_options() {
    StreamFormat format = format_of(source_.info());
    format.channels = 1;
    format.color = mask_color();
    WriteOptions write = write_options(format, job::lossless_codec(options_.mask_out));
    write.bits = 8;
    write.crf.reset();
    write.device.clear();
    write.pixel_format.clear();
    return write;
}

/// Bytes that decoding, encoding and the pictures on the way to it take.
std::int64_t Job::held_beside(const StreamFormat& out) const {
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
                 static_cast<std::int64_t>(job::FrameQueue::most_frames()) * picture;
    };
    film(output_, options_.codec, out.channels, out.width, out.height);
    if (!options_.mask_out.empty()) {
        film(options_.mask_out, job::lossless_codec(options_.mask_out), 1, info.width, info.height);
    }
    return bytes;
}

/// The same stages, with the job's own ears: `see` is told each frame where masks are complete.
Pipeline Job::watched(const Pipeline& pipeline, Push see) {
    PipelineOptions options = pipeline.options();
    options.beside = [this, more = std::move(options.beside)](const StreamFormat& out) {
        return held_beside(out) + (more ? more(out) : 0);
    };
    if (tile_ > 0) {
        options.tile = tile_;
    }
    options.stay_on_device = encodes_on_gpu() && engines_ != nullptr;
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
                fmt::format("stopped on request: {}{} frames were read and {} restored; run it "
                            "again to {}",
                            source_.frames(), of, written,
                            kept_ ? "go on from there" : "start over"));
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

RestoreResult Job::result(std::int64_t written, const job::ProgressMeter& meter) const {
    RestoreResult result;
    result.frames_in = source_.frames();
    result.frames_out = written;
    result.concealed = source_.reader().concealed();
    result.seconds = meter.seconds();
    return result;
}

/// Hands on what comes next, until nothing does. The number of frames, `before` included.
std::int64_t Job::pull(const Run& run, const Next& next, const Push& push,
                       job::ProgressMeter& meter, std::int64_t before) {
    std::int64_t written = before;
    began_ = true;
    // Frames that stay on the device are encoded beside the stages' work.
    std::optional<c10::Stream> beside;
    if (engines_) {
        const c10::Device device = base::resolve_device(device_);
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
            stopped(written);
        }
        throw;
    }
    check_stop(written);
    return written;
}

/// Straight into the output: for pipes, which can't be taken up again.
RestoreResult Job::stream(const Pipeline& pipeline) {
    std::unique_ptr<job::FilmSink> masks;
    std::atomic<bool> any = false;
    if (!options_.mask_out.empty()) {
        masks = std::make_unique<job::FilmSink>(options_.mask_out, mask_options(), profile_,
                                                nullptr, mask_picture);
    }
    const Push see = [&](const Frame& frame) {
        any = any || frame.mask().defined();
        return masks->push(frame);
    };
    const StreamFormat in = format_of(source_.info());
    Run run = watched(pipeline, masks ? see : Push()).start(in, [this] { return source_.next(); });
    job::FilmSink sink(output_, film_options(run.output(), run.plan()), profile_,
                       &source_.reader());
    const std::stop_callback cancel(options_.stop, [&run] { run.cancel(); });
    job::ProgressMeter meter(options_.progress, total_, ratio_of(in, run.output()));
    const std::int64_t written = pull(
        run, [&] { return run.next(); }, [&](const Frame& frame) { return sink.push(frame); },
        meter);
    if (masks) {
        masks->drain();
    }
    sink.drain();
    check_counts(run.output(), written);
    if (masks) {
        check_masks(masks->frames(), any);
        masks->publish();
    }
    meter.update(run.progress(), written, true);
    sink.publish();
    RestoreResult made = result(written, meter);
    made.stats = run.stats();
    return made;
}

/// What an earlier run has left must have been made as this one would make it.
void Job::take_up(job::KeptFilm& film, const Pipeline& pipeline, const StreamFormat& in) {
    if (!film.is_begun()) {
        return;
    }
    film.check(job::identity(source_.info().path, options_, pipeline.options(),
                             watched(pipeline, {}).start(in).plan()));
    if (options_.note && film.frames_done() > 0) {
        const std::string of = total_ < 0 ? "" : fmt::format(" of {}", total_);
        options_.note(
            fmt::format("going on with the restoration that was broken off: {}{} frames are done",
                        film.frames_done(), of));
    }
}

/// In pieces, each kept until all are there.
RestoreResult Job::keep(const Pipeline& pipeline) {
    kept_ = true;
    job::KeptFilm film(output_, options_.fresh, profile_);
    const StreamFormat in = format_of(source_.info());
    take_up(film, pipeline, in);
    if (tile_ == 0 || (film.tile() > 0 && film.tile() < tile_)) {
        tile_ = film.tile();
    }
    const Pipeline stages =
        watched(pipeline, [&film](const Frame& frame) { return film.see(frame); });
    if (!options_.mask_out.empty()) {
        film.open_masks(options_.mask_out, mask_options(), mask_picture);
    }
    const bool is_made = !film.end().is_null();
    // Where all frames are there, the run makes none, and only says what they are.
    Run run = stages.start(
        in, [this, is_made] { return is_made ? std::nullopt : source_.next(); },
        film.start_point());
    film.watch(run);
    const std::string plan = run.plan(); // reads models and plugins for their checksums
    if (!film.is_begun()) {
        film.begin(job::identity(source_.info().path, options_, pipeline.options(), plan));
    }
    if (tile_ != film.tile()) {
        film.note_tile(tile_);
    }
    film.open_film(output_, film_options(run.output(), plan), &source_.reader());
    const std::stop_callback cancel(options_.stop, [&run] { run.cancel(); });
    job::ProgressMeter meter(options_.progress, total_, ratio_of(in, run.output()),
                             film.outputs_done());
    const Next undone = [&] {
        std::optional<Frame> frame = run.next();
        while (frame && film.is_done(*frame)) {
            frame = run.next();
        }
        return frame;
    };
    RestoreResult made;
    if (is_made) {
        made.frames_in = film.end().at("frames");
        made.concealed = film.end().at("concealed");
        made.frames_out = film.outputs_done();
    } else {
        pull(
            run, undone, [&](const Frame& frame) { return film.push(frame); }, meter,
            film.outputs_done());
        film.drain();
        check_counts(run.output(), film.frames());
        if (!options_.mask_out.empty()) {
            check_masks(film.mask_frames(), film.any_mask());
        }
        made = result(film.frames(), meter);
    }
    meter.update(run.progress(), made.frames_out, true);
    film.publish({{"frames", made.frames_in}, {"concealed", made.concealed}});
    made.resumed = film.frames_done();
    made.stats = run.stats();
    return made;
}

bool Job::is_piped() const {
    return source_.info().path == "-" || output_ == "-";
}

bool Job::leave_engine(const media::EngineFailure& failure) {
    if (is_piped()) {
        return false;
    }
    warnings_(fmt::format("{}: going on there", failure.what()));
    return true;
}

int Job::smaller_tile(const Error& error) {
    if (error.code() != Errc::out_of_memory || !began_ || is_piped()) {
        return 0;
    }
    for (const int side : {256, 128, 64}) {
        if (tile_ == 0 || side < tile_) {
            warnings_(fmt::format("memory ran out ({}); going on with tiles of {} pixels",
                                  error.what(), side));
            return side;
        }
    }
    return 0;
}

RestoreResult Job::restore(const Pipeline& pipeline) {
    if (tile_ == 0) {
        tile_ = pipeline.options().tile;
    }
    WriteOptions wanted;
    wanted.codec = options_.codec;
    wanted.width = wanted.height = 2;
    const std::string& path = source_.info().path;
    const bool can_be_kept = path != "-" && media::scheme_of(path).empty() &&
                             media::SegmentEncoder::can_keep(output_, wanted) &&
                             (options_.mask_out.empty() ||
                              media::SegmentEncoder::can_keep(options_.mask_out, mask_options()));
    return can_be_kept ? keep(pipeline) : stream(pipeline);
}

RestoreResult Job::pass() {
    const std::string codec =
        options_.codec.empty() ? job::lossless_codec(output_) : options_.codec;
    const StreamFormat format = format_of(source_.info());
    job::FilmSink sink(output_, write_options(format, codec), profile_, &source_.reader());
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
    sink.publish();
    return result(sink.frames(), meter);
}

} // namespace

RestoreResult restore(const std::string& input, const std::string& output, const Pipeline& pipeline,
                      const RestoreOptions& options) {
    RestoreOptions allowed = options; // an output that is about to be published is ours to replace
    allowed.overwrite = options.overwrite || job::Journal::is_publishing(output);
    job::check_paths(input, output, allowed);
    job::check_codec(options.codec);
    const bool pass = pipeline.stages().empty();
    if (pass && !options.mask_out.empty()) {
        throw Error(Errc::invalid_argument,
                    "a mask film needs a stage that makes masks, and the pipeline has no stages; "
                    "add scratch-removal, or leave the mask film out");
    }
    const PipelineOptions& options_of_run = pipeline.options();
    const std::string device = options_of_run.device.empty() ? "auto" : options_of_run.device;
    for (int tile = 0;;) {
        Job film(input, output, allowed, device, options_of_run.profile.get(), tile);
        try {
            return pass ? film.pass() : film.restore(pipeline);
        } catch (const media::EngineFailure& failure) {
            if (!film.leave_engine(failure)) {
                throw;
            }
            allowed.read.device.clear();
            allowed.fresh = false;
        } catch (const Error& error) {
            tile = film.smaller_tile(error);
            if (tile == 0) {
                throw;
            }
            allowed.fresh = false; // what is done is ours
        }
    }
}

} // namespace oldfilm
