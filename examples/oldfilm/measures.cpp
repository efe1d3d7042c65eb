#include "measures.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace cli {
namespace {

at::Tensor gaussian(std::int64_t size) {
    const at::Tensor place = at::arange(size, at::kFloat) - static_cast<double>(size - 1) / 2;
    const at::Tensor weights = at::exp(-place.square() / (2 * 1.5 * 1.5));
    return weights / weights.sum();
}

/// Weighted mean around each place, by rows and then by columns.
at::Tensor smooth(const at::Tensor& picture, const at::Tensor& window) {
    const at::Tensor rows = at::conv2d(picture, window.view({1, 1, 1, -1}));
    return at::conv2d(rows, window.view({1, 1, -1, 1}));
}

} // namespace

at::Tensor luma_of(const at::Tensor& picture) {
    if (picture.size(0) == 1) {
        return picture;
    }
    return picture[0].mul(0.2126).add(picture[1], 0.7152).add(picture[2], 0.0722).unsqueeze(0);
}

double mean_square(const at::Tensor& a, const at::Tensor& b) {
    if (a.size(0) != b.size(0)) {
        return mean_square(luma_of(a), luma_of(b));
    }
    return (a - b).square().mean().item<double>();
}

double psnr_of(double mean_square) {
    return mean_square <= 1e-10 ? 100.0 : -10 * std::log10(mean_square);
}

double ssim(const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor x = luma_of(a).unsqueeze(0);
    const at::Tensor y = luma_of(b).unsqueeze(0);
    const at::Tensor window = gaussian(std::min<std::int64_t>({11, x.size(2), x.size(3)}));
    const at::Tensor mean_x = smooth(x, window);
    const at::Tensor mean_y = smooth(y, window);
    const at::Tensor var_x = smooth(x * x, window) - mean_x.square();
    const at::Tensor var_y = smooth(y * y, window) - mean_y.square();
    const at::Tensor both = smooth(x * y, window) - mean_x * mean_y;
    constexpr double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
    const at::Tensor map = (2 * mean_x * mean_y + c1) * (2 * both + c2) /
                           ((mean_x.square() + mean_y.square() + c1) * (var_x + var_y + c2));
    return map.mean().item<double>();
}

} // namespace cli
