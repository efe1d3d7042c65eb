#pragma once
/// \file
/// What a stage answers to a format.

#include <oldfilm/export.hpp>
#include <oldfilm/plugin.h>

#include <string>

namespace oldfilm::stage {

/// What `configure` is handed to change: everything as the input is.
OLDFILM_API oldfilm_config answer_like(const oldfilm_format& input);

/// Why an answer to `configure` can't be worked with: what was expected and what was found. Empty:
/// it can.
OLDFILM_API std::string why_refused(const oldfilm_config& answer,
                                    const oldfilm_plugin_description& plugin);

} // namespace oldfilm::stage
