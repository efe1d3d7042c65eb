#pragma once
/// \file
/// What a project consists of.

#include <oldfilm/project.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace oldfilm::project {

struct State {
    ProjectSource source;
    std::string facts = "{}";    ///< JSON
    std::string pipeline = "{}"; ///< JSON, without shots
    std::vector<ProjectShot> shots;
    std::vector<ProjectRegion> regions;
    std::vector<ProjectDecision> decisions;
};

} // namespace oldfilm::project
