// The manifest inside a model package.
#include "fuzz.hpp"

#include <oldfilm/model.hpp>

void oldfilm::fuzz::parse(const std::string& text) {
    static_cast<void>(Manifest::parse(text));
}
