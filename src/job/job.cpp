#include "job/job.hpp"

#include "device/device.hpp"
#include "media/locations.hpp"
#include "media/reader.hpp"
#include "pipeline/frames_ratio.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace oldfilm::job {

Job::Job(Request request, int tile)
    : request_(std::move(request)), tile_(tile), log_(request_.options.log.each_once()),
      engines_(open_engines()), source_(request_.input, read_options(), request_.profile.get()),
      films_(request_.output, request_.options, request_.devices, source_.reader(), log_) {
    add_masks(source_);
}

void Job::add_masks(Source& source) const {
    if (options().mask_in.empty()) {
        return;
    }
    if (options().read.film_frames) {
        throw Error(Errc::invalid_argument,
                    "masks belong to the frames that the film is shown by, and with the cadence of "
                    "the film some of these are left out; leave the masks or the cadence out");
    }
    source.add_masks(options().mask_in,
                     options().read.start > Rational(0) ? frames_before_start("masks") : 0);
}

bool Job::is_piped() const {
    return media::is_pipe(source_.info().path) || output() == "-";
}

/// FFmpeg takes LibTorch's context of a GPU only where it came first, and keeps it then.
std::vector<media::UniqueBuffer> Job::open_engines() const {
    std::vector<media::UniqueBuffer> engines;
    if (options().read.device.empty() && !encodes_on_gpu(options().codec)) {
        return engines;
    }
    for (const std::string& device : devices()) {
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
ReadOptions Job::read_options() const {
    ReadOptions read = options().read;
    if (!read.device.empty()) {
        read.device = devices().size() > 1 ? "" : devices().front();
    }
    if (!read.log) {
        read.log = log_;
    }
    return read;
}

std::unique_ptr<Source> Job::open_source(const std::string& device) const {
    ReadOptions read = options().read;
    read.device = read.device.empty() ? "" : device;
    read.log = {}; // the one who reads ahead says it all
    auto source =
        std::make_unique<Source>(source_.info().path, std::move(read), request_.profile.get());
    add_masks(*source);
    return source;
}

const media::Survey& Job::survey() const {
    return Reader::Impl::of(source_.reader()).found;
}

namespace {

/// Frames are counted from frame `before` on, which is in the first shot then.
void shift_shots(ShotOptions& shots, std::int64_t before) {
    std::int64_t current = 0; // first frame of the shot that frame `before` is in
    std::vector<std::int64_t> first;
    for (const std::int64_t frame : shots.first_frames) {
        if (frame <= before) {
            current = frame;
        }
        if (frame >= before) {
            first.push_back(frame - before);
        }
    }
    std::map<std::int64_t, std::vector<StageOverride>> overrides;
    for (auto& [frame, stages] : shots.overrides) {
        if (frame >= current) {
            overrides.emplace(std::max<std::int64_t>(frame - before, 0), std::move(stages));
        }
    }
    shots.first_frames = std::move(first);
    shots.overrides = std::move(overrides);
}

} // namespace

ShotOptions Job::shots(const PipelineOptions& pipeline) const {
    ShotOptions shots = pipeline.shots;
    const ReadOptions& read = options().read;
    const MediaInfo& info = source_.info();
    if (!options().shot_list.empty()) {
        // Lists are of the film as the file has it, at whatever speed it is to be shown.
        const Rational rate =
            read.source_fps ? inspect_media(info.path).frame_rate : info.frame_rate;
        shots.first_frames = read_shot_list(options().shot_list, rate);
        shots.source = ShotOptions::Source::list;
    }
    std::vector<std::int64_t>& first = shots.first_frames;
    if (first.empty()) {
        return shots;
    }
    if (info.frames >= 0 && first.back() >= info.frames) {
        log_.warning(fmt::format("shots are listed up to frame {}, and {} has {} frames; is it "
                                 "the list of another film?",
                                 first.back(), info.path, info.frames));
    }
    if (read.start > Rational(0)) {
        shift_shots(shots, frames_before_start("shots"));
    }
    return shots;
}

std::vector<Region> Job::regions(const PipelineOptions& pipeline) const {
    std::vector<Region> regions = pipeline.regions;
    if (regions.empty() || options().read.start <= Rational(0)) {
        return regions;
    }
    const std::int64_t before = frames_before_start("regions");
    std::erase_if(regions, [before](const Region& one) { return one.last < before; });
    for (Region& one : regions) {
        one.first = std::max<std::int64_t>(one.first - before, 0);
        one.last -= before;
    }
    return regions;
}

/// Frames that `ReadOptions::start` leaves out; `what` is listed by frames.
std::int64_t Job::frames_before_start(const char* what) const {
    const MediaInfo& info = source_.info();
    if (info.frame_rate.num() <= 0) {
        throw Error(Errc::unsupported,
                    fmt::format("{} of {} are listed by frames, and how many of them come before "
                                "--start is not known, since its frame rate is irregular; leave "
                                "one of the two out",
                                what, info.path));
    }
    return (options().read.start * info.frame_rate).ceil();
}

Plan Job::plan(const Pipeline& pipeline, const std::string& device) const {
    PipelineOptions options = pipeline.options();
    options.device = device;
    if (tile_ > 0) {
        options.tile = tile_;
    }
    options.stay_on_device = stays_on_device();
    options.evidence = options.evidence || !this->options().evidence_out.empty();
    options.log = options.log ? options.log.each_once() : log_;
    return pipeline::plan(
        pipeline.with_options(std::move(options)), format(),
        {.concurrency = static_cast<int>(devices().size()),
         .reserved_bytes = [this](const StreamFormat& out) { return films_.reserved_bytes(out); }});
}

ProgressMeter Job::meter(const StreamFormat& out, std::int64_t before) const {
    return {options().progress, format().frames, frames_ratio(format(), out).value(), before};
}

void Job::check_stop(std::int64_t written) const {
    if (options().stop.stop_requested()) {
        stop_at(written);
    }
}

void Job::stop_at(std::int64_t written) const {
    const std::int64_t total = format().frames;
    throw Error(Errc::cancelled,
                fmt::format("stopped on request: {}{} frames were read and {} "
                            "restored",
                            source_.frames(), total < 0 ? "" : fmt::format(" of {}", total),
                            written));
}

std::int64_t Job::expected_outputs(const StreamFormat& out) const {
    return out.rate == source_.info().frame_rate
               ? (Rational(source_.frames()) * out.frames_each).ceil()
               : (source_.covered() * out.rate).ceil();
}

void Job::check_counts(const StreamFormat& out, std::int64_t written) const {
    if (source_.frames() == 0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("there are no frames in the part of the film that was asked for; "
                                "it lasts {:.3f} s, so start earlier",
                                source_.info().duration.value()));
    }
    const Rational rate_in = source_.info().frame_rate;
    const std::int64_t expected = expected_outputs(out);
    if (written != expected) {
        throw Error(Errc::internal,
                    fmt::format("{} frames at {} fps must give {} at {} fps, and {} were written; "
                                "this is a defect of oldfilm, please report it with the film's "
                                "first lines of `oldfilm inspect`",
                                source_.frames(), rate_in.to_string(), expected,
                                out.rate.to_string(), written));
    }
}

void Job::check_masks(std::int64_t frames, std::int64_t written, bool any) const {
    if (written != frames) {
        throw Error(Errc::internal,
                    fmt::format("the mask film must have {} frames, and has {}; this is a defect "
                                "of oldfilm, please report it",
                                frames, written));
    }
    if (!any) {
        log_.warning("no stage marked anything as repaired, so the mask film is black; masks are "
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

} // namespace oldfilm::job
