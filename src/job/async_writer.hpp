#pragma once
/// \file
/// A writer on a thread of its own, behind a short queue.

#include "job/frame_queue.hpp"
#include "job/output_film.hpp"

#include <oldfilm/media.hpp>
#include <oldfilm/profile.hpp>

#include <cstdint>

namespace oldfilm::job {

/// Encodes the frames that it is given, in order, while the caller continues. The file gets its
/// final name in `publish`; destroyed before that, it removes what it wrote.
class AsyncWriter final : private FrameConsumer {
  public:
    /// Throws `Error` as `Writer` does.
    AsyncWriter(const OutputFilm& film, Profile* profile)
        : of_(film.of), writer_(film.path, film.options, film.source), queue_(*this, profile) {}

    [[nodiscard]] bool push(const Frame& frame) { return queue_.push(frame); }
    /// Waits until everything that was pushed is written. Throws what writing threw.
    void drain() { queue_.drain(); }
    /// Frames written; exact after `drain`.
    [[nodiscard]] std::int64_t frames() const { return writer_.frames(); }
    /// After `drain`: ends the file and gives it its name. Throws `Error` (io).
    void publish() { writer_.finish(); }

  private:
    void consume(const Frame& frame) override { writer_.write(written_picture(frame, of_)); }

    FilmOf of_;
    Writer writer_;
    FrameQueue queue_; ///< the last: its thread uses what is above
};

} // namespace oldfilm::job
