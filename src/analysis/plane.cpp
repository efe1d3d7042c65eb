#include "analysis/plane.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/amax.h>

#include <algorithm>
#include <numeric>

namespace oldfilm::analysis {

namespace {

/// `samples`: H x W.
Plane plane_of(const at::Tensor& samples) {
    const at::Tensor here = samples.cpu().contiguous();
    Plane plane;
    plane.height = here.size(0);
    plane.width = here.size(1);
    const auto* begin = here.const_data_ptr<float>();
    plane.samples.assign(begin, begin + here.numel());
    return plane;
}

} // namespace

Plane luma_of(const at::Tensor& picture) {
    return plane_of(picture.size(0) == 1
                        ? picture[0]
                        : picture[0] * 0.299 + picture[1] * 0.587 + picture[2] * 0.114);
}

Plane brightest_of(const at::Tensor& picture) {
    return plane_of(picture.amax(0));
}

Plane reduced(const Plane& plane, const Margins& margins, std::int64_t most) {
    const std::int64_t width = plane.width - margins.left - margins.right;
    const std::int64_t height = plane.height - margins.top - margins.bottom;
    const std::int64_t factor = std::max<std::int64_t>((width + most - 1) / most, 1);
    Plane small;
    small.width = width / factor;
    small.height = height / factor;
    small.samples.reserve(static_cast<std::size_t>(small.width * small.height));
    for (std::int64_t y = 0; y < small.height; ++y) {
        for (std::int64_t x = 0; x < small.width; ++x) {
            float sum = 0;
            for (std::int64_t dy = 0; dy < factor; ++dy) {
                for (std::int64_t dx = 0; dx < factor; ++dx) {
                    sum += plane.at(margins.left + x * factor + dx, margins.top + y * factor + dy);
                }
            }
            small.samples.push_back(sum / static_cast<float>(factor * factor));
        }
    }
    return small;
}

Plane thumbnail_of(const Plane& plane, std::int64_t rows, std::int64_t columns) {
    Plane small;
    small.height = std::min(rows, plane.height);
    small.width = std::min(columns, plane.width);
    for (std::int64_t row = 0; row < small.height; ++row) {
        const std::int64_t top = row * plane.height / small.height;
        const std::int64_t bottom = (row + 1) * plane.height / small.height;
        for (std::int64_t column = 0; column < small.width; ++column) {
            const std::int64_t left = column * plane.width / small.width;
            const std::int64_t right = (column + 1) * plane.width / small.width;
            float sum = 0;
            for (std::int64_t y = top; y < bottom; ++y) {
                const float* line = plane.samples.data() + y * plane.width;
                sum = std::accumulate(line + left, line + right, sum);
            }
            small.samples.push_back(sum / static_cast<float>((bottom - top) * (right - left)));
        }
    }
    return small;
}

} // namespace oldfilm::analysis
