#include "speech/installed_package.hpp"

#include <oldfilm/plugins.hpp>

#include <filesystem>
#include <system_error>

namespace oldfilm::speech {

std::string installed_package(const std::string& name) {
    std::error_code unknown;
    for (const std::string& folder : model_path()) {
        const std::filesystem::path path = std::filesystem::path(folder) / (name + ".pt");
        if (std::filesystem::is_regular_file(path, unknown)) {
            return path.string();
        }
    }
    return std::filesystem::is_regular_file(name, unknown) ? name : "";
}

} // namespace oldfilm::speech
