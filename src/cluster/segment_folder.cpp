#include "cluster/segment_folder.hpp"

#include "base/sync.hpp"
#include "cluster/atomic_file.hpp"
#include "cluster/machine.hpp"
#include "job/journal.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdio>
#include <sstream>
#include <system_error>
#include <utility>

namespace oldfilm::cluster {
namespace {

namespace fs = std::filesystem;
using job::segment_file;
using nlohmann::json;

constexpr const char* suffix = ".json";

void move(const fs::path& from, const fs::path& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) {
        base::failed("make", to);
    }
}

} // namespace

SegmentFolder::SegmentFolder(fs::path folder) : folder_(std::move(folder)) {
    make_folder(folder_);
}

fs::path SegmentFolder::record_file(std::int64_t number) const {
    return folder_ / fmt::format("{:06}{}", number, suffix);
}

std::set<std::int64_t> SegmentFolder::list() const {
    std::set<std::int64_t> numbers;
    for (const auto& entry : fs::directory_iterator(folder_)) {
        const std::string name = entry.path().filename().string();
        std::int64_t number = 0;
        const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (failed == std::errc() && std::string(end) == suffix) {
            numbers.insert(number);
        }
    }
    return numbers;
}

std::optional<SegmentRecord> SegmentFolder::read(std::int64_t number) const {
    const std::optional<std::string> text = read_file(record_file(number));
    if (!text) {
        return std::nullopt;
    }
    std::istringstream stream(*text);
    const std::vector<json> lines = job::Journal::parse(stream).first;
    if (lines.size() != 1) {
        return std::nullopt;
    }
    try {
        const json& made_by = lines.front().at("made_by");
        return SegmentRecord{job::segment_from_json(lines.front()), made_by.at("host"),
                             made_by.at("seconds")};
    } catch (const std::exception&) { // as if it were not there: the segment is made again
        return std::nullopt;
    }
}

void SegmentFolder::add(const SegmentRecord& record, const fs::path& from) const {
    const job::Segment& segment = record.segment;
    for (const auto& [film, seal] : job::files_of(segment)) {
        move(segment_file(from, film, segment.number), segment_file(folder_, film, segment.number));
    }
    base::sync(folder_); // the names, before the record that speaks of them
    json document = job::to_json(segment);
    document["made_by"] = {{"host", record.host}, {"seconds", record.seconds}};
    write_file(record_file(segment.number), job::Journal::line(document));
}

bool SegmentFolder::is_whole(const job::Segment& segment) const {
    return job::has_whole(folder_, segment);
}

void SegmentFolder::remove(std::int64_t number) const {
    std::error_code ignored;
    fs::remove(record_file(number), ignored);
}

} // namespace oldfilm::cluster
