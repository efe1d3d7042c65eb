#include "model/precision.hpp"

#include <ATen/ATen.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace {

/// The best of several products of matrices, in seconds.
double product_time(at::ScalarType type) {
    using clock = std::chrono::steady_clock;
    const at::Tensor matrix = at::ones({768, 768}, type);
    double best = 1e9;
    for (int i = 0; i < 12; ++i) {
        const auto start = clock::now();
        static_cast<void>(at::mm(matrix, matrix));
        best = std::min(best, std::chrono::duration<double>(clock::now() - start).count());
    }
    return best;
}

} // namespace

TEST_CASE("auto uses bfloat16 only on processors that multiply it no slower than float32") {
    const double ratio = product_time(at::kBFloat16) / product_time(at::kFloat);
    INFO(fmt::format("bfloat16 takes {:.2f} of float32's time", ratio));
    if (oldfilm::cpu_is_fast_at_bfloat16()) {
        CHECK(ratio < 1.2);
    } else {
        CHECK(ratio > 0.8);
    }
}
