#include "job/journal.hpp"

#include "base/checksum.hpp"
#include "base/sync.hpp"

#include <oldfilm/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace oldfilm::job {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* journal_name = "journal";

[[noreturn]] void failed(const char* doing, const fs::path& path) {
    throw Error(
        Errc::io,
        fmt::format("cannot {} {}: {}; make room, or see to the disk, and run it again to go on",
                    doing, path.string(), std::strerror(errno)));
}

std::string sealed(const std::string& text) {
    return fmt::format("{:016x} {}\n", base::checksum(text), text);
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

} // namespace

std::pair<std::vector<json>, std::int64_t> Journal::parse(std::istream& text) {
    std::vector<json> lines;
    std::int64_t bytes = 0;
    for (std::string line; std::getline(text, line);) {
        if (text.eof() || line.size() < 18 || sealed(line.substr(17)) != line + "\n") {
            break; // cut off, or damaged
        }
        lines.push_back(json::parse(line.substr(17), nullptr, false));
        bytes += static_cast<std::int64_t>(line.size()) + 1;
    }
    return {std::move(lines), bytes};
}

fs::path Journal::folder_of(const std::string& output) {
    return output + ".oldfilm-job";
}

bool Journal::is_publishing(const std::string& output) {
    const auto lines = read_lines(folder_of(output) / journal_name).first;
    return !lines.empty() && lines.back().contains("end");
}

Journal::Journal(const std::string& output) : folder_(folder_of(output)) {
    // What a film shows is no one else's business before it is published. An existing folder is an
    // earlier run's.
    static_cast<void>(mkdir(folder_.c_str(), 0700));
    const fs::path name = folder_ / "lock";
    lock_ = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) {
        failed("make", name);
    }
    struct stat held {};
    struct stat named {};
    // The folder may have been removed by the run that held it, between the two calls.
    if (flock(lock_, LOCK_EX | LOCK_NB) != 0 || fstat(lock_, &held) != 0 ||
        stat(name.c_str(), &named) != 0 || held.st_ino != named.st_ino) {
        close(lock_);
        throw Error(
            Errc::io,
            fmt::format(
                "{} must be written by one run at a time, and another one is at work on it; "
                "wait for that, or name another output",
                output));
    }
    std::tie(lines_, good_bytes_) = read_lines(folder_ / journal_name);
}

Journal::~Journal() {
    if (file_ >= 0) {
        close(file_);
    }
    close(lock_);
    if (lines_.empty()) { // nothing was begun
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
}

void Journal::clear() {
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
    file_ = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0 || ftruncate(file_, good_bytes_) != 0 || lseek(file_, 0, SEEK_END) < 0) {
        failed("write", path);
    }
    base::sync(folder_.has_parent_path() ? folder_.parent_path() : fs::path("."));
}

void Journal::add(const json& line) {
    if (file_ < 0) {
        open_for_adding();
    }
    const std::string text = sealed(line.dump());
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
    base::sync(folder_); // the piece's name, before the line that speaks of it is believed
    if (fsync(file_) != 0) {
        failed("write", folder_ / journal_name);
    }
    lines_.push_back(line);
    good_bytes_ += static_cast<std::int64_t>(text.size());
}

void Journal::remove() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    lines_.clear();
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
