#pragma once
/// \file
/// Times of all frames of a film, in a few numbers.

#include <oldfilm/time.hpp>

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace oldfilm::cluster {

/// Frames at even distances take one entry [first, step, number of frames], so that a film of a
/// constant rate has one.
[[nodiscard]] nlohmann::json timeline_json(const std::vector<Rational>& times);
/// Throws `nlohmann::json::exception` or `Error` for anything else.
[[nodiscard]] std::vector<Rational> timeline_from(const nlohmann::json& json);

} // namespace oldfilm::cluster
