// A pipeline document.
#include "fuzz.hpp"

#include <oldfilm/pipeline.hpp>

#include <cstdlib>

void oldfilm::fuzz::parse(const std::string& text) {
    const Pipeline pipeline = Pipeline::from_json(text);
    if (Pipeline::from_json(pipeline.to_json()).to_json() != pipeline.to_json()) {
        std::abort();
    }
}
