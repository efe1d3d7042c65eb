#include "report_data.hpp"

#include "../write_file.hpp"
#include "pictures.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

namespace cli::review {
namespace {

using oldfilm::Project;
using oldfilm::ProjectShot;
using oldfilm::Repair;

constexpr int picture_side = 480;

std::string today() {
    const auto time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%d}", fmt::gmtime(time));
}

/// Repairs and pixels by kind.
Json kinds_of(const std::vector<Repair>& repairs) {
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> kinds;
    for (const Repair& repair : repairs) {
        if (repair.present) {
            auto& [count, area] = kinds[to_string(repair.kind)];
            ++count;
            area += repair.area;
        }
    }
    Json document = Json::object();
    for (const auto& [kind, totals] : kinds) {
        document[kind] = {{"repairs", totals.first}, {"pixels", totals.second}};
    }
    return document;
}

/// The frame with the largest repaired area; without repairs, the middle one.
std::int64_t telling_frame(const ProjectShot& shot, const std::vector<Repair>& repairs) {
    std::map<std::int64_t, std::int64_t> areas;
    for (const Repair& repair : repairs) {
        areas[repair.frame] += repair.present ? repair.area : 0;
    }
    const auto largest =
        std::max_element(areas.begin(), areas.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return largest != areas.end() ? largest->first : (shot.first + shot.last) / 2;
}

Json regions_in(const Project& project, const ProjectShot& shot) {
    std::vector<oldfilm::ProjectRegion> regions = project.regions();
    std::erase_if(regions, [&shot](const auto& region) {
        return region.last < shot.first || region.first > shot.last;
    });
    return json_of(regions);
}

} // namespace

ReportData::ReportData(Store& store, Films& films, std::filesystem::path pictures,
                       std::function<void(std::size_t, std::size_t)> progress, std::stop_token stop)
    : store_(store), films_(films), curves_(store, films), pictures_(std::move(pictures)),
      progress_(std::move(progress)), stop_(std::move(stop)), totals_(store.totals_by_shot()) {}

Json ReportData::film(const Project& project) {
    const oldfilm::ProjectSource& film = project.source();
    return {{"path", project.source_path()},
            {"checksum", film.checksum},
            {"bytes", film.bytes},
            {"frames", film.frames},
            {"width", film.width},
            {"height", film.height},
            {"rate", film.rate.num() > 0 ? film.rate.value() : 0}};
}

Json ReportData::pictures_of(const ProjectShot& shot, std::int64_t frame) {
    Json names{{"frame", frame}};
    const auto add = [&](const char* side, const oldfilm::Frame& shown) {
        const std::string name = fmt::format("{}-{}.jpg", shot.id, side);
        write_file(pictures_ / name, jpeg_of(fitted(matrix_of(shown), picture_side, picture_side)));
        names[side] = pictures_.filename().string() + "/" + name;
    };
    add("before", films_.source()->frame(frame));
    add("after", films_.result()->frame(films_.number_in_result(frame)));
    return names;
}

Json ReportData::shot(const ProjectShot& shot) {
    oldfilm::RepairFilter filter;
    filter.shot = shot.id;
    const std::vector<Repair> repairs = store_.repairs(filter);
    Json document = json_of(shot);
    document["totals"] = json_of(totals_[shot.id]);
    document["kinds"] = kinds_of(repairs);
    document["pictures"] = pictures_of(shot, telling_frame(shot, repairs));
    Json curves = curves_.of(shot.id);
    curves.erase("shot");
    document["curves"] = std::move(curves);
    return document;
}

Json ReportData::collect() {
    const Project project = store_.project();
    const Json result = films_.result_state();
    static_cast<void>(films_.result()); // before all else, that there is one
    Json document{{"oldfilm_report", 1},
                  {"oldfilm", oldfilm::version()},
                  {"made", today()},
                  {"film", film(project)},
                  {"result", {{"path", result.at("path")}, {"note", result.at("text")}}},
                  {"stages", Json::parse(project.to_json()).at("pipeline").at("stages")},
                  {"totals", json_of(store_.totals(""))},
                  {"kinds", kinds_of(store_.repairs({}))},
                  {"shots", Json::array()}};
    for (const ProjectShot& one : project.shots()) {
        if (stop_.stop_requested()) {
            throw oldfilm::Error(oldfilm::Errc::cancelled, "the report was stopped on request");
        }
        Json made = shot(one);
        made["regions"] = regions_in(project, one);
        document["shots"].push_back(std::move(made));
        progress_(document["shots"].size(), project.shots().size());
    }
    return document;
}

} // namespace cli::review
