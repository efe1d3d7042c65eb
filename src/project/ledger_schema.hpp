#pragma once
/// \file
/// The ledger's tables and views; docs/ledger.md describes them.

#include "project/database.hpp"

#include <filesystem>

namespace oldfilm::project {

constexpr int ledger_version = 2;

/// The ledger in a folder; its tables are made where there are none. Throws `Error`: incompatible
/// (a newer version), unreadable (the file is another program's).
Database open_ledger(const std::filesystem::path& folder);

} // namespace oldfilm::project
