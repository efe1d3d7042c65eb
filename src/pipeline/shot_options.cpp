#include "pipeline/shot_options.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace oldfilm {

using nlohmann::json;

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
        document["shots"] = shots.first_frames;
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
    if (value == "auto" || value == "none") {
        shots.source = value == "auto" ? ShotOptions::Source::automatic : ShotOptions::Source::none;
        shots.first_frames.clear();
    } else if (value.is_array() && std::all_of(value.begin(), value.end(), [](const json& one) {
                   return one.is_number_integer();
               })) {
        shots.source = ShotOptions::Source::list;
        shots.first_frames = value.get<std::vector<std::int64_t>>();
    } else {
        throw Error(Errc::invalid_argument,
                    fmt::format("the pipeline has \"shots\": {}, expected \"auto\", \"none\" or an "
                                "array with the first frame of each shot",
                                value.dump()));
    }
    return true;
}

} // namespace oldfilm
