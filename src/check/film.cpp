#include "check/film.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <cstring>
#include <limits>

namespace oldfilm::check {

Film Film::copy() const {
    Film result = *this;
    for (std::vector<at::Tensor>* list : {&result.pictures, &result.masks}) {
        for (at::Tensor& tensor : *list) {
            tensor = tensor.clone();
        }
    }
    return result;
}

Film make_film(const Shape& shape, std::int64_t frames, std::uint64_t seed) {
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    const std::int64_t h = shape.height;
    const std::int64_t w = shape.width;
    // Blobs of some eight pixels, and room for the camera to move.
    const std::int64_t room = frames + 8;
    const at::Tensor coarse =
        at::rand({1, shape.channels, h / 8 + 3, (w + room) / 8 + 3}, generator, at::kFloat);
    const at::Tensor scene =
        at::upsample_bilinear2d(coarse, {h, w + room}, false).squeeze(0) * 0.7 + 0.15;
    Film film{shape, {}, {}, 0, 0, 0};
    for (std::int64_t n = 0; n < frames; ++n) {
        const double flicker = 1 + 0.04 * static_cast<double>((n * 7) % 5 - 2);
        at::Tensor picture = scene.narrow(2, n, w) * flicker +
                             0.02 * at::randn({shape.channels, h, w}, generator, at::kFloat);
        // A speck somewhere else in each frame, and a scratch that stays.
        const std::int64_t side = std::min<std::int64_t>(4, h / 4);
        picture.narrow(1, (n * 5) % (h - side), side)
            .narrow(2, (n * 11) % (w - side), side)
            .fill_(n % 2 == 0 ? 0.95 : 0.02);
        picture.narrow(2, w * 2 / 3, 1).add_(0.25);
        film.pictures.push_back(picture.contiguous());
    }
    return film;
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
    if (a.defined() != b.defined()) {
        return false;
    }
    if (!a.defined()) {
        return true;
    }
    const at::Tensor x = a.contiguous();
    const at::Tensor y = b.contiguous();
    return x.sizes() == y.sizes() && x.scalar_type() == y.scalar_type() &&
           std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0;
}

double difference(const at::Tensor& a, const at::Tensor& b) {
    if (a.defined() != b.defined() || (a.defined() && a.sizes() != b.sizes())) {
        return std::numeric_limits<double>::infinity();
    }
    if (!a.defined() || a.numel() == 0 || same_bits(a, b)) {
        return 0;
    }
    return (a.to(at::kFloat) - b.to(at::kFloat)).abs().nan_to_num(1e9).max().item<double>();
}

} // namespace oldfilm::check
