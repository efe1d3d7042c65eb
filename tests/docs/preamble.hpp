// What fragments of C++ in the pages take for granted.
#include <oldfilm/evidence.hpp>
#include <oldfilm/project.hpp>
#include <oldfilm/restore.hpp>
#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/sdk/resize.hpp>
#include <oldfilm/speech.hpp>
#include <oldfilm/stage_torch.hpp>

#include <cassert>
#include <iostream>
#include <optional>

extern oldfilm::Pipeline pipeline;
extern oldfilm::Reader reader;
extern oldfilm::Run run;
extern oldfilm::sdk::Request request;
extern oldfilm::Frame frame, restored;
void use(const oldfilm::Frame& frame);
