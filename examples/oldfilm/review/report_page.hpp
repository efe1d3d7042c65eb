#pragma once
/// \file
/// A report as a page.

#include "documents.hpp"

#include <string>

namespace cli::review {

/// The page of a report (see `ReportData`), which needs its pictures and nothing else. `style`:
/// CSS.
std::string page_of(const Json& report, const std::string& style);

} // namespace cli::review
