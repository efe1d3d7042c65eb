#pragma once
/// \file
/// Reads the parameter `fps`.

#include <oldfilm/plugin.h>

#include <string>

namespace oldfilm::stages {

/// The rate that `text` asks for, in lowest terms: "60", "24000/1001", "23.976" (which means the
/// fraction), or a factor of `input`, "2x", "2.5x". Throws `sdk::Failure` for anything else, and
/// for a factor of an unknown rate (`input` 0/1).
oldfilm_rational target_rate(const std::string& text, oldfilm_rational input);

} // namespace oldfilm::stages
