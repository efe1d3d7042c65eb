#pragma once
/// \file
/// The options of `oldfilm transcribe`.

#include "arguments.hpp"

#include <string>

namespace CLI {
class App;
}

namespace cli {

/// Adds them; `a` is filled when CLI11 parses, and `progress` with the text of --progress.
void add_transcribe_options(CLI::App& app, TranscribeArguments& a, std::string& progress);

} // namespace cli
