#include "pipeline/shot_options.hpp"

#include "pipeline/values_json.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace oldfilm {

using nlohmann::json;

namespace {

void check_overrides(const ShotOptions& shots) {
    if (!shots.overrides.empty() && shots.source != ShotOptions::Source::list) {
        throw Error(Errc::invalid_argument,
                    "shots have overrides, and shots are not taken from a list; set "
                    "ShotOptions::source to list");
    }
    const auto& first = shots.first_frames;
    for (const auto& [frame, stages] : shots.overrides) {
        if (frame != 0 && !std::binary_search(first.begin(), first.end(), frame)) {
            throw Error(Errc::invalid_argument,
                        fmt::format("no shot begins at frame {}, where overrides were given; add "
                                    "the frame to the list of shots",
                                    frame));
        }
    }
}

/// false: the stage is off; an object: parameters.
json override_json(const StageOverride& one) {
    return one.enabled ? values_json(one.parameters) : json(false);
}

StageOverride override_from(const std::string& id, const json& value, const std::string& where) {
    StageOverride one{.id = id, .enabled = true, .parameters = {}};
    if (value.is_boolean()) {
        one.enabled = value.get<bool>();
    } else if (value.is_object()) {
        for (const auto& [name, given] : value.items()) {
            one.parameters[name] = value_from(given, fmt::format("{}.{}.{}", where, id, name));
        }
    } else {
        throw Error(Errc::invalid_argument,
                    fmt::format("{}.{} must be true, false or an object with parameters, found {}",
                                where, id, value.dump()));
    }
    return one;
}

[[noreturn]] void refuse_shot(const json& shot) {
    throw Error(Errc::invalid_argument,
                fmt::format("the pipeline has {} in \"shots\", expected the first frame of a shot, "
                            "or an object with \"first\" (that frame) and \"stages\" (an object: "
                            "for each stage false, or parameters)",
                            shot.dump()));
}

/// A member of "shots": a first frame, or one with overrides.
void add_shot(ShotOptions& shots, const json& shot) {
    const json& first = shot.is_object() && shot.contains("first") ? shot["first"] : shot;
    if (!first.is_number_integer()) {
        refuse_shot(shot);
    }
    const auto frame = first.get<std::int64_t>();
    shots.first_frames.push_back(frame);
    if (!shot.is_object()) {
        return;
    }
    for (const auto& [key, value] : shot.items()) {
        if (key == "stages" && value.is_object()) {
            for (const auto& [id, given] : value.items()) {
                shots.overrides[frame].push_back(
                    override_from(id, given, fmt::format("shots[{}]", frame)));
            }
        } else if (key != "first") {
            refuse_shot(shot);
        }
    }
}

json list_json(const ShotOptions& shots) {
    json list = json::array();
    if (shots.overrides.contains(0) &&
        (shots.first_frames.empty() || shots.first_frames.front() != 0)) {
        list.push_back(0);
    }
    for (const std::int64_t first : shots.first_frames) {
        list.push_back(first);
    }
    for (json& shot : list) {
        const auto found = shots.overrides.find(shot.get<std::int64_t>());
        if (found == shots.overrides.end()) {
            continue;
        }
        shot = {{"first", found->first}, {"stages", json::object()}};
        for (const StageOverride& one : found->second) {
            shot["stages"][one.id] = override_json(one);
        }
    }
    return list;
}

} // namespace

void check_shots(const ShotOptions& shots) {
    if (!(shots.cut_threshold > 0 && shots.cut_threshold < 2)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the cut threshold must be above 0 and below 2, found {}; the "
                                "default is {}",
                                shots.cut_threshold, ShotOptions::default_threshold));
    }
    const auto& first = shots.first_frames;
    if (!first.empty() && shots.source != ShotOptions::Source::list) {
        throw Error(Errc::invalid_argument,
                    "first frames of shots are listed, and shots are not taken from a list; set "
                    "ShotOptions::source to list");
    }
    check_overrides(shots);
    const auto wrong =
        std::adjacent_find(first.begin(), first.end(), [](auto a, auto b) { return a >= b; });
    if (wrong != first.end() || (!first.empty() && first.front() < 0)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the first frames of shots must increase from 0, found {}",
                                wrong != first.end() ? fmt::format("{} after {}", wrong[1], *wrong)
                                                     : std::to_string(first.front())));
    }
}

void add_shots(json& document, const ShotOptions& shots) {
    if (shots.source == ShotOptions::Source::none) {
        document["shots"] = "none";
    } else if (shots.source == ShotOptions::Source::list) {
        document["shots"] = list_json(shots);
    } else if (shots.cut_threshold != ShotOptions::default_threshold) {
        document["cut_threshold"] = shots.cut_threshold;
    }
}

bool set_shots(ShotOptions& shots, const std::string& key, const json& value) {
    if (key == "cut_threshold" && value.is_number()) {
        shots.cut_threshold = value.get<double>();
        return true;
    }
    if (key != "shots") {
        return false;
    }
    shots.first_frames.clear();
    shots.overrides.clear();
    if (value == "auto" || value == "none") {
        shots.source = value == "auto" ? ShotOptions::Source::automatic : ShotOptions::Source::none;
    } else if (value.is_array()) {
        shots.source = ShotOptions::Source::list;
        for (const json& shot : value) {
            add_shot(shots, shot);
        }
    } else {
        throw Error(Errc::invalid_argument,
                    fmt::format("the pipeline has \"shots\": {}, expected \"auto\", \"none\" or an "
                                "array with the first frame of each shot",
                                value.dump()));
    }
    return true;
}

} // namespace oldfilm
