#pragma once
/// \file
/// What stages' calls take.

#include "pipeline/node.hpp"

#include <chrono>
#include <cstdint>

namespace oldfilm {

/// Adds the time of its life to a clock.
class Timed {
  public:
    Timed(StageClock& clock, Profile::Kind kind, std::int64_t frame)
        : clock_(clock), span_(clock.profile, kind, clock.label, frame),
          start_(std::chrono::steady_clock::now()) {}
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;
    ~Timed() {
        clock_.seconds +=
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    StageClock& clock_;
    Profile::Span span_;
    std::chrono::steady_clock::time_point start_;
};

} // namespace oldfilm
