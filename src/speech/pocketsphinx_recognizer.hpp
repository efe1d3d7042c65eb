#pragma once
/// \file
/// The recognizer that needs nothing downloaded: PocketSphinx with Debian's model of US English.

#include <oldfilm/speech.hpp>

#include <memory>

namespace oldfilm::speech {

/// Whether this build has it.
bool has_pocketsphinx();

/// Throws `Error`: unsupported (not in this build, or its model is not installed), unreadable.
std::unique_ptr<Recognizer> make_pocketsphinx();

} // namespace oldfilm::speech
