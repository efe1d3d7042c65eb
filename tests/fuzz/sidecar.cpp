// The description beside a plugin library.
#include "base/sidecar.hpp"

#include "fuzz.hpp"

void oldfilm::fuzz::parse(const std::string& text) {
    static_cast<void>(base::parse_sidecar(text, "a.json"));
}
