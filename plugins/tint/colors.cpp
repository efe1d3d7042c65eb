#include "colors.hpp"

#include <oldfilm/sdk/failure.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>

#include <charconv>
#include <cstddef>
#include <sstream>

namespace oldfilm::stages {
namespace {

[[noreturn]] void refuse(const std::string& found) {
    throw sdk::Failure("colors must be 17 hexadecimal numbers RRGGBB with spaces between, for luma "
                       "0, 1/16 ... 1, found \"" +
                           found + "\"",
                       sdk::Status::invalid);
}

unsigned code_of(const std::string& word) {
    unsigned code = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, code, 16);
    if (error != std::errc() || stop != end || word.size() != 6) {
        refuse(word);
    }
    return code;
}

} // namespace

TintColors::TintColors(const std::string& text)
    : empty_(text.find_first_not_of(' ') == std::string::npos) {
    std::istringstream words(text);
    std::size_t found = 0;
    for (std::string word; words >> word; ++found) {
        const unsigned code = code_of(word);
        for (std::size_t c = 0; found < count && c < 3; ++c) {
            const unsigned value = (code >> (16 - 8 * c)) & 0xffU;
            values_[c * count + found] = static_cast<float>(value) / 255.0F;
        }
    }
    if (!empty_ && found != count) {
        refuse(text);
    }
}

at::Tensor TintColors::of(const at::Tensor& luma) const {
    const at::Tensor place = luma[0].clamp(0.0, 1.0).mul_(static_cast<double>(count - 1));
    const at::Tensor below = place.floor().clamp_max_(static_cast<double>(count - 2));
    const at::Tensor part = place - below;
    const at::Tensor index = below.to(at::kLong).flatten();
    // LibTorch takes a pointer without const, and only reads.
    const at::Tensor table =
        at::from_blob(const_cast<float*>(values_.data()), // NOLINT(*-const-cast)
                      {3, static_cast<std::int64_t>(count)}, at::kFloat)
            .to(luma.device(), at::kFloat, false, true);
    const at::Tensor low = table.index_select(1, index).view({3, place.size(0), place.size(1)});
    const at::Tensor high =
        table.index_select(1, index + 1).view({3, place.size(0), place.size(1)});
    return low + part * (high - low);
}

} // namespace oldfilm::stages
