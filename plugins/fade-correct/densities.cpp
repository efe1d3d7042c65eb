#include "densities.hpp"

#include <oldfilm/sdk/srgb.hpp>

#include <ATen/TensorIndexing.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/median.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/quantile.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace oldfilm::stages {
namespace {

/// The lightest and darkest parts of a shot, beyond which single specks of dirt lie.
constexpr double light_part = 0.01, dark_part = 0.99;
/// Ranges of two channels in real scenes differ by up to 1.31 times (nine of ten of 32 clips), in
/// film with one faded dye by 1.38 times or more (nineteen of twenty).
constexpr double natural_ratio = 1.25, certain_ratio = 1.5;
/// Differences of density between both estimates, at which they support each other and do not.
constexpr double agreement = 0.4, contradiction = 0.9;
/// A shot with less contrast than this says nothing about its dyes.
constexpr double least_range = 0.4;
/// What is amplified more is grain.
constexpr double steepest = 4.0;

using Channels = std::array<double, 3>;

/// Densities of what is taken for white and black.
struct Ends {
    Channels light{}, dark{};
};

/// A correction and how certain the fading is, from 0 to 1.
struct Estimate {
    Correction correction;
    double certainty = 0;
};

Channels channels(const at::Tensor& values) {
    const at::Tensor here = values.to(at::kCPU, at::kDouble).contiguous();
    const double* first = here.const_data_ptr<double>();
    return {first[0], first[1], first[2]};
}

at::Tensor value_at(const at::Tensor& samples, double part) {
    return at::quantile(samples, part, samples.dim() - 1);
}

/// The ends of each channel by itself. Saturated colors count.
Ends ends_of_channels(const at::Tensor& samples) {
    return {channels(value_at(samples, light_part)), channels(value_at(samples, dark_part))};
}

/// The channels of the lightest and of the darkest places. Saturated colors count less, the color
/// of a dark scene more.
Ends ends_of_places(const at::Tensor& samples) {
    const at::Tensor all = samples.mean(0);
    const auto middle = [&](const at::Tensor& places) {
        return channels(std::get<0>(samples.index({at::indexing::Slice(), places}).median(1)));
    };
    return {middle(all <= value_at(all, light_part)), middle(all >= value_at(all, dark_part))};
}

Estimate estimate_from(const Ends& ends) {
    Channels range{};
    for (std::size_t c = 0; c < range.size(); ++c) {
        range[c] = std::max(ends.dark[c] - ends.light[c], 0.05);
    }
    const auto [narrow, wide] = std::minmax_element(range.begin(), range.end());
    if (*wide < least_range) {
        return {};
    }
    const double lightest = *std::min_element(ends.light.begin(), ends.light.end());
    Estimate result;
    for (std::size_t c = 0; c < range.size(); ++c) {
        const double slope = std::min(*wide / range[c], steepest);
        result.correction.slope[c] = slope;
        result.correction.offset[c] = lightest - slope * ends.light[c];
    }
    result.certainty =
        std::clamp((*wide / *narrow - natural_ratio) / (certain_ratio - natural_ratio), 0.0, 1.0);
    return result;
}

/// Largest difference of what two corrections make of light, medium and dark parts.
double difference(const Correction& a, const Correction& b) {
    double largest = 0;
    for (std::size_t c = 0; c < a.slope.size(); ++c) {
        for (const double density : {0.3, 0.8, 1.5}) {
            largest = std::max(
                largest, std::abs((a.slope[c] - b.slope[c]) * density + a.offset[c] - b.offset[c]));
        }
    }
    return largest;
}

} // namespace

at::Tensor densities(const at::Tensor& coded) {
    return sdk::srgb_to_linear(coded).clamp_(std::pow(10.0, -densest), 1.0).log10_().neg_();
}

at::Tensor coded_from(const at::Tensor& densities) {
    const at::Tensor light = densities.mul(-std::log(10.0)).exp_();
    return sdk::linear_to_srgb(light).clamp_(0.0, 1.0);
}

Correction Correction::scaled(double strength) const {
    Correction result;
    for (std::size_t c = 0; c < slope.size(); ++c) {
        result.slope[c] = 1 + strength * (slope[c] - 1);
        result.offset[c] = strength * offset[c];
    }
    return result;
}

bool Correction::is_identity() const {
    constexpr double invisible = 1e-3; // of density, and of its slope
    for (std::size_t c = 0; c < slope.size(); ++c) {
        if (std::abs(slope[c] - 1) > invisible || std::abs(offset[c]) > invisible) {
            return false;
        }
    }
    return true;
}

std::string Correction::to_json() const {
    return nlohmann::json{{"slope", slope}, {"offset", offset}}.dump();
}

Correction Correction::from_json(std::string_view json) {
    const auto found = nlohmann::json::parse(json);
    Correction result;
    found.at("slope").get_to(result.slope);
    found.at("offset").get_to(result.offset);
    return result;
}

Correction estimate(const std::vector<at::Tensor>& thumbnails) {
    std::vector<at::Tensor> parts;
    for (const at::Tensor& thumbnail : thumbnails) {
        parts.push_back(thumbnail.reshape({3, -1}));
    }
    const at::Tensor samples = at::cat(parts, 1);
    const Estimate one = estimate_from(ends_of_channels(samples));
    const Estimate other = estimate_from(ends_of_places(samples));
    Correction mean;
    for (std::size_t c = 0; c < mean.slope.size(); ++c) {
        mean.slope[c] = (one.correction.slope[c] + other.correction.slope[c]) / 2;
        mean.offset[c] = (one.correction.offset[c] + other.correction.offset[c]) / 2;
    }
    const double support =
        std::clamp((contradiction - difference(one.correction, other.correction)) /
                       (contradiction - agreement),
                   0.0, 1.0);
    return mean.scaled(std::min(one.certainty, other.certainty) * support);
}

} // namespace oldfilm::stages
