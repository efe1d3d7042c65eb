#pragma once
/// \file
/// One film, cut into pieces on the disk as it is encoded.

#include "job/frame_queue.hpp"
#include "media/segments.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace oldfilm::job {

/// The file of a piece in a job's folder; `prefix` says of which film.
[[nodiscard]] std::filesystem::path piece_file(const std::filesystem::path& folder,
                                               const std::string& prefix, std::int64_t piece);

/// One of a job's films (the restored one, the masks) on a thread of its own, cut into pieces.
class PieceFilm {
  public:
    struct Ways {
        std::filesystem::path folder;
        std::string prefix;                              ///< of the pieces' files
        std::function<std::int64_t(const Frame&)> piece; ///< that a frame is part of
        std::function<Frame(const Frame&)> before;       ///< ahead of encoding; may be empty
        /// The time base of the whole film's first frame, for that of the first one here.
        std::function<Rational(Rational first)> base;
        /// A piece with so many frames is on the disk.
        std::function<void(std::int64_t piece, media::LogSeal, std::int64_t frames)> done;
        std::int64_t first = 0; ///< pieces before it are done; their frames are dropped
        Profile* profile = nullptr;
    };
    PieceFilm(const std::string& path, WriteOptions options, const Reader* source, Ways ways);

    [[nodiscard]] bool push(const Frame& frame) { return queue_.push(frame); }
    /// Waits until everything is written, and ends the last piece, which is `last`.
    void drain(std::int64_t last);
    /// Time base of the film's first frame; 0 when no frame came yet.
    [[nodiscard]] Rational base() const { return base_; }

  private:
    void write(const Frame& frame);
    void go_to(std::int64_t piece);
    void end_piece();

    Ways ways_;
    media::SegmentEncoder encoder_;
    Rational base_;
    std::optional<std::int64_t> current_;
    std::int64_t frames_before_ = 0; ///< the piece at work
    FrameQueue queue_;
};

} // namespace oldfilm::job
