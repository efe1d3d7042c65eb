#include "models_catalog.hpp"

#include "shared_file.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using oldfilm::Errc;
using oldfilm::Error;

CatalogEntry entry_of(const json& object) {
    CatalogEntry entry;
    entry.name = object.at("name").get<std::string>();
    entry.title = object.at("title").get<std::string>();
    entry.about = object.at("about").get<std::string>();
    entry.task = object.at("task").get<std::string>();
    entry.license = object.at("license").get<std::string>();
    entry.authors = object.at("authors").get<std::string>();
    entry.page = object.at("page").get<std::string>();
    entry.scale = object.at("scale").get<int>();
    entry.non_commercial = object.at("non_commercial").get<bool>();
    entry.published_as = object.value("published_as", "");
    if (object.contains("wheel")) {
        entry.wheel = object["wheel"].at("name").get<std::string>() + " " +
                      object["wheel"].at("version").get<std::string>();
    }
    entry.json = object.dump();
    return entry;
}

/// The number of letters to change, add or remove (Levenshtein).
std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
        }
    }
    return row[b.size()];
}

} // namespace

std::vector<CatalogEntry> catalog() {
    const fs::path path = shared_file("models.json");
    std::ifstream file(path);
    try {
        std::vector<CatalogEntry> entries;
        const json document = json::parse(file);
        for (const json& object : document.at("models")) {
            entries.push_back(entry_of(object));
        }
        return entries;
    } catch (const json::exception& error) {
        throw Error(Errc::unreadable,
                    fmt::format("{} must be the catalog of models, and it is damaged ({}); install "
                                "oldfilm again",
                                path.string(), error.what()));
    }
}

const CatalogEntry* find(const std::vector<CatalogEntry>& entries, const std::string& name) {
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const CatalogEntry& e) { return e.name == name; });
    return found == entries.end() ? nullptr : &*found;
}

std::vector<fs::path> model_folders() {
    const std::vector<std::string> folders = oldfilm::model_path();
    if (folders.empty()) {
        throw Error(Errc::not_found,
                    "no folder is named for models; set HOME, XDG_DATA_HOME or OLDFILM_MODEL_PATH");
    }
    return {folders.begin(), folders.end()};
}

std::string nearest(const std::string& name, const std::vector<std::string>& names) {
    std::vector<std::pair<std::size_t, std::string>> close;
    for (const std::string& candidate : names) {
        const bool part = name.size() > 2 && candidate.find(name) != std::string::npos;
        const std::size_t steps = part ? 0 : distance(name, candidate);
        if (steps <= std::max<std::size_t>(2, name.size() / 3)) {
            close.emplace_back(steps, candidate);
        }
    }
    std::sort(close.begin(), close.end());
    close.erase(std::unique(close.begin(), close.end()), close.end());
    close.resize(std::min<std::size_t>(close.size(), 3));
    std::vector<std::string> shown;
    for (const auto& [steps, candidate] : close) {
        shown.push_back(candidate);
    }
    return shown.empty() ? "" : fmt::format(", did you mean {}", fmt::join(shown, " or "));
}

} // namespace cli
