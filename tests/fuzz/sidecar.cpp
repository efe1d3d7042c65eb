// The description beside a plugin library.
#include "base/sidecar.hpp"

#include "fuzz.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>

void oldfilm::fuzz::parse(const std::string& text) {
    static const std::string path = "/tmp/oldfilm-fuzz-" + std::to_string(getpid()) + ".json";
    std::ofstream(path, std::ios::binary) << text;
    static_cast<void>(base::read_sidecar(path));
}
