#pragma once
/// \file
/// What becomes in an output of all that the source has, other than its pictures.

#include "media/codec_choice.hpp"
#include "media/stream_plan.hpp"

#include <oldfilm/media.hpp>

#include <string>

namespace oldfilm::media {

/// The container that `path` names, or the codec.
[[nodiscard]] const AVOutputFormat* format_of(const std::string& path, const Choice& choice);

/// Whether that container has no times: what it holds is counted from the first frame on.
[[nodiscard]] bool only_counts(const AVOutputFormat& format);

/// From the time of `source` to that of an output of this kind.
[[nodiscard]] FilmTime time_in(const AVOutputFormat& format, const Reader& source);

/// Whether the source is a file that can hold more than pictures.
[[nodiscard]] bool has_streams(const Reader& source);

/// Streams of `source` that the output `path` holds, each as it is where that can be, else in
/// another codec, without loss where there is such a one. `options.log`
/// receives what is converted and what is lost. Throws `Error` (invalid_argument) where a stream
/// would be lost that nobody let go.
[[nodiscard]] StreamPlan plan_output(const Reader& source, const std::string& path,
                                     const Choice& choice, const WriteOptions& options);

} // namespace oldfilm::media
