// grain as a pipeline runs it: what it adds is as strong, as coarse and as new as asked.
#include "stage_driver.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;

namespace {

at::Tensor flat(double tone, std::int64_t channels = 1) {
    return at::full({channels, 200, 300}, tone, at::kFloat);
}

double deviation(const at::Tensor& tensor) {
    return tensor.std().item<double>();
}

/// Between -1 and 1.
double correlation(const at::Tensor& a, const at::Tensor& b) {
    return ((a - a.mean()) * (b - b.mean())).mean().item<double>() / (deviation(a) * deviation(b));
}

std::vector<at::Tensor> grain_of(const std::string& parameters, const at::Tensor& picture) {
    std::vector<at::Tensor> result;
    for (const Frame& frame :
         restored("grain:" + parameters, film_of(3, [&](int) { return picture; }))) {
        result.push_back(frame.picture() - picture);
    }
    return result;
}

} // namespace

TEST_CASE("grain is as strong as asked at medium gray, and weaker in light and dark", "[grain]") {
    const double sigma = GENERATE(2.0, 5.0, 12.0);
    const std::string size = GENERATE("0", "0.6", "1.5");
    const std::string parameters = fmt::format("sigma={},size={}", sigma, size);
    const auto added = grain_of(parameters, flat(0.5));
    for (const at::Tensor& grain : added) {
        CHECK(deviation(grain) * 255 == Approx(sigma).epsilon(0.05));
        CHECK(std::abs(grain.mean().item<double>()) * 255 < 0.1 * sigma);
    }
    CHECK(deviation(grain_of(parameters, flat(0.1)).front()) * 255 ==
          Approx(0.6 * sigma).epsilon(0.06));
    CHECK(grain_of(parameters, flat(1.0)).front().abs().max().item<double>() == 0.0);
}

TEST_CASE("grain is new in every frame, and the same in every run", "[grain]") {
    const auto once = grain_of("sigma=8", flat(0.5));
    const auto again = grain_of("sigma=8", flat(0.5));
    const auto other = grain_of("sigma=8,seed=2", flat(0.5));
    CHECK(std::abs(correlation(once[0], once[1])) < 0.03);
    CHECK(std::abs(correlation(once[0], other[0])) < 0.03);
    CHECK(at::equal(once[0], again[0]));
    CHECK(at::equal(once[2], again[2]));
}

TEST_CASE("grain is as coarse as asked", "[grain]") {
    const double size = GENERATE(0.6, 1.0, 2.0);
    const at::Tensor grain = grain_of(fmt::format("sigma=8,size={}", size), flat(0.5)).front();
    const double near = correlation(grain.slice(2, 0, 299), grain.slice(2, 1, 300));
    CHECK(near == Approx(std::exp(-1 / (4 * size * size))).margin(0.05)); // of a Gaussian kernel
}

TEST_CASE("grain is the same in all channels unless color asks for more", "[grain]") {
    const auto mono = grain_of("sigma=8", flat(0.5, 3)).front();
    CHECK((mono[0] - mono[2]).abs().max().item<double>() < 1e-6);
    const auto half = grain_of("sigma=8,color=0.5", flat(0.5, 3)).front();
    CHECK(correlation(half[0], half[2]) == Approx(0.5).margin(0.05));
    CHECK(deviation(half[1]) * 255 == Approx(8).epsilon(0.05));
}

TEST_CASE("grain of sigma 0 changes nothing", "[grain]") {
    const at::Tensor picture = scene(4, 3, 60, 80);
    CHECK(at::equal(
        restored("grain:sigma=0", film_of(2, [&](int) { return picture; })).front().picture(),
        picture));
}
