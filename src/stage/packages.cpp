#include "base/checksum.hpp"
#include "stage/services.hpp"

#include <oldfilm/plugins.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <vector>

namespace oldfilm::stage {
namespace {

namespace fs = std::filesystem;

} // namespace

std::string find_package(const std::string& name, const std::string& plugin_folder,
                         const std::string& person) {
    std::vector<fs::path> candidates;
    const fs::path given(name);
    if (given.is_absolute()) {
        candidates = {given};
    } else {
        // A stage's own packages come first: no other file can replace them.
        if (!plugin_folder.empty()) {
            candidates.push_back(fs::path(plugin_folder) / given);
        } else if (given.has_parent_path()) {
            candidates.push_back(given); // the program's own stage, and its own path
        }
        if (!person.empty()) {
            candidates.emplace_back(person);
        }
        for (const std::string& folder : model_path()) {
            candidates.push_back(fs::path(folder) / given);
            candidates.push_back(fs::path(folder) / (name + ".pt"));
        }
    }
    for (const fs::path& candidate : candidates) {
        std::error_code failed;
        if (fs::is_regular_file(candidate, failed)) {
            return candidate.string();
        }
    }
    std::vector<std::string> searched;
    for (const fs::path& candidate : candidates) {
        searched.push_back(candidate.string());
    }
    throw Error(
        Errc::not_found,
        fmt::format("there is no model package \"{}\" (looked for {}); name one of these, or a "
                    "file by a path with a slash, such as ./{}",
                    name, fmt::join(searched, ", "), given.filename().string()));
}

OpenModel ModelStore::open(const std::string& path, const std::string& task,
                           const ModelOptions& options) {
    const std::string key =
        fmt::format("{}|{}|{}|{}|{}|{}", fs::weakly_canonical(path).string(), options.device,
                    to_string(options.precision), options.tile, options.memory, options.optimize);
    const std::lock_guard lock(mutex_);
    Entry& entry = models_[key];
    std::shared_ptr<Model> model = entry.model.lock();
    if (!model) {
        entry.checksum = base::file_checksum(path);
        model = Model::open(path, task, options);
        entry.model = model;
    } else if (!task.empty() && model->manifest().task != task) {
        throw Error(Errc::incompatible,
                    fmt::format("{} is a model for {}, and one for {} is needed", path,
                                model->manifest().task, task));
    }
    return {model, entry.checksum};
}

} // namespace oldfilm::stage
