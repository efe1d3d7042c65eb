// Stages with models that are not their own: what a manifest says of a network is what the stage
// does for it.
#include "stage_driver.hpp"
#include "tiny_model.hpp"

using namespace oldfilm;
using namespace oldfilm::testing;
using Catch::Contains;
using test::TempFolder;

namespace {

/// Packages of one folder, by their file's name.
struct Models {
    TempFolder folder;

    std::string add(const std::string& name, const std::string& task, const std::string& body,
                    const std::string& changes) const {
        return test::write_package(folder.file(name + ".pt"),
                                   {body, {}, test::manifest(task, changes)});
    }
};

/// Finds what is brighter than 0.9, with a probability of 0.45.
std::string finder(const Models& models, const std::string& more = "") {
    return models.add("finder", "scratch-removal",
                      "def forward(self, window):\n"
                      "    return (window[:, 0] > 0.9).float() * 0.45\n",
                      R"({"inputs": ["window"], "outputs": ["mask"], "receptive_field": 0)" + more +
                          "}");
}

/// Says how much of the picture it may repair, everywhere.
std::string repairer(const Models& models) {
    return models.add(
        "repairer", "scratch-removal",
        "def forward(self, window, mask):\n"
        "    return window[:, 0] * 0.0 + mask.mean()\n",
        R"({"inputs": ["window", "mask"], "channels": 3, "receptive_field": "whole"})");
}

at::Tensor spotted(std::int64_t channels) {
    at::Tensor picture = 0.2 + 0.5 * random(3, {channels, 40, 50});
    picture.slice(1, 10, 20).slice(2, 10, 30).fill_(0.95);
    return picture;
}

} // namespace

TEST_CASE("one model finds the damage, another repairs it, inside the mask alone") {
    const Models models;
    const int channels = GENERATE(1, 3);
    const at::Tensor picture = spotted(channels);
    const auto out =
        restored("scratch-removal:grow=0,model=" + finder(models, R"(, "threshold": 0.4)") +
                     ",repair=" + repairer(models),
                 {picture, picture});
    const at::Tensor mask = out[1].mask() > 0;
    CHECK(at::equal(mask[0], picture[0] > 0.9));
    const at::Tensor wide = mask.expand_as(picture);
    CHECK(at::equal(out[1].picture().masked_select(~wide), picture.masked_select(~wide)));
    const at::Tensor inside = out[1].picture().masked_select(wide);
    CHECK((inside - 200.0 / 2000).abs().max().item<float>() < 1e-6F);
}

TEST_CASE("the line between damage and film is the model's own") {
    const Models models;
    const at::Tensor picture = spotted(1);
    const auto out = restored(
        "scratch-removal:model=" + finder(models) + ",repair=" + repairer(models), {picture});
    CHECK(at::equal(out[0].picture(), picture)); // 0.45 is below the usual line
}

TEST_CASE("models in each other's place are refused with what to do") {
    const Models models;
    const at::Tensor picture = spotted(1);
    const std::string stage = "scratch-removal:model=";
    CHECK_THROWS_WITH(restored(stage + finder(models), {picture}),
                      Contains("does not repair it; name a model that does as repair"));
    CHECK_THROWS_WITH(restored(stage + repairer(models), {picture}),
                      Contains("does not find damage") && Contains("name it as repair"));
    CHECK_THROWS_WITH(restored(stage + finder(models) + ",repair=" + finder(models), {picture}),
                      Contains("gives no picture"));
}

TEST_CASE(
    "colorize gives a square where the model was made for one, and merges as its makers did") {
    const Models models;
    const auto model = [&](const std::string& more) {
        return models.add(
            "color", "colorize",
            "def forward(self, gray):\n"
            "    assert gray.size(2) == gray.size(3)\n"
            "    assert gray.size(2) == 48\n"
            "    return torch.cat([gray[:, :1], gray[:, 1:2] * 0.9, gray[:, 2:] * 0.8], 1)\n",
            R"({"inputs": ["grey"], "channels": 3, "receptive_field": "whole",
                              "render_size": 96, "render_shape": "square", "grey": "luma")" +
                more + "}");
    };
    const at::Tensor picture = scene(5, 1, 40, 72);
    const auto luma = [](const at::Tensor& rgb) {
        return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
    };
    const at::Tensor yuv =
        restored_frame("colorize:render_size=48,model=" + model(R"(, "merge": "yuv")"), picture);
    CHECK((luma(yuv) - picture[0]).abs().max().item<float>() < 1e-5F);
    CHECK((yuv[0] - yuv[2]).min().item<float>() > 0.02F); // red above blue, as the model says
    const at::Tensor lab = restored_frame(
        "colorize:merge=lab,render_size=48,model=" + model(R"(, "merge": "yuv")"), picture);
    CHECK((luma(lab) - picture[0]).abs().max().item<float>() > 1e-3F); // L stays, not Y
    CHECK_THROWS_WITH(restored_frame("colorize:model=" + model(""), picture),
                      Contains("AssertionError"));
}

TEST_CASE("colors that a model is not sure of fade to gray, as far as they are asked to") {
    const Models models;
    // Red everywhere, believed on the left half only.
    const std::string model = models.add(
        "unsure", "colorize",
        "def forward(self, luma):\n"
        "    ab = torch.cat((luma * 0.0 + 30.0, luma * 0.0), 1)\n"
        "    sure = torch.ones_like(luma)\n"
        "    sure[:, :, :, luma.size(3) // 2:] = 0.25\n"
        "    return ab, sure\n",
        R"({"inputs": ["luma"], "outputs": ["ab", "confidence"], "receptive_field": "whole",
            "render_size": 32})");
    const at::Tensor picture = at::full({1, 48, 64}, 0.5);
    const auto red = [&](const std::string& fade, std::int64_t left) {
        const at::Tensor out = restored_frame("colorize:fade=" + fade + ",model=" + model, picture);
        const at::Tensor part = crop(out, 8, left, 32, 16);
        return (part[0] - part[1]).mean().item<double>();
    };
    const double sure = red("1", 4);
    const double unsure = red("1", 44);
    CHECK(sure > 0.1);
    CHECK(unsure == Approx(0.25 * sure).margin(0.01));
    CHECK(red("0", 4) == Approx(sure).margin(1e-4));
    CHECK(red("0", 44) == Approx(sure).margin(1e-4));
    CHECK(red("0.5", 44) == Approx(0.625 * sure).margin(0.01));
}

TEST_CASE("faces are enhanced where a detector's network says that they are") {
    const Models models;
    const auto detector = [&](const std::string& name, const std::string& faces) {
        return models.add(name, "face-detector",
                          "def forward(self, picture):\n"
                          "    assert picture.size(1) == 3\n" +
                              faces,
                          R"({"outputs": ["faces"], "channels": 3, "receptive_field": "whole"})");
    };
    const std::string one = detector(
        "one", "    return torch.tensor([[60.0, 55.0, 120.0, 130.0, 0.9, 75.0, 85.0, 105.0, "
               "85.0, 90.0, 102.6, 76.7, 116.0, 103.3, 116.0]])\n");
    const std::string none = detector("none", "    return torch.zeros((0, 15))\n");
    const std::string wrong = detector("wrong", "    return torch.zeros((2, 5))\n");
    const at::Tensor picture = scene(7, GENERATE(1, 3), 200, 240);
    const auto differs = [&](const std::string& package) {
        const at::Tensor out =
            restored_frame("face-enhance:strength=1,detector=" + package, picture);
        return (out != picture).any(0);
    };
    const at::Tensor there = differs(one);
    CHECK(there.slice(0, 90, 110).slice(1, 80, 100).to(at::kFloat).mean().item<double>() > 0.9);
    CHECK_FALSE(there.slice(1, 170, 240).any().item<bool>());
    CHECK_FALSE(there.slice(0, 0, 20).any().item<bool>());
    CHECK_FALSE(differs(none).any().item<bool>());
    CHECK_THROWS_WITH(differs(wrong), Contains("K x 15"));
    const std::string other =
        models.add("other", "face-detector", "def forward(self, picture):\n    return picture\n",
                   R"({"channels": 3, "receptive_field": "whole"})");
    CHECK_THROWS_WITH(differs(other), Contains("expected 3 channels and an output \"faces\""));
}

TEST_CASE("denoise takes a network of one channel, and one that is not told the level") {
    const Models models;
    const std::string model = models.add(
        "halve", "denoise", "def forward(self, window):\n    return window[:, 1] * 0.5\n",
        R"({"inputs": ["window"], "window": {"before": 1, "after": 1}, "receptive_field": 0})");
    const int channels = GENERATE(1, 3);
    const at::Tensor picture = scene(9, channels, 32, 40);
    const auto out = restored("denoise:sigma=10,model=" + model, {picture, picture * 0.9, picture});
    CHECK(at::allclose(out[1].picture(), picture * 0.45));
}
