#include "pipeline/regions.hpp"

#include "base/named.hpp"
#include "base/sidecar.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace oldfilm {
namespace {

using nlohmann::json;

constexpr std::array actions{RegionAction::protect, RegionAction::repair, RegionAction::ignore};

bool counts_for(const Region& region, const CheckedStage& stage) {
    return region.stages.empty() ||
           std::any_of(region.stages.begin(), region.stages.end(),
                       [&stage](const std::string& id) { return base::has_id(stage.plugin, id); });
}

bool is_finite(const Region& region) {
    return std::all_of(region.polygon.begin(), region.polygon.end(), [](const auto& corner) {
        return std::isfinite(corner[0]) && std::isfinite(corner[1]);
    });
}

/// Where the polygon's sides cross the line at `y`, sorted.
std::vector<double> crossings(const std::vector<std::array<double, 2>>& polygon, double y) {
    std::vector<double> found;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
        const auto& a = polygon[i];
        const auto& b = polygon[(i + 1) % polygon.size()];
        if ((a[1] <= y) != (b[1] <= y)) {
            found.push_back(a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// What regions say of the samples of a picture: height x width, rows one after the other.
struct Plane {
    std::int64_t width = 0, height = 0;
    std::vector<std::int8_t> values;

    /// Samples whose centers lie in `polygon` become `value`.
    void fill(const std::vector<std::array<double, 2>>& polygon, std::int8_t value) {
        values.resize(static_cast<std::size_t>(width * height));
        for (std::int64_t row = 0; row < height; ++row) {
            const std::vector<double> sides = crossings(polygon, static_cast<double>(row) + 0.5);
            const auto line = values.begin() + row * width;
            for (std::size_t i = 0; i + 1 < sides.size(); i += 2) {
                std::fill(line + first_from(sides[i]), line + first_from(sides[i + 1]), value);
            }
        }
    }
    /// 1 x H x W on `device`; undefined if no polygon was filled.
    [[nodiscard]] at::Tensor tensor(const at::Device& device, at::ScalarType type) {
        return values.empty() ? at::Tensor()
                              : at::from_blob(values.data(), {1, height, width}, at::kChar)
                                    .to(device, type, false, true);
    }

  private:
    /// Centers lie at .5, and the first one at or after a crossing is inside.
    [[nodiscard]] std::ptrdiff_t first_from(double x) const {
        const double first = std::ceil(std::clamp(x, 0.0, static_cast<double>(width)) - 0.5);
        return static_cast<std::ptrdiff_t>(std::max(first, 0.0));
    }
};

bool has_frame(const Region& region, std::int64_t number) {
    return number >= region.first && number <= region.last;
}

RegionAction action_from(const json& name) {
    const auto found = base::named(name.get<std::string>(), actions);
    if (!found) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the action of a region must be \"protect\", \"repair\" or "
                                "\"ignore\", found {}",
                                name.dump()));
    }
    return *found;
}

Region region_from(const json& object) {
    Region region;
    region.action = action_from(object.value("action", json("protect")));
    object.at("first").get_to(region.first);
    object.at("last").get_to(region.last);
    if (object.contains("box")) {
        const auto box = object.at("box").get<std::array<double, 4>>();
        region.polygon = box_polygon(box[0], box[1], box[2], box[3]);
    } else {
        object.at("polygon").get_to(region.polygon);
    }
    region.stages = object.value("stages", region.stages);
    return region;
}

} // namespace

const char* to_string(RegionAction action) {
    switch (action) {
    case RegionAction::protect:
        return "protect";
    case RegionAction::repair:
        return "repair";
    case RegionAction::ignore:
        break;
    }
    return "ignore";
}

std::vector<std::array<double, 2>> box_polygon(double left, double top, double width,
                                               double height) {
    return {{left, top}, {left + width, top}, {left + width, top + height}, {left, top + height}};
}

Protection::Protection(const std::vector<Region>& regions, const CheckedStage& stage,
                       std::int64_t width, std::int64_t height)
    : width_(static_cast<double>(width)), height_(static_cast<double>(height)) {
    std::copy_if(regions.begin(), regions.end(), std::back_inserter(regions_),
                 [&stage](const Region& region) {
                     return region.action == RegionAction::protect && counts_for(region, stage);
                 });
}

at::Tensor pipeline::protected_mask(const std::vector<Region>& regions, std::int64_t number,
                                    const Frame& frame, double width, double height) {
    Plane mask{frame.width(), frame.height(), {}};
    for (const Region& region : regions) {
        if (region.action == RegionAction::protect && has_frame(region, number)) {
            auto polygon = region.polygon;
            for (auto& [x, y] : polygon) {
                x *= static_cast<double>(frame.width()) / width;
                y *= static_cast<double>(frame.height()) / height;
            }
            mask.fill(polygon, 1);
        }
    }
    return mask.tensor(frame.picture().device(), at::kBool);
}

Frame with_decided_damage(const Frame& frame, std::int64_t number,
                          const std::vector<Region>& regions) {
    Plane plane{frame.width(), frame.height(), {}};
    for (const Region& region : regions) {
        if (region.action != RegionAction::protect && has_frame(region, number)) {
            plane.fill(region.polygon, region.action == RegionAction::repair ? 1 : -1);
        }
    }
    const at::Tensor decided = plane.tensor(frame.picture().device(), at::kFloat);
    if (!decided.defined()) {
        return frame;
    }
    return frame.with_damage(
        frame.damage().defined() ? at::where(decided == 0, frame.damage(), decided) : decided);
}

Frame Protection::applied(const Frame& frame, Frame made) const {
    const bool same_size = made.height() == frame.height() && made.width() == frame.width();
    const at::Tensor mask =
        same_size
            ? pipeline::protected_mask(regions_, frame.info().source_index, frame, width_, height_)
            : at::Tensor();
    if (!mask.defined()) {
        return made;
    }
    Frame result = made.with_picture(at::where(mask, frame.picture(), made.picture()));
    if (made.mask().defined()) {
        const at::Tensor before =
            frame.mask().defined() ? frame.mask() : at::zeros_like(made.mask());
        result = result.with_mask(at::where(mask, before, made.mask()));
    }
    return result;
}

bool regions_change_at(std::int64_t number, const std::vector<Region>& regions) {
    return std::any_of(regions.begin(), regions.end(), [number](const Region& region) {
        return region.first == number || region.last + 1 == number;
    });
}

void check_regions(const std::vector<Region>& regions, const std::vector<CheckedStage>& stages) {
    for (const Region& region : regions) {
        if (region.polygon.size() < 3 || region.first < 0 || region.last < region.first ||
            !is_finite(region)) {
            throw Error(Errc::invalid_argument,
                        fmt::format("a region must have at least three corners and frames from 0 "
                                    "on that do not decrease, found {} corners and frames {} to {}",
                                    region.polygon.size(), region.first, region.last));
        }
        if (region.action != RegionAction::protect && !region.stages.empty()) {
            throw Error(Errc::invalid_argument,
                        fmt::format("the region of frames {} to {} with the action \"{}\" counts "
                                    "for all stages, found {}; leave the stages out",
                                    region.first, region.last, to_string(region.action),
                                    fmt::join(region.stages, ", ")));
        }
        for (const std::string& id : region.stages) {
            const bool is_known =
                std::any_of(stages.begin(), stages.end(), [&id](const CheckedStage& stage) {
                    return base::has_id(stage.plugin, id);
                });
            if (!is_known) {
                throw Error(Errc::invalid_argument,
                            fmt::format("frames {} to {} are protected from the stage {}, which "
                                        "the pipeline does not have; leave its name out",
                                        region.first, region.last, id));
            }
        }
    }
}

void add_regions(json& document, const std::vector<Region>& regions) {
    for (const Region& region : regions) {
        json one{{"action", to_string(region.action)},
                 {"first", region.first},
                 {"last", region.last},
                 {"polygon", region.polygon}};
        if (!region.stages.empty()) {
            one["stages"] = region.stages;
        }
        document["regions"].push_back(std::move(one));
    }
}

std::vector<Region> regions_from(const json& document) {
    std::vector<Region> regions;
    try {
        for (const json& object : document) {
            regions.push_back(region_from(object));
        }
    } catch (const json::exception& error) {
        throw Error(Errc::invalid_argument,
                    fmt::format("\"regions\" must be an array of objects with \"first\", \"last\", "
                                "and \"polygon\" (corners [x, y]) or \"box\" ([left, top, width, "
                                "height]), found {} ({})",
                                document.dump(), error.what()));
    }
    return regions;
}

} // namespace oldfilm
