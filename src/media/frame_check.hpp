#pragma once
/// \file
/// What frames must be like to be written.

#include <oldfilm/frame.hpp>

#include <optional>

namespace oldfilm::media {

class Container;

/// Checks the frames of one output, in order. One thread at a time.
class FrameCheck {
  public:
    /// `container` outlives this.
    explicit FrameCheck(const Container& container) : container_(container) {}
    /// Throws `Error` (format_mismatch) for a frame of another size, or one that is not later than
    /// the one before. Warns, once, where the output can't hold times and a film of one rate has a
    /// moment without a frame.
    void check(const Frame& frame);

  private:
    void check_size(const Frame& frame) const;
    void note_gap(const Rational& time);

    const Container& container_;
    std::optional<Rational> last_time_;
    bool gap_noted_ = false;
};

} // namespace oldfilm::media
