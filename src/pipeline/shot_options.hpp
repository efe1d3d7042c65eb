#pragma once
/// \file
/// `ShotOptions` as checked, and in a document.

#include <oldfilm/shots.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace oldfilm {

/// Throws `Error` (invalid_argument).
void check_shots(const ShotOptions& shots);

/// Adds "shots" and "cut_threshold" to a document, where they are not the defaults.
void add_shots(nlohmann::json& document, const ShotOptions& shots);

/// Sets what member `key` of a document says; false: it isn't about shots. Throws `Error`
/// (invalid_argument).
bool set_shots(ShotOptions& shots, const std::string& key, const nlohmann::json& value);

} // namespace oldfilm
