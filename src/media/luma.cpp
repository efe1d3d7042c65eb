#include "media/luma.hpp"

#include "media/convert.hpp"

#include <ATen/ops/equal.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace oldfilm::media {
namespace {

/// Lines of this size stand out; less may be noise or fine detail.
constexpr int stands_out = 8;
constexpr int place = 16;

std::int64_t row_difference(const std::uint8_t* a, const std::uint8_t* b, int count) {
    int sum = 0; // of at most 2^23 samples
    for (int x = 0; x < count; ++x) {
        sum += std::abs(a[x] - b[x]);
    }
    return sum;
}

/// How many samples of a line stand out from both neighboring lines, to one side.
int standing_out(const std::uint8_t* own, const std::uint8_t* above, const std::uint8_t* below,
                 int count) {
    int found = 0;
    for (int x = 0; x < count; ++x) {
        const int up = own[x] - above[x];
        const int down = own[x] - below[x];
        found += static_cast<int>((up > stands_out) & (down > stands_out)) |
                 static_cast<int>((up < -stands_out) & (down < -stands_out));
    }
    return found;
}

double part(std::int64_t found, int width, int height) {
    return static_cast<double>(found) /
           static_cast<double>(std::int64_t{width} * std::max(height, 1));
}

} // namespace

Luma::Luma(const AVFrame& frame)
    : width_(frame.width), height_(frame.height),
      samples_(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_)) {
    const Layout layout = layout_of(static_cast<AVPixelFormat>(frame.format));
    const int shift = layout.bits - 8;
    for (int y = 0; y < height_; ++y) {
        const std::uint8_t* from = frame.data[0] + std::ptrdiff_t{y} * frame.linesize[0];
        std::uint8_t* to = samples_.data() + std::ptrdiff_t{y} * width_;
        if (layout.bytes == 1) {
            std::copy_n(from, width_, to);
            continue;
        }
        const auto* wide = reinterpret_cast<const std::uint16_t*>(from);
        for (int x = 0; x < width_; ++x) {
            to[x] = static_cast<std::uint8_t>(wide[x] >> shift);
        }
    }
}

double field_difference(const Luma& a, const Luma& b, int field) {
    std::int64_t sum = 0;
    std::int64_t count = 0;
    for (int y = field; y < a.height(); y += 2) {
        sum += row_difference(a.row(y), b.row(y), a.width());
        count += a.width();
    }
    return static_cast<double>(sum) / static_cast<double>(std::max<std::int64_t>(count, 1));
}

double largest_difference(const Luma& a, const Luma& b) {
    double largest = 0;
    std::vector<std::int64_t> sums(static_cast<std::size_t>((a.width() + place - 1) / place));
    for (int top = 0; top < a.height(); top += place) {
        const int rows = std::min(place, a.height() - top);
        std::fill(sums.begin(), sums.end(), 0);
        for (int y = top; y < top + rows; ++y) {
            for (int left = 0; left < a.width(); left += place) {
                sums[static_cast<std::size_t>(left / place)] += row_difference(
                    a.row(y) + left, b.row(y) + left, std::min(place, a.width() - left));
            }
        }
        // A part of a place at the border counts as if the rest of it were alike.
        const auto most = *std::max_element(sums.begin(), sums.end());
        largest = std::max(largest, static_cast<double>(most) / (place * place));
    }
    return largest;
}

double combing(const Luma& top, const Luma& bottom) {
    const auto line = [&](int y) { return (y % 2 == 0 ? top : bottom).row(y); };
    std::int64_t combed = 0;
    for (int y = 1; y + 1 < top.height(); ++y) {
        combed += standing_out(line(y), line(y - 1), line(y + 1), top.width());
    }
    return part(combed, top.width(), top.height() - 2);
}

double combing_of_fields(const Luma& frame) {
    std::int64_t combed = 0;
    for (int y = 2; y + 2 < frame.height(); ++y) {
        combed += standing_out(frame.row(y), frame.row(y - 2), frame.row(y + 2), frame.width());
    }
    return part(combed, frame.width(), frame.height() - 4);
}

bool same_samples(const AVFrame& a, const AVFrame& b) {
    if (a.format != b.format || a.width != b.width || a.height != b.height) {
        return false;
    }
    const Layout layout = layout_of(static_cast<AVPixelFormat>(a.format));
    for (int plane = 0; plane < layout.planes; ++plane) {
        const at::Tensor view = plane_view(a, layout, plane);
        const auto bytes = static_cast<std::size_t>(view.size(1)) * view.element_size();
        for (std::int64_t y = 0; y < view.size(0); ++y) {
            if (std::memcmp(a.data[plane] + y * a.linesize[plane],
                            b.data[plane] + y * b.linesize[plane], bytes) != 0) {
                return false;
            }
        }
    }
    return true;
}

bool same_samples(const Samples& a, const Samples& b) {
    if (a.layout().format != b.layout().format || a.height() != b.height() ||
        a.width() != b.width()) {
        return false;
    }
    if (a.device().is_cpu() || a.device() != b.device()) {
        return same_samples(a.on_host(), b.on_host());
    }
    const Planes ours = a.on(a.device());
    const Planes theirs = b.on(b.device());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        if (!at::equal(ours[i], theirs[i])) { // waits for the device, a moment for each frame
            return false;
        }
    }
    return true;
}

} // namespace oldfilm::media
