#pragma once
/// \file
/// The film of a project: where it is, and whether it is still the same.

#include "project/state.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace oldfilm::project {

/// What tells the content of a film from another one's.
struct Content {
    std::int64_t bytes = 0;
    std::string checksum; ///< of everything; empty where it was not asked for
    std::string ends;     ///< of the first and last MiB of each file
};

/// The file, or the pictures of a sequence (`frames/%05d.png`) by name.
std::vector<std::filesystem::path> film_files(const std::filesystem::path& path);

/// Of a file, or of all pictures of a sequence (`frames/%05d.png`) by name. `whole`: reads all of
/// it. Throws `Error` (not_found).
Content content_of(const std::filesystem::path& path, bool whole);

/// `film` as project.json has it.
std::string stored_path(const std::filesystem::path& film, const std::filesystem::path& folder);
/// The path of the film from the working directory, or absolute.
std::filesystem::path found_path(const ProjectSource& source, const std::filesystem::path& folder);

/// As `Project::check_source`.
void check(const ProjectSource& source, const std::filesystem::path& folder);

} // namespace oldfilm::project
