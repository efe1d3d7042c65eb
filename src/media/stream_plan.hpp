#pragma once
/// \file
/// What becomes of the streams other than the film, decided before there is work.

#include "media/film_time.hpp"

#include <oldfilm/media.hpp>

#include <string>
#include <vector>

namespace oldfilm::media {

struct PlannedStream {
    int index = 0;                      ///< of the source
    AVCodecID codec = AV_CODEC_ID_NONE; ///< that it is converted to; none: copied as it is
    bool is_attached = false;           ///< a cover, which Matroska holds as an attachment
};
using StreamPlan = std::vector<PlannedStream>;

/// A film, and what is made of it.
struct StreamSource {
    const AVFormatContext& input;
    const AVStream& film; ///< the stream that is restored
    const std::string& path;
    const ReadOptions& read;
    FilmTime time;
};

/// Streams of `source` that `format` holds, each as it is where that can be, else in another codec,
/// without loss where there is such a one. `format` is null where the output (`path`) holds
/// pictures only. `options.log` receives what is converted and what is lost. Throws `Error`
/// (invalid_argument) where a stream would be lost that nobody let go.
[[nodiscard]] StreamPlan plan_streams(const StreamSource& source, const AVOutputFormat* format,
                                      const std::string& path, const WriteOptions& options);

} // namespace oldfilm::media
