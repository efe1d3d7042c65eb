#pragma once
/// \file
/// Changes of a project's list of shots, and what must hold of its parts.

#include "project/state.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace oldfilm::project {

using Shots = std::vector<ProjectShot>;

/// Letters, digits, - and _; not empty.
bool is_valid_id(const std::string& id);
bool has_shot(const Shots& shots, const std::string& id);
/// Throws `Error` (not_found).
Shots::iterator find_shot(Shots& shots, const std::string& id);
/// "s120" for a shot that begins at frame 120; with another letter where that is taken.
std::string new_id(const Shots& shots, std::int64_t first);

/// As the functions of `Project`.
std::string split_shot(Shots& shots, const std::string& id, std::int64_t frame);
void merge_shots(Shots& shots, const std::string& id);
void shift_cut(Shots& shots, const std::string& id, std::int64_t first);
void set_cuts(Shots& shots, const std::vector<std::int64_t>& first_frames);
void update_shot(Shots& shots, const ProjectShot& shot);

/// Why the region cannot be one of the film; empty if it can.
std::string why_invalid(const ProjectRegion& region, const ProjectSource& source);

} // namespace oldfilm::project
