#pragma once
/// \file
/// project.json: reading and writing.

#include "project/state.hpp"

#include <string>

namespace oldfilm::project {

/// Version of the document that is written, its member "oldfilm_project". Older ones are read.
constexpr int document_version = 1;

/// `name` is what errors call the text. Throws `Error` as `Project::open` does.
State parse_project(const std::string& text, const std::string& name);

/// Members in a fixed order, a shot, region or decision a line.
std::string text_of(const State& state);

/// A shot's "stages" as JSON text: false, or parameters, by the stage.
std::string stages_json(const ProjectShot& shot);

} // namespace oldfilm::project
