// Damage at a glance, of generated films whose damage is known, with the figures that
// docs/film-facts.md states.
#include "analysis/generator.hpp"

#include <oldfilm/analysis.hpp>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

using namespace oldfilm;
using test::Generator;

namespace {

constexpr std::int64_t rows = 240, columns = 320;
constexpr int frames = 40;

ShotDamage damage_of(const std::vector<at::Tensor>& film) {
    FilmAnalyzer analyzer;
    FrameInfo info;
    info.shot = 0;
    for (const at::Tensor& picture : film) {
        analyzer.add(Frame(picture.clamp(0, 1).contiguous(), info));
    }
    return analyzer.facts().damage;
}

/// Pictures that move, with grain.
std::vector<at::Tensor> clean_film(Generator& make) {
    std::vector<at::Tensor> film = make.shot(frames);
    for (at::Tensor& picture : film) {
        picture = picture + make.grain(0.015);
    }
    return film;
}

/// Standard normal.
double normal(Generator& make) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) {
        sum += make.uniform(0, 1);
    }
    return sum;
}

/// `picture` moved by whole and parts of pixels, without borders: it must be larger.
at::Tensor moved(const at::Tensor& picture, double across, double down) {
    const auto x = static_cast<std::int64_t>(std::floor(across)),
               y = static_cast<std::int64_t>(std::floor(down));
    const double right = across - static_cast<double>(x), below = down - static_cast<double>(y);
    constexpr std::int64_t margin = 16;
    const auto at = [&](std::int64_t dy, std::int64_t dx) {
        return picture.slice(1, margin + y + dy, margin + y + dy + rows - 2 * margin)
            .slice(2, margin + x + dx, margin + x + dx + columns - 2 * margin);
    };
    return (at(0, 0) * (1 - right) + at(0, 1) * right) * (1 - below) +
           (at(1, 0) * (1 - right) + at(1, 1) * right) * below;
}

/// Dark and bright blobs of 2 to 5 pixels on each side.
void strew(Generator& make, at::Tensor& picture, int spots) {
    for (int i = 0; i < spots; ++i) {
        const std::int64_t h = make.integer(2, 5), w = make.integer(2, 5);
        const std::int64_t y = make.integer(4, rows - 10), x = make.integer(4, columns - 10);
        picture.slice(1, y, y + h).slice(2, x, x + w).fill_(make.uniform(0, 1) < 0.5 ? 0.0 : 1.0);
    }
}

bool is_near(std::int64_t a, std::int64_t b) {
    return std::abs(a - b) <= 1;
}

} // namespace

TEST_CASE("Flicker is measured, and clean films have little") {
    double worst = 0;
    double most_of_clean = 0;
    for (int number = 0; number < 8; ++number) {
        Generator make(7000 + static_cast<std::uint64_t>(number), rows, columns);
        std::vector<at::Tensor> film = clean_film(make);
        most_of_clean = std::max(most_of_clean, damage_of(film).flicker);
        const double deviation = make.uniform(0.01, 0.06);
        double squares = 0;
        for (at::Tensor& picture : film) {
            const double gain = deviation * normal(make);
            squares += gain * gain;
            picture = picture * (1 + gain) * 0.9;
        }
        const double truth = 100 * std::sqrt(squares / frames);
        worst = std::max(worst, std::abs(damage_of(film).flicker / truth - 1));
    }
    WARN("flicker: worst error " << 100 * worst << " %, clean at most " << most_of_clean << " %");
    CHECK(worst < 0.2);
    CHECK(most_of_clean < 0.15);
}

TEST_CASE("Weave is measured, and pans have none") {
    double worst = 0;
    double most_of_clean = 0;
    for (int number = 0; number < 8; ++number) {
        Generator make(7100 + static_cast<std::uint64_t>(number), rows, columns);
        const std::vector<at::Tensor> film = clean_film(make);
        most_of_clean = std::max(most_of_clean, damage_of(film).weave);
        const double deviation = make.uniform(0.3, 2.5);
        double squares = 0;
        std::vector<at::Tensor> woven;
        for (const at::Tensor& picture : film) {
            const double x = std::clamp(deviation * normal(make), -12.0, 12.0);
            const double y = std::clamp(deviation * normal(make), -12.0, 12.0);
            squares += x * x + y * y;
            woven.push_back(moved(picture, x, y));
        }
        const double truth = std::sqrt(squares / frames);
        worst = std::max(worst, std::abs(damage_of(woven).weave / truth - 1));
    }
    WARN("weave: worst error " << 100 * worst << " %, clean at most " << most_of_clean
                               << " pixels");
    CHECK(worst < 0.2);
    CHECK(most_of_clean < 0.3);
}

TEST_CASE("Dust is counted, and what moves is none") {
    double counted = 0;
    double strewn = 0;
    double most_of_clean = 0;
    for (int number = 0; number < 8; ++number) {
        Generator make(7200 + static_cast<std::uint64_t>(number), rows, columns);
        std::vector<at::Tensor> film = clean_film(make);
        most_of_clean = std::max(most_of_clean, damage_of(film).dust);
        const auto spots = static_cast<int>(make.integer(5, 60));
        for (at::Tensor& picture : film) {
            strew(make, picture, spots);
        }
        counted += damage_of(film).dust;
        strewn += spots;
    }
    WARN("dust: " << counted << " of " << strewn << ", clean at most " << most_of_clean);
    CHECK(counted / strewn > 0.85);
    CHECK(counted / strewn < 1.1);
    CHECK(most_of_clean == 0);
}

TEST_CASE("Running scratches are found in their columns, and nothing else is") {
    int found = 0;
    int drawn = 0;
    for (int number = 0; number < 10; ++number) {
        Generator make(7300 + static_cast<std::uint64_t>(number), rows, columns);
        std::vector<at::Tensor> film = clean_film(make);
        CHECK(damage_of(film).scratches.empty());
        const std::int64_t column = make.integer(20, columns - 20);
        const double contrast = make.uniform(0.08, 0.25) * (number % 2 == 0 ? 1 : -1);
        for (at::Tensor& picture : film) {
            picture.slice(2, column, column + 2).add_(contrast);
        }
        const std::vector<std::int64_t> at = damage_of(film).scratches;
        ++drawn;
        found += at.size() == 1 && is_near(at[0], column) ? 1 : 0;
    }
    WARN("scratches: " << found << " of " << drawn);
    CHECK(found >= 9);
}

TEST_CASE("A shot of two frames has no damage that is known") {
    Generator make(7400, rows, columns);
    std::vector<at::Tensor> film = clean_film(make);
    film.resize(2);
    const ShotDamage damage = damage_of(film);
    CHECK(damage.flicker == -1);
    CHECK(damage.weave == -1);
    CHECK(damage.dust == -1);
}
