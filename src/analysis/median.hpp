#pragma once
/// \file
/// The median.

#include <vector>

namespace oldfilm::analysis {

/// The median of `values`, the upper one of an even number. There must be one.
double median(std::vector<double> values);

} // namespace oldfilm::analysis
