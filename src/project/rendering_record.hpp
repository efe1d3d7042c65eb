#pragma once
/// \file
/// The note of a project's last rendering.

#include <oldfilm/project.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace oldfilm::project {

/// Notes a rendering in `folder`/rendering.json. Functions throw `Error` (io).
class RenderingNote {
  public:
    /// Notes that it begins. Nothing is noted for outputs that are no files, such as "-".
    RenderingNote(const Project& project, const std::string& output, const RestoreOptions& options);
    /// Nothing was begun: the note of the rendering before is there again.
    void withdraw();
    /// The output is complete.
    void finish();

  private:
    void write();

    std::filesystem::path folder_;
    std::optional<std::string> before_; ///< text of the file
    ProjectRendering rendering_;
};

} // namespace oldfilm::project
