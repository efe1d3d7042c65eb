#pragma once
/// \file
/// The options of `oldfilm review` and `oldfilm report`.

#include "arguments.hpp"

namespace CLI {
class App;
}

namespace cli {

/// `a` is filled when CLI11 parses.
void add_review_options(CLI::App& app, ReviewArguments& a);
void add_report_options(CLI::App& app, ReportArguments& a);

} // namespace cli
