#include "keyframe_choice.hpp"

#include <oldfilm/sdk/luma.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/histc.h>
#include <ATen/ops/std.h>
#include <ATen/ops/var.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace cli {
namespace {

constexpr std::int64_t side = 240; ///< at which frames are judged: grain counts little there
/// Differences in [0, 1] of a pixel from both neighbors, and between these, that make a spike.
constexpr float spike = 0.1F, agreement = 0.04F;
constexpr double fade = 0.7;             ///< part of the shot's usual contrast below which it fades
constexpr std::size_t edge = 2;          ///< frames next to a cut, which splices and fades spoil
constexpr double far_from_typical = 3.0; ///< for histograms without a common value
constexpr double per_damage = 40.0;      ///< for a frame all of damage

/// Luma in [0, 1], 1 x 1 x h x w.
at::Tensor small_luma(const oldfilm::Frame& frame) {
    const at::Tensor luma = oldfilm::sdk::luma(frame.picture(), oldfilm::sdk::bt601);
    const auto height = static_cast<double>(luma.size(1));
    const auto width = static_cast<double>(luma.size(2));
    const double scale = std::min(1.0, side / std::min(height, width));
    const auto length = [&](double full) {
        return std::max<std::int64_t>(std::llround(full * scale), 3);
    };
    return at::adaptive_avg_pool2d(luma.nan_to_num(0.0).clamp(0.0, 1.0).unsqueeze(0),
                                   {length(height), length(width)});
}

double laplacian_variance(const at::Tensor& luma) {
    const std::int64_t height = luma.size(2) - 2;
    const std::int64_t width = luma.size(3) - 2;
    const auto part = [&](std::int64_t y, std::int64_t x) {
        return luma.narrow(2, y, height).narrow(3, x, width);
    };
    const at::Tensor around = part(0, 1) + part(2, 1) + part(1, 0) + part(1, 2);
    return (around - part(1, 1) * 4.0F).var().item<double>();
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

} // namespace

void KeyframeChooser::add(const oldfilm::Frame& frame) {
    if (frame.info().shot != shot_number_) {
        close_shot();
        shot_number_ = frame.info().shot;
    }
    analyzer_.add(frame);
    const at::Tensor luma = small_luma(frame);
    Candidate one;
    one.index = frame.info().index;
    one.time = frame.info().time().value();
    one.sharpness = laplacian_variance(luma);
    one.contrast = luma.std().item<double>();
    one.duplicate = last_.defined() && luma.equal(last_);
    const at::Tensor counts = at::histc(luma, static_cast<std::int64_t>(bins), 0, 1);
    for (std::size_t i = 0; i < bins; ++i) {
        one.histogram[i] =
            static_cast<double>(counts.data_ptr<float>()[i]) / static_cast<double>(luma.numel());
    }
    judge_damage(luma);
    shot_.push_back(one);
    before_ = std::exchange(last_, luma);
}

/// Of the latest frame, now that the next one is there.
void KeyframeChooser::judge_damage(const at::Tensor& next) {
    if (before_.defined() && last_.defined()) {
        const at::Tensor spikes = (last_ - before_).abs().gt(spike) &
                                  (last_ - next).abs().gt(spike) &
                                  (before_ - next).abs().lt(agreement);
        shot_.back().damage = spikes.to(at::kFloat).mean().item<double>();
    }
}

double KeyframeChooser::score(const Candidate& one, const std::array<double, bins>& typical,
                              double sharpness, double contrast) const {
    double apart = 0;
    for (std::size_t i = 0; i < bins; ++i) {
        apart += std::abs(one.histogram[i] - typical[i]) / 2;
    }
    const double sharp = std::log((one.sharpness + 1e-6) / (sharpness + 1e-6));
    const double faded = one.contrast < fade * contrast ? 10.0 : 0.0;
    return sharp - far_from_typical * apart - per_damage * one.damage - faded -
           (one.duplicate ? 20.0 : 0.0);
}

void KeyframeChooser::close_shot() {
    before_ = last_ = at::Tensor();
    if (shot_.empty()) {
        return;
    }
    std::array<double, bins> typical{};
    std::vector<double> sharpness, contrast;
    KeyframeChoice choice;
    choice.first = shot_.front().index;
    choice.frames = static_cast<std::int64_t>(shot_.size());
    for (const Candidate& one : shot_) {
        sharpness.push_back(one.sharpness);
        contrast.push_back(one.contrast);
        choice.has_duplicates = choice.has_duplicates || one.duplicate;
        for (std::size_t i = 0; i < bins; ++i) {
            typical[i] += one.histogram[i] / static_cast<double>(shot_.size());
        }
    }
    const double usual_sharpness = median(sharpness);
    const double usual_contrast = median(contrast);
    const std::size_t left_out = shot_.size() > 4 * edge ? edge : 0;
    const auto best =
        std::max_element(shot_.begin() + static_cast<std::ptrdiff_t>(left_out),
                         shot_.end() - static_cast<std::ptrdiff_t>(left_out),
                         [&](const Candidate& a, const Candidate& b) {
                             return score(a, typical, usual_sharpness, usual_contrast) <
                                    score(b, typical, usual_sharpness, usual_contrast);
                         });
    choice.frame = best->index;
    choice.time = best->time;
    choices_.push_back(choice);
    shot_.clear();
}

std::vector<KeyframeChoice> KeyframeChooser::finish() {
    close_shot();
    const std::vector<oldfilm::ShotFacts> facts = analyzer_.facts().shots;
    for (std::size_t i = 0; i < std::min(facts.size(), choices_.size()); ++i) {
        choices_[i].kind = facts[i].kind;
        if (facts[i].kind != oldfilm::PictureKind::picture) {
            choices_[i].frame = -1;
        }
    }
    return std::move(choices_);
}

} // namespace cli
