#pragma once
/// \file
/// What can be known to go wrong before any work starts.

#include <oldfilm/media.hpp>
#include <oldfilm/restore.hpp>

#include <string>
#include <vector>

namespace oldfilm::job {

/// Input, output, mask film and evidence film: that they are different files, that the outputs can
/// be written, and that nothing would be overwritten unasked. Throws `Error`: invalid_argument,
/// not_found, io.
void check_paths(const std::string& input, const std::string& output,
                 const RestoreOptions& options);

/// Whether those of `output` and the `others` (empty: none) that exist have their names from a run
/// that was broken off while it published them: they are ours to replace.
[[nodiscard]] bool are_left_over(const std::string& output, std::vector<std::string> others);

/// That `name` is a codec that can be written (empty is). Throws `Error` (invalid_argument).
void check_codec(const std::string& name);

/// The codec of a film without loss for this path: FFV1, or empty where the extension decides
/// (pictures, y4m). Throws `Error` (unsupported) for containers that do not hold FFV1.
[[nodiscard]] std::string lossless_codec(const std::string& path);

/// What a film that is to be written will be like, for an estimate of its size.
struct FilmSize {
    std::int64_t width = 0, height = 0, frames = -1; ///< frames: -1 when unknown
    int channels = 3, bits = 8;
    bool lossless = false;
    bool in_segments = false; ///< in segments, which lie beside the film until it is whole
};

/// That the disk has room for `film`, as far as can be known. Throws `Error` (io).
void check_space(const std::string& path, const FilmSize& film);

} // namespace oldfilm::job
