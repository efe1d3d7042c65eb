#include "hints.hpp"

#include "lab.hpp"

#include <oldfilm/sdk/resize.hpp>

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/full.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>

namespace oldfilm::stages {
namespace {

constexpr std::int64_t track_side = 96;   ///< flows are kept at about this size
constexpr std::int64_t spread_side = 128; ///< colors spread at about this size
constexpr double lightness_reach = 0.15;  ///< L / 100 to cross until a color counts for 1/e
constexpr double pixel_cost = 0.0012;     ///< of a step on an even surface, at `spread_side`
constexpr double grain = 0.008;           ///< differences below it are no edge

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
    throw sdk::Failure(
        "hints \"" + path + "\": " + what +
            R"(; expected [{"frame": 0, "x": 10, "y": 20, "color": "#rrggbb"}, ...])",
        sdk::Status::invalid);
}

/// a and b of "#rrggbb".
bool parse_color(const std::string& text, Hint& hint) {
    unsigned r = 0, g = 0, b = 0;
    char rest = 0;
    if (text.size() != 7 || std::sscanf(text.c_str(), "#%2x%2x%2x%c", &r, &g, &b, &rest) != 3) {
        return false;
    }
    const at::Tensor rgb = at::tensor({r / 255.0F, g / 255.0F, b / 255.0F}).view({1, 3, 1, 1});
    const at::Tensor ab = chroma(rgb);
    hint.a = ab.data_ptr<float>()[0];
    hint.b = ab.data_ptr<float>()[1];
    return true;
}

/// Flow in parts of the picture's size, small, on the host.
at::Tensor compact(const at::Tensor& flow) {
    const double height = static_cast<double>(flow.size(1));
    const double width = static_cast<double>(flow.size(2));
    const double scale = std::min(1.0, track_side / std::min(height, width));
    at::Tensor small = sdk::resize_bilinear(flow.unsqueeze(0), std::llround(height * scale),
                                            std::llround(width * scale))
                           .squeeze(0)
                           .clone();
    small.select(0, 0).div_(width);
    small.select(0, 1).div_(height);
    return small.cpu().contiguous();
}

std::array<double, 2> moved(std::array<double, 2> point, const at::Tensor& flow) {
    const std::int64_t height = flow.size(1);
    const std::int64_t width = flow.size(2);
    const auto cell = [](double part, std::int64_t side) {
        const auto at = static_cast<std::int64_t>(part * static_cast<double>(side));
        return std::clamp<std::int64_t>(at, 0, side - 1);
    };
    const float* values = flow.data_ptr<float>();
    const std::int64_t place = cell(point[1], height) * width + cell(point[0], width);
    return {std::clamp(point[0] + static_cast<double>(values[place]), 0.0, 1.0),
            std::clamp(point[1] + static_cast<double>(values[height * width + place]), 0.0, 1.0)};
}

/// Distances 1 x K x H x W from K points over `luma`, 1 x 1 x H x W, along 4-neighbor paths.
at::Tensor geodesic(const at::Tensor& luma, const std::vector<std::array<double, 2>>& points) {
    constexpr double far = 1e3;
    const std::int64_t height = luma.size(2);
    const std::int64_t width = luma.size(3);
    const auto cost = [&](const at::Tensor& a, const at::Tensor& b) {
        return a.sub(b).abs_().sub_(grain).clamp_min_(0.0).add_(pixel_cost);
    };
    const at::Tensor across = cost(luma.narrow(3, 1, width - 1), luma.narrow(3, 0, width - 1));
    const at::Tensor down = cost(luma.narrow(2, 1, height - 1), luma.narrow(2, 0, height - 1));
    at::Tensor distance =
        at::full({1, static_cast<std::int64_t>(points.size()), height, width}, far, luma.options());
    for (std::size_t k = 0; k < points.size(); ++k) {
        const auto y = std::clamp<std::int64_t>(static_cast<std::int64_t>(points[k][1] * height), 0,
                                                height - 1);
        const auto x =
            std::clamp<std::int64_t>(static_cast<std::int64_t>(points[k][0] * width), 0, width - 1);
        distance.select(1, static_cast<std::int64_t>(k)).select(1, y).select(1, x).zero_();
    }
    // Relaxation in all places at once: after n rounds every path of n steps is known.
    const auto relax = [&](std::int64_t dim, const at::Tensor& edge) {
        const std::int64_t count = distance.size(dim) - 1;
        const at::Tensor before = distance.narrow(dim, 0, count);
        const at::Tensor after = distance.narrow(dim, 1, count);
        after.copy_(at::minimum(after, before.add(edge)));
        before.copy_(at::minimum(before, after.add(edge)));
    };
    for (std::int64_t round = 0; round < height + width; ++round) {
        relax(3, across);
        relax(2, down);
    }
    return distance;
}

} // namespace

std::vector<Hint> read_hints(const std::string& path, std::int64_t width, std::int64_t height) {
    std::ifstream file(path);
    if (!file) {
        refuse(path, "the file cannot be read");
    }
    return parse_hints(std::string{std::istreambuf_iterator<char>(file), {}}, path, width, height);
}

std::vector<Hint> parse_hints(std::string_view text, const std::string& path, std::int64_t width,
                              std::int64_t height) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_array()) {
        refuse(path, "the file holds no JSON array");
    }
    std::vector<Hint> hints;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const auto& entry = json[i];
        const std::string name = "entry " + std::to_string(i);
        const auto is_number = [&](const char* key) {
            return entry.contains(key) && entry[key].is_number();
        };
        if (!entry.is_object() || !entry.contains("frame") || !entry["frame"].is_number_integer() ||
            !is_number("x") || !is_number("y")) {
            refuse(path, name + " lacks a whole number frame, or a number x or y");
        }
        Hint hint{entry["frame"].get<std::int64_t>(), entry["x"].get<double>(),
                  entry["y"].get<double>()};
        if (!entry.contains("color") || !entry["color"].is_string() ||
            !parse_color(entry["color"].get<std::string>(), hint)) {
            refuse(path, name + " lacks a color such as \"#c08060\"");
        }
        if (hint.frame < 0 || hint.x < 0 || hint.y < 0 || hint.x >= static_cast<double>(width) ||
            hint.y >= static_cast<double>(height)) {
            refuse(path, name + " lies outside the frames, which are " + std::to_string(width) +
                             "x" + std::to_string(height));
        }
        hints.push_back(hint);
    }
    return hints;
}

void Tracker::see(const sdk::Host& host, std::int64_t index, const at::Tensor& luma) {
    if (first_ < 0) {
        first_ = index;
    } else {
        forward_.push_back(compact(sdk::flow(host, previous_, luma)));
        back_.push_back(compact(sdk::flow(host, luma, previous_)));
    }
    previous_ = luma;
}

std::string Tracker::finish() {
    nlohmann::json tracks = nlohmann::json::array();
    const auto count = static_cast<std::int64_t>(forward_.size()) + 1;
    for (const Hint& hint : hints_) {
        const std::int64_t at = hint.frame - first_;
        if (first_ < 0 || at < 0 || at >= count) {
            continue;
        }
        std::vector<std::array<double, 2>> points(static_cast<std::size_t>(count));
        const auto origin = static_cast<std::size_t>(at);
        points[origin] = {(hint.x + 0.5) / static_cast<double>(width_),
                          (hint.y + 0.5) / static_cast<double>(height_)};
        for (std::size_t i = origin + 1; i < points.size(); ++i) {
            points[i] = moved(points[i - 1], forward_[i - 1]);
        }
        for (std::size_t i = origin; i > 0; --i) {
            points[i - 1] = moved(points[i], back_[i - 1]);
        }
        tracks.push_back({{"ab", {hint.a, hint.b}}, {"points", points}});
    }
    const nlohmann::json found{{"first", std::max<std::int64_t>(first_, 0)}, {"hints", tracks}};
    first_ = -1;
    previous_ = at::Tensor();
    forward_.clear();
    back_.clear();
    return found.dump();
}

ShotHints ShotHints::parse(std::string_view json) {
    ShotHints result;
    if (json.empty()) {
        return result;
    }
    try {
        const auto found = nlohmann::json::parse(json);
        const auto& first = found.at("first");
        result.first = first.is_number_integer() ? first.get<std::int64_t>() : -1;
        for (const auto& entry : found.at("hints")) {
            Track& track = result.tracks.emplace_back();
            track.a = entry.at("ab").at(0).get<double>();
            track.b = entry.at("ab").at(1).get<double>();
            entry.at("points").get_to(track.points);
            if (track.points.empty()) {
                result.first = -1;
            }
        }
    } catch (const nlohmann::json::exception&) {
        result.first = -1;
    }
    if (result.first < 0) {
        throw sdk::Failure("what an earlier run noted of the hints can't be read; start over");
    }
    return result;
}

std::vector<std::array<double, 2>> ShotHints::at(std::int64_t index) const {
    std::vector<std::array<double, 2>> points;
    for (const Track& track : tracks) {
        const auto last = static_cast<std::int64_t>(track.points.size()) - 1;
        const auto place = std::clamp<std::int64_t>(index - first, 0, last);
        points.push_back(track.points[static_cast<std::size_t>(place)]);
    }
    return points;
}

at::Tensor with_hints(const SmallFrame& frame, const ShotHints& hints, std::int64_t index) {
    if (hints.tracks.empty()) {
        return frame.ab;
    }
    const std::int64_t height = frame.luma.size(1);
    const std::int64_t width = frame.luma.size(2);
    const double scale = std::min(1.0, static_cast<double>(spread_side) /
                                           static_cast<double>(std::min(height, width)));
    const at::Tensor luma = sdk::resize_bilinear(frame.luma.unsqueeze(0),
                                                 std::llround(static_cast<double>(height) * scale),
                                                 std::llround(static_cast<double>(width) * scale));
    const at::Tensor distance = geodesic(luma, hints.at(index)).div_(lightness_reach);
    const at::Tensor near = distance.mul(distance).neg_().exp_(); // 1 x K x h x w
    at::Tensor sum = at::zeros_like(luma);
    at::Tensor a = at::zeros_like(luma);
    at::Tensor b = at::zeros_like(luma);
    at::Tensor rest = at::zeros_like(luma).add_(1.0);
    for (std::size_t k = 0; k < hints.tracks.size(); ++k) {
        const at::Tensor weight = near.narrow(1, static_cast<std::int64_t>(k), 1);
        // Squared: where two hints meet, the nearer one rules.
        const at::Tensor share = weight.mul(weight);
        sum.add_(share);
        a.add_(share, hints.tracks[k].a);
        b.add_(share, hints.tracks[k].b);
        rest.mul_(weight.neg().add_(1.0));
    }
    sum.clamp_min_(1e-12);
    const auto full = [&](const at::Tensor& t) { return sdk::resize_bilinear(t, height, width); };
    at::Tensor result = frame.ab.clone();
    const at::Tensor strength = full(rest.neg_().add_(1.0));
    result.narrow(1, 0, 1).lerp_(full(a.div_(sum)), strength);
    result.narrow(1, 1, 1).lerp_(full(b.div_(sum)), strength);
    return result;
}

} // namespace oldfilm::stages
