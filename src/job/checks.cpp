#include "job/checks.hpp"

#include "job/journal.hpp"
#include "media/locations.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace oldfilm::job {
namespace {

namespace fs = std::filesystem;

constexpr std::array codecs{"h264",   "h265", "h264_nvenc", "h265_nvenc", "av1", "ffv1",
                            "prores", "png",  "tiff",       "exr",        "dpx", "y4m"};

/// Standard input or output.
bool is_pipe(const std::string& path) {
    return path == "-";
}

fs::path folder_of(const std::string& path) {
    const fs::path parent = fs::path(path).parent_path();
    return parent.empty() ? fs::path(".") : parent;
}

bool same_file(const std::string& a, const std::string& b) {
    if (is_pipe(a) || is_pipe(b)) {
        return false;
    }
    std::error_code ignored;
    return fs::equivalent(a, b, ignored) ||
           fs::weakly_canonical(a, ignored) == fs::weakly_canonical(b, ignored);
}

bool exists(const std::string& path) {
    std::error_code ignored;
    const auto sequence = media::sequence_name(path);
    return sequence ? !sequence->numbers().empty() : fs::exists(path, ignored);
}

void check_output(const std::string& path, bool overwrite) {
    if (is_pipe(path)) {
        return;
    }
    std::error_code ignored;
    if (fs::is_directory(path, ignored) || path.ends_with('/')) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the output must be a file, and {} is a directory; name a file in "
                                "it, such as {}",
                                path, (fs::path(path) / "restored.mkv").string()));
    }
    const fs::path folder = folder_of(path);
    if (!fs::is_directory(folder, ignored)) {
        throw Error(Errc::not_found,
                    fmt::format("the output {} needs the folder {}, which does not exist; make it "
                                "first, or name another",
                                path, folder.string()));
    }
    if (access(folder.c_str(), W_OK | X_OK) != 0) {
        throw Error(Errc::io, fmt::format("the folder {} must be writable for the output {}, and "
                                          "it is not ({}); name another place",
                                          folder.string(), path, std::strerror(errno)));
    }
    if (exists(path) && !overwrite) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the output {} exists already; name another, or ask to overwrite "
                                "it (--overwrite)",
                                path));
    }
}

void check_input(const std::string& path) {
    std::error_code ignored;
    if (is_pipe(path) || media::is_sequence(path) || fs::exists(path, ignored) ||
        !media::scheme_of(path).empty()) {
        return;
    }
    throw Error(Errc::not_found, fmt::format("the input {} does not exist; check the path", path));
}

void check_different(const char* one, const std::string& a, const char* other,
                     const std::string& b) {
    if (same_file(a, b)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the {} and the {} must be different files, and both are {}; name "
                                "another {}",
                                one, other, b, other));
    }
}

} // namespace

void check_paths(const std::string& input, const std::string& output,
                 const RestoreOptions& options) {
    if (input.empty() || output.empty()) {
        throw Error(Errc::invalid_argument, "an input and an output must be named; one is empty");
    }
    check_input(input);
    std::vector<std::pair<const char*, std::string>> named{{"input", input}};
    if (!options.mask_in.empty()) {
        check_input(options.mask_in);
        named.emplace_back("masks", options.mask_in);
    }
    for (const auto& [what, path] :
         {std::pair{"output", output}, std::pair{"mask film", options.mask_out},
          std::pair{"evidence film", options.evidence_out}}) {
        if (path.empty()) {
            continue;
        }
        for (const auto& [other, its_path] : named) {
            check_different(other, its_path, what, path);
        }
        check_output(path, options.overwrite);
        named.emplace_back(what, path);
    }
}

bool are_left_over(const std::string& output, std::vector<std::string> others) {
    bool any = false;
    others.push_back(output);
    for (const std::string& file : others) {
        if (file.empty() || is_pipe(file) || !exists(file)) {
            continue;
        }
        if (!Journal::has_published(output, file)) {
            return false;
        }
        any = true;
    }
    return any;
}

void check_codec(const std::string& name) {
    if (name.empty() || std::find(codecs.begin(), codecs.end(), name) != codecs.end()) {
        return;
    }
    throw Error(Errc::invalid_argument, fmt::format("the codec must be one of {}, found \"{}\"",
                                                    fmt::join(codecs, ", "), name));
}

std::string lossless_codec(const std::string& path) {
    const std::string extension = media::extension_of(path);
    for (const char* own : {".png", ".tif", ".tiff", ".exr", ".dpx", ".y4m"}) {
        if (extension == own || is_pipe(path)) {
            return "";
        }
    }
    for (const char* container : {".mkv", ".avi", ".nut"}) {
        if (extension == container) {
            return "ffv1";
        }
    }
    throw Error(Errc::unsupported,
                fmt::format("a film without loss (FFV1) needs a container such as .mkv, and {} is "
                            "none; name a .mkv, or a codec (--codec)",
                            path));
}

void check_space(const std::string& path, const FilmSize& film) {
    if (is_pipe(path)) {
        return;
    }
    std::error_code failed;
    const fs::space_info space = fs::space(folder_of(path), failed);
    if (failed) {
        return; // Not every file system tells.
    }
    const double sample_bytes = film.bits > 8 ? 2 : 1;
    const double raw = static_cast<double>(film.width * film.height * film.channels) *
                       sample_bytes * static_cast<double>(std::max<std::int64_t>(film.frames, 1));
    // Low guesses (grainy film leaves half of its size in FFV1, and a hundredth in H.264), so that
    // nothing is refused that would have fit.
    const double needed =
        std::max(film.lossless ? raw / 4 : raw / 400, 65536.0) * (film.in_segments ? 2 : 1);
    if (static_cast<double>(space.available) < needed) {
        throw Error(Errc::io,
                    fmt::format("the output {} needs about {:.1f} MB or more, and the "
                                "disk has {:.1f} MB left; make room, or name another "
                                "place",
                                path, needed / 1e6, static_cast<double>(space.available) / 1e6));
    }
}

} // namespace oldfilm::job
