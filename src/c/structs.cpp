#include "c/structs.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <new>

namespace oldfilm::c {

char* new_text(const std::string& text) {
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): as C frees it
    auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
    if (copy == nullptr) {
        throw std::bad_alloc();
    }
    std::memcpy(copy, text.c_str(), text.size() + 1);
    return copy;
}

StreamFormat format_of(const oldfilm_format& format) {
    const oldfilm_format c = read(format);
    if (c.rate.den <= 0 || c.rate.num < 0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the rate of a format must be a fraction such as 24000/1001, or "
                                "0/1 for irregular times, found {}/{}",
                                c.rate.num, c.rate.den));
    }
    if ((c.channels != 1 && c.channels != 3) || c.height <= 0 || c.width <= 0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("a format must have 1 or 3 channels and sides of 1 or more, found "
                                "{} x {} x {}",
                                c.channels, c.height, c.width));
    }
    StreamFormat result;
    result.channels = c.channels;
    result.height = c.height;
    result.width = c.width;
    result.rate = Rational(c.rate.num, c.rate.den);
    result.color = color_of(c.color);
    return result;
}

ColorTags color_of(const oldfilm_color& color) {
    constexpr auto last_siting = static_cast<std::uint8_t>(ChromaSiting::top_left);
    ColorTags tags;
    // 0 is reserved in H.273, and what a struct of zeros has; as a matrix it is RGB.
    tags.primaries = color.primaries == 0 ? tags.primaries : color.primaries;
    tags.transfer = color.transfer == 0 ? tags.transfer : color.transfer;
    tags.matrix = color.primaries == 0 && color.matrix == 0 ? tags.matrix : color.matrix;
    tags.range = color.range <= static_cast<std::uint8_t>(Range::full)
                     ? static_cast<Range>(color.range)
                     : Range::unspecified;
    tags.siting = color.siting <= last_siting ? static_cast<ChromaSiting>(color.siting)
                                              : ChromaSiting::unspecified;
    return tags;
}

oldfilm_progress progress_of(const Progress& progress) {
    oldfilm_progress result{};
    result.size = sizeof(result);
    result.frames_in = progress.frames_in;
    result.frames_out = progress.frames_out;
    result.frames_total = progress.frames_total;
    result.seconds = progress.seconds;
    result.fps = progress.fps;
    result.eta = progress.eta;
    return result;
}

oldfilm_callbacks callbacks_of(const oldfilm_callbacks* callbacks) {
    return callbacks == nullptr ? oldfilm_callbacks{} : read(*callbacks);
}

Log log_of(const oldfilm_callbacks& callbacks) {
    if (callbacks.log == nullptr) {
        return {};
    }
    return [callbacks](LogLevel level, std::string_view text) {
        const std::int32_t number = level == LogLevel::debug  ? OLDFILM_LOG_DEBUG
                                    : level == LogLevel::info ? OLDFILM_LOG_INFO
                                                              : OLDFILM_LOG_WARNING;
        callbacks.log(callbacks.context, number, std::string(text).c_str());
    };
}

} // namespace oldfilm::c
