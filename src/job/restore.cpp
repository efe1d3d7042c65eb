#include "job/checks.hpp"
#include "job/devices.hpp"
#include "job/film_sink.hpp"
#include "job/job.hpp"
#include "media/locations.hpp"
#include "media/segments.hpp"
#include "pipeline/frames_ratio.hpp"

#include <fmt/format.h>

#include <atomic>
#include <memory>

namespace oldfilm {
namespace job {

/// Straight into the output: for pipes, which can't be taken up again.
RestoreResult Job::stream(const Pipeline& pipeline) {
    std::unique_ptr<FilmSink> masks;
    std::atomic<bool> any = false;
    if (!options_.mask_out.empty()) {
        masks = std::make_unique<FilmSink>(options_.mask_out, mask_options(), profile_, nullptr,
                                           mask_picture);
    }
    const Push see = [&](const Frame& frame) {
        any = any || frame.mask().defined();
        return masks->push(frame);
    };
    const StreamFormat in = format();
    devices_.resize(1);
    Run run = plan(pipeline, masks ? see : Push(), devices_.front()).start([this] {
        return source_.next();
    });
    FilmSink sink(output_, film_options(run.output(), run.plan()), profile_, &source_.reader());
    const std::stop_callback cancel(options_.stop, [&run] { run.cancel(); });
    ProgressMeter meter(options_.progress, total_, frames_ratio(in, run.output()).value());
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
    WriteOptions wanted = stream_options(options_.codec);
    wanted.width = wanted.height = 2;
    check_streams(wanted);
    const std::string& path = source_.info().path;
    const bool can_be_kept = path != "-" && media::scheme_of(path).empty() &&
                             media::SegmentEncoder::can_keep(output_, wanted) &&
                             (options_.mask_out.empty() ||
                              media::SegmentEncoder::can_keep(options_.mask_out, mask_options()));
    if (!can_be_kept) {
        if (devices_.size() > 1) {
            warnings_(
                fmt::format("only {} is used: a film is distributed over several devices where "
                            "input and output are files that can be kept in segments",
                            devices_.front()));
        }
        return stream(pipeline);
    }
    return devices_.size() > 1 ? distribute(pipeline) : restore_in_segments(pipeline);
}

RestoreResult Job::pass() {
    const std::string codec = options_.codec.empty() ? lossless_codec(output_) : options_.codec;
    const StreamFormat format = source_.reader().format();
    FilmSink sink(output_, write_options(format, codec, output_), profile_, &source_.reader());
    ProgressMeter meter(options_.progress, total_, 1.0);
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

} // namespace job

RestoreResult restore(const std::string& input, const std::string& output, const Pipeline& pipeline,
                      const RestoreOptions& options) {
    RestoreOptions allowed = options;
    allowed.overwrite = options.overwrite || job::are_left_over(output, options.mask_out);
    job::check_paths(input, output, allowed);
    job::check_codec(options.codec);
    const bool pass = pipeline.stages().empty();
    if (pass && !options.mask_out.empty()) {
        throw Error(Errc::invalid_argument,
                    "a mask film needs a stage that makes masks, and the pipeline has no stages; "
                    "add scratch-removal, or leave the mask film out");
    }
    const PipelineOptions& run = pipeline.options();
    const auto devices = job::devices_of(run.device.empty() ? "auto" : run.device);
    for (int tile = 0;;) {
        job::Job film(input, output, allowed, devices, run.profile.get(), tile);
        try {
            return pass ? film.pass() : film.restore(pipeline);
        } catch (const media::EngineFailure& failure) {
            if (!film.leave_engine(failure)) {
                throw;
            }
            allowed.read.device.clear();
            allowed.ignore_checkpoint = false; // what is done is ours
        } catch (const Error& error) {
            if (error.code() == Errc::cancelled) {
                throw film.stopped(error);
            }
            tile = film.smaller_tile(error);
            if (tile == 0) {
                throw;
            }
            allowed.ignore_checkpoint = false; // what is done is ours
        }
    }
}

} // namespace oldfilm
