#include "job/scout.hpp"

#include "base/alone.hpp"

#include <oldfilm/error.hpp>

#include <algorithm>
#include <utility>

namespace oldfilm::job {

Scout::Scout(Source& source, const StreamFormat& format, const StartPoint& known,
             std::int64_t frames_done, std::int64_t piece, Boundaries& boundaries,
             std::size_t most_waiting, PipelineOptions options)
    : source_(source), boundaries_(boundaries),
      frames_done_(frames_done), first_{.number = 0, .piece = piece, .frame = known.frame},
      most_waiting_(most_waiting) {
    StartPoint from; // all frames are looked at; what is known of shots is not found again
    from.shots = known.shots;
    from.shots_until = known.shots_until;
    thread_ = std::thread([this, format, from = std::move(from), options = std::move(options)] {
        try {
            read(format, from, options);
        } catch (...) {
            end_with(std::current_exception());
        }
    });
}

Scout::~Scout() {
    stop();
    thread_.join();
}

void Scout::read(const StreamFormat& format, const StartPoint& known, PipelineOptions options) {
    base::work_alone();
    Run run = Pipeline(std::move(options))
                  .start(
                      format, [this] { return source_.next(); }, known);
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
bool Scout::add(const FrameInfo& info) {
    std::unique_lock lock(mutex_);
    const bool cut = shots_.empty() || info.shot != std::ssize(shots_) - 1;
    if (cut) {
        shots_.push_back(info.index);
    }
    boundaries_.see(info.index, info.shot, info.time());
    const std::int64_t piece = boundaries_.piece_of(info.index);
    Unit unit = first_;
    bool begins = info.index == frames_done_;
    if (info.index > frames_done_ && cut && boundaries_.start_of(piece) == info.index) {
        unit = {.number = std::ssize(begins_), .piece = piece, .frame = info.index};
        begins = true;
    }
    if (begins) {
        begins_.push_back(info.index);
        waiting_.push_back(unit);
    }
    frames_ = info.index + 1;
    changed_.notify_all();
    changed_.wait(lock, [&] { return stopping_ || waiting_.size() < most_waiting_; });
    return !stopping_;
}

void Scout::end_with(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
    changed_.notify_all();
}

void Scout::stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
}

void Scout::check() const {
    if (failure_) {
        std::rethrow_exception(failure_);
    }
    if (stopping_) {
        throw Error(Errc::cancelled, "the run was cancelled");
    }
}

std::optional<Scout::Unit> Scout::take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_.empty() || over_ || stopping_ || failure_; });
    check();
    if (waiting_.empty()) {
        return std::nullopt;
    }
    const Unit unit = waiting_.front();
    waiting_.pop_front();
    changed_.notify_all();
    return unit;
}

std::optional<std::int64_t> Scout::known_end(const Unit& unit) const {
    const auto next = static_cast<std::size_t>(unit.number) + 1;
    return next < begins_.size() ? std::optional(begins_[next])
           : over_               ? std::optional(frames_)
                                 : std::nullopt;
}

bool Scout::reaches(const Unit& unit, std::int64_t frame) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock,
                  [&] { return frame < frames_ || known_end(unit) || stopping_ || failure_; });
    check();
    const auto end = known_end(unit);
    return !end || frame < *end;
}

std::int64_t Scout::end_of(const Unit& unit) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return known_end(unit) || stopping_ || failure_; });
    check();
    return *known_end(unit);
}

std::optional<Rational> Scout::goes_on(const Unit& unit) {
    const std::int64_t end = end_of(unit);
    {
        const std::lock_guard lock(mutex_);
        if (over_ && end == frames_) {
            return std::nullopt;
        }
    }
    return boundaries_.time_of(end);
}

std::int32_t Scout::shot_of(std::int64_t frame) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::int32_t>(std::upper_bound(shots_.begin(), shots_.end(), frame) -
                                     shots_.begin() - 1);
}

std::vector<std::int64_t> Scout::shots() const {
    const std::lock_guard lock(mutex_);
    return shots_;
}

std::optional<std::int64_t> Scout::units() const {
    const std::lock_guard lock(mutex_);
    return over_ ? std::optional(std::ssize(begins_)) : std::nullopt;
}

} // namespace oldfilm::job
