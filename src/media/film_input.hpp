#pragma once
/// \file
/// What a path names, opened: a file, or one of the pictures of a sequence.

#include "media/ffmpeg.hpp"
#include "media/sequence.hpp"

#include <oldfilm/media.hpp>

#include <memory>
#include <string>

namespace oldfilm::media {

/// The image sequence that a pattern or a folder names; null where the path is neither.
[[nodiscard]] std::unique_ptr<Sequence> sequence_at(const std::string& path,
                                                    const ReadOptions& options);

/// The file, or one picture of `sequence` where that is not null. Throws `Error`.
[[nodiscard]] UniqueInput open_film(const std::string& path, const Sequence* sequence,
                                    const ReadOptions& options);

/// Says so where a picture is one of many.
void note_neighbors(const std::string& path, const ReadOptions& options);

/// How a film is shown, by the display matrix of its container.
struct Orientation {
    int rotation = 0;    ///< clockwise, in degrees
    std::string filters; ///< FFmpeg's, each followed by a comma, that make frames upright
};
[[nodiscard]] Orientation orientation_of(const AVStream& stream);

/// Whether the file is of a format for pictures, not for films.
bool holds_pictures(const AVFormatContext& input);

} // namespace oldfilm::media
