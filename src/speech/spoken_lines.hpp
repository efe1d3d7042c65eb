#pragma once
/// \file
/// What is said in a film, as lines.

#include "speech/journal.hpp"

#include <oldfilm/sound.hpp>
#include <oldfilm/speech.hpp>

#include <string>
#include <vector>

namespace oldfilm::speech {

/// Reads all of the sound twice: to find speech, and to recognize it. Goes on where `journal` says
/// that an earlier call was. The recognizer is made only where somebody speaks. `language`: as for
/// `make_recognizer`; what was recognized in is in the journal then. Throws `Error`: as
/// `SoundReader`, `make_speech_detector`, `make_recognizer`; io; cancelled.
std::vector<Line> spoken_lines(const std::string& path, const TranscribeOptions& options,
                               const std::string& language, Journal& journal);

/// Subtitles of the words of an utterance: they end at pauses and at the end of two rows.
std::vector<Line> lines_of(const std::vector<Word>& words);

} // namespace oldfilm::speech
