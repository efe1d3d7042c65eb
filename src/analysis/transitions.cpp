#include "analysis/transitions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

namespace oldfilm::analysis {
namespace {

/// Distances of the two pictures that a mixture is tried for, in frames.
constexpr std::array<std::size_t, 10> lengths{6, 8, 11, 15, 21, 29, 40, 56, 78, 108};
/// Frames after a transition that are waited for.
constexpr std::size_t frames_after = 8;
/// Transitions are looked for in one of so many frames; the fit finds its way from there.
constexpr std::int64_t every = 3;
constexpr std::size_t window = 108 + 3 * frames_after;
/// A shorter one is a cut with blended frames; a longer one is hard to tell from what moves slowly.
constexpr double shortest = 4, longest = 104;
/// What a mixture leaves of the structure in a frame that it explains: of the square.
constexpr double most_residual = 0.12;
constexpr double most_mean_residual = 0.07;
/// Root mean square distance of the parts from a straight line.
constexpr double most_bent = 0.08;
/// Weights of both pictures sum up to one. Those of a pan over something coarse do not.
constexpr double most_sum_error = 0.25;
/// Outside, the change is slower than within, by so much on one side at least.
constexpr double steadier_side = 0.6, other_side = 2.0;
/// Of what a fade shows, for it to be even in time: codes are faded, or linear light.
constexpr std::array<double, 2> exponents{1, 2.2};
constexpr std::size_t shortest_fade = 5;
/// Mean correlation of frames in a fade.
constexpr double least_alike = 0.9;
/// The error of what is no transition.
constexpr double none = std::numeric_limits<double>::infinity();

} // namespace

void Transitions::add(Plane thumbnail, std::int64_t index, double time) {
    if (!window_.empty() && index != window_.back().index + 1) {
        finish();
        window_.clear();
    }
    Entry entry{.picture = std::move(thumbnail), .index = index, .time = time};
    const std::vector<float>& samples = entry.picture.samples;
    const auto count = static_cast<double>(samples.size());
    const double mean = std::accumulate(samples.begin(), samples.end(), 0.0) / count;
    for (const float sample : samples) {
        const double off = static_cast<double>(sample) - mean;
        entry.deviation += off * off / count;
    }
    entry.deviation = std::sqrt(entry.deviation);
    window_.push_back(std::move(entry));
    if (window_.size() > window) {
        window_.pop_front();
    }
    if (window_.size() > frames_after) {
        look(window_.size() - 1 - frames_after, index % every == 0);
    }
    if (window_.size() > lengths.back()) {
        look_for_fade_in(window_.size() - 1 - lengths.back());
    }
}

/// What waits for frames that don't come.
void Transitions::finish() {
    const std::size_t size = window_.size();
    for (std::size_t end = size - std::min(frames_after, size); end < size; ++end) {
        look(end, true);
    }
    for (std::size_t at = size - std::min(lengths.back(), size); at < size; ++at) {
        look_for_fade_in(at);
    }
}

std::vector<Transition> Transitions::found() const {
    Transitions all = *this;
    all.finish();
    std::vector<Transition> transitions;
    for (const Candidate& candidate : all.found_) {
        transitions.push_back(candidate.transition);
    }
    std::sort(transitions.begin(), transitions.end(),
              [](const Transition& a, const Transition& b) { return a.first < b.first; });
    return transitions;
}

bool Transitions::is_even(std::size_t at) const {
    return window_[at].deviation < even_deviation;
}

/// Dissolves that end at or near this frame of the window, and a fade that does.
void Transitions::look(std::size_t end, bool for_dissolves) {
    for (const std::size_t length : lengths) {
        if (for_dissolves && length <= end && may_end(end - length, end)) {
            refine(end - length, end);
        }
    }
    if (end > 0 && is_even(end) && !is_even(end - 1)) {
        look_at_onset(end, -1);
    }
}

/// A fade from this frame of the window on.
void Transitions::look_for_fade_in(std::size_t at) {
    if (is_even(at) && at + 1 < window_.size() && !is_even(at + 1)) {
        look_at_onset(at, 1);
    }
}

/// Whether the frames at a quarter, half and three quarters look like mixtures of both ends.
bool Transitions::may_end(std::size_t begin, std::size_t end) const {
    const Mixture mixture(window_[begin].picture, window_[end].picture);
    if (!mixture.is_usable() || !mixture.differs() || mixture.is_fade()) {
        return false;
    }
    const auto parts = [&](std::size_t quarters) {
        return mixture.parts(window_[begin + (end - begin) * quarters / 4].picture);
    };
    const Mixture::Parts middle = parts(2);
    if (middle.residual > most_residual || middle.place < 0.2 || middle.place > 0.85) {
        return false;
    }
    const double before = parts(1).place;
    const double after = parts(3).place;
    return before < middle.place - 0.05 && middle.place < after - 0.05;
}

/// The line through `parts` of frames `from` on, by those that are no ends.
std::optional<Transitions::Line> Transitions::line_through(const std::vector<double>& parts,
                                                           std::size_t from) {
    double n = 0;
    double x = 0;
    double y = 0;
    double xx = 0;
    double xy = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i] < 0.12 || parts[i] > 0.88) {
            continue;
        }
        const auto at = static_cast<double>(from + i);
        n += 1;
        x += at;
        y += parts[i];
        xx += at * at;
        xy += at * parts[i];
    }
    const double slope = n < 3 ? 0 : (n * xy - x * y) / (n * xx - x * x);
    if (slope < 1 / (longest + 1)) {
        return std::nullopt;
    }
    const double begin = (x - y / slope) / n;
    return Line{.begin = begin, .end = begin + 1 / slope};
}

/// Root mean square change outside a mixture of frames `a` and `b`, as a part of that within, at
/// the same distance: of the steadier side, unless the other one is restless.
double Transitions::change_outside(const Mixture& mixture, std::size_t a, std::size_t b) const {
    const std::size_t distance = std::min<std::size_t>((b - a) / 2, frames_after);
    const double within =
        std::sqrt(mixture.change()) * static_cast<double>(distance) / static_cast<double>(b - a);
    double before = 0;
    double after = 0;
    if (a >= distance) {
        before = mixture.change(window_[a - distance].picture, window_[a].picture) / within;
    }
    if (b + distance < window_.size()) {
        after = mixture.change(window_[b].picture, window_[b + distance].picture) / within;
    }
    return std::max(before, after) > other_side ? steadier_side + 1 : std::min(before, after);
}

/// Parts of the second picture of frames `a` to `b`.
std::vector<double> Transitions::places(const Mixture& mixture, std::size_t a,
                                        std::size_t b) const {
    std::vector<double> parts;
    for (std::size_t i = a; i <= b; ++i) {
        parts.push_back(mixture.parts(window_[i].picture).place);
    }
    return parts;
}

/// How far frames `a` to `b` are from a mixture that goes along `line`, as a part of the change
/// from one to the other, since a part of a dissolve is one, too; `none` for what is none.
double Transitions::error_of(const Mixture& mixture, std::size_t a, std::size_t b,
                             const Line& line) const {
    const auto count = static_cast<double>(b - a + 1);
    double bent = 0;
    double residual = 0;
    double sum = 0;
    double inside = 0;
    for (std::size_t i = a; i <= b; ++i) {
        const double wanted =
            std::clamp((static_cast<double>(i) - line.begin) / (line.end - line.begin), 0.0, 1.0);
        const Mixture::Parts part = mixture.parts(window_[i].picture);
        const double off = part.place - wanted;
        bent += off * off / count;
        if (wanted > 0.2 && wanted < 0.8) {
            inside += 1;
            residual += part.residual;
            sum += part.sum;
        }
    }
    if (inside == 0 || bent > most_bent * most_bent || residual > most_mean_residual * inside ||
        std::abs(sum / inside - 1) > most_sum_error ||
        change_outside(mixture, a, b) > steadier_side ||
        has_moved(window_[a].picture, window_[b].picture)) {
        return none;
    }
    return (std::sqrt(bent) + residual / inside) / mixture.change();
}

/// Fits the line that the parts follow. Pure pictures are taken a little outside of it, so that it
/// grows until they are.
void Transitions::refine(std::size_t begin, std::size_t end) {
    constexpr int rounds = 8;
    constexpr double settled = 1.5;
    constexpr double margin = 2;
    const auto last = static_cast<double>(window_.size() - 1);
    Line line{.begin = static_cast<double>(begin), .end = static_cast<double>(end)};
    for (int round = 0; round < rounds; ++round) {
        const auto a =
            static_cast<std::size_t>(std::clamp(std::floor(line.begin) - margin, 0.0, last));
        const auto b =
            static_cast<std::size_t>(std::clamp(std::ceil(line.end) + margin, 0.0, last));
        if (b <= a) {
            return;
        }
        const Mixture mixture(window_[a].picture, window_[b].picture);
        if (!mixture.is_usable() || !mixture.differs() || mixture.is_fade()) {
            return;
        }
        const auto fit = line_through(places(mixture, a, b), a);
        if (!fit || fit->begin < -1 || fit->end > last + 1) {
            return;
        }
        const double moved = std::abs(fit->begin - line.begin) + std::abs(fit->end - line.end);
        line = *fit;
        if (moved < settled) {
            keep(TransitionKind::dissolve, line, error_of(mixture, a, b, line));
            return;
        }
    }
}

/// Looks for a fade from the even frame `onset` (to it, with a `step` of -1): the structure of a
/// picture comes up evenly and then stays. With both exponents of `exponents`, since video fades
/// codes and film light.
void Transitions::look_at_onset(std::size_t onset, int step) {
    for (const std::size_t length : lengths) {
        const std::ptrdiff_t far =
            static_cast<std::ptrdiff_t>(onset) + step * static_cast<std::ptrdiff_t>(length);
        if (far < 0 || far >= std::ssize(window_)) {
            return;
        }
        const Mixture mixture(window_[onset].picture,
                              window_[static_cast<std::size_t>(far)].picture);
        if (!mixture.is_usable() || !mixture.differs() || !mixture.fades_in()) {
            continue;
        }
        const std::vector<double> levels = levels_of(mixture, onset, step, length);
        if (levels.empty()) {
            continue;
        }
        for (const double exponent : exponents) {
            keep_fade(onset, step, levels, exponent, mixture.change());
        }
    }
}

/// How much of its structure a picture shows in the frames from `onset` on, 1 in the last ones,
/// whatever moves in it. Empty where it becomes another picture.
std::vector<double> Transitions::levels_of(const Mixture& mixture, std::size_t onset, int step,
                                           std::size_t length) const {
    constexpr std::size_t apart = 3;
    const auto frame = [&](std::size_t k) -> const Plane& {
        return window_[step > 0 ? onset + k : onset - k].picture;
    };
    const double full = (mixture.deviation(frame(length)) + mixture.deviation(frame(length - 1)) +
                         mixture.deviation(frame(length - 2))) /
                        3;
    std::vector<double> levels;
    double alike = 0;
    double compared = 0;
    for (std::size_t k = 0; k <= length; ++k) {
        levels.push_back(mixture.deviation(frame(k)) / full);
        if (levels.back() > 0.2 && k + apart <= length) {
            alike += mixture.correlation(frame(k), frame(k + apart));
            ++compared;
        }
    }
    return compared > 0 && alike > least_alike * compared ? levels : std::vector<double>();
}

/// Fits a rise that ends in a plateau to the `levels` of a fade from `onset` on.
void Transitions::keep_fade(std::size_t onset, int step, const std::vector<double>& levels,
                            double exponent, double change) {
    constexpr std::size_t most_hidden = 4; // even, since the picture is faint yet
    const std::size_t length = levels.size() - 1;
    for (std::size_t rise = shortest_fade; rise + std::max<std::size_t>(rise / 5, 3) <= length;
         ++rise) {
        for (std::size_t hidden = 0; hidden < std::min(most_hidden, rise / 4 + 1); ++hidden) {
            double bent = 0;
            for (std::size_t k = 0; k <= length; ++k) {
                const double wanted = std::min(
                    static_cast<double>(k + hidden) / static_cast<double>(rise + hidden), 1.0);
                const double off = std::pow(std::max(levels[k], 0.0), exponent) - wanted;
                bent += k == 0 ? 0 : off * off / static_cast<double>(length);
            }
            const auto at = static_cast<double>(onset);
            const auto begin = at - step * static_cast<double>(hidden);
            const auto end = at + step * static_cast<double>(rise);
            if (bent < most_bent * most_bent) {
                keep(step > 0 ? TransitionKind::fade_in : TransitionKind::fade_out,
                     {.begin = std::min(begin, end), .end = std::max(begin, end)},
                     std::sqrt(bent) / change);
            }
        }
    }
}

/// Of transitions at one place, the one that fits best.
void Transitions::keep(TransitionKind kind, const Line& line, double error) {
    const auto last = static_cast<double>(window_.size() - 1);
    const double first = std::clamp(std::floor(line.begin) + 1, 0.0, last);
    const double end = std::clamp(std::ceil(line.end), 0.0, last + 1);
    if (error == none || end - first < shortest) {
        return;
    }
    const Entry& entry = window_[static_cast<std::size_t>(first)];
    const Transition transition{
        .kind = kind, .first = entry.index, .frames = std::lround(end - first), .time = entry.time};
    const auto overlaps = [&transition](const Candidate& other) {
        return other.transition.first < transition.first + transition.frames &&
               transition.first < other.transition.first + other.transition.frames;
    };
    const auto better = [&](const Candidate& other) {
        return overlaps(other) && other.error <= error;
    };
    if (std::none_of(found_.begin(), found_.end(), better)) {
        found_.erase(std::remove_if(found_.begin(), found_.end(), overlaps), found_.end());
        found_.push_back({transition, error});
    }
}

} // namespace oldfilm::analysis
