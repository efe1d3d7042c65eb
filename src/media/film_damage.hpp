#pragma once
/// \file
/// What of a file could not be read or decoded.

#include "media/ffmpeg.hpp"
#include "media/sequence.hpp"

#include <oldfilm/media.hpp>

#include <cstdint>
#include <string>

namespace oldfilm::media {

/// Counts what is lost while a film is decoded, and ends strict reading there with `Error`
/// (unreadable). One thread at a time.
class FilmDamage {
  public:
    /// All of them outlive this; `sequence` may be null.
    FilmDamage(const std::string& path, const ReadOptions& options, const Sequence* sequence)
        : path_(path), options_(options), sequence_(sequence) {}

    /// Something was lost.
    void note(const std::string& what);
    /// A packet is marked as corrupt. It is not lost: at a splice it decodes well, else its frame
    /// tells.
    void note_corrupt_packet();
    /// A frame is there, if not whole.
    void note_hurt(const AVFrame& frame);
    /// A packet follows the one before it. Matroska's reader jumps over what it can't read and says
    /// nothing; bytes that belong to no packet tell.
    void note_packet(const AVFormatContext& input, const AVPacket& packet);
    /// The file is over. The reader of y4m drops a last frame that is cut off, and says nothing.
    void note_end(const AVFormatContext& input);
    /// Reading continues elsewhere in the file.
    void forget_position() { bytes_end_ = 0; }

    /// Whether something was lost since the last call.
    [[nodiscard]] bool take_broken() { return std::exchange(broken_, false); }
    /// Packets that could not be read or decoded, so far, and gaps between them.
    [[nodiscard]] std::int64_t lost() const noexcept { return lost_; }
    /// Frames that were damaged, so far.
    [[nodiscard]] std::int64_t damaged() const noexcept { return damaged_; }

  private:
    void check_strict(const std::string& what) const;

    const std::string& path_;
    const ReadOptions& options_;
    const Sequence* sequence_;
    bool broken_ = false;
    std::int64_t bytes_end_ = 0; ///< of the packets so far, in the file
    std::int64_t damaged_ = 0, lost_ = 0;
};

} // namespace oldfilm::media
