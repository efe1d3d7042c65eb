#include "cluster/publication.hpp"

#include "cluster/planned_job.hpp"
#include "job/checkpoint.hpp"
#include "job/checks.hpp"
#include "job/devices.hpp"
#include "job/identity.hpp"
#include "job/segmented.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

namespace oldfilm::cluster {
namespace {

namespace fs = std::filesystem;
using job::Segment;

/// What is wrong with the segments of a film.
struct Gaps {
    std::vector<int> missing, damaged; ///< items
    [[nodiscard]] bool any() const { return !missing.empty() || !damaged.empty(); }
};

std::string listed(const std::vector<int>& items) {
    constexpr std::size_t most = 20;
    const std::vector<int> first(
        items.begin(), items.begin() + static_cast<std::ptrdiff_t>(std::min(items.size(), most)));
    return fmt::format("{}{}", fmt::join(first, ", "), items.size() > most ? ", ..." : "");
}

Error refusal(const SharedFolder& folder, const Gaps& gaps) {
    std::string found;
    if (!gaps.missing.empty()) {
        found = fmt::format("{} of {} items are not done: {}", gaps.missing.size(),
                            folder.plan.items.size(), listed(gaps.missing));
    }
    if (!gaps.damaged.empty()) {
        found += fmt::format("{}segments of {} items are damaged, and will be made again: {}",
                             found.empty() ? "" : "; ", gaps.damaged.size(), listed(gaps.damaged));
    }
    return {Errc::not_found, fmt::format("all segments must be complete, and {}; run oldfilm work "
                                         "{} --claim, then finish again",
                                         found, folder.path.string())};
}

/// Whether the record is that of segment `number` of the plan.
bool fits(const Segment& segment, std::int64_t number, const job::Segmentation& film) {
    return segment.number == number && segment.start == film.start_of(number) &&
           segment.next == film.start_of(number + 1);
}

/// All segments of the film. Those that are damaged lose their record. Throws `Error` (not_found).
std::vector<Segment> complete_segments(const SharedFolder& folder,
                                       const ClusterFinishOptions& options) {
    const auto film = segmentation_of(folder.plan.times, folder.plan.shots);
    std::vector<Segment> segments;
    Gaps gaps;
    for (std::size_t i = 0; i < folder.plan.items.size(); ++i) {
        const Item& item = folder.plan.items[i];
        bool is_missing = false;
        bool is_damaged = false;
        for (std::int64_t number = item.first_segment; number < item.next_segment; ++number) {
            const std::optional<SegmentRecord> record = folder.segments.read(number);
            if (!record || !fits(record->segment, number, *film)) {
                folder.segments.remove(number); // a record that says nothing is in the way
                is_missing = true;
            } else if (!folder.segments.is_whole(record->segment)) {
                folder.segments.remove(number);
                is_damaged = true;
            } else {
                segments.push_back(record->segment);
            }
            if (options.stop.stop_requested()) {
                throw Error(Errc::cancelled, "stopped on request before the film was published");
            }
        }
        if (is_missing) {
            gaps.missing.push_back(static_cast<int>(i));
        }
        if (is_damaged) {
            gaps.damaged.push_back(static_cast<int>(i));
        }
    }
    if (gaps.any()) {
        throw refusal(folder, gaps);
    }
    return segments;
}

void check_output(const PlanDocument& plan, const std::string& output,
                  const std::string& mask_out) {
    const auto check = [](const char* what, const std::string& path, const std::string& wanted) {
        const std::string found = fs::path(path).extension().string();
        if (found != wanted) {
            throw Error(Errc::invalid_argument,
                        fmt::format("the {} must have the extension that the plan was made for, "
                                    "{}, found {}; name it so, or make a new plan (--container)",
                                    what, wanted, path));
        }
    };
    check("output", output, plan.container);
    if (!plan.mask_out.empty()) {
        check("mask film", mask_out, fs::path(plan.mask_out).extension().string());
    } else if (!mask_out.empty()) {
        throw Error(Errc::invalid_argument, "the plan has no mask film; make a new one with "
                                            "--mask-out, or leave it out here");
    }
}

/// Sound and the other streams are copied from it now.
void check_input(const PlanDocument& plan, const job::Job& job) {
    const std::string apart = job::difference(
        plan.identity.at("input"), job::input_identity(job.source().info().path), "/input");
    if (!apart.empty()) {
        throw Error(Errc::incompatible,
                    fmt::format("the film {} must be the one that the plan was made for, and {}; "
                                "put that back, or make a new plan",
                                plan.input, apart));
    }
}

/// Frames that are lost or made up are a defect, and a film with a defect is not published.
void check_counts(const PlanDocument& plan, const std::vector<Segment>& segments) {
    std::int64_t outputs = 0;
    for (const Segment& segment : segments) {
        outputs += segment.outputs;
    }
    if (outputs != plan.outputs) {
        throw Error(Errc::internal,
                    fmt::format("{} frames must give {}, and the segments have {}; this is a "
                                "defect of oldfilm, please report it",
                                plan.frames(), plan.outputs, outputs));
    }
}

/// The segments as those of a job that has just made them all.
void adopt(const SharedFolder& folder, std::vector<Segment> segments, job::Checkpoint& checkpoint) {
    for (const Segment& segment : segments) {
        for (const auto& [film, seal] : job::files_of(segment)) {
            const fs::path to = job::segment_file(checkpoint.folder(), film, segment.number);
            if (!job::link_or_copy(job::segment_file(folder.segments.path(), film, segment.number),
                                   to)) {
                throw Error(Errc::io, fmt::format("the segment {} cannot be written; make room, or "
                                                  "see to the disk",
                                                  to.string()));
            }
        }
    }
    segments.back().end = Segment::End{folder.plan.frames(), folder.plan.concealed};
    segments.back().resume.reset();
    checkpoint.begin(folder.plan.identity);
    checkpoint.adopt(std::move(segments));
}

} // namespace

RestoreResult publish(const SharedFolder& folder, const std::string& output,
                      const ClusterFinishOptions& options) {
    const PlanDocument& plan = folder.plan;
    const std::string mask_out = options.mask_out.empty() ? plan.mask_out : options.mask_out;
    check_output(plan, output, mask_out);
    PlannedJob planned(plan,
                       {.output = output,
                        .mask_out = mask_out,
                        .evidence_out = plan.evidence_out,
                        .device = job::devices_of(plan.plan.at("device")).front(),
                        .overwrite = options.overwrite ||
                                     job::are_left_over(output, {mask_out, plan.evidence_out}),
                        .log = options.log,
                        .stop = options.stop});
    job::Job& job = planned.job();
    job::check_paths(plan.input, output, planned.options());
    check_input(plan, job);
    std::vector<Segment> segments = complete_segments(folder, options);
    check_counts(plan, segments);
    job::Checkpoint checkpoint(output, /*ignore_checkpoint=*/true);
    adopt(folder, std::move(segments), checkpoint);
    if (!mask_out.empty()) {
        job.check_masks(plan.frames(), checkpoint.mask_frames(), checkpoint.any_mask());
    }
    const job::OutputFilms films{job.films().film(plan.output, plan.plan_text()),
                                 job.films().masks(), job.films().evidence(plan.output)};
    job::ProgressMeter meter = job.meter(plan.output, checkpoint.outputs_done());
    RestoreResult result = job::publish(job, checkpoint, films, meter, plan.identity);
    result.seconds = meter.seconds();
    return result;
}

} // namespace oldfilm::cluster
