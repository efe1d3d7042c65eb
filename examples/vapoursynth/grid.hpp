#pragma once
/// \file
/// Numbers of the frames that come out of a pipeline, and of those that they are made of.

#include <oldfilm/pipeline.hpp>
#include <oldfilm/time.hpp>

#include <cstdint>

namespace vsplugin {

/// A value. Frames that come out lie on an even grid: at time k / rate or, of an irregular film,
/// evenly between a frame and the next.
class Grid {
  public:
    Grid(const oldfilm::StreamFormat& in, const oldfilm::StreamFormat& out)
        : ratio_(in.rate.num() > 0 && out.rate.num() > 0 ? out.rate / in.rate
                                                         : out.frames_each / in.frames_each) {}

    /// Whether each frame becomes one.
    [[nodiscard]] bool is_even() const { return ratio_ == oldfilm::Rational(1); }
    /// How many come out of the first `frames` ones; the first one at or after frame `frames`.
    [[nodiscard]] std::int64_t outputs(std::int64_t frames) const {
        return (oldfilm::Rational(frames) * ratio_).ceil();
    }
    /// The last frame at or before an output.
    [[nodiscard]] std::int64_t source_of(std::int64_t output) const {
        return (oldfilm::Rational(output) / ratio_).floor();
    }

  private:
    oldfilm::Rational ratio_; ///< outputs for each frame
};

} // namespace vsplugin
