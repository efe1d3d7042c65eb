#pragma once
/// \file
/// Chapters on their way from the source to the output.

#include "media/film_time.hpp"

namespace oldfilm::media {

/// Whether a container of this kind has chapters.
[[nodiscard]] bool holds_chapters(const AVOutputFormat& format);

/// Gives `to` the chapters of `from` that lie in the part of the film that is made, clipped to it.
void copy_chapters(const AVFormatContext& from, AVFormatContext& to, const FilmTime& time);

} // namespace oldfilm::media
