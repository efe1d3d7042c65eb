#include "job/shot_scanner.hpp"

#include "job/shot_scan.hpp"

#include <oldfilm/error.hpp>

#include <algorithm>
#include <utility>

namespace oldfilm::job {

ShotScanner::ShotScanner(Source& source, const StreamFormat& format, const Checkpoint& checkpoint,
                         Segmentation& segmentation, std::size_t most_waiting,
                         const PipelineOptions& options)
    : source_(source), segmentation_(segmentation),
      frames_done_(checkpoint.frames_done()), first_{.number = 0,
                                                     .segment = checkpoint.first_segment(),
                                                     .from = checkpoint.resume_point()},
      most_waiting_(most_waiting) {
    thread_ = std::thread([this, format, options] {
        try {
            scan(format, options);
        } catch (...) {
            end_with(std::current_exception());
        }
    });
}

ShotScanner::~ShotScanner() {
    stop();
    thread_.join();
}

void ShotScanner::scan(const StreamFormat& format, const PipelineOptions& options) {
    pipeline::ResumePoint known; // all frames are looked at; known shots are not found again
    known.shots = first_.from.shots;
    known.shots_until = first_.from.shots_until;
    bool stopped = false;
    scan_shots(source_, format, options, known, [&](const FrameInfo& info) {
        stopped = !add(info);
        return !stopped;
    });
    if (stopped) {
        return;
    }
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
}

/// An item that begins at a cut. The first one may begin within a shot, of which an earlier run
/// knows more.
WorkItem ShotScanner::item_at(std::int64_t segment, const FrameInfo& info) const {
    WorkItem item{.number = std::ssize(begins_), .segment = segment, .from = {}};
    item.from.frame = info.index;
    item.from.time = info.time();
    if (info.index == frames_done_) {
        item = first_;
        item.from.time = segmentation_.time_of(item.from.frame);
    }
    item.from.film_start = segmentation_.time_of(0);
    item.from.shots.clear();
    item.from.shots_until = 0;
    item.from.in_shots = true;
    return item;
}

/// False: nobody wants to know more.
bool ShotScanner::add(const FrameInfo& info) {
    std::unique_lock lock(mutex_);
    segmentation_.see(info.index, info.shot, info.time());
    const std::int64_t segment = segmentation_.segment_of(info.index);
    const bool begins_segment = segmentation_.start_of(segment) == info.index;
    const bool cut = std::exchange(shot_, info.shot) != info.shot;
    if (info.index == frames_done_ || (info.index > frames_done_ && cut && begins_segment)) {
        WorkItem item = item_at(segment, info);
        item.from.resumes_at = [this, number = item.number] {
            return resumes_at({.number = number, .segment = 0, .from = {}});
        };
        begins_.push_back(info.index);
        waiting_.push_back(std::move(item));
    }
    frames_ = info.index + 1;
    changed_.notify_all();
    changed_.wait(lock, [&] { return stopping_ || waiting_.size() < most_waiting_; });
    return !stopping_;
}

void ShotScanner::end_with(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
    changed_.notify_all();
}

void ShotScanner::stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
}

void ShotScanner::check() const {
    if (failure_) {
        std::rethrow_exception(failure_);
    }
    if (stopping_) {
        throw Error(Errc::cancelled, "the run was cancelled");
    }
}

std::optional<WorkItem> ShotScanner::take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_.empty() || over_ || stopping_ || failure_; });
    check();
    if (waiting_.empty()) {
        return std::nullopt;
    }
    WorkItem item = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    return item;
}

std::optional<Frame> ShotScanner::read(const WorkItem& item, Source& source) {
    const std::int64_t frame = std::max(item.from.frame, source.frames());
    if (!contains(item, frame)) {
        return std::nullopt;
    }
    return read_again(source, segmentation_, frame);
}

std::optional<std::int64_t> ShotScanner::known_end(const WorkItem& item) const {
    const auto next = static_cast<std::size_t>(item.number) + 1;
    return next < begins_.size() ? std::optional(begins_[next])
           : over_               ? std::optional(frames_)
                                 : std::nullopt;
}

bool ShotScanner::contains(const WorkItem& item, std::int64_t frame) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock,
                  [&] { return frame < frames_ || known_end(item) || stopping_ || failure_; });
    check();
    const auto end = known_end(item);
    return !end || frame < *end;
}

std::int64_t ShotScanner::end_of(const WorkItem& item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return known_end(item) || stopping_ || failure_; });
    check();
    return *known_end(item);
}

std::optional<Rational> ShotScanner::resumes_at(const WorkItem& item) {
    const std::int64_t end = end_of(item);
    {
        const std::lock_guard lock(mutex_);
        if (over_ && end == frames_) {
            return std::nullopt;
        }
    }
    return segmentation_.time_of(end);
}

std::int64_t ShotScanner::last_segment(const WorkItem& item) {
    return segmentation_.segment_of(end_of(item) - 1);
}

std::optional<std::int64_t> ShotScanner::items() const {
    const std::lock_guard lock(mutex_);
    return over_ ? std::optional(std::ssize(begins_)) : std::nullopt;
}

} // namespace oldfilm::job
