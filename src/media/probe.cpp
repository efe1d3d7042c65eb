#include "media/probe.hpp"

#include "media/convert.hpp"
#include "media/decoder.hpp"

#include <oldfilm/error.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

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

/// Mean difference between one field (0: top) of two frames of luma in 8 bits or more.
double field_difference(const AVFrame& a, const AVFrame& b, int field, int bytes) {
    std::int64_t sum = 0;
    std::int64_t count = 0;
    for (int y = field; y < a.height; y += 2) {
        const std::uint8_t* p = a.data[0] + std::ptrdiff_t{y} * a.linesize[0];
        const std::uint8_t* q = b.data[0] + std::ptrdiff_t{y} * b.linesize[0];
        // Of two bytes the upper one is enough.
        for (int x = bytes - 1; x < a.width * bytes; x += bytes) {
            sum += std::abs(p[x] - q[x]);
            ++count;
        }
    }
    return static_cast<double>(sum) / static_cast<double>(std::max<std::int64_t>(count, 1));
}

} // namespace

bool is_telecined(const std::string& path, const ReadOptions& read) {
    constexpr int looked_at = 100;
    if (path == "-") {
        return false;
    }
    ReadOptions options;
    options.threads = 1;
    options.protocols = read.protocols;
    Decoder decoder(path, options);
    bool broken = false;
    UniqueFrame last = decoder.next(broken).frame;
    int moving = 0;
    int top_repeats = 0;
    int bottom_repeats = 0;
    for (int i = 1; last && i < looked_at; ++i) {
        UniqueFrame frame = decoder.next(broken).frame;
        if (!frame) {
            break;
        }
        const int bytes = layout_of(static_cast<AVPixelFormat>(frame->format)).bytes;
        const double top = field_difference(*frame, *last, 0, bytes);
        const double bottom = field_difference(*frame, *last, 1, bytes);
        if (std::max(top, bottom) > 0.5) { // a frame at rest says nothing
            ++moving;
            top_repeats += top * 3 < bottom ? 1 : 0;
            bottom_repeats += bottom * 3 < top ? 1 : 0;
        }
        last = std::move(frame);
    }
    // One frame in five for each, in a perfect cadence; an edit or a still costs some.
    return moving >= 10 && top_repeats * 10 >= moving && bottom_repeats * 10 >= moving;
}

bool colour_later(const std::string& path, const ReadOptions& read, const Rational& duration) {
    if (path == "-" || duration.num() <= 0) {
        return false;
    }
    try {
        ReadOptions options;
        options.threads = 1;
        options.protocols = read.protocols;
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
