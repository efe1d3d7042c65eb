#pragma once
/// \file
/// What is behind `Project`.

#include "base/hidden.hpp"
#include "project/state.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace oldfilm {

struct OLDFILM_HIDDEN Project::Impl {
    std::filesystem::path folder;
    project::State state;
    std::optional<std::uint64_t> read; ///< checksum of the file's text; empty if there was none

    [[nodiscard]] std::filesystem::path file() const { return folder / "project.json"; }
    static Project of(std::filesystem::path folder, project::State state) {
        return Project(std::make_unique<Impl>(Impl{std::move(folder), std::move(state), {}}));
    }
};

} // namespace oldfilm
