#pragma once
/// \file
/// Frames that show the one before them again, and when the film's own ones were taken.

#include "media/decoder.hpp"
#include "media/luma.hpp"
#include "media/survey.hpp"

#include <oldfilm/time.hpp>

#include <deque>
#include <memory>
#include <optional>

namespace oldfilm::media {

/// Whether frames that differ by so much, as `largest_difference` has it, show one picture but for
/// what coding makes of it: far less than frames of this film differ by that show two.
bool is_duplicate(double difference, double usual);

/// The film's own clock, where it goes at another pace than frames are shown at: evenly, and within
/// a frame of when they are shown. Knows what came before alone.
class FilmClock {
  public:
    FilmClock(const Pulldown& pulldown, const Rational& rate);
    /// When the next frame, which is shown at `time`, was taken; `again`: it shows the one before.
    /// Nothing without a pulldown.
    std::optional<Rational> taken(const Rational& time, bool again);
    /// Whether the pulldown may show the frame before again at `time`.
    [[nodiscard]] bool may_repeat(const Rational& time) const;

  private:
    void watch(bool again);

    Pulldown pulldown_;
    Rational frame_; ///< how long one is shown
    Rational film_;  ///< how long one of the film's own lasts
    std::optional<Rational> last_;
    std::deque<bool> latest_; ///< of `pulldown_.shown` frames, whether they were shown again
    bool regular_ = true;     ///< some parts of a film may have been taken at the full rate
};

/// Compares each frame with the one before it. Without a pulldown only what is the same to the
/// sample is a duplicate.
class Duplicates {
  public:
    explicit Duplicates(const Survey& found) : usual_(found.usual), near_(found.pulldown.any()) {}
    /// Whether `now` shows what `before` does. `may_differ`: by what coding makes of it.
    bool again(const Decoded& before, const Decoded& now, bool may_differ);

  private:
    double usual_;
    bool near_;
    Luma own_;                  ///< of the frame that duplicates are those of
    std::deque<double> latest_; ///< by how much the latest frames that were none differed
};

} // namespace oldfilm::media
