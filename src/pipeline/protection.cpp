#include "pipeline/protection.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/where.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace oldfilm {
namespace {

using nlohmann::json;

bool counts_for(const ProtectedRegion& region, const CheckedStage& stage) {
    return region.stages.empty() ||
           std::any_of(region.stages.begin(), region.stages.end(), [&stage](const std::string& id) {
               return id == stage.plugin.id || id == stage.plugin.name;
           });
}

bool is_finite(const ProtectedRegion& region) {
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

/// Samples of `mask` (height x width, rows one after the other) whose centers lie in `polygon`
/// become 1.
void fill_polygon(std::vector<std::uint8_t>& mask, std::int64_t width, std::int64_t height,
                  const std::vector<std::array<double, 2>>& polygon) {
    // Centers lie at .5, and the first one at or after a crossing is inside.
    const auto first_from = [width](double x) {
        const double first = std::ceil(std::clamp(x, 0.0, static_cast<double>(width)) - 0.5);
        return static_cast<std::ptrdiff_t>(std::max(first, 0.0));
    };
    for (std::int64_t row = 0; row < height; ++row) {
        const std::vector<double> sides = crossings(polygon, static_cast<double>(row) + 0.5);
        const auto line = mask.begin() + row * width;
        for (std::size_t i = 0; i + 1 < sides.size(); i += 2) {
            std::fill(line + first_from(sides[i]), line + first_from(sides[i + 1]),
                      std::uint8_t{1});
        }
    }
}

ProtectedRegion region_from(const json& object) {
    ProtectedRegion region;
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

std::vector<std::array<double, 2>> box_polygon(double left, double top, double width,
                                               double height) {
    return {{left, top}, {left + width, top}, {left + width, top + height}, {left, top + height}};
}

Protection::Protection(const std::vector<ProtectedRegion>& regions, const CheckedStage& stage,
                       std::int64_t width, std::int64_t height)
    : width_(static_cast<double>(width)), height_(static_cast<double>(height)) {
    std::copy_if(regions.begin(), regions.end(), std::back_inserter(regions_),
                 [&stage](const ProtectedRegion& region) { return counts_for(region, stage); });
}

at::Tensor pipeline::protected_mask(const std::vector<ProtectedRegion>& regions,
                                    std::int64_t number, const Frame& frame, double width,
                                    double height) {
    std::vector<std::uint8_t> mask;
    for (const ProtectedRegion& region : regions) {
        if (number < region.first || number > region.last) {
            continue;
        }
        mask.resize(static_cast<std::size_t>(frame.height() * frame.width()));
        auto polygon = region.polygon;
        for (auto& [x, y] : polygon) {
            x *= static_cast<double>(frame.width()) / width;
            y *= static_cast<double>(frame.height()) / height;
        }
        fill_polygon(mask, frame.width(), frame.height(), polygon);
    }
    if (mask.empty()) {
        return {};
    }
    return at::from_blob(mask.data(), {1, frame.height(), frame.width()}, at::kByte)
        .to(frame.picture().device(), at::kBool, false, true);
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

void check_regions(const std::vector<ProtectedRegion>& regions,
                   const std::vector<CheckedStage>& stages) {
    for (const ProtectedRegion& region : regions) {
        if (region.polygon.size() < 3 || region.first < 0 || region.last < region.first ||
            !is_finite(region)) {
            throw Error(Errc::invalid_argument,
                        fmt::format("a protected region must have at least three corners and "
                                    "frames from 0 on that do not decrease, found {} corners and "
                                    "frames {} to {}",
                                    region.polygon.size(), region.first, region.last));
        }
        for (const std::string& id : region.stages) {
            const bool is_known =
                std::any_of(stages.begin(), stages.end(), [&id](const CheckedStage& stage) {
                    return id == stage.plugin.id || id == stage.plugin.name;
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

void add_regions(json& document, const std::vector<ProtectedRegion>& regions) {
    for (const ProtectedRegion& region : regions) {
        json one{{"first", region.first}, {"last", region.last}, {"polygon", region.polygon}};
        if (!region.stages.empty()) {
            one["stages"] = region.stages;
        }
        document["protect"].push_back(std::move(one));
    }
}

std::vector<ProtectedRegion> regions_from(const json& document) {
    std::vector<ProtectedRegion> regions;
    try {
        for (const json& object : document) {
            regions.push_back(region_from(object));
        }
    } catch (const json::exception& error) {
        throw Error(Errc::invalid_argument,
                    fmt::format("\"protect\" must be an array of objects with \"first\", \"last\", "
                                "and \"polygon\" (corners [x, y]) or \"box\" ([left, top, width, "
                                "height]), found {} ({})",
                                document.dump(), error.what()));
    }
    return regions;
}

} // namespace oldfilm
