#include "analysis/generator.hpp"

#include <ATen/ATen.h>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace oldfilm::test {
namespace {

constexpr double pi = 3.14159265358979;

at::Tensor resized(const at::Tensor& picture, std::int64_t height, std::int64_t width) {
    return at::upsample_bilinear2d(picture.unsqueeze(0), {height, width}, false)[0];
}

/// Distance inside (above 0) or outside a rectangle with rounded corners, for each pixel.
at::Tensor inside(const ActiveArea& area, double radius, std::int64_t height, std::int64_t width) {
    const double half_x = static_cast<double>(area.width) / 2;
    const double half_y = static_cast<double>(area.height) / 2;
    const at::Tensor x =
        (at::arange(width).to(at::kFloat) + 0.5 - static_cast<double>(area.left) - half_x).abs();
    const at::Tensor y =
        (at::arange(height).to(at::kFloat) + 0.5 - static_cast<double>(area.top) - half_y).abs();
    const at::Tensor dx = (x - (half_x - radius)).view({1, width}).expand({height, width});
    const at::Tensor dy = (y - (half_y - radius)).view({height, 1}).expand({height, width});
    const at::Tensor corner = (dx.clamp_min(0).square() + dy.clamp_min(0).square()).sqrt();
    return radius - corner - at::maximum(dx, dy).clamp_max(0);
}

} // namespace

Generator::Generator(std::uint64_t seed, std::int64_t height, std::int64_t width)
    : height_(height), width_(width), random_(seed) {
    at::manual_seed(seed);
}

double Generator::uniform(double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(random_);
}

std::int64_t Generator::integer(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random_);
}

at::Tensor Generator::noise(std::int64_t rows, std::int64_t columns) {
    return at::rand({1, rows, columns});
}

at::Tensor Generator::grain(double sigma) {
    return at::randn({1, height_, width_}) * sigma;
}

std::vector<at::Tensor> Generator::shot(int frames, double low, double high) {
    at::Tensor large = at::zeros({1, height_ + 64, width_ + 64});
    double weight = 1;
    for (std::int64_t cells = 3; cells < width_ / 2; cells *= 2, weight *= 0.62) {
        large =
            large + weight * resized(noise(cells, cells * 4 / 3 + 1), height_ + 64, width_ + 64);
    }
    large = (large - large.min()) / (large.max() - large.min());
    const double contrast = uniform(1, 2.2);
    large = ((large - 0.5) * contrast + 0.5).clamp(0, 1) * (high - low) + low;
    const double angle = uniform(0, 2 * pi);
    const double sigma = uniform(0.005, 0.03);
    std::vector<at::Tensor> shot;
    for (int i = 0; i < frames; ++i) {
        const double way = std::min(2.5 * i, 32.0);
        const auto x = static_cast<std::int64_t>(std::lround(32 + way * std::cos(angle)));
        const auto y = static_cast<std::int64_t>(std::lround(32 + way * std::sin(angle)));
        shot.push_back((large.narrow(1, std::min<std::int64_t>(y, 63), height_)
                            .narrow(2, std::min<std::int64_t>(x, 63), width_) +
                        grain(sigma))
                           .clamp(0, 1));
    }
    return shot;
}

std::vector<at::Tensor> Generator::title_card(int frames) {
    static constexpr std::array words{"THE",   "next", "Morning", "at",     "dawn,",   "a",
                                      "train", "is",   "held up", "by",     "bandits", "who",
                                      "\"Go",  "west", "young",   "man!\"", "END",     "Chapter"};
    static constexpr std::array fonts{cv::FONT_HERSHEY_SIMPLEX, cv::FONT_HERSHEY_COMPLEX,
                                      cv::FONT_HERSHEY_TRIPLEX, cv::FONT_HERSHEY_DUPLEX};
    const auto height = static_cast<int>(height_);
    const auto width = static_cast<int>(width_);
    cv::Mat text(height, width, CV_32F, cv::Scalar(0));
    const int font = fonts.at(static_cast<std::size_t>(integer(0, 3)));
    const double scale = width / 640.0 * uniform(0.7, 1.3);
    const int thick = static_cast<int>(integer(1, 2)) * (width > 900 ? 2 : 1);
    const auto lines = static_cast<int>(integer(1, 5));
    const int pitch = static_cast<int>(55 * scale);
    for (int i = 0; i < lines; ++i) {
        std::string line;
        for (std::int64_t n = integer(i == 0 ? 2 : 1, 4); n > 0; --n) {
            line +=
                words.at(static_cast<std::size_t>(integer(0, words.size() - 1))) + std::string(" ");
        }
        int base = 0;
        cv::Size size = cv::getTextSize(line, font, scale, thick, &base);
        while (size.width > width * 0.8) {
            line.resize(line.size() - 2);
            size = cv::getTextSize(line, font, scale, thick, &base);
        }
        const cv::Point at((width - size.width) / 2,
                           height / 2 + (2 * i - lines + 1) * pitch / 2 + size.height / 2);
        cv::putText(text, line, at, font, scale, cv::Scalar(1), thick, cv::LINE_AA);
    }
    cv::GaussianBlur(text, text, {}, uniform(0.5, 1.2) * width / 640);
    const at::Tensor drawn = at::from_blob(text.data, {1, height_, width_}, at::kFloat).clone();
    const double back = uniform(0.03, 0.22);
    const double front = uniform(0.6, 0.98);
    const at::Tensor uneven = resized(noise(2, 3), height_, width_) * uniform(0, 0.06);
    const double sigma = uniform(0.005, 0.03);
    const bool is_dark = uniform(0, 1) < 0.15; // on paper
    std::vector<at::Tensor> card;
    for (int i = 0; i < frames; ++i) {
        const double gain = uniform(0.93, 1.07);
        at::Tensor picture = (back + (front - back) * drawn + uneven) * gain;
        picture = is_dark ? 0.97 - picture : picture;
        card.push_back((picture + grain(sigma)).clamp(0, 1));
    }
    return card;
}

at::Tensor Generator::colors() {
    const at::Tensor luma = shot(1)[0];
    const double amount = uniform(0.08, 0.5);
    const at::Tensor chroma = (resized(at::rand({3, 5, 7}), height_, width_) - 0.5) * amount;
    return (luma + chroma).clamp(0, 1);
}

at::Tensor Generator::framed(const at::Tensor& picture, const Frame& frame) {
    const at::Tensor distance = inside(frame.area, frame.radius, height_, width_);
    const at::Tensor mask = frame.softness > 0 ? (distance / frame.softness + 0.5).clamp(0, 1)
                                               : (distance > 0).to(at::kFloat);
    const at::Tensor bars = frame.level + grain(frame.noise);
    return (mask * picture + (1 - mask) * bars).clamp(0, 1);
}

std::vector<at::Tensor> Generator::dissolved(const std::vector<at::Tensor>& a,
                                             const std::vector<at::Tensor>& b, int frames,
                                             double gamma) {
    const auto count = static_cast<std::size_t>(frames);
    std::vector<at::Tensor> film(a.begin(), a.end() - frames);
    for (std::size_t i = 0; i < count; ++i) {
        const double part = static_cast<double>(i + 1) / (frames + 1);
        film.push_back(((1 - part) * a[a.size() - count + i].pow(gamma) + part * b[i].pow(gamma))
                           .pow(1 / gamma));
    }
    film.insert(film.end(), b.begin() + frames, b.end());
    return film;
}

at::Tensor Generator::tinted(const at::Tensor& gray, const Tint::Color& color, bool tone) {
    const at::Tensor all = at::tensor({color[0], color[1], color[2]}, at::kFloat).view({3, 1, 1});
    return tone ? gray + (1 - gray) * gray * 4 * (all - 0.5) : gray * all;
}

at::Tensor coded(const at::Tensor& picture) {
    const auto rounded = [](const at::Tensor& t) { return (t * 255).round() / 255; };
    if (picture.size(0) == 1) {
        return rounded(picture);
    }
    const at::Tensor y =
        rounded(picture[0] * 0.299 + picture[1] * 0.587 + picture[2] * 0.114).unsqueeze(0);
    const auto chroma = [&](const at::Tensor& of, double range) {
        const at::Tensor half = rounded(at::avg_pool2d((of - y) / range, 2));
        return resized(half, picture.size(1), picture.size(2)) * range;
    };
    const at::Tensor b = chroma(picture.narrow(0, 2, 1), 1.772) + y;
    const at::Tensor r = chroma(picture.narrow(0, 0, 1), 1.402) + y;
    const at::Tensor g = (y - 0.299 * r - 0.114 * b) / 0.587;
    return at::cat({r, g, b});
}

} // namespace oldfilm::test
