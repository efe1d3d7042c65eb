#include "media/hdr.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <new>
#include <string_view>

namespace oldfilm::media {
namespace {

template <class T>
std::optional<T> found(const AVStream& stream, AVPacketSideDataType in_stream, const AVFrame& frame,
                       AVFrameSideDataType in_frame) {
    if (const std::uint8_t* data = side_data_of(stream, in_stream)) {
        T value;
        std::memcpy(&value, data, sizeof(T));
        return value;
    }
    if (const AVFrameSideData* data = av_frame_get_side_data(&frame, in_frame)) {
        T value;
        std::memcpy(&value, data->data, sizeof(T));
        return value;
    }
    return std::nullopt;
}

template <class T>
void add(AVFrame& frame, AVFrameSideDataType type, const std::optional<T>& value) {
    av_frame_remove_side_data(&frame, type);
    if (!value) {
        return;
    }
    const AVFrameSideData* data = av_frame_new_side_data(&frame, type, sizeof(T));
    if (data == nullptr) {
        throw std::bad_alloc();
    }
    std::memcpy(data->data, &*value, sizeof(T));
}

std::int64_t units(AVRational value, int unit) {
    return av_rescale(value.num, unit, value.den);
}

/// "G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)" in the units of H.265's SEI: 0.00002 and 0.0001 cd/m2.
std::string in_units(const AVMasteringDisplayMetadata& display) {
    constexpr int chromaticity = 50'000;
    constexpr int luminance = 10'000;
    const auto point = [](const AVRational(&p)[2]) {
        return fmt::format("({},{})", units(p[0], chromaticity), units(p[1], chromaticity));
    };
    return fmt::format("G{}B{}R{}WP{}L({},{})", point(display.display_primaries[1]),
                       point(display.display_primaries[2]), point(display.display_primaries[0]),
                       point(display.white_point), units(display.max_luminance, luminance),
                       units(display.min_luminance, luminance));
}

/// The same in SVT-AV1's units, which are 1.
std::string in_ones(const AVMasteringDisplayMetadata& display) {
    const auto point = [](const AVRational(&p)[2]) {
        return fmt::format("({:.5f},{:.5f})", av_q2d(p[0]), av_q2d(p[1]));
    };
    return fmt::format("G{}B{}R{}WP{}L({:.4f},{:.4f})", point(display.display_primaries[1]),
                       point(display.display_primaries[2]), point(display.display_primaries[0]),
                       point(display.white_point), av_q2d(display.max_luminance),
                       av_q2d(display.min_luminance));
}

struct Words {
    const char *encoder, *display, *light;
};
constexpr std::array words{Words{"libx264", "mastering-display", "cll"},
                           Words{"libx265", "master-display", "max-cll"},
                           Words{"libsvtav1", "mastering-display", "content-light"}};

} // namespace

Hdr Hdr::of(const AVStream& stream, const AVFrame& first) {
    return {found<AVMasteringDisplayMetadata>(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, first,
                                              AV_FRAME_DATA_MASTERING_DISPLAY_METADATA),
            found<AVContentLightMetadata>(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, first,
                                          AV_FRAME_DATA_CONTENT_LIGHT_LEVEL)};
}

void Hdr::add_to(AVStream& stream) const {
    if (display) {
        add_side_data(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, &*display, sizeof(*display));
    }
    if (light) {
        add_side_data(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, &*light, sizeof(*light));
    }
}

void Hdr::add_to(AVFrame& frame) const {
    add(frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA, display);
    add(frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL, light);
}

std::vector<std::pair<std::string, std::string>> Hdr::parameters(const std::string& encoder) const {
    std::vector<std::pair<std::string, std::string>> result;
    for (const Words& known : words) {
        if (encoder != known.encoder) {
            continue;
        }
        if (display && display->has_primaries != 0 && display->has_luminance != 0) {
            result.emplace_back(known.display,
                                encoder == "libsvtav1" ? in_ones(*display) : in_units(*display));
        }
        if (light) {
            result.emplace_back(known.light, fmt::format("{},{}", light->MaxCLL, light->MaxFALL));
        }
    }
    return result;
}

bool holds_hdr(const AVOutputFormat& format) {
    const std::string_view name = format.name;
    return is_iso_media(format) || name == "matroska" || name == "webm";
}

std::string dynamic_hdr(const AVStream& stream, const AVFrame& first) {
    if (side_data_of(stream, AV_PKT_DATA_DOVI_CONF) != nullptr ||
        av_frame_get_side_data(&first, AV_FRAME_DATA_DOVI_METADATA) != nullptr) {
        return "Dolby Vision";
    }
    return av_frame_get_side_data(&first, AV_FRAME_DATA_DYNAMIC_HDR_PLUS) != nullptr ? "HDR10+"
                                                                                     : "";
}

} // namespace oldfilm::media
