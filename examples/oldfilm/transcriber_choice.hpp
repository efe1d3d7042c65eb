#pragma once
/// \file
/// How the film is transcribed while it is restored.

#include "arguments.hpp"
#include "progress_view.hpp"

#include <oldfilm/restore.hpp>
#include <oldfilm/speech.hpp>

#include <optional>
#include <string>

namespace cli {

/// Of --speech and --cards: "auto" or "off".
oldfilm::TranscribeOptions::Choice choice_of(const std::string& text);

/// What --transcribe asks for; `view`, which outlives it, receives its progress. Throws
/// `oldfilm::Error` (invalid_argument) for parameters that there are not.
std::optional<oldfilm::Transcriber> transcriber_for(const RestoreArguments& arguments,
                                                    ProgressView& view);

} // namespace cli
