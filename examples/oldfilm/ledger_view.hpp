#pragma once
/// \file
/// Repairs as text.

#include <oldfilm/ledger.hpp>

#include <string>
#include <vector>

namespace cli {

/// A table for a terminal.
std::string table_of(const std::vector<oldfilm::Repair>& repairs);
/// RFC 4180, with a line of names.
std::string csv_of(const std::vector<oldfilm::Repair>& repairs);
/// An array of objects, one a line.
std::string json_of(const std::vector<oldfilm::Repair>& repairs);

} // namespace cli
