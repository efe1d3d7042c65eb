#pragma once
/// \file
/// Values as the plugin ABI has them.

#include <oldfilm/color.hpp>
#include <oldfilm/parameter.hpp>
#include <oldfilm/plugin.h>
#include <oldfilm/time.hpp>

#include <vector>

namespace oldfilm::stage {

oldfilm_color color_of(const ColorTags& tags);
oldfilm_rational rational_of(const Rational& value);
/// C values for checked parameters; texts are `values`' own.
std::vector<oldfilm_value> values_of(const std::vector<ParameterValue>& values);

} // namespace oldfilm::stage
