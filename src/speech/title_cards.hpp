#pragma once
/// \file
/// The title cards of a film as lines.

#include "speech/journal.hpp"

#include <oldfilm/media.hpp>
#include <oldfilm/speech.hpp>

#include <string>
#include <vector>

namespace oldfilm::speech {

/// Reads all of the film. Goes on where `journal` says that an earlier call was. `language`: of the
/// cards. Throws `Error`: as `Reader`; unsupported; io; cancelled.
std::vector<Line> read_title_cards(const std::string& path, const TranscribeOptions& options,
                                   const std::string& language, Journal& journal);

} // namespace oldfilm::speech
