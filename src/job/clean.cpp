#include "job/journal.hpp"
#include "media/partial_files.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/restore.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace oldfilm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view job_suffix = ".oldfilm-job";

/// The output that a job folder belongs to; empty for other things.
std::string output_of(const fs::path& path) {
    const std::string name = path.string();
    return fs::is_directory(path) && name.ends_with(job_suffix)
               ? name.substr(0, name.size() - job_suffix.size())
               : "";
}

bool removed_job(const std::string& output) {
    try {
        job::Journal(output).remove();
        return true;
    } catch (const Error&) { // a run is at work on it
        return false;
    }
}

} // namespace

std::vector<std::string> clean(const std::string& path) {
    std::vector<std::string> outputs;
    std::vector<fs::path> partials;
    if (fs::is_directory(path)) {
        for (const auto& entry : fs::directory_iterator(path)) {
            if (const std::string output = output_of(entry.path()); !output.empty()) {
                outputs.push_back(output);
            } else if (media::is_partial(entry.path())) {
                partials.push_back(entry.path());
            }
        }
    } else {
        const fs::path partial = media::partial_path(path);
        if (fs::exists(partial)) {
            partials.push_back(partial);
        }
        if (fs::exists(job::Journal::folder_of(path))) {
            outputs.push_back(path);
        } else if (partials.empty() && !fs::exists(path)) {
            throw Error(
                Errc::not_found,
                fmt::format("there is neither a film {} nor anything that a run has left of "
                            "it; name an output, or a folder",
                            path));
        }
    }
    std::vector<std::string> gone;
    for (const std::string& output : outputs) {
        if (removed_job(output)) {
            gone.push_back(job::Journal::folder_of(output).string());
        }
    }
    for (const fs::path& partial : partials) {
        if (media::remove_partial(partial)) {
            gone.push_back(partial.string());
        }
    }
    std::sort(gone.begin(), gone.end());
    return gone;
}

} // namespace oldfilm
