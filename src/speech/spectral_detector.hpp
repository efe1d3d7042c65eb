#pragma once
/// \file
/// Finds speech without a network.

#include <oldfilm/speech.hpp>

#include <memory>

namespace oldfilm::speech {

/// What rises above the noise of its surroundings, changes as syllables do (2 to 8 times a second;
/// Scheirer and Slaney, "Construction and evaluation of a robust multifeature speech/music
/// discriminator", 1997), and has no tones that are held, as music has.
std::unique_ptr<SpeechDetector> make_spectral_detector();

} // namespace oldfilm::speech
