// What the engines derive from, apart from the choice of one: a program may link a single engine.
#include <oldfilm/speech.hpp>

namespace oldfilm {

Recognizer::~Recognizer() = default;
SpeechDetector::~SpeechDetector() = default;

} // namespace oldfilm
