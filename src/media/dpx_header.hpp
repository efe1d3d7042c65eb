#pragma once
/// \file
/// The fields of a DPX file's header (SMPTE ST 268) that FFmpeg neither tells nor writes.

#include <oldfilm/time.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace oldfilm::media {

struct DpxHeader {
    std::int64_t width = 0, height = 0;
    std::int64_t bytes = 0; ///< that the file needs; 0 where only decoding can tell
    int transfer = 0,
        primaries = 0;      ///< ST 268's codes: 1 printing density, 2 linear, 3 logarithmic
    Rational rate;          ///< frames a second; 0 where it names none
    std::string timecode;   ///< hh:mm:ss:ff (;ff for drop-frame); empty where it has none
    bool by_ffmpeg = false; ///< whose encoder calls everything linear
};

/// Of a file's first bytes (2048, or fewer where its header is shorter). Nothing where they are no
/// DPX header.
std::optional<DpxHeader> parse_dpx(std::span<const std::uint8_t> start);
std::optional<DpxHeader> read_dpx(const std::filesystem::path& file);

/// ST 268's words for what H.273 has no code for: "printing density", "logarithmic"; else empty.
std::string dpx_transfer_name(int transfer);

/// Gives a DPX file as FFmpeg encodes it the whole header of 2048 bytes with these fields: transfer
/// and primaries, rate, and timecode where there is one. `frame`: its number in the sequence.
std::vector<std::uint8_t> with_dpx_header(std::span<const std::uint8_t> file,
                                          const DpxHeader& fields, std::int64_t frame);

} // namespace oldfilm::media
