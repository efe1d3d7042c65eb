#include "shot_curves.hpp"

#include "curves.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

namespace cli::review {
namespace {

/// More digits are below what is seen.
std::vector<double> rounded(std::vector<double> values) {
    for (double& value : values) {
        value = std::round(value * 1e5) / 1e5;
    }
    return values;
}

Json curves_json(FilmCurves curves) {
    return {{"exposure", rounded(std::move(curves.exposure))},
            {"flicker", rounded(std::move(curves.flicker))},
            {"weave", rounded(std::move(curves.weave))}};
}

std::vector<std::int64_t> repairs_a_frame(Store& store, const oldfilm::ProjectShot& shot) {
    oldfilm::RepairFilter filter;
    filter.shot = shot.id;
    filter.present = true;
    std::vector<std::int64_t> counts(static_cast<std::size_t>(shot.last - shot.first + 1), 0);
    for (const oldfilm::Repair& repair : store.repairs(filter)) {
        ++counts.at(static_cast<std::size_t>(repair.frame - shot.first));
    }
    return counts;
}

} // namespace

Json ShotCurves::side(const std::string& name, const oldfilm::ProjectShot& shot) {
    const bool is_before = name == "before";
    const std::string version = is_before ? films_.source()->info().path : films_.result_version();
    const std::string key = fmt::format("{} {} {} {}", name, version, shot.first, shot.last);
    const auto found = cached_.find(key);
    if (found != cached_.end()) {
        return found->second;
    }
    const std::unique_ptr<Film> film =
        is_before ? films_.another_source() : films_.another_result();
    Json made = curves_json(curves_of(*film, shot.first, shot.last, [&](std::int64_t frame) {
        return is_before ? frame : films_.number_in_result(frame);
    }));
    return cached_[key] = std::move(made);
}

Json ShotCurves::of(const std::string& id) {
    const oldfilm::ProjectShot shot = store_.project().shot(id);
    const std::lock_guard lock(mutex_);
    Json document{{"shot", id}, {"first", shot.first}};
    document["before"] = side("before", shot);
    document["after"] = films_.result_version().empty() ? Json() : side("after", shot);
    document["repairs"] = repairs_a_frame(store_, shot);
    return document;
}

} // namespace cli::review
