#pragma once
/// \file
/// A change of a project or of its ledger, which can be made and taken back.

#include "documents.hpp"

#include <cstdint>
#include <string>

namespace cli::review {

/// What is replaced by what, as JSON: a shot (`json_of(ProjectShot)`), all regions, or decisions of
/// repairs ({"17": "rejected"}).
struct Change {
    enum class Kind : std::uint8_t { shot, regions, decisions };
    Kind kind = Kind::shot;
    std::string label; ///< for people, such as "Reject 3 repairs"
    Json from, to;
};

} // namespace cli::review
