// What fragments of C++ in the pages take for granted.
#include <oldfilm/restore.hpp>

#include <cassert>
#include <iostream>
#include <optional>

extern oldfilm::Pipeline pipeline;
extern oldfilm::Reader reader;
extern oldfilm::Run run;
extern oldfilm::Frame frame, restored;
void use(const oldfilm::Frame& frame);
