#include "job/identity.hpp"
#include "job/job.hpp"
#include "job/segment_writer.hpp"
#include "job/worker_pool.hpp"
#include "pipeline/frames_ratio.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace oldfilm::job {

/// What an earlier run has left must have been made as this one would make it.
void Job::resume(Checkpoint& film, const nlohmann::json& identity) {
    film.check(identity);
    if (options_.note && film.frames_done() > 0) {
        const std::string of = total_ < 0 ? "" : fmt::format(" of {}", total_);
        options_.note(
            fmt::format("going on with the restoration that was broken off: {}{} frames are done",
                        film.frames_done(), of));
    }
}

void Job::begin(Checkpoint& film, const nlohmann::json& identity) {
    if (!film.is_begun()) {
        film.begin(identity);
    }
    if (tile_ != film.tile()) {
        film.note_tile(tile_);
    }
}

void Job::choose_tile(const Checkpoint& film) {
    if (film.has_segments() && (tile_ == 0 || (film.tile() > 0 && film.tile() < tile_))) {
        tile_ = film.tile();
    }
}

std::optional<Checkpoint::Output> Job::mask_output() {
    if (options_.mask_out.empty()) {
        return std::nullopt;
    }
    return Checkpoint::Output{options_.mask_out, mask_options(), nullptr};
}

Checkpoint::Output Job::film_output(const StreamFormat& out, const std::string& plan) {
    return {output_, film_options(out, plan), &source_.reader()};
}

/// In segments, each kept until all are there.
RestoreResult Job::restore_in_segments(const Pipeline& pipeline) {
    Checkpoint& film = checkpoint_.emplace(output_, options_.ignore_checkpoint);
    const StreamFormat in = format();
    const auto identity = [&](const std::string& plan) {
        return job::identity(source_.info().path, options_, pipeline.options(), plan);
    };
    choose_tile(film);
    std::unique_ptr<Segmentation> segmentation;
    std::optional<SegmentWriter> writer;
    const Plan plan = this->plan(
        pipeline,
        [&](const Frame& frame) {
            const FrameInfo& info = frame.info();
            segmentation->see(info.index, info.shot, info.time());
            return writer->see(frame);
        },
        devices_.front());
    const std::string text = plan.to_json(); // reads plugins for their checksums
    if (film.is_begun()) {
        resume(film, identity(text));
    }
    begin(film, identity(text));
    segmentation = film.segmentation();
    // Where nothing was made yet, the first frames here are the film's first.
    const auto base = [](Rational known) {
        return [known](Rational first) { return known.num() > 0 ? known : first; };
    };
    writer.emplace(
        *segmentation,
        SegmentWriter::Setup{.folder = film.folder(),
                             .first = film.first_segment(),
                             .from = film.resume_point(),
                             .shots = {},
                             .film_base = base(film.film_base()),
                             .mask_base = base(film.mask_base()),
                             .note = [&film](const nlohmann::json& line) { film.note(line); },
                             .profile = profile_});
    const auto masks = mask_output();
    if (masks) {
        writer->open_masks(masks->path, masks->options, mask_picture);
    }
    const bool is_made = !film.end().is_null();
    // Where all frames are there, the run makes none, and only says what they are.
    Run run = pipeline::start(
        plan, [this, is_made] { return is_made ? std::nullopt : source_.next(); },
        film.resume_point());
    writer->watch(run);
    const auto output = film_output(run.output(), text);
    writer->open_film(output.path, output.options, output.source);
    const std::stop_callback cancel(options_.stop, [&run] { run.cancel(); });
    ProgressMeter meter(options_.progress, total_, frames_ratio(in, run.output()).value(),
                        film.outputs_done());
    const Next undone = [&] {
        std::optional<Frame> frame = run.next();
        while (frame && writer->is_done(*frame)) {
            frame = run.next();
        }
        return frame;
    };
    if (!is_made) {
        pull(
            run, undone, [&](const Frame& frame) { return writer->push(frame); }, meter,
            film.outputs_done());
        writer->drain(segmentation->seen() > 0 ? segmentation->segment_of(segmentation->seen() - 1)
                                               : -1);
        check_counts(run.output(), film.frames());
    }
    RestoreResult made = publish(film, output, masks, meter);
    made.stats = run.stats();
    return made;
}

/// The same, by several devices.
RestoreResult Job::distribute(const Pipeline& pipeline) {
    Checkpoint& film = checkpoint_.emplace(output_, options_.ignore_checkpoint);
    choose_tile(film);
    const StreamFormat in = format();
    std::optional<Checkpoint::Output> output;
    std::optional<Checkpoint::Output> masks;
    // What is said by each worker is heard once, and from one at a time.
    const auto log =
        std::make_shared<Warnings>(pipeline.options().log ? pipeline.options().log : options_.warn);
    WorkerPool pool(
        {.devices = devices_,
         .format = in,
         .plan =
             [&](const std::string& device, Push see) {
                 PipelineOptions options = pipeline.options();
                 options.log = [log](const std::string& text) { (*log)(text); };
                 return this->plan(pipeline.with_options(std::move(options)), std::move(see),
                                   device);
             },
         .source =
             [&](const std::string& device) {
                 ReadOptions read = options_.read;
                 read.device = read.device.empty() ? "" : device;
                 read.warn = {}; // the one who reads ahead says it all
                 return std::make_unique<Source>(source_.info().path, std::move(read), profile_);
             },
         .open =
             [&](SegmentWriter& writer) {
                 if (masks) {
                     writer.open_masks(masks->path, masks->options, mask_picture);
                 }
                 writer.open_film(output->path, output->options, output->source);
             },
         .counted =
             [&](std::int64_t items) {
                 if (items == 1 && options_.note) {
                     options_.note(fmt::format("{} is one shot, which only one device can work on",
                                               film.frames_done() > 0 ? "what is left of the film"
                                                                      : "the film"));
                 }
             },
         .profile = pipeline.options().profile});
    const std::string plan = pool.plan();
    const auto identity = job::identity(source_.info().path, options_, pipeline.options(), plan);
    if (film.is_begun()) {
        resume(film, identity);
    }
    begin(film, identity);
    masks = mask_output();
    output = film_output(pool.output(), plan);
    ProgressMeter meter(options_.progress, total_, frames_ratio(in, pool.output()).value(),
                        film.outputs_done());
    RunStats stats;
    if (film.end().is_null()) {
        began_ = true;
        try {
            stats = pool.run(
                film, source_,
                [&](std::int64_t frames_in, std::int64_t written) {
                    Progress progress;
                    progress.frames_in = frames_in;
                    meter.update(progress, written);
                },
                options_.stop);
        } catch (const Error& error) {
            if (error.code() == Errc::cancelled) {
                stop_at(pool.written());
            }
            throw;
        }
        check_stop(pool.written());
        check_counts(pool.output(), film.frames());
    }
    RestoreResult made = publish(film, *output, masks, meter);
    made.resumed += pool.ahead();
    made.stats = std::move(stats);
    return made;
}

/// All segments are there: what is to be told of them, and the files.
RestoreResult Job::publish(Checkpoint& film, const Checkpoint::Output& output,
                           const std::optional<Checkpoint::Output>& masks, ProgressMeter& meter) {
    RestoreResult made;
    if (film.end().is_null()) {
        if (masks) {
            check_masks(film.mask_frames(), film.any_mask());
        }
        made = result(film.frames(), meter);
    } else {
        made.frames_in = film.end().at("frames");
        made.concealed = film.end().at("concealed");
        made.frames_out = film.outputs_done();
    }
    Progress progress;
    progress.frames_in = made.frames_in;
    meter.update(progress, made.frames_out, true);
    film.publish({{"frames", made.frames_in}, {"concealed", made.concealed}}, output, masks);
    made.resumed = film.frames_done();
    return made;
}

} // namespace oldfilm::job
