#include "noise.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <vector>

namespace oldfilm::stages {
namespace {

constexpr double least_size = 0.3;

/// A Gaussian kernel whose squares sum to 1, so that filtered white noise keeps its variance.
std::vector<float> unit_energy_kernel(double size) {
    const auto radius = static_cast<std::int64_t>(std::ceil(3 * size));
    std::vector<float> taps;
    double energy = 0;
    for (std::int64_t i = -radius; i <= radius; ++i) {
        const double x = static_cast<double>(i) / size;
        taps.push_back(static_cast<float>(std::exp(-0.5 * x * x)));
        energy += static_cast<double>(taps.back()) * static_cast<double>(taps.back());
    }
    for (float& tap : taps) {
        tap = static_cast<float>(tap / std::sqrt(energy));
    }
    return taps;
}

} // namespace

at::Tensor correlated_noise(std::uint64_t seed, std::int64_t planes, std::int64_t height,
                            std::int64_t width, double size) {
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    if (size < least_size) {
        return at::randn({planes, height, width}, generator, at::kFloat);
    }
    const std::vector<float> taps = unit_energy_kernel(size);
    const auto length = static_cast<std::int64_t>(taps.size());
    // The margin makes the border as grainy as the middle.
    const at::Tensor white =
        at::randn({planes, 1, height + length - 1, width + length - 1}, generator, at::kFloat);
    const at::Tensor kernel = at::tensor(at::ArrayRef<float>(taps));
    return at::conv2d(at::conv2d(white, kernel.view({1, 1, 1, length})),
                      kernel.view({1, 1, length, 1}))
        .squeeze(1);
}

at::Tensor tone_response(const at::Tensor& luma) {
    const at::Tensor covered = luma.clamp(0.0, 1.0);
    return covered.mul(covered.neg().add_(1.0)).mul_(4.0).sqrt_();
}

} // namespace oldfilm::stages
