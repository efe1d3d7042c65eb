#include "media/convert.hpp"

#include "media/rows.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace oldfilm::media {
namespace {

struct Weights {
    double red, blue;
};

/// Kr and Kb of H.273's matrix codes.
Weights weights_of(int matrix) {
    switch (matrix) {
    case AVCOL_SPC_BT709:
        return {0.2126, 0.0722};
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return {0.2627, 0.0593};
    case AVCOL_SPC_SMPTE240M:
        return {0.212, 0.087};
    case AVCOL_SPC_FCC:
        return {0.30, 0.11};
    default:
        return {0.299, 0.114};
    }
}

/// sample = value * scale + offset.
struct Coding {
    double scale, offset;
};

Scaling scaling_of(const Coding& coding) {
    return {static_cast<float>(coding.offset), static_cast<float>(1 / coding.scale)};
}

Coding luma_coding(const Layout& layout, Range range) {
    if (layout.real) {
        return {1, 0};
    }
    const double top = (1 << layout.bits) - 1;
    const double unit = 1 << (layout.bits - 8);
    return range == Range::limited ? Coding{219 * unit, 16 * unit} : Coding{top, 0};
}

Coding chroma_coding(const Layout& layout, Range range) {
    const double top = (1 << layout.bits) - 1;
    const double unit = 1 << (layout.bits - 8);
    return range == Range::limited ? Coding{224 * unit, 128 * unit} : Coding{top, 128 * unit};
}

/// A whole plane as values.
void scale_plane(const AVFrame& frame, const Layout& layout, int plane, const Coding& coding,
                 float* values) {
    for (int y = 0; y < frame.height; ++y) {
        const std::uint8_t* row = frame.data[plane] + std::ptrdiff_t{y} * frame.linesize[plane];
        float* out = values + std::ptrdiff_t{y} * frame.width;
        if (layout.real) {
            std::memcpy(out, row, static_cast<std::size_t>(frame.width) * sizeof(float));
        } else {
            scale_row(row, layout.bytes, frame.width, scaling_of(coding), out);
        }
    }
}

at::Tensor coded(const at::Tensor& values, const Coding& coding, const Layout& layout) {
    if (layout.real) {
        return values;
    }
    const at::Tensor rounded =
        (values * coding.scale).add_(coding.offset).round_().clamp_(0, (1 << layout.bits) - 1);
    return layout.bytes == 1 ? rounded.to(at::kByte) : rounded.to(at::kInt).to(at::kShort);
}

/// Place of chroma sample 0 in luma samples, along one axis.
double phase(bool horizontal, int factor, ChromaSiting siting) {
    const bool cosited =
        siting == ChromaSiting::top_left || (horizontal && siting != ChromaSiting::center);
    return cosited ? 0 : (factor - 1) / 2.0;
}

/// Chroma of one luma row, at chroma width: between two rows of the plane, as values.
class ChromaRows {
  public:
    ChromaRows(const AVFrame& frame, const Layout& layout, int plane, Scaling scaling)
        : frame_(frame), layout_(layout), plane_(plane), scaling_(scaling),
          width_(AV_CEIL_RSHIFT(frame.width, layout.log2_x)), above_(line()), below_(line()),
          between_(line()) {}

    const float* at(int first, int second, float weight) {
        const float* a = row(first, above_, above_row_);
        if (weight == 0) {
            return a;
        }
        const float* b = row(second, below_, below_row_);
        for (int x = 0; x < width_; ++x) {
            between_[static_cast<std::size_t>(x)] = a[x] + weight * (b[x] - a[x]);
        }
        return between_.data();
    }

  private:
    [[nodiscard]] std::vector<float> line() const {
        return std::vector<float>(static_cast<std::size_t>(width_));
    }
    const float* row(int y, std::vector<float>& kept, int& kept_row) {
        if (kept_row != y) {
            scale_row(frame_.data[plane_] + std::ptrdiff_t{y} * frame_.linesize[plane_],
                      layout_.bytes, width_, scaling_, kept.data());
            kept_row = y;
        }
        return kept.data();
    }

    const AVFrame& frame_;
    const Layout& layout_;
    int plane_;
    Scaling scaling_;
    int width_;
    std::vector<float> above_, below_, between_;
    int above_row_ = -1, below_row_ = -1;
};

/// The chroma values that a subsampled plane holds: a triangle around cosited samples, a mean of
/// those that a sample lies between.
at::Tensor downsampled(const at::Tensor& plane, int axis, int factor, double first) {
    if (factor == 1) {
        return plane;
    }
    const std::int64_t size = plane.size(axis);
    const std::int64_t count = (size + factor - 1) / factor;
    const at::Tensor base =
        at::arange(count, at::TensorOptions(plane.device()).dtype(at::kLong)) * factor;
    const auto at_offset = [&](int offset) {
        return plane.index_select(axis, (base + offset).clamp_(0, size - 1));
    };
    if (first == 0) {
        at::Tensor sum = at_offset(0) * factor;
        for (int k = 1; k < factor; ++k) {
            sum = sum + (at_offset(-k) + at_offset(k)) * (factor - k);
        }
        return sum / (factor * factor);
    }
    at::Tensor sum = at_offset(0);
    for (int k = 1; k < factor; ++k) {
        sum = sum + at_offset(k);
    }
    return sum / factor;
}

/// Whether chroma samples are within two codes (of 8 bits) of neutral.
template <class Sample>
bool is_neutral(const Sample* row, int width, int bits) {
    const auto neutral = 1 << (bits - 1);
    int worst = 0;
    for (int x = 0; x < width; ++x) {
        worst = std::max(worst, std::abs(row[x] - neutral));
    }
    return worst <= 2 << (bits - 8);
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

AVPixelFormat direct_format(AVPixelFormat format) {
    if (is_direct(format)) {
        return format;
    }
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(format);
    if (d == nullptr || (d->flags & (AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER)) != 0) {
        throw Error(Errc::unsupported,
                    fmt::format("the pixel format {} is not supported; convert the film first",
                                d == nullptr ? "unknown" : d->name));
    }
    const int bits = (d->flags & AV_PIX_FMT_FLAG_FLOAT) != 0 ? 16 : d->comp[0].depth;
    const bool colour = d->nb_components >= 3 || (d->flags & AV_PIX_FMT_FLAG_PAL) != 0;
    if (!colour) {
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
    const bool grey = d->nb_components <= 2 && (d->flags & AV_PIX_FMT_FLAG_PAL) == 0;
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
        const bool full = rgb || grey || std::string_view(d->name).starts_with("yuvj");
        tags.range = full ? Range::full : Range::limited;
    }
    return tags;
}

at::Tensor plane_view(const AVFrame& frame, const Layout& layout, int plane) {
    const bool chroma = plane > 0 && !layout.rgb;
    const std::int64_t width = chroma ? AV_CEIL_RSHIFT(frame.width, layout.log2_x) : frame.width;
    const std::int64_t height = chroma ? AV_CEIL_RSHIFT(frame.height, layout.log2_y) : frame.height;
    return at::from_blob(frame.data[plane], {height, width},
                         {frame.linesize[plane] / layout.bytes, 1},
                         at::TensorOptions().dtype(layout.real         ? at::kFloat
                                                   : layout.bytes == 1 ? at::kByte
                                                                       : at::kShort));
}

at::Tensor to_picture(const AVFrame& frame, const ColorTags& tags, bool grey) {
    const Layout layout = layout_of(static_cast<AVPixelFormat>(frame.format));
    const Coding luma = luma_coding(layout, tags.range);
    const bool mono = grey || layout.planes == 1;
    at::Tensor picture =
        at::empty({mono ? 1 : 3, frame.height, frame.width}, at::dtype(at::kFloat));
    float* out = picture.mutable_data_ptr<float>();
    const std::ptrdiff_t area = std::ptrdiff_t{frame.width} * frame.height;
    if (mono) {
        scale_plane(frame, layout, 0, luma, out); // luma, or green, which equals the others
        return picture;
    }
    if (layout.rgb) {
        scale_plane(frame, layout, 2, luma, out);
        scale_plane(frame, layout, 0, luma, out + area);
        scale_plane(frame, layout, 1, luma, out + 2 * area);
        return picture;
    }
    const auto [kr, kb] = weights_of(tags.matrix);
    const double kg = 1 - kr - kb;
    const Matrix matrix{
        static_cast<float>(2 * (1 - kr)), static_cast<float>(-2 * kb * (1 - kb) / kg),
        static_cast<float>(-2 * kr * (1 - kr) / kg), static_cast<float>(2 * (1 - kb))};
    const int across = 1 << layout.log2_x;
    const int down = 1 << layout.log2_y;
    const Taps columns(frame.width, AV_CEIL_RSHIFT(frame.width, layout.log2_x), across,
                       phase(true, across, tags.siting));
    const Taps lines(frame.height, AV_CEIL_RSHIFT(frame.height, layout.log2_y), down,
                     phase(false, down, tags.siting));
    const Scaling chroma = scaling_of(chroma_coding(layout, tags.range));
    ChromaRows blue_rows(frame, layout, 1, chroma);
    ChromaRows red_rows(frame, layout, 2, chroma);
    std::vector<float> rows(static_cast<std::size_t>(frame.width) * 3);
    float* y = rows.data();
    float* cb = y + frame.width;
    float* cr = cb + frame.width;
    for (int line = 0; line < frame.height; ++line) {
        const auto k = static_cast<std::size_t>(line);
        scale_row(frame.data[0] + std::ptrdiff_t{line} * frame.linesize[0], layout.bytes,
                  frame.width, scaling_of(luma), y);
        const auto widened = [&](ChromaRows& from, float* to) {
            interpolate_row(from.at(lines.first[k], lines.second[k], lines.weight[k]), columns, to);
        };
        widened(blue_rows, cb);
        widened(red_rows, cr);
        float* red = out + std::ptrdiff_t{line} * frame.width;
        colour_row(y, cb, cr, frame.width, matrix, red, red + area, red + 2 * area);
    }
    return picture;
}

std::vector<at::Tensor> to_planes(const at::Tensor& picture, const Layout& layout,
                                  const ColorTags& tags) {
    const Coding luma = luma_coding(layout, tags.range);
    const bool grey = picture.size(0) == 1;
    if (layout.rgb) {
        const auto channel = [&](int i) { return coded(picture[grey ? 0 : i], luma, layout); };
        return {channel(1), channel(2), channel(0)};
    }
    const auto [kr, kb] = weights_of(tags.matrix);
    const at::Tensor y =
        grey ? picture[0] : (picture[0] * kr).add_(picture[1], 1 - kr - kb).add_(picture[2], kb);
    std::vector<at::Tensor> planes{coded(y, luma, layout)};
    if (layout.planes == 1) {
        return planes;
    }
    const Coding chroma = chroma_coding(layout, tags.range);
    const int across = 1 << layout.log2_x;
    const int down = 1 << layout.log2_y;
    if (grey) {
        const at::Tensor neutral = at::full(
            {(y.size(0) + down - 1) / down, (y.size(1) + across - 1) / across}, 0.0, y.options());
        planes.push_back(coded(neutral, chroma, layout));
        planes.push_back(planes.back());
        return planes;
    }
    const auto plane = [&](const at::Tensor& colour, double weight) {
        const at::Tensor c = (colour - y).div_(2 * (1 - weight));
        const at::Tensor narrow = downsampled(c, 1, across, phase(true, across, tags.siting));
        return coded(downsampled(narrow, 0, down, phase(false, down, tags.siting)), chroma, layout);
    };
    planes.push_back(plane(picture[2], kb));
    planes.push_back(plane(picture[0], kr));
    return planes;
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
        for (int y = 0; y < height; ++y) {
            const std::uint8_t* row = frame.data[plane] + std::ptrdiff_t{y} * frame.linesize[plane];
            const bool neutral =
                layout.bytes == 1
                    ? is_neutral(row, width, layout.bits)
                    : is_neutral(reinterpret_cast<const std::uint16_t*>(row), width, layout.bits);
            if (!neutral) {
                return false;
            }
        }
    }
    return true;
}

} // namespace oldfilm::media
