#pragma once
/// \file
/// The repairs of a frame.

#include <oldfilm/frame.hpp>
#include <oldfilm/ledger.hpp>

#include <vector>

namespace oldfilm::project {

/// Connected pixels (8 neighbors) where the repair mask is above 0, with their boxes, areas and
/// mean changes: the mean absolute difference of luma (BT.601 weights) from the picture as decoded,
/// which is empty if the frame does not know it. Their source is known where the frame has
/// evidence. From any thread. Throws `Error` (unsupported) in builds without OpenCV.
std::vector<Repair> repairs_of(const Frame& frame);

/// Whether this build can find them.
bool can_find_repairs() noexcept;

} // namespace oldfilm::project
