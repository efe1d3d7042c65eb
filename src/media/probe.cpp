#include "media/probe.hpp"

#include "media/convert.hpp"
#include "media/decoder.hpp"

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

bool colour_later(const std::string& path, const ReadOptions& read, const Rational& duration) {
    if (path == "-" || duration.num() <= 0) {
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

Rational announced_end(const AVFormatContext& input, const AVStream& stream) {
    if (stream.duration > 0) {
        return Rational(stream.duration) * to_rational(stream.time_base);
    }
    const Rational tag = duration_tag(stream);
    if (tag.num() > 0) {
        return tag;
    }
    return input.nb_streams == 1 && input.duration > 0 ? Rational(input.duration, AV_TIME_BASE)
                                                       : Rational();
}

} // namespace oldfilm::media
