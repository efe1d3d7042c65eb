#include "media/put_back.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/where.h>

namespace oldfilm::media {

const AVFrame* coded_samples(const Frame& frame, const Layout& layout) {
    if (!frame.coded() || !frame.coded()->samples) {
        return nullptr;
    }
    const auto* samples = static_cast<const AVFrame*>(frame.coded()->samples.get());
    const bool fits = samples->format == layout.format && samples->width == frame.width() &&
                      samples->height == frame.height();
    return fits ? samples : nullptr;
}

void put_back(std::vector<at::Tensor>& planes, const Frame& frame, const AVFrame& coded,
              const Layout& layout) {
    const at::Tensor before = frame.coded()->picture;
    if (before.size(0) != frame.channels()) {
        return; // it was given colour: every sample is new
    }
    const at::Tensor changed = (frame.picture().cpu() != before).any(0);
    planes[0] = at::where(changed, planes[0], plane_view(coded, layout, 0));
    const std::int64_t across = 1 << layout.log2_x;
    const std::int64_t down = 1 << layout.log2_y;
    for (int plane = 1; plane < layout.planes; ++plane) {
        at::Tensor support = changed;
        if (!layout.rgb && (across > 1 || down > 1)) {
            // A chroma sample reaches one sample's distance to either side of its own pixels.
            support = at::max_pool2d(changed.to(at::kFloat).unsqueeze(0), {3 * down, 3 * across},
                                     {down, across}, {down, across}, {1, 1}, true)[0] > 0;
            support = support.slice(0, 0, planes[plane].size(0)).slice(1, 0, planes[plane].size(1));
        }
        planes[plane] = at::where(support, planes[plane], plane_view(coded, layout, plane));
    }
}

} // namespace oldfilm::media
