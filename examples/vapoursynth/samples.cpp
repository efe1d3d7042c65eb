#include "samples.hpp"

#include "handles.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace vsplugin {
namespace {

using oldfilm::Range;

Range range_of(const VSVideoFormat& format, const VSMap* properties, const VSAPI& api) {
    if (const auto range = integer_in(properties, "_Range", api)) {
        return *range == 1 ? Range::full : Range::limited;
    }
    if (const auto range = integer_in(properties, "_ColorRange", api)) {
        return *range == 0 ? Range::full : Range::limited;
    }
    return format.colorFamily == cfRGB ? Range::full : Range::limited;
}

template <class Sample>
void read_row(const std::uint8_t* row, std::int64_t count, const Coding& coding, float* values) {
    const auto* samples = reinterpret_cast<const Sample*>(row);
    const auto offset = static_cast<float>(coding.offset);
    const auto inverse = static_cast<float>(1 / coding.scale);
    for (std::int64_t x = 0; x < count; ++x) {
        values[x] = (static_cast<float>(samples[x]) - offset) * inverse;
    }
}

/// Rounds to nearest (halves up); NaN becomes 0.
template <class Sample>
void write_row(const float* values, std::int64_t count, const Coding& coding, int bits,
               std::uint8_t* row) {
    auto* samples = reinterpret_cast<Sample*>(row);
    const auto scale = static_cast<float>(coding.scale);
    const auto offset = static_cast<float>(coding.offset);
    const auto top = static_cast<float>((1 << bits) - 1);
    for (std::int64_t x = 0; x < count; ++x) {
        const float sample = values[x] * scale + offset;
        const float within = sample > 0 ? std::min(sample, top) : 0.0F;
        samples[x] = static_cast<Sample>(static_cast<int>(within + 0.5F));
    }
}

std::string name_of(const VSVideoFormat& format, const VSAPI& api) {
    std::array<char, 32> name{};
    return api.getVideoFormatName(&format, name.data()) != 0 ? name.data() : "an unknown format";
}

} // namespace

std::string refusal_of(const VSVideoInfo& clip, const VSAPI& api) {
    const VSVideoFormat& format = clip.format;
    if (format.colorFamily == cfUndefined || clip.width <= 0 || clip.height <= 0) {
        return "the clip must have one format and one size, and it varies; convert it with "
               "core.resize";
    }
    const bool is_float = format.sampleType == stFloat && format.bitsPerSample == 32;
    const bool is_integer = format.sampleType == stInteger && format.bitsPerSample <= 16;
    if (format.colorFamily == cfYUV || is_float || is_integer) {
        return {};
    }
    return "the clip must have integers of 8 to 16 bits or 32-bit float, found " +
           name_of(format, api) + "; convert it with core.resize.Point(clip, format=vs." +
           (format.colorFamily == cfRGB ? "RGBS)" : "GRAYS)");
}

Coding full_range(const VSVideoFormat& format) {
    return format.sampleType == stFloat
               ? Coding{}
               : Coding{.scale = static_cast<double>((1 << format.bitsPerSample) - 1), .offset = 0};
}

Coding coding_of(const VSVideoFormat& format, const VSMap* properties, const VSAPI& api) {
    if (format.sampleType == stFloat || range_of(format, properties, api) == Range::full) {
        return full_range(format);
    }
    const double unit = 1 << (format.bitsPerSample - 8);
    return {.scale = 219 * unit, .offset = 16 * unit};
}

oldfilm::ColorTags color_of(const VSVideoFormat& format, const VSMap* properties,
                            const VSAPI& api) {
    oldfilm::ColorTags tags;
    const auto code = [&](const char* key, std::uint8_t otherwise) {
        return static_cast<std::uint8_t>(integer_in(properties, key, api).value_or(otherwise));
    };
    tags.primaries = code("_Primaries", 2);
    tags.transfer = code("_Transfer", 2);
    tags.matrix = format.colorFamily == cfRGB ? std::uint8_t{0} : code("_Matrix", 2);
    tags.range = range_of(format, properties, api);
    return tags;
}

at::Tensor to_picture(const VSFrame* frame, const Coding& coding, const VSAPI& api) {
    const VSVideoFormat& format = *api.getVideoFrameFormat(frame);
    const std::int64_t width = api.getFrameWidth(frame, 0);
    const std::int64_t height = api.getFrameHeight(frame, 0);
    at::Tensor picture = at::empty({format.numPlanes, height, width}, at::dtype(at::kFloat));
    float* values = picture.mutable_data_ptr<float>();
    for (int plane = 0; plane < format.numPlanes; ++plane) {
        const std::uint8_t* row = api.getReadPtr(frame, plane);
        const std::ptrdiff_t stride = api.getStride(frame, plane);
        for (std::int64_t y = 0; y < height; ++y, row += stride, values += width) {
            if (format.sampleType == stFloat) {
                std::memcpy(values, row, static_cast<std::size_t>(width) * sizeof(float));
            } else if (format.bytesPerSample == 1) {
                read_row<std::uint8_t>(row, width, coding, values);
            } else {
                read_row<std::uint16_t>(row, width, coding, values);
            }
        }
    }
    return picture;
}

void write_picture(const at::Tensor& picture, const Coding& coding, VSFrame* frame,
                   const VSAPI& api) {
    const VSVideoFormat& format = *api.getVideoFrameFormat(frame);
    const at::Tensor planes = picture.contiguous();
    const std::int64_t width = planes.size(2);
    const float* values = planes.const_data_ptr<float>();
    for (int plane = 0; plane < format.numPlanes; ++plane) {
        std::uint8_t* row = api.getWritePtr(frame, plane);
        const std::ptrdiff_t stride = api.getStride(frame, plane);
        for (std::int64_t y = 0; y < planes.size(1); ++y, row += stride, values += width) {
            if (format.sampleType == stFloat) {
                std::memcpy(row, values, static_cast<std::size_t>(width) * sizeof(float));
            } else if (format.bytesPerSample == 1) {
                write_row<std::uint8_t>(values, width, coding, format.bitsPerSample, row);
            } else {
                write_row<std::uint16_t>(values, width, coding, format.bitsPerSample, row);
            }
        }
    }
}

} // namespace vsplugin
