#include "media/convert.hpp"

#include "media/coding.hpp"
#include "media/linear_light.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace oldfilm::media {
namespace {

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

/// A plane of values as samples.
at::Tensor coded(const at::Tensor& plane, const Coding& coding, const Layout& layout) {
    const at::Tensor values = plane.contiguous();
    if (layout.real) {
        return values;
    }
    at::Tensor samples =
        at::empty(values.sizes(), at::dtype(layout.bytes == 1 ? at::kByte : at::kShort));
    quantize_row(values.const_data_ptr<float>(), static_cast<int>(values.numel()),
                 static_cast<float>(coding.scale), static_cast<float>(coding.offset),
                 static_cast<float>((1 << layout.bits) - 1), layout.bytes,
                 static_cast<std::uint8_t*>(samples.mutable_data_ptr()));
    return samples;
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

/// The rows of a plane that is already narrow, made fewer likewise: `line` of `lines` that belong
/// together (those of a field, or all), which are `step` apart.
void fewer_row(const float* from, int line, int lines, std::int64_t step, std::int64_t width,
               int factor, const std::vector<float>& weights, float* to) {
    const bool cosited = weights.size() > static_cast<std::size_t>(factor);
    const int first = cosited ? 1 - factor : 0;
    std::fill(to, to + width, 0.0F); // ATen would wake all its threads for this
    for (std::size_t k = 0; k < weights.size(); ++k) {
        const int y = std::clamp(line * factor + first + static_cast<int>(k), 0, lines - 1);
        const float* row = from + y * step;
        for (std::int64_t x = 0; x < width; ++x) {
            to[x] += weights[k] * row[x];
        }
    }
}

at::Tensor fewer_rows(const at::Tensor& plane, const Layout& layout, ChromaSiting siting) {
    const int factor = 1 << layout.log2_y;
    if (factor == 1) {
        return plane;
    }
    const auto height = static_cast<int>(plane.size(0));
    const std::int64_t width = plane.size(1);
    at::Tensor out = at::empty({(height + factor - 1) / factor, width}, plane.options());
    const float* from = plane.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    const int fields = is_by_fields(layout, out.size(0)) ? 2 : 1;
    for (int line = 0; line < out.size(0); ++line, to += width) {
        const int field = line % fields;
        const double center =
            fields == 2 ? field_phase(field, factor, siting) : phase(false, factor, siting);
        fewer_row(from + field * width, line / fields, (height - field + fields - 1) / fields,
                  fields * width, width, factor, narrowing(factor, center), to);
    }
    return out;
}

/// Where the chroma of each line comes from.
Taps line_taps(const AVFrame& frame, const Layout& layout, ChromaSiting siting) {
    const int factor = 1 << layout.log2_y;
    const int samples = AV_CEIL_RSHIFT(frame.height, layout.log2_y);
    Taps lines(frame.height, samples, factor, phase(false, factor, siting));
    if (!is_by_fields(layout, samples)) {
        return lines;
    }
    for (int field = 0; field < 2; ++field) {
        const Taps own((frame.height - field + 1) / 2, (samples - field + 1) / 2, factor,
                       field_phase(field, factor, siting));
        for (std::size_t i = 0; i < own.first.size(); ++i) {
            const std::size_t line = 2 * i + static_cast<std::size_t>(field);
            lines.first[line] = 2 * own.first[i] + field;
            lines.second[line] = 2 * own.second[i] + field;
            lines.weight[line] = own.weight[i];
        }
    }
    return lines;
}

/// Luma, and both color differences with the width that they are coded in.
struct Differences {
    at::Tensor y, cb, cr;
};

Differences differences(const at::Tensor& rgb, const Weights& w, int across, double center) {
    const auto height = rgb.size(1);
    const auto width = static_cast<int>(rgb.size(2));
    const int narrow = (width + across - 1) / across;
    const LumaCoefficients luma = luma_coefficients(w);
    const Differences out{at::empty({height, width}, at::dtype(at::kFloat)),
                          at::empty({height, narrow}, at::dtype(at::kFloat)),
                          at::empty({height, narrow}, at::dtype(at::kFloat))};
    const float* red = rgb.const_data_ptr<float>();
    const std::int64_t area = height * width;
    const std::vector<float> weights = narrowing(across, center);
    std::vector<float> wide_cb(static_cast<std::size_t>(width + 2 * across));
    std::vector<float> wide_cr(wide_cb.size());
    for (std::int64_t line = 0; line < height; ++line, red += width) {
        float* cb = wide_cb.data() + across;
        float* cr = wide_cr.data() + across;
        difference_row(red, red + area, red + 2 * area, width, luma,
                       out.y.mutable_data_ptr<float>() + line * width, cb, cr);
        for (float* row : {cb, cr}) { // the border goes on beyond itself
            std::fill(row - across, row, row[0]);
            std::fill(row + width, row + width + across, row[width - 1]);
        }
        narrow_row(cb, narrow, across, weights, out.cb.mutable_data_ptr<float>() + line * narrow);
        narrow_row(cr, narrow, across, weights, out.cr.mutable_data_ptr<float>() + line * narrow);
    }
    return out;
}

} // namespace

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

void copy_rows(const at::Tensor& plane, AVFrame& frame, int index) {
    const at::Tensor rows = plane.cpu().contiguous();
    const auto bytes = static_cast<std::size_t>(rows.size(1)) * rows.element_size();
    const auto* from = static_cast<const std::uint8_t*>(rows.const_data_ptr());
    for (std::int64_t y = 0; y < rows.size(0); ++y) {
        std::memcpy(frame.data[index] + y * frame.linesize[index],
                    from + static_cast<std::size_t>(y) * bytes, bytes);
    }
}

at::Tensor to_picture(const AVFrame& frame, const ColorTags& tags, bool gray) {
    const Layout layout = layout_of(frame);
    const Coding luma = luma_coding(layout, tags.range);
    const bool mono = gray || layout.planes == 1;
    at::Tensor picture =
        at::empty({mono ? 1 : 3, frame.height, frame.width}, at::dtype(at::kFloat));
    float* out = picture.mutable_data_ptr<float>();
    const std::ptrdiff_t area = std::ptrdiff_t{frame.width} * frame.height;
    if (mono) {
        scale_plane(frame, layout, 0, luma, out); // luma, or green, which equals the others
        return is_linear_light(layout, tags) ? from_linear(picture) : picture;
    }
    if (layout.rgb) {
        scale_plane(frame, layout, 2, luma, out);
        scale_plane(frame, layout, 0, luma, out + area);
        scale_plane(frame, layout, 1, luma, out + 2 * area);
        return is_linear_light(layout, tags) ? from_linear(picture) : picture;
    }
    const Matrix matrix = matrix_of(weights_of(tags.matrix));
    const int across = 1 << layout.log2_x;
    const Taps columns(frame.width, AV_CEIL_RSHIFT(frame.width, layout.log2_x), across,
                       phase(true, across, tags.siting));
    const Taps lines = line_taps(frame, layout, tags.siting);
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
        color_row(y, cb, cr, frame.width, matrix, red, red + area, red + 2 * area);
    }
    return picture;
}

std::vector<at::Tensor> to_planes(const at::Tensor& given, const Layout& layout,
                                  const ColorTags& tags) {
    const at::Tensor picture = layout.real ? to_linear(given, tags.transfer) : given;
    const Coding luma = luma_coding(layout, tags.range);
    const bool gray = picture.size(0) == 1;
    if (layout.rgb) {
        const auto channel = [&](int i) { return coded(picture[gray ? 0 : i], luma, layout); };
        return {channel(1), channel(2), channel(0)};
    }
    const Coding chroma = chroma_coding(layout, tags.range);
    const int across = 1 << layout.log2_x;
    const int down = 1 << layout.log2_y;
    if (!gray) {
        const Differences d = differences(picture.contiguous(), weights_of(tags.matrix), across,
                                          phase(true, across, tags.siting));
        if (layout.planes == 1) {
            return {coded(d.y, luma, layout)};
        }
        const auto fewer = [&](const at::Tensor& plane) {
            return coded(fewer_rows(plane, layout, tags.siting), chroma, layout);
        };
        return {coded(d.y, luma, layout), fewer(d.cb), fewer(d.cr)};
    }
    std::vector<at::Tensor> planes{coded(picture[0], luma, layout)};
    if (layout.planes == 3) {
        const at::Tensor neutral = at::zeros(
            {(picture.size(1) + down - 1) / down, (picture.size(2) + across - 1) / across},
            at::dtype(at::kFloat));
        planes.push_back(coded(neutral, chroma, layout));
        planes.push_back(planes.back());
    }
    return planes;
}

} // namespace oldfilm::media
