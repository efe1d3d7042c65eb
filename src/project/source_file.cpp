#include "project/source_file.hpp"

#include "base/checksum.hpp"
#include "media/locations.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

namespace oldfilm::project {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t end_bytes = 1 << 20;

} // namespace

std::vector<fs::path> film_files(const fs::path& path) {
    if (!media::is_sequence(path.string())) {
        return {path};
    }
    std::vector<fs::path> files;
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder, missing)) {
        if (entry.is_regular_file() && entry.path().extension() == path.extension()) {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

Content content_of(const fs::path& path, bool whole) {
    const std::vector<fs::path> files = film_files(path);
    std::error_code missing;
    if (files.empty() || !fs::exists(files.front(), missing)) {
        throw Error(Errc::not_found, fmt::format("the film {} is not there", path.string()));
    }
    Content content;
    base::Checksum all;
    base::Checksum ends;
    for (const fs::path& file : files) {
        content.bytes += static_cast<std::int64_t>(fs::file_size(file, missing));
        const std::string name = files.size() > 1 ? file.filename().string() : "";
        const auto add = [&name, &file](base::Checksum& sum, std::int64_t most) {
            sum.add(fmt::format("{} {:016x}\n", name, base::file_checksum(file, most)));
        };
        add(ends, end_bytes);
        if (whole) {
            add(all, -1);
        }
    }
    content.ends = fmt::format("{:016x}", ends.value());
    content.checksum = whole ? fmt::format("{:016x}", all.value()) : "";
    return content;
}

std::string stored_path(const fs::path& film, const fs::path& folder) {
    const fs::path absolute = fs::absolute(film).lexically_normal();
    const fs::path base = fs::absolute(folder / "").lexically_normal(); // ends with a slash
    const fs::path around = base.parent_path().parent_path();
    const fs::path relative = absolute.lexically_relative(around);
    const bool is_near = !relative.empty() && *relative.begin() != "..";
    return is_near ? absolute.lexically_relative(base.parent_path()).string() : absolute.string();
}

fs::path found_path(const ProjectSource& source, const fs::path& folder) {
    return (folder / source.path).lexically_normal();
}

void check(const ProjectSource& source, const fs::path& folder) {
    const std::string path = found_path(source, folder).string();
    const std::string remedy =
        fmt::format("name the film with oldfilm project relink {} FILM", folder.string());
    Content now;
    try {
        now = content_of(path, false);
    } catch (const Error& error) {
        throw Error(error.code(), fmt::format("{}; if it was moved, {}", error.what(), remedy));
    }
    if (now.bytes != source.bytes || now.ends != source.ends) {
        throw Error(Errc::incompatible,
                    fmt::format("{} is not the film that the project was made of: expected {} "
                                "bytes with checksum {} of both ends, found {} with {}; {}",
                                path, source.bytes, source.ends, now.bytes, now.ends, remedy));
    }
}

} // namespace oldfilm::project
