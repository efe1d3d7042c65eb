// tint as a pipeline runs it: gray between, and the same colors afterwards.
#include "stage_driver.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <string>

using namespace oldfilm;
using namespace oldfilm::testing;
using Catch::Contains;

namespace {

/// 3 x 32 x 257: in each row luma from 0 to 0.75, of color `r`, `g`, `b` times luma over that of
/// the color.
at::Tensor amber(const at::Tensor& luma) {
    const double of_color = 0.299 * 1.0 + 0.587 * 0.75 + 0.114 * 0.4;
    return at::cat({luma * (1.0 / of_color), luma * (0.75 / of_color), luma * (0.4 / of_color)});
}

at::Tensor ramp() {
    return at::linspace(0, 0.75, 257).expand({1, 32, 257}).contiguous();
}

/// Of `amber`, exact where no channel is above 1.
std::string amber_colors() {
    std::string colors;
    for (int i = 0; i <= 16; ++i) {
        const at::Tensor color = amber(at::full({1, 1, 1}, i / 16.0)).clamp(0, 1).flatten();
        colors += fmt::format(
            "{}{:02x}{:02x}{:02x}", i > 0 ? " " : "", std::lround(255 * color[0].item<double>()),
            std::lround(255 * color[1].item<double>()), std::lround(255 * color[2].item<double>()));
    }
    return colors;
}

at::Tensor made(const std::string& stage, const at::Tensor& picture) {
    return restored(stage, film_of(2, [&](int) { return picture; })).back().picture();
}

} // namespace

TEST_CASE("a tint is taken away and given back", "[tint]") {
    const at::Tensor picture = amber(ramp());
    const at::Tensor gray = made("tint:mode=remove", picture);
    REQUIRE(gray.size(0) == 3);
    CHECK((gray - ramp()).abs().max().item<double>() < 1e-5);
    const at::Tensor back = made("tint:colors=" + amber_colors(), gray);
    CHECK((back - picture).abs().max().item<double>() * 255 < 0.6);
    // One channel is tinted too.
    CHECK((made("tint:colors=" + amber_colors(), ramp()) - back).abs().max().item<double>() < 1e-5);
}

TEST_CASE("without colors a picture stays as it is", "[tint]") {
    const at::Tensor picture = amber(ramp());
    CHECK(at::equal(made("tint", picture), picture));
    CHECK(at::equal(made("tint:mode=remove", ramp()), ramp()));
    CHECK(at::equal(made("tint", ramp()), ramp().expand({3, -1, -1})));
}

TEST_CASE("colors that are none are refused", "[tint]") {
    for (const char* wrong : {"ff0000", "0 1 2", "zzzzzz", "0000000 0 0"}) {
        CHECK_THROWS_WITH(made(std::string("tint:colors=") + wrong, ramp()),
                          Contains("17 hexadecimal numbers"));
    }
}
