#pragma once
/// \file
/// The progress of a job, not too often.

#include <oldfilm/pipeline.hpp>
#include <oldfilm/restore.hpp>

#include <chrono>
#include <functional>

namespace oldfilm::job {

/// Reports progress about five times a second, completed with what only the job knows: how long
/// the film is. From one thread.
class ProgressMeter {
  public:
    /// `total`: frames expected in, -1 when unknown; `rate_ratio`: frames out for each frame in.
    /// `before`: frames out that an earlier run made.
    ProgressMeter(const std::function<void(const Progress&)>& tell, std::int64_t total,
                  double rate_ratio, std::int64_t before = 0);
    /// `now`: as the run tells it; `written`: frames that came out so far.
    void update(Progress now, std::int64_t written, bool last = false);
    [[nodiscard]] double seconds() const;

  private:
    using Clock = std::chrono::steady_clock;
    const std::function<void(const Progress&)>& tell_;
    std::int64_t total_;
    double rate_ratio_;
    std::int64_t before_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point told_{};
};

} // namespace oldfilm::job
