#pragma once
/// \file
/// A film that deflicker changes.

#include "job/three_shots.hpp"
#include "run_program.hpp"

#include <filesystem>

namespace oldfilm::test {

/// As `make_three_shots`; every other frame is brighter.
inline void make_flickering_shots(const std::filesystem::path& folder) {
    make_three_shots(folder);
    std::filesystem::rename(folder / "in.mkv", folder / "even.mkv");
    ffmpeg("-i even.mkv -vf eq=brightness='0.08*mod(n\\,2)':eval=frame -c:v ffv1 in.mkv", folder);
    std::filesystem::remove(folder / "even.mkv");
}

} // namespace oldfilm::test
