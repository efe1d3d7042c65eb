#include "job/segment_writer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace oldfilm::job {
namespace {

SegmentedFilm::Setup setup(const SegmentedJob& job, const WorkItem& item) {
    return {.folder = job.recorder.folder(),
            .first_segment = item.segment,
            .has_first_frame = item.number == 0,
            .profile = job.profile};
}

} // namespace

SegmentWriter::SegmentWriter(const SegmentedJob& job, WorkQueue& queue, const WorkItem& item)
    : job_(job), queue_(queue), from_(item.from), first_(item.segment), next_(item.segment),
      film_(job.films.film, job.segmentation, job.film_base, setup(job, item)) {
    if (job.films.masks) {
        masks_.emplace(*job.films.masks, job.segmentation, job.mask_base, setup(job, item));
    }
    if (job.films.evidence) { // of the same frames as the film, at the same times
        evidence_.emplace(*job.films.evidence, job.segmentation, job.film_base, setup(job, item));
    }
}

void SegmentWriter::see(const Frame& frame) {
    queue_.see(frame.info());
    if (frame.mask().defined()) {
        const std::lock_guard lock(mutex_);
        marked_.insert(job_.segmentation.segment_of(frame.info().index));
    }
    if (masks_ && !masks_->push(frame)) {
        failed_ = true;
    }
}

bool SegmentWriter::is_done(const Frame& frame) const {
    return job_.segmentation.segment_of(frame.info().source_index) < first_;
}

bool SegmentWriter::push(const Frame& frame, const Run& run) {
    const bool pushed = film_.push(frame) && (!evidence_ || evidence_->push(frame));
    add_complete(run);
    return pushed;
}

void SegmentWriter::drain(std::int64_t last, const Run& run) {
    last_ = last;
    if (masks_) {
        masks_->drain(last);
    }
    if (evidence_) {
        evidence_->drain(last);
    }
    film_.drain(last);
    add_complete(run);
}

bool SegmentWriter::is_complete(std::int64_t segment) const {
    return film_.is_sealed(segment) && (!masks_ || masks_->is_sealed(segment)) &&
           (!evidence_ || evidence_->is_sealed(segment));
}

void SegmentWriter::add_complete(const Run& run) {
    for (; is_complete(next_); ++next_) {
        const Segment segment = record(next_, run);
        if (job_.store != nullptr) { // what goes with stored segments is about to be replaced
            job_.store->forget(segment.start, segment.next);
        }
        if (job_.completed != nullptr) {
            job_.completed->complete(segment.start, segment.next);
        }
        job_.recorder.add(segment);
    }
}

/// Those of the shots [first, last). Each finding is read once, however many segments there are.
std::vector<std::string> SegmentWriter::findings(const Run& run, std::int64_t first,
                                                 std::int64_t last) {
    const std::vector<std::string> all = run.stats().analysis;
    for (; findings_read_ < all.size(); ++findings_read_) {
        const std::string& one = all[findings_read_];
        findings_.emplace(nlohmann::json::parse(one).at("shot").get<std::int64_t>(), one);
    }
    std::vector<std::string> found;
    const auto end = findings_.lower_bound(last);
    for (auto one = findings_.lower_bound(first); one != end; ++one) {
        found.push_back(one->second);
    }
    return found;
}

Segment SegmentWriter::record(std::int64_t number, const Run& run) {
    Segment segment;
    segment.number = number;
    segment.start = job_.segmentation.start_of(number);
    segment.next = job_.segmentation.start_of(number + 1);
    segment.closes = number == last_;
    const SegmentedFilm::Sealed film = film_.take(number);
    segment.film = film.seal;
    segment.outputs = film.frames;
    segment.film_base = film_.base();
    if (masks_) {
        const SegmentedFilm::Sealed mask = masks_->take(number);
        segment.mask = mask.seal;
        segment.mask_frames = mask.frames;
        segment.mask_base = masks_->base();
    }
    if (evidence_) {
        segment.evidence = evidence_->take(number).seal;
    }
    const std::vector<std::int64_t> shots = job_.segmentation.shots();
    const auto shot = [&shots](std::int64_t frame) {
        return std::lower_bound(shots.begin(), shots.end(), frame);
    };
    segment.shots.assign(shot(segment.start), shot(segment.next));
    segment.analysis =
        findings(run, shot(segment.start) - shots.begin(), shot(segment.next) - shots.begin());
    segment.film_start = from_.frame > 0 ? from_.film_start : job_.segmentation.time_of(0);
    if (segment.next < job_.segmentation.seen()) {
        const std::int64_t frame =
            pipeline::first_frame_needed_for(run, segment.next, *std::prev(shot(segment.next + 1)));
        segment.resume = {frame, job_.segmentation.time_of(frame)};
    }
    const std::lock_guard lock(mutex_);
    segment.marked = marked_.erase(number) > 0;
    return segment;
}

} // namespace oldfilm::job
