#pragma once
/// \file
/// Facts from documents.

#include <oldfilm/analysis.hpp>

#include <nlohmann/json_fwd.hpp>

namespace oldfilm::analysis {

/// What `FilmFacts::to_json` gave, parsed. Throws `Error` (invalid_argument) for other documents.
[[nodiscard]] FilmFacts facts_from_json(const nlohmann::json& document);

} // namespace oldfilm::analysis
