#pragma once
/// \file
/// Register allocation of row programs.

#include "torchscript/row_program.hpp"

#include <cstdint>

namespace oldfilm {

/// Maps the `values` numbered values of a program, each of them a row that is written once, to as
/// few registers as its order allows, and sets `registers` and `register_length`. After the last
/// instruction that reads a row, its register is free (linear scan: Poletto and Sarkar 1999).
void assign_registers(RowProgram& program, std::int32_t values);

} // namespace oldfilm
