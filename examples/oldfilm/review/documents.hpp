#pragma once
/// \file
/// Parts of a project as JSON, in the form that project.json and the ledger's exports have.

#include <oldfilm/ledger.hpp>
#include <oldfilm/project.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace cli::review {

using Json = nlohmann::ordered_json;

/// A text as JSON. Throws `oldfilm::Error` (invalid_argument) naming the place.
Json parsed(const std::string& text);
/// Runs `read`, which takes members of JSON; what does not fit is an `oldfilm::Error`
/// (invalid_argument).
template <class Read>
auto read_json(const Read& read) -> decltype(read());

Json json_of(const oldfilm::ProjectShot& shot);
/// The members kind, excluded, stages and note of `document`; the others are those of `shot`.
/// Throws `oldfilm::Error` (invalid_argument).
oldfilm::ProjectShot shot_from(const Json& document, oldfilm::ProjectShot shot);

Json json_of(const std::vector<oldfilm::ProjectRegion>& regions);
/// Throws `oldfilm::Error` (invalid_argument).
std::vector<oldfilm::ProjectRegion> regions_from(const Json& document);

Json json_of(const oldfilm::RepairTotals& totals);
/// Throws `oldfilm::Error` (invalid_argument).
oldfilm::RepairDecision decision_from(const std::string& name);

[[noreturn]] void refuse(const std::string& why);

template <class Read>
auto read_json(const Read& read) -> decltype(read()) {
    try {
        return read();
    } catch (const Json::exception& error) {
        refuse(error.what());
    }
}

} // namespace cli::review
