#include "job/journal.hpp"

#include "base/checksum.hpp"
#include "base/sync.hpp"
#include "media/file_names.hpp"
#include "media/locations.hpp"

#include <oldfilm/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <string_view>

namespace oldfilm::job {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* journal_name = "journal";
constexpr std::size_t text_at = 17;                // of a line, after its checksum
constexpr const char* job_suffix = ".oldfilm-job"; // of the folder, after the output's name

using base::failed;

std::string sealed(const std::string& text) {
    return fmt::format("{:016x} {}\n", base::checksum(text), text);
}

/// FNV-1a, 64 bit, as earlier builds sealed lines.
std::uint64_t former_checksum(std::string_view text) {
    std::uint64_t sum = 0xcbf29ce484222325U;
    for (const char c : text) {
        sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return sum;
}

/// Whether the first line of the journal is sealed so.
bool has_former_checksum(const fs::path& journal) {
    std::ifstream file(journal, std::ios::binary);
    std::string line;
    return std::getline(file, line) && line.size() > text_at &&
           line.substr(0, text_at - 1) ==
               fmt::format("{:016x}", former_checksum(std::string_view(line).substr(text_at)));
}

/// A place in a document as a person would write it: JSON's "~1" is a slash, "~0" a tilde.
std::string readable(std::string place) {
    for (const auto& [escape, meaning] : {std::pair("~1", "/"), std::pair("~0", "~")}) {
        for (auto at = place.find(escape); at != std::string::npos;
             at = place.find(escape, at + 1)) {
            place.replace(at, 2, meaning);
        }
    }
    return place;
}

std::pair<std::vector<json>, std::int64_t> read_lines(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return Journal::parse(file);
}

/// What tells a file from another of its name.
json file_number(const fs::path& path) {
    struct stat state {};
    return stat(path.c_str(), &state) == 0 ? json{state.st_dev, state.st_ino} : json();
}

} // namespace

std::string Journal::line(const json& document) {
    return sealed(document.dump());
}

std::pair<std::vector<json>, std::int64_t> Journal::parse(std::istream& text) {
    std::vector<json> lines;
    std::int64_t bytes = 0;
    for (std::string line; std::getline(text, line);) {
        if (text.eof() || line.size() <= text_at || sealed(line.substr(text_at)) != line + "\n") {
            break; // cut off, or damaged
        }
        json document = json::parse(line.substr(text_at), nullptr, false);
        if (!document.is_object()) {
            break;
        }
        lines.push_back(std::move(document));
        bytes += static_cast<std::int64_t>(line.size()) + 1;
    }
    return {std::move(lines), bytes};
}

fs::path Journal::folder_of(const std::string& output) {
    return output + job_suffix;
}

bool Journal::has_published(const std::string& output, const std::string& file) {
    const bool one_file = !media::is_sequence(file);
    const json number = file_number(file);
    const auto lines = read_lines(folder_of(output) / journal_name).first;
    return std::any_of(lines.begin(), lines.end(), [&](const json& line) {
        return line.contains("publishing") && (!one_file || line.at("publishing") == number);
    });
}

void Journal::note_publishing(const fs::path& file) {
    add({{"publishing", file_number(file)}});
}

/// What a film shows is no one else's business before it is published, and what lies there is
/// removed and believed: the folder must be ours alone.
void Journal::make_folder() const {
    if (mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
        failed("make", folder_);
    }
    struct stat state {};
    if (lstat(folder_.c_str(), &state) != 0) {
        failed("read", folder_);
    }
    const char* wrong = S_ISLNK(state.st_mode)         ? "is a symbolic link"
                        : !S_ISDIR(state.st_mode)      ? "is a file"
                        : state.st_uid != geteuid()    ? "belongs to another user"
                        : (state.st_mode & 0022) != 0U ? "can be written by other users"
                                                       : nullptr;
    if (wrong != nullptr) {
        throw Error(Errc::io,
                    fmt::format("the job folder {} must be a folder of yours alone, and it {}; "
                                "remove it, or name another output",
                                folder_.string(), wrong));
    }
}

Journal::Journal(const std::string& output) : folder_(folder_of(output)) {
    const fs::path name = folder_ / "lock";
    // The folder may be removed by the run that holds it, between the two steps.
    for (int tries = 0; lock_ < 0 && tries < 100; ++tries) {
        make_folder();
        lock_ = media::lock_file(name, /*create=*/true, 0600);
        if (lock_ == -1) {
            throw Error(
                Errc::io,
                fmt::format(
                    "{} must be written by one run at a time, and another one is at work on it; "
                    "wait for that, or name another output",
                    output));
        }
        if (lock_ < 0 && errno != ENOENT) {
            break;
        }
    }
    if (lock_ < 0) {
        failed("make", name);
    }
    std::tie(lines_, good_bytes_) = read_lines(folder_ / journal_name);
    other_checksums_ = lines_.empty() && has_former_checksum(folder_ / journal_name);
}

Journal::~Journal() {
    if (file_ >= 0) {
        close(file_);
    }
    if (lines_.empty() && !removed_ && !other_checksums_) { // nothing was begun
        remove();
    }
    close(lock_); // last: who waits for it must find nothing of ours
}

void Journal::clear() {
    other_checksums_ = false;
    if (file_ >= 0) {
        close(file_);
        file_ = -1;
    }
    for (const auto& entry : fs::directory_iterator(folder_)) {
        if (entry.path().filename() != "lock") {
            fs::remove_all(entry.path());
        }
    }
    lines_.clear();
    good_bytes_ = 0;
}

void Journal::open_for_adding() {
    const fs::path path = folder_ / journal_name;
    file_ = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file_ < 0 || ftruncate(file_, good_bytes_) != 0 || lseek(file_, 0, SEEK_END) < 0) {
        failed("write", path);
    }
    base::sync(folder_.has_parent_path() ? folder_.parent_path() : fs::path("."));
}

void Journal::add(const json& line) {
    if (file_ < 0) {
        open_for_adding();
    }
    const std::string text = Journal::line(line);
    std::string_view left = text;
    while (!left.empty()) {
        const ssize_t written = write(file_, left.data(), left.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            failed("write", folder_ / journal_name);
        }
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    base::sync(folder_); // the segment's name, before the line that speaks of it is believed
    base::sync(file_, folder_ / journal_name);
    lines_.push_back(line);
    good_bytes_ += static_cast<std::int64_t>(text.size());
}

/// Under another name first: another run may make the folder anew while this one is being removed.
void Journal::remove() {
    const fs::path gone =
        fs::path(folder_).replace_extension(fmt::format(".{}{}", getpid(), job_suffix));
    std::error_code kept;
    fs::rename(folder_, gone, kept);
    std::error_code ignored;
    fs::remove_all(kept ? folder_ : gone, ignored);
    lines_.clear();
    removed_ = true;
}

std::string difference(const json& before, const json& now, const std::string& place) {
    if (before == now) {
        return "";
    }
    if ((before.is_object() && now.is_object()) || (before.is_array() && now.is_array())) {
        const json a = before.flatten();
        const json b = now.flatten();
        for (const auto& [key, value] : a.items()) {
            if (!b.contains(key) || b.at(key) != value) {
                return fmt::format("{}{} was {} and is {}", place, readable(key), value.dump(),
                                   b.contains(key) ? b.at(key).dump() : "not there");
            }
        }
        for (const auto& [key, value] : b.items()) {
            if (!a.contains(key)) {
                return fmt::format("{}{} was not there and is {}", place, readable(key),
                                   value.dump());
            }
        }
    }
    return fmt::format("{} was {} and is {}", place, before.dump(), now.dump());
}

} // namespace oldfilm::job
