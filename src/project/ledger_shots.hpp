#pragma once
/// \file
/// The shots of the project, as the ledger has them for its views.

#include "project/database.hpp"

#include <oldfilm/project.hpp>

#include <vector>

namespace oldfilm::project {

/// Nothing is written if they are there.
void store_shots(Database& database, const std::vector<ProjectShot>& shots);

} // namespace oldfilm::project
