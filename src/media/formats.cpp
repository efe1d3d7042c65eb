#include "media/convert.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace oldfilm::media {
namespace {

/// How many chroma samples are further than two codes (of 8 bits) from neutral, and than ten.
struct Colorful {
    std::int64_t beyond_2 = 0, beyond_10 = 0;
};

template <class Sample>
void count_color(const Sample* row, int width, int bits, Colorful& counts) {
    const int neutral = 1 << (bits - 1);
    const int unit = 1 << (bits - 8);
    int beyond_2 = 0;
    int beyond_10 = 0;
    for (int x = 0; x < width; ++x) {
        const int off = std::abs(row[x] - neutral);
        beyond_2 += off > 2 * unit ? 1 : 0;
        beyond_10 += off > 10 * unit ? 1 : 0;
    }
    counts.beyond_2 += beyond_2;
    counts.beyond_10 += beyond_10;
}

/// Float formats that are taken as they are: swscale's conversion is good for 11 bits only.
bool is_real(AVPixelFormat format) {
    return format == AV_PIX_FMT_GBRPF32LE || format == AV_PIX_FMT_GRAYF32LE;
}

} // namespace

bool is_direct(AVPixelFormat format) {
    if (is_real(format)) {
        return true;
    }
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(format);
    if (d == nullptr || (d->nb_components != 1 && d->nb_components != 3) || d->comp[0].depth < 8 ||
        d->comp[0].depth > 16) {
        return false;
    }
    constexpr std::uint64_t unfit = AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_PAL |
                                    AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL |
                                    AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_FLOAT |
                                    AV_PIX_FMT_FLAG_BAYER;
    const bool planar = d->nb_components == 1 || (d->flags & AV_PIX_FMT_FLAG_PLANAR) != 0;
    const int bytes = d->comp[0].depth > 8 ? 2 : 1;
    bool plain = planar && (d->flags & unfit) == 0;
    for (int i = 0; plain && i < d->nb_components; ++i) {
        plain = d->comp[i].step == bytes && d->comp[i].shift == 0 &&
                d->comp[i].depth == d->comp[0].depth;
    }
    return plain;
}

Layout layout_of(AVPixelFormat format) {
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(format);
    if (!is_direct(format)) {
        throw Error(
            Errc::unsupported,
            fmt::format("the pixel format {} is not planar with 8 to 16 bits; choose another",
                        d == nullptr ? "none" : d->name));
    }
    Layout layout;
    layout.format = format;
    layout.real = is_real(format);
    layout.bits = layout.real ? 16 : d->comp[0].depth;
    layout.bytes = layout.real ? 4 : layout.bits > 8 ? 2 : 1;
    layout.planes = d->nb_components;
    layout.rgb = (d->flags & AV_PIX_FMT_FLAG_RGB) != 0;
    layout.log2_x = d->nb_components == 3 ? d->log2_chroma_w : 0;
    layout.log2_y = d->nb_components == 3 ? d->log2_chroma_h : 0;
    return layout;
}

Layout layout_of(const AVFrame& frame) {
    Layout layout = layout_of(static_cast<AVPixelFormat>(frame.format));
    layout.by_fields = is_interlaced(frame);
    return layout;
}

AVPixelFormat direct_format(AVPixelFormat format) {
    if (is_direct(format)) {
        return format;
    }
    if (format == AV_PIX_FMT_GBRAPF32LE) {
        return AV_PIX_FMT_GBRPF32LE;
    }
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(format);
    if (d == nullptr || (d->flags & (AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER)) != 0) {
        throw Error(Errc::unsupported,
                    fmt::format("the pixel format {} is not supported; convert the film first",
                                d == nullptr ? "unknown" : d->name));
    }
    const int bits = (d->flags & AV_PIX_FMT_FLAG_FLOAT) != 0 ? 16 : d->comp[0].depth;
    const bool color = d->nb_components >= 3 || (d->flags & AV_PIX_FMT_FLAG_PAL) != 0;
    if (!color) {
        return bits <= 8 ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_GRAY16LE;
    }
    if ((d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0) {
        return bits <= 8    ? AV_PIX_FMT_GBRP
               : bits <= 10 ? AV_PIX_FMT_GBRP10LE
               : bits <= 12 ? AV_PIX_FMT_GBRP12LE
                            : AV_PIX_FMT_GBRP16LE;
    }
    const AVPixelFormat by_depth[3][4] = {{AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P10LE,
                                           AV_PIX_FMT_YUV420P12LE, AV_PIX_FMT_YUV420P16LE},
                                          {AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV422P10LE,
                                           AV_PIX_FMT_YUV422P12LE, AV_PIX_FMT_YUV422P16LE},
                                          {AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV444P10LE,
                                           AV_PIX_FMT_YUV444P12LE, AV_PIX_FMT_YUV444P16LE}};
    const int shape = d->log2_chroma_h == 1 && d->log2_chroma_w == 1 ? 0
                      : d->log2_chroma_w == 1                        ? 1
                                                                     : 2;
    return by_depth[shape][bits <= 8 ? 0 : bits <= 10 ? 1 : bits <= 12 ? 2 : 3];
}

AVPixelFormat without_range(AVPixelFormat format) {
    switch (format) {
    case AV_PIX_FMT_YUVJ420P:
        return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
        return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
        return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
        return AV_PIX_FMT_YUV440P;
    default:
        return format;
    }
}

ColorTags completed(ColorTags tags, AVPixelFormat format, std::int64_t height, std::int64_t width) {
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(format);
    const bool gray = d->nb_components <= 2 && (d->flags & AV_PIX_FMT_FLAG_PAL) == 0;
    const bool rgb = (d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
    const bool hd = height > 576 || width >= 1280;
    const auto standard = static_cast<std::uint8_t>(hd              ? AVCOL_SPC_BT709
                                                    : height == 576 ? AVCOL_SPC_BT470BG
                                                                    : AVCOL_SPC_SMPTE170M);
    if (rgb) {
        tags.matrix = AVCOL_SPC_RGB;
    } else if (tags.matrix == AVCOL_SPC_UNSPECIFIED || tags.matrix == AVCOL_SPC_RESERVED ||
               tags.matrix == AVCOL_SPC_RGB) {
        tags.matrix = standard;
    }
    if (tags.range == Range::unspecified) {
        // FFmpeg's deprecated yuvj formats are full range by name.
        const bool full = rgb || gray || std::string_view(d->name).starts_with("yuvj");
        tags.range = full ? Range::full : Range::limited;
    }
    return tags;
}

bool is_color(std::int64_t beyond_2, std::int64_t beyond_10, std::int64_t samples) {
    return beyond_2 > samples / 200 || beyond_10 > samples / 5000;
}

bool chroma_says_nothing(const AVFrame& frame) {
    const Layout layout = layout_of(static_cast<AVPixelFormat>(frame.format));
    if (layout.planes == 1) {
        return true;
    }
    if (layout.rgb) {
        const at::Tensor green = plane_view(frame, layout, 0);
        return plane_view(frame, layout, 1).equal(green) &&
               plane_view(frame, layout, 2).equal(green);
    }
    const int width = AV_CEIL_RSHIFT(frame.width, layout.log2_x);
    const int height = AV_CEIL_RSHIFT(frame.height, layout.log2_y);
    for (const int plane : {1, 2}) {
        Colorful counts;
        for (int y = 0; y < height; ++y) {
            const std::uint8_t* row = frame.data[plane] + std::ptrdiff_t{y} * frame.linesize[plane];
            if (layout.bytes == 1) {
                count_color(row, width, layout.bits, counts);
            } else {
                count_color(reinterpret_cast<const std::uint16_t*>(row), width, layout.bits,
                            counts);
            }
        }
        if (is_color(counts.beyond_2, counts.beyond_10, std::int64_t{width} * height)) {
            return false;
        }
    }
    return true;
}

} // namespace oldfilm::media
