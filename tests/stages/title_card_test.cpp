// title-card as a pipeline runs it: less grain, no dust, the same sharpness, no ghost of other
// text.
#include "stage_driver.hpp"

#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;

namespace {

/// 1 x 200 x 280 in about [0.1, 0.9], moved by (dx, dy) pixels.
at::Tensor card(const std::string& text, double dx = 0, double dy = 0) {
    constexpr int enlarged = 8;
    cv::Mat large(200 * enlarged, 280 * enlarged, CV_32F, cv::Scalar(0.1));
    for (int line = 0; line < 2; ++line) {
        const cv::Point at(static_cast<int>((30 + dx) * enlarged),
                           static_cast<int>((90 + 50 * line + dy) * enlarged));
        cv::putText(large, text, at, cv::FONT_HERSHEY_COMPLEX, 1.1 * enlarged, cv::Scalar(0.9),
                    2 * enlarged, cv::LINE_AA);
    }
    cv::Mat small;
    cv::resize(large, small, {280, 200}, 0, 0, cv::INTER_AREA);
    return at::from_blob(small.data, {1, 200, 280}, at::kFloat).clone();
}

constexpr double sigma = 8.0 / 255;

/// With weave, flicker and grain; the truth has none of the grain.
struct Woven {
    std::vector<at::Tensor> clean, grainy;
};

Woven woven(const std::vector<std::string>& texts, double grain = sigma) {
    Woven film;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const double dx = std::lround(8 * 1.2 * std::sin(2.1 * static_cast<double>(i))) / 8.0;
        const double dy = std::lround(8 * 0.9 * std::cos(1.3 * static_cast<double>(i))) / 8.0;
        const double gain = 1 + 0.05 * std::sin(3.7 * static_cast<double>(i));
        film.clean.push_back(card(texts[i], dx, dy) * gain);
        film.grainy.push_back(film.clean.back() + grain * random(90 + i, {1, 200, 280}, true));
    }
    return film;
}

std::vector<at::Tensor> made(const std::vector<at::Tensor>& pictures) {
    std::vector<at::Tensor> result;
    for (const Frame& frame :
         restored("title-card", film_of(static_cast<int>(pictures.size()), [&](int i) {
                      return pictures[static_cast<std::size_t>(i)];
                  }))) {
        result.push_back(frame.picture());
    }
    return result;
}

double rms(const at::Tensor& error) {
    return error.square().mean().sqrt().item<double>();
}

/// Without the border, where a neighbor shows nothing.
at::Tensor inner(const at::Tensor& picture) {
    return picture.narrow(1, 8, 184).narrow(2, 8, 264);
}

} // namespace

TEST_CASE("a card loses its grain and stays sharp where it was", "[title-card]") {
    const Woven film = woven(std::vector<std::string>(16, "At dawn"));
    const std::vector<at::Tensor> result = made(film.grainy);
    for (std::size_t i = 0; i < result.size(); ++i) {
        INFO("frame " << i);
        CHECK(rms(inner(result[i] - film.clean[i])) < 0.5 * sigma);
        // Slopes of the letters, which a blur would flatten.
        const at::Tensor slopes = inner(film.clean[i]).diff(1, 2);
        const at::Tensor found = inner(result[i]).diff(1, 2);
        CHECK((slopes * found).sum().item<double>() >
              0.93 * (slopes * slopes).sum().item<double>());
    }
}

TEST_CASE("heavy grain does not hide that frames show one card", "[title-card]") {
    const double heavy = 24.0 / 255;
    const Woven film = woven(std::vector<std::string>(16, "At dawn"), heavy);
    const std::vector<at::Tensor> result = made(film.grainy);
    for (std::size_t i = 0; i < result.size(); ++i) {
        INFO("frame " << i);
        CHECK(rms(inner(result[i] - film.clean[i])) < 0.5 * heavy);
    }
}

TEST_CASE("dust of one frame goes", "[title-card]") {
    Woven film = woven(std::vector<std::string>(13, "At dawn"));
    film.grainy[6].narrow(1, 40, 3).narrow(2, 200, 3).fill_(1.0);
    film.grainy[6].narrow(1, 150, 40).narrow(2, 120, 1).fill_(0.9);
    const at::Tensor error = (made(film.grainy)[6] - film.clean[6]).abs();
    CHECK(error.narrow(1, 40, 3).narrow(2, 200, 3).mean().item<double>() < 0.03);
    CHECK(error.narrow(1, 150, 40).narrow(2, 120, 1).mean().item<double>() < 0.06);
}

TEST_CASE("another text is not mixed in", "[title-card]") {
    std::vector<std::string> texts(8, "At dawn");
    texts.resize(16, "The end");
    const Woven film = woven(texts);
    const std::vector<at::Tensor> result = made(film.grainy);
    for (const std::size_t i : {std::size_t{6}, std::size_t{7}, std::size_t{8}, std::size_t{9}}) {
        INFO("frame " << i);
        CHECK(rms(inner(result[i] - film.clean[i])) < sigma);
        CHECK(inner(result[i] - film.clean[i]).abs().max().item<double>() < 0.25);
    }
}

TEST_CASE("text that appears on a card appears when it did", "[title-card]") {
    std::vector<std::string> texts(8, "At");
    texts.resize(16, "At dawn");
    const Woven film = woven(texts);
    const std::vector<at::Tensor> result = made(film.grainy);
    for (std::size_t i = 4; i < 12; ++i) {
        INFO("frame " << i);
        CHECK(rms(inner(result[i] - film.clean[i])) < 1.1 * sigma);
    }
}
