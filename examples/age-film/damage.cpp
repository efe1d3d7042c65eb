#include "damage.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace agefilm {
namespace {

constexpr int kFraction = 4; ///< bits of a pixel that OpenCV's drawing takes

double unit(cv::Size size) {
    return size.height / 288.0;
}

double areaUnit(cv::Size size) {
    return size.area() / (384.0 * 288.0);
}

double between(cv::RNG& random, double low, double high) {
    return random.uniform(low, high);
}

bool chance(cv::RNG& random, double probability) {
    return random.uniform(0.0, 1.0) < probability;
}

// Knuth's method; the means here are small.
int poisson(cv::RNG& random, double mean) {
    const double limit = std::exp(-std::min(mean, 500.0));
    int count = 0;
    for (double p = random.uniform(0.0, 1.0); p > limit; p *= random.uniform(0.0, 1.0)) {
        ++count;
    }
    return count;
}

cv::Point fixedPoint(double x, double y) {
    return {cvRound(x * (1 << kFraction)), cvRound(y * (1 << kFraction))};
}

cv::Point2d somewhere(cv::RNG& random, cv::Size size) {
    const double x = between(random, 0, size.width);
    const double y = between(random, 0, size.height);
    return {x, y};
}

// Lays `opacity` (8 bits, white is opaque) of one tone over the picture.
void lay(cv::Mat& picture, const cv::Mat& opacity, double density, double tone) {
    cv::Mat alpha;
    opacity.convertTo(alpha, CV_32F, density / 255);
    picture += alpha.mul(tone - picture);
}

// Two thirds of the dirt sat on the negative, so that it is bright in the print.
double dirtTone(cv::RNG& random, double bright_share) {
    return chance(random, bright_share) ? between(random, 0.85, 1.0) : between(random, 0.0, 0.12);
}

} // namespace

cv::RNG stream(std::uint64_t seed, std::uint64_t kind) {
    // SplitMix64 (Steele, Lea and Flood 2014): neighboring seeds give unrelated streams.
    std::uint64_t z = seed * 16 + kind + 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return cv::RNG(z ^ (z >> 31));
}

void fade(cv::Mat& picture, double blur, double contrast) {
    if (blur > 0) {
        cv::GaussianBlur(picture, picture, {}, 0.55 * blur * unit(picture.size()));
    }
    if (contrast > 0) {
        const double kept = std::max(0.1, 1 - 0.18 * contrast);
        picture.convertTo(picture, -1, kept, 0.55 * (1 - kept));
    }
}

void Weave::apply(cv::Mat& picture) {
    const double scale = strength_ * unit(picture.size());
    slow_.x = 0.9 * slow_.x + random_.gaussian(0.18);
    slow_.y = 0.9 * slow_.y + random_.gaussian(0.25);
    const double dx = scale * (slow_.x + random_.gaussian(0.25));
    const double dy = scale * (slow_.y + random_.gaussian(0.45));
    if (strength_ <= 0) {
        return;
    }
    const cv::Mat shift = (cv::Mat_<double>(2, 3) << 1, 0, dx, 0, 1, dy);
    cv::warpAffine(picture.clone(), picture, shift, picture.size(), cv::INTER_CUBIC,
                   cv::BORDER_REPLICATE);
}

void Flicker::advance() {
    slow_ = 0.7 * slow_ + random_.gaussian(0.03);
    gain_ = 1 + strength_ * (slow_ + random_.gaussian(0.035));
    gamma_ = std::exp(strength_ * random_.gaussian(0.03));
    slope_.x = strength_ * random_.gaussian(0.02);
    slope_.y = strength_ * random_.gaussian(0.02);
}

void Flicker::apply(cv::Mat& picture) const {
    if (strength_ <= 0) {
        return;
    }
    cv::pow(cv::max(picture, 0), gamma_, picture);
    for (int y = 0; y < picture.rows; ++y) {
        auto* row = picture.ptr<float>(y);
        const double down = gain_ + slope_.y * (2.0 * y / picture.rows - 1);
        for (int x = 0; x < picture.cols; ++x) {
            row[x] *= static_cast<float>(down + slope_.x * (2.0 * x / picture.cols - 1));
        }
    }
}

cv::Mat Grain::next(const cv::Mat& tones) {
    cv::Mat noise(tones.size(), CV_32F);
    random_.fill(noise, cv::RNG::NORMAL, 0, 1);
    const double sigma = 0.65 * unit(tones.size());
    cv::GaussianBlur(noise, noise, {}, sigma);
    // Blurring took variance away: 1 / (4 pi sigma^2) is left of it (for sigma not far below 1).
    const double restore = std::sqrt(4 * CV_PI) * sigma;
    // Density grows with the square root of exposure and dies away in clear and in solid film.
    cv::Mat held = cv::min(cv::max(tones, 0.0), 1.0);
    cv::Mat strength;
    cv::sqrt(held.mul(1 - held), strength);
    return noise.mul(0.010 + 0.06 * strength, strength_ * restore);
}

void Dust::apply(cv::Mat& picture) {
    const double u = unit(picture.size());
    const int count = poisson(random_, 7 * strength_ * areaUnit(picture.size()));
    for (int i = 0; i < count; ++i) {
        const cv::Point2d center = somewhere(random_, picture.size());
        const double radius = u * std::min(6.0, 0.8 - 1.1 * std::log(between(random_, 1e-4, 1)));
        const double turn = between(random_, 0.6, 1.6);
        std::vector<cv::Point> outline;
        for (int k = 0; k < 10; ++k) {
            const double r = radius * between(random_, 0.55, 1.25);
            const double angle = k * CV_PI / 5;
            outline.push_back(fixedPoint(center.x + r * turn * std::cos(angle),
                                         center.y + r / turn * std::sin(angle)));
        }
        cv::Mat opacity = cv::Mat::zeros(picture.size(), CV_8U);
        cv::fillPoly(opacity, std::vector<std::vector<cv::Point>>{outline}, cv::Scalar(255),
                     cv::LINE_AA, kFraction);
        cv::GaussianBlur(opacity, opacity, {3, 3}, 0.5);
        const double density = between(random_, 0.6, 1.0);
        lay(picture, opacity, density, dirtTone(random_, 0.66));
    }
}

Scratches::Scratch Scratches::begin(cv::Size size) {
    const double u = unit(size);
    Scratch s{};
    s.x = between(random_, 0.04, 0.96) * size.width;
    s.drift = random_.gaussian(0.15) * u;
    s.width = between(random_, 0.45, 1.0) * u;
    s.opacity = between(random_, 0.4, 0.85);
    s.tone = dirtTone(random_, 0.75);
    const bool whole = chance(random_, 0.6);
    s.top = whole ? -1 : between(random_, 0.0, 0.5) * size.height;
    s.bottom = whole ? size.height + 1 : s.top + between(random_, 0.3, 0.6) * size.height;
    s.phase = between(random_, 0, 2 * CV_PI);
    s.left = random_.uniform(12, 70);
    return s;
}

void Scratches::draw(cv::Mat& picture, const Scratch& s) {
    const double u = unit(picture.size());
    const int reach = static_cast<int>(std::ceil(3 * s.width)) + 1;
    for (int y = std::max(0, cvRound(s.top)); y < std::min<double>(picture.rows, s.bottom); ++y) {
        const double x = s.x + 0.8 * u * std::sin(y / (70 * u) + s.phase);
        // The groove is not equally deep along the film.
        const double depth = 0.75 + 0.25 * std::sin(y / (23 * u) + 3 * s.phase);
        auto* row = picture.ptr<float>(y);
        const int left = std::max(0, cvFloor(x) - reach);
        const int right = std::min(picture.cols - 1, cvFloor(x) + reach);
        for (int i = left; i <= right; ++i) {
            const double d = (i - x) / s.width;
            const double alpha = s.opacity * depth * std::exp(-0.5 * d * d);
            row[i] += static_cast<float>(alpha * (s.tone - row[i]));
        }
    }
}

void Scratches::apply(cv::Mat& picture) {
    // One is there from the start, so that a short film has one too.
    const double mean = strength_ * (first_ ? 1.5 : 0.06);
    for (int begun = poisson(random_, mean) + (first_ && strength_ > 0); begun > 0; --begun) {
        live_.push_back(begin(picture.size()));
    }
    first_ = false;
    for (Scratch& scratch : live_) {
        draw(picture, scratch);
        scratch.drift = 0.95 * scratch.drift + random_.gaussian(0.06) * unit(picture.size());
        scratch.x += scratch.drift;
        --scratch.left;
    }
    std::erase_if(live_, [](const Scratch& scratch) { return scratch.left <= 0; });
}

void Hairs::apply(cv::Mat& picture) {
    const double u = unit(picture.size());
    for (int left = poisson(random_, 0.22 * strength_); left > 0; --left) {
        cv::Point2d at = somewhere(random_, picture.size());
        double heading = between(random_, 0, 2 * CV_PI);
        double bend = random_.gaussian(0.06);
        std::vector<cv::Point> line;
        const int steps = random_.uniform(8, 32);
        for (int i = 0; i < steps; ++i) {
            line.push_back(fixedPoint(at.x, at.y));
            bend = 0.85 * bend + random_.gaussian(0.06);
            heading += bend;
            at += 3 * u * cv::Point2d(std::cos(heading), std::sin(heading));
        }
        cv::Mat opacity = cv::Mat::zeros(picture.size(), CV_8U);
        const int thickness = std::max(1, cvRound(between(random_, 0.7, 1.8) * u));
        cv::polylines(opacity, line, false, cv::Scalar(255), thickness, cv::LINE_AA, kFraction);
        cv::GaussianBlur(opacity, opacity, {3, 3}, 0.45);
        const double density = between(random_, 0.6, 0.95);
        lay(picture, opacity, density, dirtTone(random_, 0.4));
    }
}

void Stains::apply(cv::Mat& picture) {
    const double u = unit(picture.size());
    for (int left = poisson(random_, 0.10 * strength_); left > 0; --left) {
        const cv::Point2d center = somewhere(random_, picture.size());
        const double radius = between(random_, 9, 28) * u;
        cv::Mat rough(picture.size(), CV_32F);
        random_.fill(rough, cv::RNG::NORMAL, 0, 1);
        cv::GaussianBlur(rough, rough, {}, 4 * u);
        const double wobble = 0.35 * radius * std::sqrt(4 * CV_PI) * 4 * u;
        const double tone = dirtTone(random_, 0.4);
        const double density = between(random_, 0.25, 0.5);
        for (int y = 0; y < picture.rows; ++y) {
            auto* row = picture.ptr<float>(y);
            for (int x = 0; x < picture.cols; ++x) {
                // Inside is positive; the liquid left most of its load at the rim.
                const double inside = radius - std::hypot(x - center.x, y - center.y) +
                                      wobble * rough.at<float>(y, x);
                const double body = std::clamp(inside / (2 * u) + 0.5, 0.0, 1.0);
                const double rim = std::exp(-0.5 * std::pow(inside / (1.6 * u), 2));
                const double alpha = std::min(1.0, density * (0.7 * body + 0.6 * rim));
                row[x] += static_cast<float>(alpha * (tone - row[x]));
            }
        }
    }
}

} // namespace agefilm
