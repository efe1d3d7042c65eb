#include "job/shot_scanner.hpp"

#include "base/single_thread.hpp"

#include <oldfilm/error.hpp>

#include <algorithm>
#include <utility>

namespace oldfilm::job {

ShotScanner::ShotScanner(Source& source, const StreamFormat& format,
                         const pipeline::ResumePoint& known, std::int64_t frames_done,
                         std::int64_t segment, Segmentation& segmentation, std::size_t most_waiting,
                         std::shared_ptr<Profile> profile)
    : source_(source), segmentation_(segmentation),
      frames_done_(frames_done), first_{.number = 0, .segment = segment, .frame = known.frame},
      most_waiting_(most_waiting) {
    pipeline::ResumePoint
        from; // all frames are looked at; what is known of shots is not found again
    from.shots = known.shots;
    from.shots_until = known.shots_until;
    thread_ = std::thread([this, format, from = std::move(from), profile = std::move(profile)] {
        try {
            read(format, from, profile);
        } catch (...) {
            end_with(std::current_exception());
        }
    });
}

ShotScanner::~ShotScanner() {
    stop();
    thread_.join();
}

void ShotScanner::read(const StreamFormat& format, const pipeline::ResumePoint& known,
                       std::shared_ptr<Profile> profile) {
    base::use_single_thread();
    PipelineOptions options; // finding shots is little work, for one thread
    options.device = "cpu";
    options.profile = std::move(profile);
    const Plan plan = pipeline::plan(Pipeline(std::move(options)), format,
                                     {.concurrency = at::get_num_threads(), .reserved_bytes = {}});
    Run run = pipeline::start(
        plan, [this] { return source_.next(); }, known);
    while (const std::optional<Frame> frame = run.next()) {
        if (!add(frame->info())) {
            return;
        }
    }
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
}

/// False: nobody wants to know more.
bool ShotScanner::add(const FrameInfo& info) {
    std::unique_lock lock(mutex_);
    const bool cut = shots_.empty() || info.shot != std::ssize(shots_) - 1;
    if (cut) {
        shots_.push_back(info.index);
    }
    segmentation_.see(info.index, info.shot, info.time());
    const std::int64_t segment = segmentation_.segment_of(info.index);
    WorkItem item = first_;
    bool begins = info.index == frames_done_;
    if (info.index > frames_done_ && cut && segmentation_.start_of(segment) == info.index) {
        item = {.number = std::ssize(begins_), .segment = segment, .frame = info.index};
        begins = true;
    }
    if (begins) {
        begins_.push_back(info.index);
        waiting_.push_back(item);
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

std::optional<ShotScanner::WorkItem> ShotScanner::take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_.empty() || over_ || stopping_ || failure_; });
    check();
    if (waiting_.empty()) {
        return std::nullopt;
    }
    const WorkItem item = waiting_.front();
    waiting_.pop_front();
    changed_.notify_all();
    return item;
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

std::int32_t ShotScanner::shot_of(std::int64_t frame) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::int32_t>(std::upper_bound(shots_.begin(), shots_.end(), frame) -
                                     shots_.begin() - 1);
}

std::vector<std::int64_t> ShotScanner::shots() const {
    const std::lock_guard lock(mutex_);
    return shots_;
}

std::optional<std::int64_t> ShotScanner::items() const {
    const std::lock_guard lock(mutex_);
    return over_ ? std::optional(std::ssize(begins_)) : std::nullopt;
}

} // namespace oldfilm::job
