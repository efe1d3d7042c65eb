#pragma once
/// \file
/// Finds speech by a model package.

#include <oldfilm/speech.hpp>

#include <memory>
#include <string>

namespace oldfilm::speech {

/// A package of the task speech-activity: `audio` (N x 576, each step with the 64 samples before
/// it) and `state` (2 x 1 x 128, zeros at the start) give `probability` (N) and the next `state`.
/// Throws `Error` as `Model::open` does.
std::unique_ptr<SpeechDetector> make_network_detector(const std::string& package);

} // namespace oldfilm::speech
