#pragma once
/// \file
/// How the films of a job are read and written.

#include "job/output_film.hpp"

#include <oldfilm/pipeline.hpp>
#include <oldfilm/restore.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::job {

/// What a job's options, its devices and its source say of each film. What they refer to outlives
/// this.
class FilmOptions {
  public:
    FilmOptions(const std::string& output, const RestoreOptions& options,
                const std::vector<std::string>& devices, const Reader& source, Log log);

    /// What is wanted of the streams that go along, whatever the film becomes.
    [[nodiscard]] WriteOptions streams() const;
    /// The restored film, of frames of this format, made by `plan`. Throws `Error` (io) if the disk
    /// has no room for it.
    [[nodiscard]] OutputFilm film(const StreamFormat& format, const std::string& plan) const;
    /// The film as it is, without loss unless another codec is named.
    [[nodiscard]] OutputFilm unchanged() const;
    /// The mask film, if one is wanted.
    [[nodiscard]] std::optional<OutputFilm> masks() const;
    /// The evidence film for outputs of this format, if one is wanted.
    [[nodiscard]] std::optional<OutputFilm> evidence(const StreamFormat& format) const;
    /// Bytes that decoding, encoding and the pictures on the way to it take.
    [[nodiscard]] std::int64_t reserved_bytes(const StreamFormat& out) const;
    /// Whether finished frames are encoded on the device that they were made on.
    [[nodiscard]] bool encodes_on_device() const;
    /// Those that were announced by `RestoreOptions::transcribe`; none if there are no cues.
    void set_added_subtitles(SubtitleTrack track);
    /// Segments lie next to the film until it is complete.
    void set_in_segments() { in_segments_ = true; }

  private:
    [[nodiscard]] OutputFilm account(FilmOf of, const StreamFormat& format,
                                     const std::string& path) const;
    [[nodiscard]] WriteOptions write(const StreamFormat& format, const std::string& codec,
                                     const std::string& path) const;
    void choose_rate(WriteOptions& write, const StreamFormat& format,
                     const std::string& path) const;
    void check_room(const StreamFormat& format, bool lossless) const;

    const std::string& output_;
    const RestoreOptions& options_;
    const std::vector<std::string>& devices_;
    const Reader& source_;
    Log log_;
    std::optional<SubtitleTrack> added_subtitles_;
    bool in_segments_ = false;
};

/// Whether a codec encodes on a GPU.
[[nodiscard]] bool encodes_on_gpu(const std::string& codec);

} // namespace oldfilm::job
