#pragma once
/// \file
/// A writer on a thread of its own, behind a short queue.

#include "job/frame_queue.hpp"

#include <oldfilm/media.hpp>
#include <oldfilm/profile.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace oldfilm::job {

/// Encodes what it is given, in order, while the caller goes on. The file gets its final name in
/// `publish`; destroyed before that, it removes what it wrote.
class FilmSink {
  public:
    /// `before`: what is done to a frame on the encoding thread ahead of writing; may be empty.
    /// Throws `Error` as `Writer` does.
    FilmSink(const std::string& path, WriteOptions options, Profile* profile,
             const Reader* source = nullptr, std::function<Frame(const Frame&)> before = {})
        : writer_(path, std::move(options), source),
          queue_([this, before = std::move(before)](
                     const Frame& frame) { writer_.write(before ? before(frame) : frame); },
                 profile) {}

    [[nodiscard]] bool push(const Frame& frame) { return queue_.push(frame); }
    /// Waits until everything that was pushed is written. Throws what writing threw.
    void drain() { queue_.drain(); }
    /// Frames written; exact after `drain`.
    [[nodiscard]] std::int64_t frames() const { return writer_.frames(); }
    /// After `drain`: ends the file and gives it its name. Throws `Error` (io).
    void publish() { writer_.finish(); }

  private:
    Writer writer_;
    FrameQueue queue_;
};

} // namespace oldfilm::job
