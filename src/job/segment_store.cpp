#include "job/segment_store.hpp"

#include "job/identity.hpp"
#include "job/output_film.hpp"
#include "job/segmentation.hpp"
#include "media/partial_files.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

namespace oldfilm::job {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int version = 1;
constexpr const char* index_name = "index.json";

/// A shot of a list, what is overridden in it, and its regions.
struct Shot {
    std::int64_t first = 0, next = 0;
    json stages;
    json regions = json::array();
    bool operator==(const Shot&) const = default;
};

/// What must be the same for all segments. What lists shots is compared segment by segment; where
/// the masks and the evidence go does not matter.
json common(json identity, const std::string& output) {
    forget_places(identity);
    identity.at("settings").erase("transcribe"); // no segment has it
    identity.at("plan").erase("shots");
    identity.at("plan").erase("regions");
    identity["container"] = fs::path(output).extension().string();
    return identity;
}

/// The shots of a job of `frames` frames; none if it has no list.
std::vector<Shot> shots_of(const json& identity, std::int64_t frames) {
    std::vector<Shot> shots;
    const json list = identity.at("plan").value("shots", json());
    if (!list.is_array()) {
        return shots;
    }
    for (const json& one : list) {
        const bool has_stages = one.is_object();
        const std::int64_t first = (has_stages ? one.at("first") : one).get<std::int64_t>();
        if (first < frames) {
            shots.push_back({.first = first,
                             .next = frames,
                             .stages = has_stages ? one.at("stages") : json::object()});
        }
    }
    if (shots.empty() || shots.front().first != 0) {
        shots.insert(shots.begin(), Shot{.first = 0, .next = frames, .stages = json::object()});
    }
    for (std::size_t i = 0; i + 1 < shots.size(); ++i) {
        shots[i].next = shots[i + 1].first;
    }
    for (const json& region : identity.at("plan").value("regions", json::array())) {
        for (Shot& shot : shots) {
            if (region.at("first") < shot.next && region.at("last") >= shot.first) {
                shot.regions.push_back(region);
            }
        }
    }
    return shots;
}

/// The shots that frames [first, next) belong to.
std::vector<Shot> shots_in(const std::vector<Shot>& shots, std::int64_t first, std::int64_t next) {
    std::vector<Shot> seen;
    for (const Shot& shot : shots) {
        if (shot.first < next && shot.next > first) {
            seen.push_back(shot);
        }
    }
    return seen;
}

/// The first frames of segments, and the number of frames.
std::vector<std::int64_t> bounds_of(const std::vector<Shot>& shots) {
    Segmentation segmentation;
    for (std::size_t shot = 0; shot < shots.size(); ++shot) {
        for (std::int64_t frame = shots[shot].first; frame < shots[shot].next; ++frame) {
            segmentation.see(frame, static_cast<std::int32_t>(shot), {});
        }
    }
    const std::int64_t frames = shots.back().next;
    std::vector<std::int64_t> bounds;
    for (std::int64_t i = 0; i <= segmentation.segment_of(frames - 1); ++i) {
        bounds.push_back(segmentation.start_of(i));
    }
    bounds.push_back(frames);
    return bounds;
}

/// How many of the shots begin before `frame`.
std::int64_t shots_before(const std::vector<Shot>& shots, std::int64_t frame) {
    return std::count_if(shots.begin(), shots.end(),
                         [frame](const Shot& shot) { return shot.first < frame; });
}

/// Findings by the numbers of their shots, which are `more` in this job.
void renumber(std::vector<std::string>& analysis, std::int64_t more) {
    for (std::string& text : analysis) {
        json finding = json::parse(text);
        finding["shot"] = finding.at("shot").get<std::int64_t>() + more;
        text = finding.dump();
    }
}

} // namespace

SegmentStore::SegmentStore(fs::path folder) : folder_(std::move(folder)) {
    std::ifstream file(folder_ / index_name);
    const json index = json::parse(file, nullptr, /*allow_exceptions=*/false);
    try {
        if (index.is_object() && index.at("version") == version) {
            for (const json& line : index.at("segments")) {
                segments_.push_back(segment_from_json(line));
            }
            made_by_ = index.at("job");
        }
    } catch (const std::exception&) { // all of it is made again
        segments_.clear();
    }
}

fs::path SegmentStore::file(const std::string& prefix, const Segment& segment,
                            const media::LogSeal& seal) const {
    return folder_ /
           fmt::format("{}-{}-{}-{:016x}", prefix, segment.start, segment.next, seal.checksum);
}

bool SegmentStore::is_whole(const Segment& segment) const {
    const auto files = files_of(segment);
    return std::all_of(files.begin(), files.end(), [&](const auto& one) {
        return is_sealed(file(one.first, segment, one.second), one.second);
    });
}

std::vector<Segment> SegmentStore::adopt(const json& identity, const std::string& output,
                                         const fs::path& job, SegmentObserver* observer) const {
    std::vector<Segment> adopted;
    if (segments_.empty() || !segments_.back().end ||
        common(made_by_.at("identity"), made_by_.at("output")) != common(identity, output)) {
        return adopted;
    }
    const std::int64_t frames = segments_.back().next;
    const std::vector<Shot> before = shots_of(made_by_.at("identity"), frames);
    const std::vector<Shot> now = shots_of(identity, frames);
    if (before.empty() || now.empty()) {
        return adopted;
    }
    const std::vector<std::int64_t> bounds = bounds_of(now);
    for (const Segment& stored : segments_) {
        const auto bound = std::lower_bound(bounds.begin(), bounds.end(), stored.start);
        if (bound == bounds.end() || *bound != stored.start || *std::next(bound) != stored.next ||
            shots_in(before, stored.start, stored.next) !=
                shots_in(now, stored.start, stored.next)) {
            continue;
        }
        if ((observer != nullptr && !observer->has(stored.start, stored.next)) ||
            !is_whole(stored)) {
            continue;
        }
        Segment segment = stored;
        segment.number = bound - bounds.begin();
        segment.closes = stored.next == frames ||
                         std::any_of(now.begin(), now.end(),
                                     [&](const Shot& shot) { return shot.first == stored.next; });
        renumber(segment.analysis,
                 shots_before(now, stored.start) - shots_before(before, stored.start));
        const auto files = files_of(stored);
        if (std::all_of(files.begin(), files.end(), [&](const auto& one) {
                return link_or_copy(file(one.first, stored, one.second),
                                    segment_file(job, one.first, segment.number));
            })) {
            adopted.push_back(std::move(segment));
        }
    }
    return adopted;
}

void SegmentStore::forget(std::int64_t first, std::int64_t next) {
    const std::lock_guard lock(mutex_);
    for (const Segment& segment : segments_) {
        if (segment.start < next && segment.next > first) {
            std::error_code missing;
            fs::remove(file(prefix_of(FilmOf::pictures), segment, segment.film), missing);
        }
    }
}

void SegmentStore::store(const json& identity, const std::string& output,
                         const std::vector<Segment>& segments, const fs::path& job) {
    std::error_code failed;
    fs::create_directories(folder_, failed);
    made_by_ = {{"identity", identity}, {"output", output}};
    segments_ = segments;
    json index{{"version", version}, {"job", made_by_}, {"segments", json::array()}};
    for (const Segment& segment : segments) {
        for (const auto& [prefix, seal] : files_of(segment)) {
            if (!link_or_copy(segment_file(job, prefix, segment.number),
                              file(prefix, segment, seal))) {
                throw Error(Errc::io, fmt::format("segments can't be stored in {}; make room, or "
                                                  "see to the disk",
                                                  folder_.string()));
            }
        }
        index["segments"].push_back(to_json(segment));
    }
    media::PartialFiles files(/*overwrite=*/true);
    std::ofstream text(files.add_locked(folder_ / index_name), std::ios::trunc);
    text << index.dump(1) << '\n' << std::flush;
    if (!text) {
        throw Error(Errc::io, fmt::format("{} can't be written; make room, or see to the disk",
                                          (folder_ / index_name).string()));
    }
    text.close();
    files.publish({});
    remove_others();
}

/// Files of earlier renderings.
void SegmentStore::remove_others() const {
    std::set<fs::path> own{folder_ / index_name};
    for (const Segment& segment : segments_) {
        for (const auto& [prefix, seal] : files_of(segment)) {
            own.insert(file(prefix, segment, seal));
        }
    }
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder_, failed)) {
        if (!own.contains(entry.path())) {
            fs::remove(entry.path(), failed);
        }
    }
}

} // namespace oldfilm::job
