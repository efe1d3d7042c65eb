#pragma once
/// \file
/// Languages by the codes that films, users and engines write.

#include <string>

namespace oldfilm::speech {

/// A language by its codes.
struct Language {
    const char* code;  ///< ISO 639-1, "de"
    const char* three; ///< ISO 639-2/T, "deu"
    const char* also;  ///< ISO 639-2/B, "ger"; the same where there is no other
    const char* name;  ///< in English
};

/// The language of a code such as "de", "DEU", "ger", "de-AT" or "German"; null if it is none of
/// those that are known.
const Language* language_of(const std::string& text);

} // namespace oldfilm::speech
