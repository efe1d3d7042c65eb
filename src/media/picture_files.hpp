#pragma once
/// \file
/// The picture files of an output: their names, and what goes into them in addition to samples.

#include "media/codec_choice.hpp"
#include "media/locations.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::media {

/// Pictures keep the frame numbers of an image sequence that is their source, from its `start` on,
/// and as many digits where the pattern says nothing of them (%d); other films' are numbered from
/// 1, as is usual. One thread at a time.
class PictureFiles {
  public:
    /// `source` may be null; outlives this.
    PictureFiles(const std::string& path, const WriteOptions& options, const Choice& choice,
                 const Reader* source);

    /// False where the path names one picture.
    [[nodiscard]] bool is_sequence() const noexcept { return sequence_.has_value(); }
    /// The file of the picture so many after the first.
    [[nodiscard]] std::filesystem::path file(std::int64_t index) const;
    /// What is in it: the packet, and in a DPX file the header that scans have, with frame number,
    /// rate, timecode, and of a DPX source its transfer.
    [[nodiscard]] std::vector<std::uint8_t> contents(const AVPacket& packet, std::int64_t index);

  private:
    std::string path_;
    std::optional<SequenceName> sequence_;
    std::int64_t first_ = 1;
    bool dpx_;
    Rational rate_;
    int transfer_, primaries_; ///< SMPTE ST 268's codes
    std::string timecode_;     ///< of the first; empty: none
};

} // namespace oldfilm::media
