#pragma once
/// \file
/// What each target has: bytes in; `Error` is an answer, anything else that is thrown a finding.

#include <oldfilm/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace oldfilm::fuzz {
void parse(const std::string& text);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        oldfilm::fuzz::parse({reinterpret_cast<const char*>(data), size});
    } catch (const oldfilm::Error&) { // refused, with a sentence
    }
    return 0;
}
