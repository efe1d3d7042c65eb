#include "stage/flow.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::stage::FlowDetail;
using oldfilm::stage::FlowService;

namespace {

/// A texture of several scales, shifted by (dx, dy): texture(p) of shift 0 is at p + (dx, dy).
at::Tensor texture(std::int64_t channels, std::int64_t height, std::int64_t width, double dx,
                   double dy) {
    const at::Tensor y = at::arange(height, at::kDouble).view({height, 1}) - dy;
    const at::Tensor x = at::arange(width, at::kDouble).view({1, width}) - dx;
    at::Tensor sum = at::zeros({height, width}, at::kDouble);
    for (const double f : {0.05, 0.13, 0.31}) {
        sum += (x * f + (y * f * 0.7).sin() * 2).sin() * (y * f * 1.3 + 1.0).cos();
    }
    return (0.5 + sum / 8).to(at::kFloat).unsqueeze(0).repeat({channels, 1, 1});
}

} // namespace

TEST_CASE("Flow finds a known shift") {
    FlowService service;
    const auto channels = GENERATE(1, 3);
    const double dx = GENERATE(0.0, 3.0, -2.5);
    const double dy = GENERATE(0.0, 1.5, -4.0);
    const FlowDetail detail = GENERATE(FlowDetail::half, FlowDetail::full);
    const at::Tensor flow = service.flow(texture(channels, 120, 160, 0, 0),
                                         texture(channels, 120, 160, dx, dy), detail);
    REQUIRE(flow.sizes() == at::IntArrayRef({2, 120, 160}));
    REQUIRE(flow.scalar_type() == at::kFloat);
    const at::Tensor inner = flow.slice(1, 16, 104).slice(2, 16, 144);
    CAPTURE(dx, dy);
    CHECK((inner[0] - dx).abs().mean().item<double>() < 0.15);
    CHECK((inner[1] - dy).abs().mean().item<double>() < 0.15);
}

TEST_CASE("Small pictures have a flow too") {
    FlowService service;
    const auto [height, width] = GENERATE(table<int, int>({{1, 1}, {7, 40}, {40, 3}, {31, 31}}));
    const at::Tensor a = texture(1, height, width, 0, 0);
    const at::Tensor flow = service.flow(a, a.clone());
    CHECK(flow.sizes() == at::IntArrayRef({2, height, width}));
    CHECK(flow.abs().max().item<double>() < 0.1);
}

TEST_CASE("A pair's flow is computed once while both live, and keeps no picture alive") {
    FlowService service;
    const at::Tensor a = texture(1, 64, 64, 0, 0);
    at::Tensor b = texture(1, 64, 64, 2, 0);
    const at::Tensor first = service.flow(a, b);
    // Memory is shared until somebody writes to it.
    const auto is_known = [&first](const at::Tensor& flow) {
        return flow.const_data_ptr() == first.const_data_ptr();
    };
    CHECK(is_known(service.flow(a, b)));
    CHECK_FALSE(is_known(service.flow(b, a)));
    CHECK_FALSE(is_known(service.flow(a, b, FlowDetail::full)));
    CHECK(is_known(service.flow(a, b)));
    CHECK(b.use_count() == 1);
    b = texture(1, 64, 64, -2, 0);
    CHECK_FALSE(is_known(service.flow(a, b)));
    CHECK(a.use_count() == 1);
}

TEST_CASE("A flow is its receiver's, who may write to it") {
    FlowService service;
    const at::Tensor a = texture(1, 64, 64, 0, 0);
    const at::Tensor b = texture(1, 64, 64, 2, 0);
    at::Tensor first = service.flow(a, b);
    const at::Tensor second = service.flow(a, b);
    const at::Tensor before = first.clone();
    first.mul_(2).add_(7);
    CHECK(at::equal(second, before));
    CHECK(at::equal(service.flow(a, b), before));
    std::fill_n(service.flow(a, b).data_ptr<float>(), 64, -1.0F);
    CHECK(at::equal(service.flow(a, b), before));
}

TEST_CASE("Pictures that do not fit together are refused") {
    FlowService service;
    const at::Tensor a = texture(1, 64, 64, 0, 0);
    for (const at::Tensor& b : {texture(1, 64, 60, 0, 0), a.to(at::kDouble), a[0], at::Tensor()}) {
        try {
            service.flow(a, b);
            FAIL("no error");
        } catch (const Error& error) {
            CHECK(error.code() == Errc::format_mismatch);
        }
    }
}
