#pragma once
/// \file
/// What the dynamic linker reads in a shared library (System V ABI, chapters 4 and 5), 64 bits.

#include <string>
#include <vector>

namespace oldfilm::check {

struct Elf {
    std::string problem;              ///< why it is no library for this machine; empty: it is one
    std::vector<std::string> needed;  ///< libraries that it asks for
    std::vector<std::string> defined; ///< strong symbols that it gives to others
};

/// Reads the file; loads nothing.
Elf read_elf(const std::string& path);

} // namespace oldfilm::check
