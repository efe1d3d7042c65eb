#pragma once
/// \file
/// What a job tells its caller while it works: warnings, each once, and progress, not too often.

#include <oldfilm/pipeline.hpp>
#include <oldfilm/restore.hpp>

#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string>

namespace oldfilm::job {

/// Passes warnings on from any thread, one at a time, and each text once.
class Warnings {
  public:
    explicit Warnings(std::function<void(const std::string&)> tell) : tell_(std::move(tell)) {}
    void operator()(const std::string& text) {
        const std::lock_guard lock(mutex_);
        if (tell_ && told_.insert(text).second) {
            tell_(text);
        }
    }

  private:
    std::function<void(const std::string&)> tell_;
    std::mutex mutex_;
    std::set<std::string> told_;
};

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
