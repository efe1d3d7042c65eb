#pragma once
/// \file
/// Element by element arithmetic on pictures, done row by row.
///
/// Between a network's convolutions stand sums, products, views and conversions. LibTorch runs them
/// one by one, each through the whole picture in memory. A row program does all of them for a few
/// rows while these lie in the processor's nearest cache, as array languages block a pipeline's
/// stages (Ragan-Kelley et al., "Halide", PLDI 2013); each operation is LibTorch's own, rounded as
/// there, so that only sums over a dimension may differ in their order.

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace oldfilm {

enum class RowOp : std::uint8_t {
    load,
    store,
    splat, ///< one value along the row
    add,
    subtract,
    multiply,
    divide,
    maximum,
    minimum,
    negate,
    absolute,
    leaky_relu, ///< x: slope; 0 for ReLU
    clamp,      ///< x, y: from, to
    sigmoid,
    exponential, ///< of numbers up to 0, as softmax has them
    round_bfloat16,
};

/// The rows of one block in a tensor: row `clamp(step * block + first, 0, last)` of
/// `row_dimension`.
struct RowPlace {
    std::size_t tensor = 0;             ///< which input, or which output
    std::vector<std::int64_t> at;       ///< where the row begins, in every dimension
    std::int64_t row_dimension = -1;    ///< -1: the same row for every block
    std::int64_t row_stride = 0;        ///< not 0: rows follow one another, in elements
    std::int64_t column_dimension = -1; ///< -1: a row of one element
    std::int64_t step = 0, first = 0, last = 0;
};

/// Registers hold a row of float32 each. `length` elements are made, from `from` on in `to`.
struct RowInstruction {
    RowOp op = RowOp::load;
    std::int32_t to = -1, a = -1, b = -1; ///< registers; b < 0: `x` stands for it
    std::int64_t a_from = 0, b_from = 0;  ///< columns that are left out at the left
    float x = 0, y = 0;
    std::int64_t length = 0;
    std::size_t place = 0;              ///< of load and store
    std::int64_t from = 0, stride = 1;  ///< in the register, of load and store
    std::int64_t before = 0, after = 0; ///< of load: columns that continue the edges
};

/// A program for pictures of one size. Immutable once it is made; any number of threads may run it.
struct RowProgram {
    struct Picture {
        std::vector<std::int64_t> sizes;
        at::ScalarType type = at::kFloat; ///< float32 or bfloat16
        bool channels_last = false;       ///< inputs are brought to it, outputs made so
    };

    std::vector<Picture> inputs, outputs;
    std::vector<RowPlace> loads, stores;
    std::vector<RowInstruction> code;
    std::int64_t registers = 0, register_length = 0;
    std::int64_t blocks = 0; ///< how often the code is run, for another block of rows each time

    /// New tensors, by LibTorch's threads. Throws c10::Error for inputs that are not as promised.
    [[nodiscard]] std::vector<at::Tensor> run(const std::vector<at::Tensor>& tensors) const;
};

} // namespace oldfilm
