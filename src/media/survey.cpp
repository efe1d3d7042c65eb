#include "media/survey.hpp"

#include "media/convert.hpp"
#include "media/decoder.hpp"
#include "media/duplicates.hpp"
#include "media/locations.hpp"
#include "media/luma.hpp"

#include <oldfilm/error.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <vector>

namespace oldfilm::media {
namespace {

/// Frames that are looked at in one place, and pixels in all: three places of a film in SD.
constexpr int frames_looked_at = 100;
constexpr std::int64_t most_pixels = 100'000'000;
constexpr std::int64_t fewest_frames = 24;

/// What one frame shows, compared with the one before it.
struct Step {
    double top = 0, bottom = 0; ///< difference of the fields
    double largest = 0;         ///< `largest_difference`
    double combed = 0;          ///< as the frame is
    double detail = 0;          ///< what a field alone comes to
    double late_top = 0;        ///< with the bottom field of the frame before
    double late_bottom = 0;     ///< with the top field of the frame before
};

struct Excerpt {
    std::vector<Step> steps;
    std::vector<int> repeats; ///< FFmpeg's repeat_pict
    bool ended = false;
};

Step step(const Luma& before, const Luma& now) {
    Step s;
    s.top = field_difference(now, before, 0);
    s.bottom = field_difference(now, before, 1);
    s.largest = largest_difference(now, before);
    s.combed = combing(now, now);
    s.detail = combing_of_fields(now);
    s.late_top = combing(now, before);
    s.late_bottom = combing(before, now);
    return s;
}

Excerpt excerpt(Decoder& decoder, std::int64_t frames) {
    Excerpt found;
    Luma last;
    for (std::int64_t i = 0; i < frames; ++i) {
        bool broken = false;
        const Decoded decoded = decoder.next(broken);
        if (!decoded) {
            found.ended = true;
            break;
        }
        if (layout_of(static_cast<AVPixelFormat>(decoded.frame->format)).real) {
            break;
        }
        Luma now(*decoded.frame);
        if (!last.empty()) {
            found.steps.push_back(step(last, now));
        }
        found.repeats.push_back(decoded.frame->repeat_pict);
        last = std::move(now);
    }
    return found;
}

/// 2:3 pulldown repeats a field in every other frame; an edit costs some.
bool repeats_fields(const std::vector<int>& repeats) {
    std::size_t alternating = 0;
    for (std::size_t i = 1; i < repeats.size(); ++i) {
        alternating += repeats[i] + repeats[i - 1] == 1 ? 1 : 0;
    }
    return repeats.size() > 8 && alternating * 10 >= (repeats.size() - 1) * 9;
}

struct Votes {
    int moving = 0;
    int top_repeats = 0, bottom_repeats = 0; ///< of a field
    int top_first = 0, bottom_first = 0;     ///< combed
};

/// Where fields are of two times, the frame is combed as much as the field that comes later is with
/// the other one of the frame before, and the one that comes first much more. Where they are of
/// one, both are combed alike, and the frame is not: so no motion is taken for combing. Nor is
/// detail, which stands out within a field as much.
void vote(const Step& s, Votes& votes) {
    if (std::max(s.top, s.bottom) > 0.5) { // a frame at rest says nothing
        ++votes.moving;
        votes.top_repeats += s.top * 3 < s.bottom ? 1 : 0;
        votes.bottom_repeats += s.bottom * 3 < s.top ? 1 : 0;
    }
    constexpr double anything = 0.002; // of the samples
    const double near = std::min(s.late_top, s.late_bottom);
    const double far = std::max(s.late_top, s.late_bottom);
    if (s.combed < std::max(anything, 2 * s.detail) || far < 1.3 * std::max(near, s.combed) ||
        s.combed < 0.7 * near) {
        return;
    }
    (s.late_top < s.late_bottom ? votes.top_first : votes.bottom_first) += 1;
}

Survey::Fields fields_of(const Votes& votes) {
    const int most = std::max(votes.top_first, votes.bottom_first);
    const int least = std::min(votes.top_first, votes.bottom_first);
    if (most < 6 || most * 8 < votes.moving || most < 4 * least) {
        return Survey::Fields::together;
    }
    return votes.top_first > votes.bottom_first ? Survey::Fields::top_first
                                                : Survey::Fields::bottom_first;
}

/// By how much frames differ that show two pictures: at least a quarter of them do.
double usual_difference(const std::vector<Step>& steps) {
    std::vector<double> differences;
    for (const Step& s : steps) {
        differences.push_back(s.largest);
    }
    const auto upper = differences.begin() + std::ssize(differences) * 3 / 4;
    std::nth_element(differences.begin(), upper, differences.end());
    return *upper;
}

/// Numbers of the frames that show something new.
std::vector<std::int64_t> own_frames(const std::vector<Step>& steps, double usual) {
    std::vector<std::int64_t> own{0};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (!is_duplicate(steps[i].largest, usual)) {
            own.push_back(static_cast<std::int64_t>(i) + 1);
        }
    }
    return own;
}

/// The longest stretch, in frames, over which the film's own frames come as `own` in `shown`.
/// Frame k is first shown at the next place after k * shown / own and a constant: what those places
/// are off by spans less than one, or one where a container's clock has rounded a tie either way.
std::int64_t stretch(const std::vector<std::int64_t>& frames, const Pulldown& p) {
    std::int64_t longest = 0;
    std::size_t first = 0;
    std::int64_t least = 0;
    std::int64_t most = 0;
    for (std::size_t k = 0; k < frames.size(); ++k) {
        const std::int64_t off = frames[k] * p.own - static_cast<std::int64_t>(k) * p.shown;
        least = k == first ? off : std::min(least, off);
        most = k == first ? off : std::max(most, off);
        if (most - least > p.own) {
            first = k;
            least = most = off;
        }
        longest = std::max(longest, frames[k] - frames[first]);
    }
    return longest;
}

Pulldown pulldown_in(const Excerpt& excerpt, const Rational& rate, double& usual) {
    const std::int64_t nominal = rate.round();
    constexpr std::int64_t shortest = 36;
    const auto frames = std::ssize(excerpt.steps) + 1;
    if (nominal < 2 || std::abs(rate.value() / static_cast<double>(nominal) - 1) > 0.01 ||
        frames < shortest) {
        return {};
    }
    usual = usual_difference(excerpt.steps);
    const std::vector<std::int64_t> own = own_frames(excerpt.steps, usual);
    if (frames - std::ssize(own) < 3 || std::ssize(own) < 12) {
        return {};
    }
    Pulldown best;
    std::int64_t longest = std::max(shortest, frames * 3 / 5) - 1;
    // Frames a second that films are taken at, and half of what is shown, as video may be.
    constexpr std::int64_t slowest = 8;
    constexpr std::int64_t fastest = 25;
    for (std::int64_t film = slowest; film < nominal; ++film) {
        if (film > fastest && film * 2 != nominal) {
            continue;
        }
        const std::int64_t common = std::gcd(film, nominal);
        const Pulldown tried{film / common, nominal / common};
        const std::int64_t fits = stretch(own, tried);
        if (fits > longest || (best.any() && fits == longest && tried.shown < best.shown)) {
            longest = fits;
            best = tried;
        }
    }
    return best;
}

void look(const std::string& path, const ReadOptions& read, const Rational& rate, Survey& found) {
    ReadOptions options;
    options.threads = read.threads;
    options.protocols = read.protocols;
    Decoder decoder(path, options);
    if (holds_pictures(decoder.input())) {
        return;
    }
    const AVCodecContext& codec = decoder.codec();
    const std::int64_t pixels = std::max<std::int64_t>(std::int64_t{codec.width} * codec.height, 1);
    const std::int64_t most = std::max(most_pixels / pixels, fewest_frames);
    const std::int64_t each = std::min<std::int64_t>(most, frames_looked_at);
    const Rational length(std::max<std::int64_t>(decoder.input().duration, 0), AV_TIME_BASE);
    Votes votes;
    int repeating = 0;
    int places = 0;
    for (std::int64_t left = most; left >= fewest_frames && places < 3; left -= each, ++places) {
        if (places > 0 && (length < Rational(20) || !decoder.seek(length * Rational(places, 3)))) {
            break;
        }
        const Excerpt one = excerpt(decoder, std::min(left, each));
        for (const Step& s : one.steps) {
            vote(s, votes);
        }
        repeating += repeats_fields(one.repeats) ? 1 : 0;
        if (!found.pulldown.any()) {
            found.pulldown = pulldown_in(one, rate, found.usual);
        }
        if (places == 0 && one.ended) {
            found.frames = std::ssize(one.repeats);
        }
    }
    found.repeats_fields = places > 0 && repeating == places;
    found.fields = fields_of(votes);
    // One frame in five for each field, in a perfect cadence; an edit or a still costs some.
    found.telecined = votes.moving >= 10 && votes.top_repeats * 10 >= votes.moving &&
                      votes.bottom_repeats * 10 >= votes.moving;
}

} // namespace

Survey survey(const std::string& path, const ReadOptions& read, const Rational& rate) {
    Survey found;
    if (!is_pipe(path) && !is_sequence(path) && !std::filesystem::is_directory(path)) {
        try {
            look(path, read, rate, found);
        } catch (const Error&) {
            return {};
        }
    }
    return found;
}

} // namespace oldfilm::media
