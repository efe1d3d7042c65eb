#pragma once
/// \file
/// Values as the plugin ABI has them.

#include <oldfilm/color.hpp>
#include <oldfilm/export.hpp>
#include <oldfilm/frame.hpp>
#include <oldfilm/parameter.hpp>
#include <oldfilm/plugin.h>
#include <oldfilm/time.hpp>

#include <vector>

namespace oldfilm::stage {

OLDFILM_API oldfilm_color color_of(const ColorTags& tags);
oldfilm_rational rational_of(const Rational& value);
/// The format of frames on the CPU; without `size`.
OLDFILM_API oldfilm_format format_of(const StreamFormat& format);
/// C values for checked parameters; texts are `values`' own.
std::vector<oldfilm_value> values_of(const std::vector<ParameterValue>& values);

} // namespace oldfilm::stage
