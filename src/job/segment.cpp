#include "job/segment.hpp"

#include "job/output_film.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <system_error>

namespace oldfilm::job {
namespace {

using media::LogSeal;
using nlohmann::json;

json seal_to_json(const LogSeal& seal) {
    return {{"packets", seal.packets}, {"bytes", seal.bytes}, {"checksum", seal.checksum}};
}

LogSeal seal_from_json(const json& seal) {
    return {seal.at("packets"), seal.at("bytes"), seal.at("checksum")};
}

Rational rational(const json& text) {
    return Rational::parse(text.get<std::string>());
}

} // namespace

json to_json(const Segment& segment) {
    // The last segment sees nothing after it: a record with an end resumes at 0.
    json restart = segment.end ? json(0) : json();
    if (segment.resume) {
        restart = segment.resume->frame;
    }
    json line{{"segment", segment.number},
              {"start", segment.start},
              {"next", segment.next},
              {"outputs", segment.outputs},
              {"film", seal_to_json(segment.film)},
              {"mask", segment.mask ? seal_to_json(*segment.mask) : json()},
              {"mask_frames", segment.mask_frames},
              {"evidence", segment.evidence ? seal_to_json(*segment.evidence) : json()},
              {"marked", segment.marked},
              {"closes", segment.closes},
              {"shots", segment.shots},
              {"shots_until", segment.next},
              {"analysis", segment.analysis},
              {"film_base", segment.film_base.to_string()},
              {"mask_base", segment.mask_base.to_string()},
              {"film_start", segment.film_start.to_string()},
              {"restart", std::move(restart)},
              {"time", (segment.resume ? segment.resume->time : Rational()).to_string()}};
    if (segment.end) {
        line["end"] = {{"frames", segment.end->frames}, {"concealed", segment.end->concealed}};
    }
    return line;
}

Segment segment_from_json(const json& line) {
    Segment segment;
    segment.number = line.at("segment");
    segment.start = line.at("start");
    segment.next = line.at("next");
    segment.outputs = line.at("outputs");
    segment.film = seal_from_json(line.at("film"));
    if (!line.at("mask").is_null()) {
        segment.mask = seal_from_json(line.at("mask"));
    }
    segment.mask_frames = line.at("mask_frames");
    if (!line.at("evidence").is_null()) {
        segment.evidence = seal_from_json(line.at("evidence"));
    }
    segment.marked = line.at("marked");
    segment.closes = line.value("closes", false);
    segment.shots = line.at("shots").get<std::vector<std::int64_t>>();
    segment.analysis = line.at("analysis").get<std::vector<std::string>>();
    segment.film_base = rational(line.at("film_base"));
    segment.mask_base = rational(line.at("mask_base"));
    segment.film_start = rational(line.at("film_start"));
    segment.resume = {line.at("restart").get<std::int64_t>(), rational(line.at("time"))};
    if (line.contains("end")) {
        const json& end = line.at("end");
        segment.end = {end.at("frames").get<std::int64_t>(),
                       end.at("concealed").get<std::int64_t>()};
        segment.resume.reset();
    }
    return segment;
}

std::vector<std::pair<std::string, LogSeal>> files_of(const Segment& segment) {
    std::vector<std::pair<std::string, LogSeal>> files{{prefix_of(FilmOf::pictures), segment.film}};
    for (const auto& [film, seal] : {std::pair{FilmOf::masks, &segment.mask},
                                     std::pair{FilmOf::evidence, &segment.evidence}}) {
        if (*seal) {
            files.emplace_back(prefix_of(film), **seal);
        }
    }
    return files;
}

std::filesystem::path segment_file(const std::filesystem::path& folder, const std::string& prefix,
                                   std::int64_t number) {
    return folder / fmt::format("{}-{:06}.packets", prefix, number);
}

bool has_whole(const std::filesystem::path& folder, const Segment& segment) {
    const auto files = files_of(segment);
    return std::all_of(files.begin(), files.end(), [&](const auto& file) {
        return media::is_sealed(segment_file(folder, file.first, segment.number), file.second);
    });
}

bool link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::error_code failed;
    std::filesystem::remove(to, failed);
    std::filesystem::create_hard_link(from, to, failed);
    if (failed) {
        failed.clear();
        std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing,
                                   failed);
    }
    return !failed;
}

} // namespace oldfilm::job
