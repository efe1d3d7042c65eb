#pragma once
/// \file
/// A film's facts as `oldfilm inspect` prints them.

#include <oldfilm/analysis.hpp>

namespace cli {

/// Lines on standard output.
void print_facts(const oldfilm::FilmFacts& facts);

} // namespace cli
