#pragma once
/// \file
/// One film, cut into segments on the disk as it is encoded.

#include "job/frame_queue.hpp"
#include "media/segments.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace oldfilm::job {

/// The file of a segment in a job's folder; `prefix` says of which film.
[[nodiscard]] std::filesystem::path segment_file(const std::filesystem::path& folder,
                                                 const std::string& prefix, std::int64_t segment);

/// One of a job's films (the restored one, the masks) on a thread of its own, cut into segments.
class SegmentedFilm {
  public:
    struct Setup {
        std::filesystem::path folder;
        std::string prefix;                                ///< of the segments' files
        std::function<std::int64_t(const Frame&)> segment; ///< that a frame is part of
        std::function<Frame(const Frame&)> before;         ///< ahead of encoding; may be empty
        /// The time base of the whole film's first frame, for that of the first one here.
        std::function<Rational(Rational first)> base;
        /// A segment with so many frames is on the disk.
        std::function<void(std::int64_t segment, media::LogSeal, std::int64_t frames)> done;
        std::int64_t first = 0; ///< segments before it are done; their frames are dropped
        Profile* profile = nullptr;
    };
    SegmentedFilm(const std::string& path, WriteOptions options, const Reader* source, Setup setup);

    [[nodiscard]] bool push(const Frame& frame) { return queue_.push(frame); }
    /// Waits until everything is written, and ends the last segment, which is `last`.
    void drain(std::int64_t last);
    /// Time base of the film's first frame; 0 when no frame came yet.
    [[nodiscard]] Rational base() const { return base_; }

  private:
    void write(const Frame& frame);
    void go_to(std::int64_t segment);
    void end_segment();

    Setup setup_;
    media::SegmentEncoder encoder_;
    Rational base_;
    std::optional<std::int64_t> current_;
    std::int64_t frames_before_ = 0; ///< the segment at work
    FrameQueue queue_;
};

} // namespace oldfilm::job
