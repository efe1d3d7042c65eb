#pragma once
/// \file
/// The inner loops of row programs, for several kinds of processor.

#include "torchscript/row_program.hpp"

namespace oldfilm {

/// A place's memory. Strides count elements.
struct RowMemory {
    char* data = nullptr;
    std::int64_t row_stride = 0, column_stride = 0;
    std::int64_t step = 0, first = 0, last = 0;
    bool bfloat16 = false;
};

/// Runs the code for blocks begin to end. `memory` has room for all of the program's registers.
/// Uses AVX2 or AVX-512 where the processor has them.
void run_rows(const RowProgram& program, const std::vector<RowMemory>& loads,
              const std::vector<RowMemory>& stores, std::int64_t begin, std::int64_t end,
              float* memory);

} // namespace oldfilm
