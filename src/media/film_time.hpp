#pragma once
/// \file
/// From the source's time to the output's, for everything that goes along with the pictures.

#include "media/ffmpeg.hpp"

#include <oldfilm/media.hpp>

#include <optional>

namespace oldfilm::media {

/// What `ReadOptions` do to time: another speed, a later start, an earlier end. A value.
class FilmTime {
  public:
    FilmTime() = default;
    /// `film`: the stream that is restored; `rate`: its own, 0 when irregular; `begin`: of the
    /// film, on its container's clock.
    FilmTime(const AVStream& film, const Rational& rate, const ReadOptions& read,
             const Rational& begin)
        : origin_(begin) {
        const Rational first = film.start_time == AV_NOPTS_VALUE
                                   ? Rational()
                                   : Rational(film.start_time) * to_rational(film.time_base);
        first_ = first;
        start_ = read.start;
        if (read.source_fps) {
            is_known_ = rate.num() > 0;
            speed_ = is_known_ ? *read.source_fps / rate : Rational(1);
        }
        if (has_start() || read.source_fps) {
            origin_ = first;
        }
        if (read.duration) {
            end_ = (*this)(first) + start_ + *read.duration;
        }
    }

    /// The same in an output that has no times, and begins with the film's first frame: sound is
    /// padded or cut to that.
    [[nodiscard]] FilmTime from_first_frame() const {
        FilmTime made = *this;
        made.origin_ = first_;
        made.begins_with_film_ = true;
        if (end_) {
            made.end_ = *end_ - (*this)(first_)-start_;
        }
        return made;
    }

    /// Seconds of the source in seconds of the output; negative before its start.
    [[nodiscard]] Rational operator()(const Rational& seconds) const {
        return (seconds - origin_) / speed_ - start_;
    }
    [[nodiscard]] Rational lasting(const Rational& seconds) const { return seconds / speed_; }
    /// How much faster the film runs than its source says.
    [[nodiscard]] const Rational& speed() const noexcept { return speed_; }
    /// False where a film of irregular rate gets another speed: what belongs to which time is not
    /// known then.
    [[nodiscard]] bool is_known() const noexcept { return is_known_; }
    [[nodiscard]] bool is_cut() const { return has_start() || end_; }
    /// Whether it is of an output that has no times.
    [[nodiscard]] bool begins_with_film() const noexcept { return begins_with_film_; }
    /// Whether nothing may come before the output's time 0.
    [[nodiscard]] bool has_start() const { return begins_with_film_ || start_.num() > 0; }
    /// Of the output; nothing where the film goes on to the source's.
    [[nodiscard]] const std::optional<Rational>& end() const noexcept { return end_; }

  private:
    Rational origin_; ///< of the source, which is the output's time 0 but for `start_`
    Rational first_;  ///< of the source, its film's first frame
    Rational speed_{1};
    Rational start_;
    std::optional<Rational> end_;
    bool is_known_ = true;
    bool begins_with_film_ = false;
};

} // namespace oldfilm::media
