#pragma once
/// \file
/// Model packages as files: what is in one, and why one cannot be read.

#include <oldfilm/model.hpp>

#include <string>

namespace oldfilm {

/// The text of `oldfilm.json` in the package at `path`; no weight is read.
/// Throws `Error`: not_found; unreadable (empty, not a zip archive, cut short, damaged, no
/// TorchScript, without `oldfilm.json`).
std::string read_manifest_text(const std::string& path);

/// A further file of the package, by its name in the archive's folder `extra`. Throws as
/// `read_manifest_text`, and unreadable where the package has no such file.
std::string read_package_file(const std::string& path, const std::string& name);

} // namespace oldfilm
