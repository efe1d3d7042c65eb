#pragma once
/// \file
/// The catalog of published models (plugins/models.json), and the folders of installed ones.

#include <filesystem>
#include <string>
#include <vector>

namespace cli {

/// A published model.
struct CatalogEntry {
    std::string name, title, about, task, license, authors, page;
    int scale = 1;
    bool non_commercial = false;
    std::string wheel;        ///< "name version" on PyPI; empty: only its authors publish it
    std::string published_as; ///< the authors' file names, where there is no wheel
    std::string json;         ///< the whole entry
};

/// All entries. Throws `Error` (not_found, unreadable).
std::vector<CatalogEntry> catalog();
/// The entry of this name; null if there is none.
const CatalogEntry* find(const std::vector<CatalogEntry>& entries, const std::string& name);

/// The folders in which `model=NAME` is looked up after the stage's own, the first being the one
/// that models are installed into. Throws `Error` (not_found) where no variable names one.
std::vector<std::filesystem::path> model_folders();

/// Up to three of `names` that `name` may have been meant to be: ", did you mean a or b"; empty.
std::string nearest(const std::string& name, const std::vector<std::string>& names);

} // namespace cli
