#pragma once
/// \file
/// Pictures inside a model's inputs and outputs: which tensors are pictures, and how one is padded.

#include <oldfilm/model.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace oldfilm {

/// Inputs of one call, understood: which are pictures, and of what size they all are.
struct Inputs {
    std::vector<at::Tensor> tensors;
    std::vector<bool> is_picture;
    std::int64_t batch = 1, height = 0, width = 0;

    /// Checks against the manifest. Throws `Error` (format_mismatch) with the name of the input.
    Inputs(const std::vector<at::Tensor>& given, const Manifest& manifest,
           const at::Device& device);

    /// One sample as a batch of one; what is not batched is passed as it is.
    [[nodiscard]] Inputs sample(std::int64_t index) const;
    /// Pictures continued to the right and below as the manifest says, to multiples of its
    /// `size_multiple`.
    [[nodiscard]] Inputs padded(const Manifest& manifest) const;
    /// Pictures cropped to rows [top, bottom) and columns [left, right), in one piece of memory;
    /// channels-last, if asked for, where of 4 dimensions.
    [[nodiscard]] std::vector<at::Tensor> region(std::int64_t top, std::int64_t bottom,
                                                 std::int64_t left, std::int64_t right,
                                                 bool channels_last) const;
};

/// Whether every value is finite. One pass, no second tensor.
bool all_finite(const at::Tensor& tensor);

} // namespace oldfilm
