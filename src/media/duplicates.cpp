#include "media/duplicates.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace oldfilm::media {
namespace {

/// In codes of 8 bits. Quantization leaves less in the second of two equal frames; grain alone
/// differs by more.
constexpr double most_coding_noise = 2;
constexpr std::size_t remembered = 8;

const AVFrame& on_host(const Decoded& decoded) {
    return decoded.samples ? decoded.samples->on_host() : *decoded.frame;
}

} // namespace

bool is_duplicate(double difference, double usual) {
    return difference == 0 || (difference <= most_coding_noise && difference * 4 <= usual);
}

FilmClock::FilmClock(const Pulldown& pulldown, const Rational& rate) : pulldown_(pulldown) {
    if (pulldown_.any()) {
        frame_ = rate.inverse();
        film_ = frame_ * Rational(pulldown_.shown, pulldown_.own);
    }
}

bool FilmClock::may_repeat(const Rational& time) const {
    return last_ && time < *last_ + film_ + frame_;
}

/// A part that was taken at the full rate ends where frames come as in the pulldown again.
void FilmClock::watch(bool again) {
    latest_.push_back(again);
    if (std::ssize(latest_) > pulldown_.shown) {
        latest_.pop_front();
        const auto own = std::count(latest_.begin(), latest_.end(), false);
        regular_ = regular_ || own == pulldown_.own;
    }
}

std::optional<Rational> FilmClock::taken(const Rational& time, bool again) {
    if (!pulldown_.any()) {
        return std::nullopt;
    }
    watch(again);
    if (!last_) {
        return last_ = time;
    }
    if (again) {
        // Where the film itself stands still its frames pass all the same.
        if (!may_repeat(time)) {
            last_ = *last_ + film_;
        }
        return regular_ ? last_ : last_ = time;
    }
    const Rational next = *last_ + film_;
    const bool early = next >= time + frame_; // frames come faster than the film's own would
    const bool late = next + frame_ <= time;
    regular_ = regular_ && !early;
    return last_ = regular_ && !late ? next : time;
}

bool Duplicates::again(const Decoded& before, const Decoded& now, bool may_differ) {
    const bool same = before.samples && now.samples ? same_samples(*before.samples, *now.samples)
                                                    : same_samples(on_host(before), on_host(now));
    if (same || !near_) {
        return same;
    }
    if (own_.empty()) {
        own_ = Luma(on_host(before));
    }
    Luma luma(on_host(now));
    if (luma.width() != own_.width() || luma.height() != own_.height()) {
        return false; // the reader says so
    }
    const double difference = largest_difference(own_, luma);
    if (may_differ && is_duplicate(difference, usual_)) {
        return true;
    }
    own_ = std::move(luma);
    latest_.push_back(difference);
    if (latest_.size() > remembered) {
        latest_.pop_front();
        std::vector<double> sorted(latest_.begin(), latest_.end());
        std::nth_element(sorted.begin(), sorted.begin() + remembered / 2, sorted.end());
        usual_ = sorted[remembered / 2];
    }
    return false;
}

} // namespace oldfilm::media
