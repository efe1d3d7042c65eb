#include "comparison.hpp"

#include "measures.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace cli {
namespace {

using oldfilm::Frame;
using oldfilm::Reader;

constexpr std::size_t kept_pictures = 6;
// More than this from one frame to the next is a cut or a title, not flicker.
constexpr double cut_levels = 24;

at::Tensor resized(const at::Tensor& picture, const at::Tensor& like) {
    if (picture.size(1) == like.size(1) && picture.size(2) == like.size(2)) {
        return picture;
    }
    return at::_upsample_bicubic2d_aa(picture.unsqueeze(0), {like.size(1), like.size(2)}, false)
        .squeeze(0);
}

at::Tensor bytes(const at::Tensor& picture) {
    return picture.clamp(0, 1).mul(255).round().to(at::kByte);
}

double levels(const at::Tensor& picture) {
    return 255 * luma_of(picture).mean().item<double>();
}

/// A film that is read frame by frame and can be asked for the one that shows at a time.
class Film {
  public:
    explicit Film(const std::string& path) : reader_(path, options()) {}
    [[nodiscard]] const oldfilm::MediaInfo& info() const { return reader_.info(); }
    [[nodiscard]] std::int64_t frames() const { return frames_; }

    std::optional<Frame> next() {
        std::optional<Frame> frame = take();
        if (frame) {
            current_ = *frame;
        }
        return frame;
    }

    /// The last frame whose time is not after `time`.
    std::optional<Frame> at(oldfilm::Rational time) {
        for (;;) {
            if (!ahead_) {
                ahead_ = reader_.next();
                frames_ += ahead_ ? 1 : 0;
            }
            if (!ahead_ || (current_ && ahead_->info().time() > time)) {
                return current_;
            }
            current_ = std::exchange(ahead_, std::nullopt);
        }
    }

    void skip_rest() {
        while (take()) {
        }
    }

  private:
    static oldfilm::ReadOptions options() {
        oldfilm::ReadOptions read;
        read.keep_coded = false;
        return read;
    }
    std::optional<Frame> take() {
        std::optional<Frame> frame =
            ahead_ ? std::exchange(ahead_, std::nullopt) : counted(reader_.next());
        return frame;
    }
    std::optional<Frame> counted(std::optional<Frame> frame) {
        frames_ += frame ? 1 : 0;
        return frame;
    }

    Reader reader_;
    std::optional<Frame> current_, ahead_;
    std::int64_t frames_ = 0;
};

/// Keeps pictures that are evenly spread over a film whose length is not known beforehand: when
/// there are too many, every other one goes and the step doubles.
class Gallery {
  public:
    void offer(const PairFigures& figures, const at::Tensor& a, const at::Tensor& b) {
        if (!worst_ || figures.psnr < worst_->figures.psnr) {
            worst_ = PairPictures{figures, bytes(a), bytes(b)};
        }
        if (count_++ % step_ != 0) {
            return;
        }
        spread_.push_back({figures, bytes(a), bytes(b)});
        if (spread_.size() >= 2 * kept_pictures) {
            for (std::size_t i = 0; 2 * i < spread_.size(); ++i) {
                spread_[i] = spread_[2 * i];
            }
            spread_.resize(spread_.size() / 2);
            step_ *= 2;
        }
    }
    std::vector<PairPictures> take() {
        const std::size_t every = spread_.size() > kept_pictures ? 2 : 1;
        std::vector<PairPictures> result;
        for (std::size_t i = 0; i < spread_.size(); i += every) {
            result.push_back(spread_[i]);
        }
        if (worst_) {
            result.push_back(*worst_);
        }
        return result;
    }

  private:
    std::vector<PairPictures> spread_;
    std::optional<PairPictures> worst_;
    std::size_t step_ = 1, count_ = 0;
};

double flicker(const std::vector<PairFigures>& pairs, double PairFigures::*brightness) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = 1; i < pairs.size(); ++i) {
        const double change = std::abs(pairs[i].*brightness - pairs[i - 1].*brightness);
        if (change < cut_levels) {
            sum += change;
            ++count;
        }
    }
    return count == 0 ? 0 : sum / static_cast<double>(count);
}

void note_differences(const oldfilm::MediaInfo& a, const oldfilm::MediaInfo& b, bool by_time,
                      Comparison& result) {
    if (a.width != b.width || a.height != b.height) {
        result.notes.push_back(fmt::format("B ({} x {}) was resized to A's {} x {}", b.width,
                                           b.height, a.width, a.height));
    }
    if (a.channels != b.channels) {
        result.notes.emplace_back("one film is monochrome, so PSNR is of luma");
    }
    if (by_time) {
        result.notes.push_back(fmt::format("A runs at {} fps and B at {}: frames were paired by "
                                           "time",
                                           a.frame_rate.to_string(), b.frame_rate.to_string()));
    }
}

} // namespace

Comparison compare_films(const std::string& a, const std::string& b, bool keep_pictures,
                         const std::stop_token& stop) {
    Film film_a(a);
    Film film_b(b);
    const bool by_time = film_a.info().frame_rate != film_b.info().frame_rate;
    Comparison result;
    result.a = a;
    result.b = b;
    note_differences(film_a.info(), film_b.info(), by_time, result);

    Gallery gallery;
    double squares = 0;
    while (const std::optional<Frame> one = film_a.next()) {
        const std::optional<Frame> other = by_time ? film_b.at(one->info().time()) : film_b.next();
        if (!other) {
            break;
        }
        if (stop.stop_requested()) {
            throw oldfilm::Error(oldfilm::Errc::cancelled,
                                 fmt::format("stopped on request after {} frames; no figures and "
                                             "no report were made",
                                             result.pairs.size()));
        }
        const at::Tensor picture = resized(other->picture(), one->picture());
        const double square = mean_square(one->picture(), picture);
        squares += square;
        const PairFigures figures{one->info().index,      one->info().time().value(),
                                  psnr_of(square),        ssim(one->picture(), picture),
                                  levels(one->picture()), levels(picture)};
        result.pairs.push_back(figures);
        result.ssim += figures.ssim;
        if (keep_pictures) {
            gallery.offer(figures, one->picture(), picture);
        }
    }
    film_a.skip_rest();
    film_b.skip_rest();
    result.frames_a = film_a.frames();
    result.frames_b = film_b.frames();
    if (!by_time && result.frames_a != result.frames_b) {
        result.notes.push_back(fmt::format("A has {} frames and B {}: the first {} were compared",
                                           result.frames_a, result.frames_b, result.pairs.size()));
    }
    const auto count = static_cast<double>(std::max<std::size_t>(result.pairs.size(), 1));
    result.psnr = psnr_of(squares / count);
    result.ssim /= count;
    result.flicker_a = flicker(result.pairs, &PairFigures::brightness_a);
    result.flicker_b = flicker(result.pairs, &PairFigures::brightness_b);
    result.pictures = gallery.take();
    return result;
}

std::string Comparison::to_json() const {
    nlohmann::json frames = nlohmann::json::array();
    for (const PairFigures& pair : pairs) {
        frames.push_back({{"frame", pair.frame},
                          {"time", pair.time},
                          {"psnr", pair.psnr},
                          {"ssim", pair.ssim},
                          {"brightness_a", pair.brightness_a},
                          {"brightness_b", pair.brightness_b}});
    }
    return nlohmann::json{{"a", a},
                          {"b", b},
                          {"frames_a", frames_a},
                          {"frames_b", frames_b},
                          {"pairs", pairs.size()},
                          {"psnr", psnr},
                          {"ssim", ssim},
                          {"flicker_a", flicker_a},
                          {"flicker_b", flicker_b},
                          {"notes", notes},
                          {"frames", frames}}
        .dump(2);
}

} // namespace cli
