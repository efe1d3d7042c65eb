#include "media/timecode.hpp"

extern "C" {
#include <libavutil/timecode.h>
}

#include <fmt/format.h>

#include <cstdio>

namespace oldfilm::media {
namespace {

std::string text_of(const AVTimecode& code, std::int64_t frames = 0) {
    char text[AV_TIMECODE_STR_SIZE] = {};
    return av_timecode_make_string(&code, text, static_cast<int>(frames));
}

/// Whether timecode at this rate can leave labels out to keep up with the clock.
bool can_drop(const Rational& rate) {
    return rate == Rational(30000, 1001) || rate == Rational(60000, 1001);
}

} // namespace

std::string timecode_of(const AVFormatContext& input, const AVStream& film) {
    const auto in = [](const AVDictionary* metadata) -> std::string {
        const AVDictionaryEntry* entry = av_dict_get(metadata, "timecode", nullptr, 0);
        return entry == nullptr ? "" : entry->value;
    };
    std::string found = in(film.metadata);
    if (found.empty()) {
        found = in(input.metadata);
    }
    for (unsigned i = 0; i < input.nb_streams && found.empty(); ++i) {
        found = in(input.streams[i]->metadata); // a timecode track's
    }
    return found;
}

std::string converted_timecode(const std::string& timecode, const Rational& from,
                               std::int64_t frames, const Rational& to, const Log& log) {
    AVTimecode code{};
    if (from.num() <= 0 || to.num() <= 0 ||
        av_timecode_init_from_string(&code, to_av(from), timecode.c_str(), nullptr) < 0) {
        log.warning(
            fmt::format("the timecode {} is left out: it needs a steady frame rate that it fits, "
                        "found {} in the source and {} in the output",
                        timecode, from.to_string(), to.to_string()));
        return "";
    }
    code.flags |= AV_TIMECODE_FLAG_24HOURSMAX;
    const std::string shifted = text_of(code, frames);
    if (to == from) {
        return shifted;
    }
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    int frame = 0;
    if (std::sscanf(shifted.c_str(), "%d:%d:%d%*c%d", &hours, &minutes, &seconds, &frame) != 4) {
        return "";
    }
    const std::int64_t labels = (to + Rational(1, 2)).floor(); // a second
    const bool drops = (code.flags & AV_TIMECODE_FLAG_DROPFRAME) != 0;
    const std::string converted =
        fmt::format("{:02}:{:02}:{:02}{}{:02}", hours, minutes, seconds,
                    drops && can_drop(to) ? ';' : ':', frame * labels / code.fps);
    if (drops && !can_drop(to)) {
        log.warning(
            fmt::format("the timecode {} was drop-frame, which there is at 30000/1001 and "
                        "60000/1001 frames a second only; at {} it begins at {} and counts every "
                        "frame",
                        timecode, to.to_string(), converted));
    }
    AVTimecode check{};
    if (av_timecode_init_from_string(&check, to_av(to), converted.c_str(), nullptr) < 0) {
        log.warning(fmt::format("the timecode {} is left out: there is none at {} frames a second",
                                timecode, to.to_string()));
        return "";
    }
    return converted;
}

} // namespace oldfilm::media
