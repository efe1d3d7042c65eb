#pragma once
/// \file
/// The options of `oldfilm restore`, which are most of all options.

#include "arguments.hpp"

#include <string>

namespace CLI {
class App;
}

namespace cli {

/// Option texts that become exact values after CLI11 has read them.
struct RestoreTexts {
    std::string source_fps, start, duration, memory, progress = "auto", decode = "cpu";
};

/// Adds them to the command; both are filled when CLI11 parses.
void add_restore_options(CLI::App& app, RestoreArguments& a, RestoreTexts& t);
/// All of them but the films themselves, for other commands.
void add_film_and_stage_options(CLI::App& app, RestoreArguments& a, RestoreTexts& t);
/// Which stages work on the film, for other commands.
void add_stage_options(CLI::App& app, RestoreArguments& a);
/// Of --progress: auto is a bar on a terminal, and nothing elsewhere.
ProgressStyle progress_style(const std::string& name);
/// The film and the output are named, and what a project says is not said again; of a project, the
/// film is its own. Throws `oldfilm::Error` (invalid_argument).
void check_films(RestoreArguments& a);
/// Turns the texts into exact values. Throws `oldfilm::Error` (invalid_argument).
void settle(RestoreArguments& a, const RestoreTexts& t);

} // namespace cli
