#include "media/surfaces.hpp"

#include "media/coding.hpp"
#include "media/linear_light.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <fmt/format.h>

#include <cmath>

namespace oldfilm::media {
namespace {

/// Samples in the upper bits of 16 are moved by this.
int shift_of(const Layout& layout) {
    return layout.bytes == 2 ? 16 - layout.bits : 0;
}

/// Samples as they count: what int16 holds is unsigned.
at::Tensor numbers(const at::Tensor& plane) {
    return plane.scalar_type() == at::kShort ? plane.to(at::kInt).bitwise_and_(0xffff) : plane;
}

at::Tensor values(const at::Tensor& plane, const Layout& layout, const Coding& coding) {
    if (layout.real) {
        return plane;
    }
    const Scaling scaling = scaling_of(coding);
    return numbers(plane).to(at::kFloat).sub_(scaling.offset).mul_(scaling.inverse);
}

/// `values` with `count` more on both sides of `dim`: the border goes on beyond itself.
at::Tensor bordered(const at::Tensor& values, std::int64_t dim, std::int64_t count) {
    std::vector<std::int64_t> shape = values.sizes().vec();
    shape[static_cast<std::size_t>(dim)] = count;
    const std::int64_t last = values.size(dim) - 1;
    return at::cat(
        {values.narrow(dim, 0, 1).expand(shape), values, values.narrow(dim, last, 1).expand(shape)},
        dim);
}

/// `factor` values for each along `dim`, `size` in all, linearly between two (as `Taps`).
at::Tensor widened(const at::Tensor& values, std::int64_t dim, int factor, double phase,
                   std::int64_t size) {
    if (factor == 1) {
        return values;
    }
    const std::int64_t count = values.size(dim);
    const at::Tensor wide = bordered(values, dim, 1);
    std::vector<at::Tensor> parts;
    for (int i = 0; i < factor; ++i) {
        const double place = (i - phase) / factor;
        const double below = std::floor(place);
        const auto first = 1 + static_cast<std::int64_t>(below);
        const at::Tensor a = wide.narrow(dim, first, count);
        const double weight = place - below;
        parts.push_back(
            weight == 0 ? a : (wide.narrow(dim, first + 1, count) - a).mul_(weight).add_(a));
    }
    return at::stack(parts, dim + 1).flatten(dim, dim + 1).narrow(dim, 0, size);
}

/// One value for `factor` along `dim` (as `narrow_row`).
at::Tensor narrowed(const at::Tensor& values, std::int64_t dim, int factor, double phase) {
    if (factor == 1) {
        return values;
    }
    const bool cosited = phase == 0;
    const std::vector<float> weights = narrowing(factor, phase);
    const std::int64_t count = (values.size(dim) + factor - 1) / factor;
    const std::int64_t first = cosited ? 1 : factor; // in what has a border of `factor`
    const at::Tensor wide = bordered(values, dim, factor);
    at::Tensor sum;
    for (std::size_t k = 0; k < weights.size(); ++k) {
        const std::int64_t from = first + static_cast<std::int64_t>(k);
        const at::Tensor part =
            wide.slice(dim, from, from + (count - 1) * factor + 1, factor) * weights[k];
        sum = sum.defined() ? sum.add_(part) : part;
    }
    return sum;
}

/// Something done with the lines of each field (0: top) by itself; `lines` come of both.
template <class Do>
at::Tensor each_field(const at::Tensor& values, std::int64_t lines, const Do& with) {
    const at::Tensor top = with(values.slice(0, 0, std::nullopt, 2), 0);
    at::Tensor both = at::empty({lines, top.size(1)}, top.options());
    both.slice(0, 0, std::nullopt, 2).copy_(top);
    both.slice(0, 1, std::nullopt, 2).copy_(with(values.slice(0, 1, std::nullopt, 2), 1));
    return both;
}

at::Tensor more_lines(const at::Tensor& coded, const Layout& layout, ChromaSiting siting,
                      std::int64_t lines) {
    const int factor = 1 << layout.log2_y;
    if (!is_by_fields(layout, coded.size(0))) {
        return widened(coded, 0, factor, phase(false, factor, siting), lines);
    }
    return each_field(coded, lines, [&](const at::Tensor& own, int field) {
        const std::int64_t wanted = (lines - field + 1) / 2;
        const std::int64_t last = own.size(0) - 1;
        const bool is_short =
            own.size(0) * factor < wanted; // the frame's last sample is the other's
        return widened(is_short ? at::cat({own, own.narrow(0, last, 1)}) : own, 0, factor,
                       field_phase(field, factor, siting), wanted);
    });
}

at::Tensor fewer_lines(const at::Tensor& values, const Layout& layout, ChromaSiting siting) {
    const int factor = 1 << layout.log2_y;
    const std::int64_t lines = (values.size(0) + factor - 1) / factor;
    if (!is_by_fields(layout, lines)) {
        return narrowed(values, 0, factor, phase(false, factor, siting));
    }
    return each_field(values, lines, [&](const at::Tensor& own, int field) {
        return narrowed(own, 0, factor, field_phase(field, factor, siting))
            .slice(0, 0, (lines - field + 1) / 2);
    });
}

at::Tensor samples(const at::Tensor& values, const Layout& layout, const Coding& coding) {
    if (layout.real) {
        return values.contiguous();
    }
    const auto top = static_cast<float>((1 << layout.bits) - 1);
    const at::Tensor exact =
        values.mul(static_cast<float>(coding.scale)).add_(static_cast<float>(coding.offset));
    // NaN becomes 0: the comparison is false.
    return at::where(exact.gt(0), exact.clamp_max(top), 0)
        .add_(0.5)
        .to(at::kInt)
        .to(layout.bytes == 1 ? at::kByte : at::kShort);
}

} // namespace

Surface surface_of(const AVFrame& frame, AVPixelFormat format, const at::Device& device) {
    const AVPixFmtDescriptor& d = *av_pix_fmt_desc_get(format);
    const bool interleaved = d.nb_components == 3 && d.comp[1].plane == d.comp[2].plane;
    const std::int64_t bytes = d.comp[0].depth > 8 ? 2 : 1;
    const int planes = interleaved ? 2 : d.nb_components;
    if ((d.flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_BE)) != 0 || d.comp[0].step != bytes ||
        (interleaved && d.comp[2].offset != bytes)) {
        throw Error(Errc::unsupported,
                    fmt::format("surfaces in {} are not supported; decode on the CPU", d.name));
    }
    Surface surface;
    for (int i = 0; i < planes; ++i) {
        const int log2_x = i > 0 ? d.log2_chroma_w : 0;
        const int log2_y = i > 0 ? d.log2_chroma_h : 0;
        const std::int64_t step = i > 0 && interleaved ? 2 : 1;
        const auto left = static_cast<std::int64_t>(frame.crop_left) >> log2_x;
        const auto above = static_cast<std::int64_t>(frame.crop_top) >> log2_y;
        const std::int64_t width =
            AV_CEIL_RSHIFT(frame.width - static_cast<int>(frame.crop_left), log2_x);
        const std::int64_t height =
            AV_CEIL_RSHIFT(frame.height - static_cast<int>(frame.crop_top), log2_y);
        const std::int64_t pitch = frame.linesize[i] / bytes;
        std::vector<std::int64_t> shape{height, width};
        std::vector<std::int64_t> strides{pitch, step};
        if (step == 2) {
            shape.push_back(2);
            strides.push_back(1);
        }
        std::uint8_t* first = frame.data[i] + above * frame.linesize[i] + left * step * bytes;
        surface.planes.push_back(
            at::for_blob(first, shape)
                .strides(strides)
                .options(
                    at::TensorOptions().dtype(bytes == 1 ? at::kByte : at::kShort).device(device))
                .target_device(device)
                .make_tensor());
    }
    return surface;
}

Planes planes_in(const Surface& surface, const Layout& layout) {
    const int shift = shift_of(layout);
    const auto own = [shift](const at::Tensor& plane) {
        return shift > 0 ? numbers(plane).bitwise_right_shift(shift).to(at::kShort)
                         : plane.clone(at::MemoryFormat::Contiguous);
    };
    Planes planes{own(surface.planes[0])};
    for (int i = 1; i < layout.planes; ++i) {
        const bool interleaved = surface.planes[1].dim() == 3;
        planes.push_back(own(interleaved ? surface.planes[1].select(2, i - 1)
                                         : surface.planes[static_cast<std::size_t>(i)]));
    }
    return planes;
}

void fill(const Surface& surface, const Planes& planes, const Layout& layout) {
    const int shift = shift_of(layout);
    for (std::size_t i = 0; i < planes.size(); ++i) {
        const bool interleaved = i > 0 && surface.planes[1].dim() == 3;
        at::Tensor to = interleaved ? surface.planes[1].select(2, static_cast<std::int64_t>(i) - 1)
                                    : surface.planes[i];
        to.copy_(shift > 0 ? numbers(planes[i]).bitwise_left_shift(shift).to(at::kShort)
                           : planes[i]);
    }
}

Planes uploaded(const AVFrame& frame, const Layout& layout, const at::Device& device) {
    Planes planes;
    for (int i = 0; i < layout.planes; ++i) {
        const at::Tensor view = plane_view(frame, layout, i);
        if (device.is_cpu()) {
            planes.push_back(view.clone(at::MemoryFormat::Contiguous));
            continue;
        }
        const auto pinned = at::TensorOptions().dtype(view.scalar_type()).pinned_memory(true);
        planes.push_back(
            at::empty(view.sizes(), pinned).copy_(view).to(device, /*non_blocking=*/true));
    }
    return planes;
}

at::Tensor picture_of(const Planes& planes, const Layout& layout, const ColorTags& tags,
                      bool gray) {
    const Coding luma = luma_coding(layout, tags.range);
    const at::Tensor y = values(planes[0], layout, luma);
    if (is_linear_light(layout, tags)) {
        return from_linear(gray || layout.planes == 1 ? y.unsqueeze(0)
                                                      : at::stack({planes[2], y, planes[1]}));
    }
    if (gray || layout.planes == 1) {
        return (y.is_same(planes[0]) ? y.clone() : y).unsqueeze(0);
    }
    if (layout.rgb) {
        return at::stack({values(planes[2], layout, luma), y, values(planes[1], layout, luma)});
    }
    const Matrix matrix = matrix_of(weights_of(tags.matrix));
    const int across = 1 << layout.log2_x;
    const auto chroma = [&](std::size_t i) {
        const at::Tensor coded = values(planes[i], layout, chroma_coding(layout, tags.range));
        const at::Tensor lines = more_lines(coded, layout, tags.siting, y.size(0));
        return widened(lines, 1, across, phase(true, across, tags.siting), y.size(1));
    };
    const at::Tensor cb = chroma(1);
    const at::Tensor cr = chroma(2);
    return at::stack({(cr * matrix.red_cr).add_(y),
                      (cb * matrix.green_cb).add_(y).add_(cr * matrix.green_cr),
                      (cb * matrix.blue_cb).add_(y)});
}

Planes planes_of(const at::Tensor& given, const Layout& layout, const ColorTags& tags) {
    const at::Tensor picture = layout.real ? to_linear(given, tags.transfer) : given;
    const Coding luma = luma_coding(layout, tags.range);
    const bool gray = picture.size(0) == 1;
    if (layout.rgb) {
        const auto channel = [&](int i) { return samples(picture[gray ? 0 : i], layout, luma); };
        return {channel(1), channel(2), channel(0)};
    }
    const Coding chroma = chroma_coding(layout, tags.range);
    const int across = 1 << layout.log2_x;
    const int down = 1 << layout.log2_y;
    if (gray) {
        Planes planes{samples(picture[0], layout, luma)};
        if (layout.planes == 3) {
            const at::Tensor neutral = at::full(
                {(picture.size(1) + down - 1) / down, (picture.size(2) + across - 1) / across}, 0.0,
                picture.options());
            planes.resize(3, samples(neutral, layout, chroma));
        }
        return planes;
    }
    const LumaCoefficients l = luma_coefficients(weights_of(tags.matrix));
    const at::Tensor red = picture[0];
    const at::Tensor blue = picture[2];
    const at::Tensor y = (red * l.kr).add_(picture[1] * l.kg).add_(blue * l.kb);
    Planes planes{samples(y, layout, luma)};
    if (layout.planes == 1) {
        return planes;
    }
    const auto difference = [&](const at::Tensor& color, float scale) {
        const at::Tensor wide = (color - y).mul_(scale);
        const at::Tensor narrow = narrowed(wide, 1, across, phase(true, across, tags.siting));
        return samples(fewer_lines(narrow, layout, tags.siting), layout, chroma);
    };
    planes.push_back(difference(blue, l.cb));
    planes.push_back(difference(red, l.cr));
    return planes;
}

at::Tensor color_counts(const Planes& planes, const Layout& layout) {
    const int neutral = 1 << (layout.bits - 1);
    const int unit = 1 << (layout.bits - 8);
    std::vector<at::Tensor> counts;
    for (const int plane : {1, 2}) {
        const at::Tensor off =
            numbers(planes[static_cast<std::size_t>(plane)]).to(at::kInt).sub(neutral).abs_();
        counts.push_back(at::stack({off.gt(2 * unit).sum(), off.gt(10 * unit).sum()}));
    }
    return at::stack(counts);
}

} // namespace oldfilm::media
