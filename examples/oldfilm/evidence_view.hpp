#pragma once
/// \file
/// Where pixels come from, as JSON and as text.

#include <oldfilm/ledger.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace cli {

/// The share of each kind, in [0, 1], by its name.
nlohmann::ordered_json evidence_json(const oldfilm::RepairTotals& totals);
/// "original 97.200 %, recovered 2.510 %" of such shares; empty if nothing is known.
std::string evidence_text(const nlohmann::ordered_json& shares);

} // namespace cli
