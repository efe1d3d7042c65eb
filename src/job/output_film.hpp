#pragma once
/// \file
/// The films that a job makes.

#include <oldfilm/frame.hpp>
#include <oldfilm/media.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace oldfilm::job {

/// What frames of a run become a film of: the pictures, the repair masks, or the evidence.
enum class FilmOf : std::uint8_t { pictures, masks, evidence };

/// One of the films that a job makes.
struct OutputFilm {
    FilmOf of = FilmOf::pictures;
    std::string path;
    WriteOptions options;
    const Reader* source = nullptr; ///< of the streams that go along; may be null
};

struct OutputFilms {
    OutputFilm film;
    std::optional<OutputFilm> masks, evidence;
};

/// The frame's repair mask as a picture: white where anything was repaired, however faintly.
[[nodiscard]] Frame mask_picture(const Frame& frame);
/// The frame's evidence in the colors of the palette.
[[nodiscard]] Frame evidence_picture(const Frame& frame);
/// What is written for `frame`.
[[nodiscard]] Frame written_picture(const Frame& frame, FilmOf of);
/// Color tags of mask films and of evidence films.
[[nodiscard]] ColorTags mask_color();
[[nodiscard]] ColorTags evidence_color();
/// What the files of its segments are called: "film", "mask" or "evidence".
[[nodiscard]] const char* prefix_of(FilmOf of);

} // namespace oldfilm::job
