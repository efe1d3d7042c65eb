#include "media/probe.hpp"

#include "media/convert.hpp"
#include "media/decoder.hpp"
#include "media/locations.hpp"

#include <oldfilm/error.hpp>

#include <cstdio>

namespace oldfilm::media {
namespace {

constexpr int places = 8;

/// "00:01:02.500000000", as Matroska's statistics tags have it.
Rational duration_tag(const AVStream& stream) {
    const AVDictionaryEntry* tag = av_dict_get(stream.metadata, "DURATION", nullptr, 0);
    int hours = 0;
    int minutes = 0;
    double seconds = 0;
    if (tag == nullptr || std::sscanf(tag->value, "%d:%d:%lf", &hours, &minutes, &seconds) != 3) {
        return {};
    }
    const auto milliseconds = static_cast<std::int64_t>(seconds * 1000);
    return {(hours * 60LL + minutes) * 60'000 + milliseconds, 1000};
}

} // namespace

bool color_later(const std::string& path, const ReadOptions& read, const Rational& duration) {
    if (is_pipe(path) || duration.num() <= 0) {
        return false;
    }
    try {
        ReadOptions options;
        options.threads = 1;
        options.protocols = read.protocols;
        options.missing = read.missing;
        Decoder decoder(path, options);
        for (int i = 1; i <= places; ++i) {
            if (!decoder.seek(duration * Rational(i, places + 1))) {
                return false;
            }
            bool broken = false;
            const UniqueFrame frame = decoder.next(broken).frame;
            if (frame && !chroma_says_nothing(*frame)) {
                return true;
            }
        }
    } catch (const Error&) {
        return false; // what is wrong with the film is told when it is read
    }
    return false;
}

Rational film_start(const AVFormatContext& input, const AVStream& video) {
    constexpr std::int64_t none = AV_NOPTS_VALUE;
    if (video.start_time == none) {
        return {};
    }
    std::int64_t first = video.start_time;
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        const AVStream& stream = *input.streams[i];
        if (stream.codecpar->codec_type == AVMEDIA_TYPE_AUDIO && stream.start_time != none) {
            first = std::min(first, av_rescale_q_rnd(stream.start_time, stream.time_base,
                                                     video.time_base, AV_ROUND_DOWN));
        }
    }
    return Rational(first > 0 ? first : std::min<std::int64_t>(video.start_time, 0)) *
           to_rational(video.time_base);
}

Rational announced_end(const AVFormatContext& input, const AVStream& stream) {
    if (input.duration_estimation_method != AVFMT_DURATION_FROM_STREAM) {
        return {}; // FFmpeg's guess
    }
    const Rational tag = duration_tag(stream);
    if (tag.num() > 0) {
        return tag;
    }
    if (stream.duration > 0) {
        const std::int64_t start = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
        return Rational(start + stream.duration) * to_rational(stream.time_base);
    }
    return input.nb_streams == 1 && input.duration > 0 ? Rational(input.duration, AV_TIME_BASE)
                                                       : Rational();
}

} // namespace oldfilm::media
