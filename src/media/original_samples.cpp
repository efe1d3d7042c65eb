#include "media/original_samples.hpp"

#include "media/coding.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
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
    const auto& [samples, tags, gray] = samples_in(coded);
    return device.is_cpu() ? to_picture(samples->on_host(), tags, gray)
                           : picture_of(samples->on(device), samples->layout(), tags, gray);
}

/// The chroma samples that changed pixels have a part in: each reaches one sample's distance to
/// either side of its own pixels, within its field where it belongs to one.
at::Tensor reached(const at::Tensor& changed, const Layout& layout, std::int64_t height,
                   std::int64_t width) {
    const std::int64_t across = 1 << layout.log2_x;
    const std::int64_t down = 1 << layout.log2_y;
    if (across == 1 && down == 1) {
        return changed;
    }
    const auto pooled = [&](const at::Tensor& pixels) {
        return at::max_pool2d(pixels.to(at::kFloat).unsqueeze(0), {3 * down, 3 * across},
                              {down, across}, {down, across}, {1, 1}, true)[0] > 0;
    };
    if (!is_by_fields(layout, height)) {
        return pooled(changed).slice(0, 0, height).slice(1, 0, width);
    }
    at::Tensor both = at::empty({height, width}, changed.options());
    for (const std::int64_t field : {0, 1}) {
        at::Tensor own = both.slice(0, field, std::nullopt, 2);
        own.copy_(pooled(changed.slice(0, field, std::nullopt, 2))
                      .slice(0, 0, own.size(0))
                      .slice(1, 0, width));
    }
    return both;
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

void restore_original_samples(Planes& planes, const at::Tensor& picture, const CodedPicture& coded,
                              const Layout& layout) {
    if (coded.picture.size(0) != picture.size(0)) {
        return; // it was given color: every sample is new
    }
    const at::Tensor changed = (picture != picture_before(coded, picture.device())).any(0);
    const Planes original = samples_in(coded).samples->on(picture.device());
    planes[0] = at::where(changed, planes[0], original[0]);
    for (std::size_t plane = 1; plane < planes.size(); ++plane) {
        const at::Tensor support =
            layout.rgb ? changed
                       : reached(changed, layout, planes[plane].size(0), planes[plane].size(1));
        planes[plane] = at::where(support, planes[plane], original[plane]);
    }
}

Planes samples_of(const Frame& frame, const at::Device& device, const Layout& wanted,
                  const ColorTags& tags, bool same_coding) {
    const CodedSamples* coded = same_coding ? coded_samples(frame, wanted) : nullptr;
    Layout layout = wanted;
    layout.by_fields = coded != nullptr && coded->samples->layout().by_fields;
    if (coded != nullptr && frame.picture().is_same(frame.coded()->picture)) {
        return coded->samples->on(device);
    }
    const at::Tensor picture = frame.picture().to(device);
    Planes planes =
        device.is_cpu() ? to_planes(picture, layout, tags) : planes_of(picture, layout, tags);
    if (coded != nullptr) {
        restore_original_samples(planes, picture, *frame.coded(), layout);
    }
    return planes;
}

} // namespace oldfilm::media
