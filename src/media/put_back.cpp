#include "media/put_back.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/where.h>

namespace oldfilm::media {
namespace {

const CodedSamples& samples_in(const CodedPicture& coded) {
    return *static_cast<const CodedSamples*>(coded.samples.get());
}

/// The picture before any stage, on `device`: the samples are smaller than it is, so it is made
/// again where it is wanted elsewhere.
at::Tensor picture_before(const CodedPicture& coded, const at::Device& device) {
    if (coded.picture.device() == device) {
        return coded.picture;
    }
    const auto& [samples, tags, grey] = samples_in(coded);
    return device.is_cpu() ? to_picture(samples->on_host(), tags, grey)
                           : picture_of(samples->on(device), samples->layout(), tags, grey);
}

} // namespace

const CodedSamples* coded_samples(const Frame& frame, const Layout& layout) {
    if (!frame.coded() || !frame.coded()->samples) {
        return nullptr;
    }
    const CodedSamples& coded = samples_in(*frame.coded());
    const bool fits = coded.samples->layout().format == layout.format &&
                      coded.samples->width() == frame.width() &&
                      coded.samples->height() == frame.height();
    return fits ? &coded : nullptr;
}

void put_back(Planes& planes, const at::Tensor& picture, const CodedPicture& coded,
              const Layout& layout) {
    if (coded.picture.size(0) != picture.size(0)) {
        return; // it was given colour: every sample is new
    }
    const at::Tensor changed = (picture != picture_before(coded, picture.device())).any(0);
    const Planes original = samples_in(coded).samples->on(picture.device());
    planes[0] = at::where(changed, planes[0], original[0]);
    const std::int64_t across = 1 << layout.log2_x;
    const std::int64_t down = 1 << layout.log2_y;
    for (std::size_t plane = 1; plane < planes.size(); ++plane) {
        at::Tensor support = changed;
        if (!layout.rgb && (across > 1 || down > 1)) {
            // A chroma sample reaches one sample's distance to either side of its own pixels.
            support = at::max_pool2d(changed.to(at::kFloat).unsqueeze(0), {3 * down, 3 * across},
                                     {down, across}, {down, across}, {1, 1}, true)[0] > 0;
            support = support.slice(0, 0, planes[plane].size(0)).slice(1, 0, planes[plane].size(1));
        }
        planes[plane] = at::where(support, planes[plane], original[plane]);
    }
}

Planes samples_of(const Frame& frame, const at::Device& device, const Layout& layout,
                  const ColorTags& tags, bool same_coding) {
    const CodedSamples* coded = same_coding ? coded_samples(frame, layout) : nullptr;
    if (coded != nullptr && frame.picture().is_same(frame.coded()->picture)) {
        return coded->samples->on(device);
    }
    const at::Tensor picture = frame.picture().to(device);
    Planes planes =
        device.is_cpu() ? to_planes(picture, layout, tags) : planes_of(picture, layout, tags);
    if (coded != nullptr) {
        put_back(planes, picture, *frame.coded(), layout);
    }
    return planes;
}

} // namespace oldfilm::media
