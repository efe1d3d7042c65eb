#include "new_stage_command.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace cli {
namespace {

namespace fs = std::filesystem;
using oldfilm::Errc;
using oldfilm::Error;

constexpr std::size_t longest_name = 40;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// The name becomes a file name, a part of the plugin's id and a word on command lines.
void check_name(const std::string& name) {
    const bool dashes_between =
        !name.empty() && name.back() != '-' && name.find("--") == std::string::npos;
    const bool plain =
        std::all_of(name.begin(), name.end(), [](char c) { return is_plain(c) || c == '-'; });
    if (!plain || !dashes_between || name.size() > longest_name || name.front() < 'a') {
        throw Error(Errc::invalid_argument,
                    fmt::format("a stage's name must be small letters, digits and single dashes, "
                                "begin with a letter and have at most {} characters, such as "
                                "\"remove-dust\", found \"{}\"",
                                longest_name, name));
    }
    for (const oldfilm::PluginInfo& plugin : oldfilm::list_plugins()) {
        if (plugin.name == name) {
            throw Error(Errc::invalid_argument,
                        fmt::format("there is a stage \"{}\" already ({}); choose another name",
                                    name, plugin.library));
        }
    }
}

/// "remove-dust" as a class: "RemoveDust".
std::string class_name(const std::string& name) {
    std::string result;
    bool first = true;
    for (const char c : name) {
        if (c == '-') {
            first = true;
            continue;
        }
        result += first ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
        first = false;
    }
    return result;
}

/// Relative to this program, in the build as after the installation.
fs::path template_folder() {
    const fs::path program = fs::read_symlink("/proc/self/exe");
    fs::path folder = (program.parent_path() / OLDFILM_CLI_TEMPLATES).lexically_normal();
    if (!fs::is_directory(folder)) {
        throw Error(Errc::not_found, fmt::format("the templates of new stages must be in {}, and "
                                                 "they are not; install oldfilm again",
                                                 folder.string()));
    }
    return folder;
}

void make_empty(const fs::path& folder) {
    std::error_code failed;
    if (fs::exists(folder, failed) && !(fs::is_directory(folder) && fs::is_empty(folder))) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the project's folder must be a new or an empty one, and {} has "
                                "something in it; name another one",
                                folder.string()));
    }
    fs::create_directories(folder, failed);
    if (failed) {
        throw Error(Errc::io, fmt::format("the folder {} cannot be made ({}); name another one",
                                          folder.string(), failed.message()));
    }
}

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file) {
        throw Error(Errc::io,
                    fmt::format("{} cannot be written; is the disk full?", path.string()));
    }
}

using Words = std::vector<std::pair<std::string, std::string>>;

std::string filled(std::string text, const Words& words) {
    for (const auto& [mark, word] : words) {
        for (auto at = text.find(mark); at != std::string::npos;
             at = text.find(mark, at + word.size())) {
            text.replace(at, mark.size(), word);
        }
    }
    return text;
}

/// Files that end in .in have marks to fill and lose the ending; others are copied.
void write_all(const fs::path& templates, const fs::path& folder, const Words& words) {
    for (const auto& entry : fs::directory_iterator(templates)) {
        const fs::path name = entry.path().filename();
        const std::string text = read(entry.path());
        if (name.extension() == ".in") {
            write(folder / name.stem(), filled(text, words));
        } else {
            write(folder / name, text);
        }
    }
}

} // namespace

int new_stage(const NewStageArguments& arguments) {
    check_name(arguments.name);
    const fs::path templates = template_folder();
    const fs::path folder(arguments.folder);
    make_empty(folder);
    const std::string version = oldfilm::version();
    const Words words{{"@NAME@", arguments.name},
                      {"@CLASS@", class_name(arguments.name)},
                      {"@VERSION@", version.substr(0, version.rfind('.'))}};
    write_all(templates / (arguments.plain_c ? "c" : "torch"), folder, words);
    write_all(templates / "both", folder, words);
    fmt::print("{0} is a plugin project now. Build, test and use it:\n"
               "  cd {0}\n"
               "  cmake -B build && cmake --build build && ctest --test-dir build\n"
               "  oldfilm restore IN OUT --plugin-path build/plugins --stage {1}\n",
               arguments.folder, arguments.name);
    return done;
}

} // namespace cli
