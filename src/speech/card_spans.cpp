#include "speech/card_spans.hpp"

#include "speech/card_average.hpp"
#include "speech/gray_image.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/sdk/luma.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/round.h>

#include <algorithm>
#include <utility>

namespace oldfilm::speech {
namespace {

/// Shorter ones nobody can read; they are parts of fades, and pictures in which nothing moves.
const Rational least_duration(2, 5);
/// Frames that are averaged: with these, grain is a quarter of what it was.
constexpr std::size_t most_kept = 17;
/// Frames within a card that may be damaged so much that they do not match it.
constexpr std::size_t most_strays = 2;
/// A frame of the same card that has more contrast, by this, is the better reference.
constexpr double clearer = 1.1;

bool is_title_card(const at::Tensor& luma) {
    FilmAnalyzer analyzer;
    analyzer.add(Frame(luma, {}));
    return analyzer.facts().shots.front().kind == PictureKind::title_card;
}

at::Tensor to_8_bits(const at::Tensor& luma) {
    return (luma * 255).round_().clamp_(0, 255).to(at::kByte).cpu();
}

} // namespace

void CardSpans::add(const Frame& frame) {
    // Whatever the film's matrix: a card has two colors.
    at::Tensor luma = sdk::luma(frame.picture(), sdk::bt601);
    Thumbnail thumbnail(luma);
    add(Seen{frame.info(), std::move(luma), std::move(thumbnail)});
}

void CardSpans::add(Seen frame) {
    if (card_.frames == 0) {
        begin(frame);
        return;
    }
    if (frame.thumbnail.shows_same_as(reference_)) {
        for (const Seen& stray : std::exchange(strays_, {})) {
            extend(stray);
        }
        extend(frame);
        return;
    }
    strays_.push_back(std::move(frame));
    if (strays_.size() > most_strays) {
        end_span();
    }
}

/// The frames that are not of this span may be those of the next one.
void CardSpans::end_span() {
    if (card_.end - card_.start >= least_duration) {
        card_.picture = average();
        // Grain hides faint cards from the analysis of single frames, and shading bright ones.
        if (is_title_card(card_.picture) || is_title_card(flattened(card_.picture))) {
            found_(std::move(card_));
        }
    }
    card_ = {};
    for (Seen& frame : std::exchange(strays_, {})) {
        add(std::move(frame));
    }
}

void CardSpans::begin(const Seen& frame) {
    kept_.clear();
    contrasts_.clear();
    stride_ = 1;
    card_ = {};
    card_.start = frame.info.time();
    reference_ = frame.thumbnail;
    extend(frame);
}

void CardSpans::extend(const Seen& frame) {
    const double contrast = frame.thumbnail.contrast();
    if (card_.frames % stride_ == 0) {
        keep(frame.luma, contrast);
    }
    if (contrast > clearer * reference_.contrast() && frame.thumbnail.shows_same_as(reference_)) {
        reference_ = frame.thumbnail;
    }
    card_.end = frame.info.time() + Rational(frame.info.duration) * frame.info.time_base;
    card_.next = frame.info.index + 1;
    ++card_.frames;
}

/// Frames from all of the card, at even distances, however long it is.
void CardSpans::keep(const at::Tensor& luma, double contrast) {
    if (kept_.size() == 2 * most_kept) {
        for (std::size_t i = 0; i < most_kept; ++i) {
            kept_[i] = kept_[2 * i];
            contrasts_[i] = contrasts_[2 * i];
        }
        kept_.resize(most_kept);
        contrasts_.resize(most_kept);
        stride_ *= 2;
        if (card_.frames % stride_ != 0) {
            return;
        }
    }
    kept_.push_back(to_8_bits(luma));
    contrasts_.push_back(contrast);
}

/// Of the frames around the one that has the most contrast: others may be parts of a fade.
at::Tensor CardSpans::average() {
    const auto clearest =
        std::max_element(contrasts_.begin(), contrasts_.end()) - contrasts_.begin();
    const auto count = std::min<std::ptrdiff_t>(most_kept, std::ssize(kept_));
    const auto first =
        std::clamp<std::ptrdiff_t>(clearest - count / 2, 0, std::ssize(kept_) - count);
    const std::vector<at::Tensor> frames(kept_.begin() + first, kept_.begin() + first + count);
    return average_of(frames, static_cast<std::size_t>(clearest - first));
}

void CardSpans::finish() {
    while (card_.frames > 0) {
        end_span();
    }
}

} // namespace oldfilm::speech
