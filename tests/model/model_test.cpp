#include "messages.hpp"
#include "tiny_model.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <catch2/catch.hpp>

#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using Catch::Contains;
using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Model;
using oldfilm::ModelOptions;
using oldfilm::Precision;
using oldfilm::test::TempFolder;
using oldfilm::test::write_package;

namespace {

at::Tensor noise(std::vector<std::int64_t> shape, std::uint64_t seed = 3) {
    at::manual_seed(seed);
    return at::rand(shape);
}

double difference(const at::Tensor& a, const at::Tensor& b) {
    REQUIRE(a.sizes() == b.sizes());
    return (a - b).abs().max().item<double>();
}

ModelOptions exact(int tile = 0) {
    ModelOptions options;
    options.precision = Precision::float32;
    options.tile = tile;
    return options;
}

Errc code_of(Model& model, const std::vector<at::Tensor>& inputs, const std::string& part) {
    try {
        static_cast<void>(model.run(inputs));
    } catch (const Error& error) {
        CAPTURE(error.what());
        CHECK(std::string(error.what()).find(part) != std::string::npos);
        return error.code();
    }
    FAIL("no error");
    return Errc::internal;
}

/// How often each operation of a run was called, by its name.
std::map<std::string, int>* counts = nullptr;

at::Tensor counted(Model& model, const at::Tensor& picture, std::map<std::string, int>& calls) {
    counts = &calls;
    const auto begin =
        [](const at::RecordFunction& function) -> std::unique_ptr<at::ObserverContext> {
        ++(*counts)[function.name()];
        return nullptr;
    };
    const auto handle = at::addThreadLocalCallback(
        at::RecordFunctionCallback(begin).scopes({at::RecordScope::FUNCTION}));
    at::Tensor result = model.run({picture}).at(0);
    at::removeCallback(handle);
    return result;
}

} // namespace

TEST_CASE("A model gives what PyTorch gives") {
    const std::string fixtures = OLDFILM_SOURCE_DIR "/tests/fixtures/";
    std::vector<float> values(27 * 37 + 54 * 74);
    std::ifstream file(fixtures + "parity.f32", std::ios::binary);
    file.read(reinterpret_cast<char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(float)));
    REQUIRE(file.gcount() == static_cast<std::streamsize>(values.size() * sizeof(float)));
    const at::Tensor all =
        at::from_blob(values.data(), {static_cast<std::int64_t>(values.size())}, at::kFloat);
    const at::Tensor picture = all.slice(0, 0, 27 * 37).view({1, 1, 27, 37});
    const at::Tensor expected = all.slice(0, 27 * 37).view({1, 1, 54, 74});

    const auto precision = GENERATE(Precision::float32, Precision::bfloat16);
    ModelOptions options;
    options.precision = precision;
    const auto model = Model::open(fixtures + "parity.pt", "superres", options);
    CHECK(model->precision() == precision);
    const at::Tensor found = model->run({picture}).at(0);
    CHECK(found.scalar_type() == at::kFloat);
    CHECK(difference(found, expected) < (precision == Precision::float32 ? 1e-5 : 1e-2));
}

TEST_CASE("Tiles are put together to what the whole gives") {
    const TempFolder folder;
    const bool enlarging = GENERATE(false, true);
    const std::string path =
        write_package(folder.file("m.pt"), enlarging ? oldfilm::test::enlarging_model()
                                                     : oldfilm::test::residual_model());
    const auto whole = Model::open(path, "", exact(-1));
    const auto height = GENERATE(40, 151);
    const auto width = GENERATE(33, 200);
    const at::Tensor picture = noise({2, 1, height, width});
    const at::Tensor expected = whole->run({picture}).at(0);
    CHECK(expected.size(2) == height * whole->manifest().scale);
    CHECK(expected.size(3) == width * whole->manifest().scale);
    CHECK(expected.std().item<double>() > 0.01);
    const auto tile = GENERATE(1, 36, 64, 100);
    CAPTURE(enlarging, height, width, tile);
    CHECK(difference(Model::open(path, "", exact(tile))->run({picture}).at(0), expected) < 1e-4);
}

TEST_CASE("A receptive field that is too small shows in tiles: the comparison above can fail") {
    const TempFolder folder;
    const std::string path =
        write_package(folder.file("m.pt"),
                      oldfilm::test::residual_model("superres", R"({"receptive_field": 1})"));
    const at::Tensor picture = noise({1, 1, 64, 64});
    const at::Tensor expected = Model::open(path, "", exact(-1))->run({picture}).at(0);
    CHECK(difference(Model::open(path, "", exact(32))->run({picture}).at(0), expected) > 1e-4);
}

TEST_CASE("A network that sees the whole picture is never tiled") {
    const TempFolder folder;
    const std::string path =
        write_package(folder.file("m.pt"),
                      {"def forward(self, picture):\n    return picture - torch.mean(picture)\n",
                       {},
                       oldfilm::test::manifest("denoise", R"({"receptive_field": "whole"})")});
    const at::Tensor picture = noise({1, 1, 80, 90});
    const at::Tensor found = Model::open(path, "", exact(32))->run({picture}).at(0);
    CHECK(difference(found, picture - picture.mean()) < 1e-6);
}

TEST_CASE("Pictures are padded by their edges, and the result is cropped") {
    const TempFolder folder;
    // The output tells the size and the last column that the network saw.
    const std::string path =
        write_package(folder.file("m.pt"),
                      {"def forward(self, picture):\n"
                       "    return picture[:, :, :, -1:].expand_as(picture) * 100.0 + "
                       "float(picture.size(3)) + float(picture.size(2)) * 0.001\n",
                       {},
                       oldfilm::test::manifest(
                           "denoise", R"({"receptive_field": "whole", "size_multiple": 8})")});
    const at::Tensor picture = noise({1, 1, 13, 21});
    const at::Tensor found = Model::open(path, "", exact())->run({picture}).at(0);
    const at::Tensor edge = picture.slice(3, 20).expand({1, 1, 13, 21}) * 100.0 + 24.0 + 0.016;
    CHECK(difference(found, edge) < 1e-3);
}

TEST_CASE("The manifest says how a picture is continued to its network's sizes") {
    const TempFolder folder;
    // What the network sees at the right of the row 1 2 3, which needs a fourth.
    const auto fourth = [&](const std::string& padding) {
        const std::string changes =
            R"({"size_multiple": 4, "receptive_field": "whole", "padding": ")" + padding + R"("})";
        const auto package = write_package(
            folder.file(padding + ".pt"),
            {"def forward(self, picture):\n    return picture * 0 + picture[:, :, :, -1:]\n",
             {},
             oldfilm::test::manifest("superres", changes)});
        const at::Tensor row = at::tensor({1.0F, 2.0F, 3.0F}).expand({1, 1, 4, 3});
        return Model::open(package)->run({row}).front()[0][0][0][0].item<float>();
    };
    CHECK(fourth("replicate") == 3.0F);
    CHECK(fourth("reflect") == 2.0F);
    CHECK(fourth("zero") == 0.0F);
    CHECK_THROWS_WITH(fourth("mirror"), Contains("replicate, reflect or zero"));
}

TEST_CASE("A picture that would not fit into memory is refused before the work, with the size that "
          "does") {
    const TempFolder folder;
    oldfilm::ModelOptions options;
    options.memory = 1 << 20;
    const auto run = [&](const std::string& field) {
        const std::string changes =
            R"({"memory_per_pixel": 100, "receptive_field": )" + field + "}";
        const auto package =
            write_package(folder.file("m.pt"), oldfilm::test::residual_model("superres", changes));
        return Model::open(package, "", options)->run({at::rand({1, 1, 200, 300})});
    };
    // 100 bytes times 60,000 pixels are 5.7 times what there is.
    CHECK_THROWS_WITH(run("\"whole\""), Contains("has to see whole") && Contains("125x83 fit"));
    CHECK_NOTHROW(run("3"));  // in tiles that fit
    options.memory = 100'000; // 31 pixels by 31, less than a tile may be
    CHECK_THROWS_WITH(run("3"), Contains("fit: make the film smaller") && !Contains("whole"));
    options.memory = 100 * 200 * 300;
    CHECK_NOTHROW(run("\"whole\""));
}

TEST_CASE("Windows, values beside pictures, several outputs and outputs that are no pictures") {
    const TempFolder folder;
    const std::string changes = R"({"inputs": ["window", "sigma"], "outputs": ["mask", "picture"],
                                    "window": {"before": 1, "after": 1}, "channels": 3,
                                    "size_multiple": 4, "receptive_field": 0})";
    const std::string path =
        write_package(folder.file("w.pt"),
                      {"def forward(self, window, sigma):\n"
                       "    return (window[:, 0, 0:1] * sigma, window[:, 1] + window[:, 2])\n",
                       {},
                       oldfilm::test::manifest("denoise", changes)});
    const at::Tensor window = noise({2, 3, 3, 50, 70});
    const at::Tensor sigma = at::tensor({0.25F, 0.5F}).view({2, 1, 1, 1});
    const auto outputs =
        Model::open(path, "denoise", exact(GENERATE(-1, 32)))->run({window, sigma});
    REQUIRE(outputs.size() == 2);
    CHECK(difference(outputs[0], window.select(1, 0).slice(1, 0, 1) * sigma) < 1e-6);
    CHECK(difference(outputs[1], window.select(1, 1) + window.select(1, 2)) < 1e-6);

    const std::string points =
        write_package(folder.file("p.pt"),
                      {"def forward(self, picture):\n"
                       "    return picture.flatten(1)[:, :10].view(-1, 5, 2)\n",
                       {},
                       oldfilm::test::manifest("face-landmarks", R"({"outputs": ["points"]})")});
    const at::Tensor picture = noise({3, 1, 96, 96});
    const auto found = Model::open(points, "", exact(32))->run({picture});
    CHECK(difference(found.at(0), picture.flatten(1).slice(1, 0, 10).reshape({3, 5, 2})) == 0.0);
}

TEST_CASE("A batch gives what its samples give, to the last bit") {
    const TempFolder folder;
    const std::string path = write_package(folder.file("m.pt"), oldfilm::test::residual_model());
    const auto model = Model::open(path);
    const at::Tensor pictures = noise({3, 1, 48, 64});
    const at::Tensor together = model->run({pictures}).at(0);
    for (std::int64_t n = 0; n < 3; ++n) {
        CHECK(difference(model->run({pictures.slice(0, n, n + 1)}).at(0),
                         together.slice(0, n, n + 1)) == 0.0);
    }
}

TEST_CASE("Half precisions stay near float32, and the skip path stays in float32") {
    const TempFolder folder;
    const std::string path = write_package(folder.file("m.pt"), oldfilm::test::residual_model());
    const at::Tensor picture = noise({1, 1, 60, 60});
    const at::Tensor expected = Model::open(path, "", exact())->run({picture}).at(0);
    ModelOptions options;
    options.precision = GENERATE(Precision::bfloat16, Precision::float16);
    const auto model = Model::open(path, "", options);
    REQUIRE(model->precision() == options.precision);
    const double error = difference(model->run({picture}).at(0), expected);
    CHECK(error > 0.0);  // it is another precision
    CHECK(error < 4e-3); // bfloat16 of a picture alone would already be off by 4e-3
}

TEST_CASE("Operations that want inputs of one type run in half precision as well") {
    const TempFolder folder;
    const std::string path =
        write_package(folder.file("m.pt"),
                      {R"(
def forward(self, picture):
    x = torch.conv2d(picture, self.w, None, [1, 1], [1, 1])
    grid = torch.tanh(x.permute(0, 2, 3, 1))
    y = torch.grid_sampler(picture, grid, 0, 1, True)
    z = torch.matmul(x, x.transpose(2, 3))
    z = torch.softmax(torch.matmul(z, picture), 3)
    return torch.cat([y, z], 1).sum(1, True) + picture
)",
                       {{"w", at::full({2, 1, 3, 3}, 0.1F)}},
                       oldfilm::test::manifest("denoise", R"({"receptive_field": "whole"})")});
    const at::Tensor picture = noise({1, 1, 24, 24});
    ModelOptions options;
    options.precision = Precision::bfloat16;
    const at::Tensor found = Model::open(path, "", options)->run({picture}).at(0);
    CHECK(difference(found, Model::open(path, "", exact())->run({picture}).at(0)) < 0.2);
}

TEST_CASE("What follows a convolution is done as the network says, fused or not") {
    // In turn: a skip path and then a ReLU, a leaky ReLU, a sum that is broadcast, one whose other
    // side is changed in place in between, one that is scaled, and a convolution that is used
    // twice.
    const TempFolder folder;
    at::manual_seed(11);
    const at::Tensor w = at::randn({6, 6, 3, 3}) * 0.15F;
    const at::Tensor b = at::randn({6}) * 0.1F;
    const std::string path =
        write_package(folder.file("m.pt"),
                      {R"(
def forward(self, picture):
    x = torch.conv2d(picture, self.first, None, [1, 1], [1, 1])
    x = torch.relu(x + torch.conv2d(x, self.w, self.b, [1, 1], [1, 1]))
    x = torch.leaky_relu(torch.conv2d(x, self.w, self.b, [1, 1], [1, 1]), 0.2)
    x = torch.mean(x, [2, 3], True) + torch.conv2d(x, self.w, None, [1, 1], [2, 2], [2, 2])
    y = torch.conv2d(x, self.w, self.b, [1, 1], [1, 1])
    x.mul_(0.5)
    x = x + y
    x = torch.add(x, torch.conv2d(x, self.w, self.b, [1, 1], [1, 1]), alpha=2)
    y = torch.conv2d(x, self.w, self.b, [1, 1], [1, 1])
    x = torch.relu(y) + y * 0.5
    return x
)",
                       {{"first", w.slice(1, 0, 1).contiguous() * 4}, {"w", w}, {"b", b}},
                       oldfilm::test::manifest("denoise", R"({"receptive_field": "whole"})")});
    const at::Tensor picture = noise({1, 1, 30, 44});
    const auto conv = [&](const at::Tensor& x, bool bias) {
        return at::conv2d(x, w, bias ? b : at::Tensor(), {1, 1}, at::IntArrayRef({1, 1}));
    };
    at::Tensor x = at::conv2d(picture, w.slice(1, 0, 1) * 4, {}, {1, 1}, at::IntArrayRef({1, 1}));
    x = at::relu(x + conv(x, true));
    x = at::leaky_relu(conv(x, true), 0.2);
    x = x.mean({2, 3}, true) +
        at::conv2d(x, w, {}, {1, 1}, at::IntArrayRef({2, 2}), at::IntArrayRef({2, 2}));
    at::Tensor y = conv(x, true);
    x = x * 0.5 + y;
    x = at::add(x, conv(x, true), 2);
    y = conv(x, true);
    x = at::relu(y) + y * 0.5;
    REQUIRE(x.std().item<double>() > 0.05);

    const auto model = Model::open(path, "", exact());
    CHECK(difference(model->run({picture}).at(0), x) < 1e-4);
    CHECK(difference(model->run({picture}).at(0), x) < 1e-4);
    ModelOptions options;
    options.precision = Precision::bfloat16;
    const at::Tensor error = Model::open(path, "", options)->run({picture}).at(0) - x;
    CHECK(error.square().mean().sqrt().item<double>() < 0.02 * x.std().item<double>());
}

TEST_CASE("Features are shuffled in runs and added to where they lie, to the same values") {
    // In turn: a map that is learned for each place, a skip path that is read again later, one that
    // a shuffle ends in and one that an addition made, and a shuffle behind a ReLU alone.
    const TempFolder folder;
    at::manual_seed(12);
    const at::Tensor first = at::randn({32, 1, 3, 3}) * 0.5F, b = at::randn({128}) * 0.1F;
    const at::Tensor w = at::randn({32, 32, 3, 3}) * 0.08F,
                     wide = at::randn({128, 32, 1, 1}) * 0.2F;
    const at::Tensor place = at::randn({1, 32, 24, 40}) * 0.2F;
    const std::string path =
        write_package(folder.file("m.pt"),
                      {R"(
def forward(self, picture):
    x = torch.conv2d(picture, self.first, None, [1, 1], [1, 1]) + self.place
    y = x + torch.conv2d(torch.relu(x), self.w, None, [1, 1], [1, 1])
    low = torch.relu(torch.conv2d(y, self.w, None, [2, 2], [1, 1]))
    up = torch.pixel_shuffle(torch.conv2d(low, self.wide, self.b, [1, 1], [0, 0]), 2)
    y = x + up
    y = y + torch.conv2d(torch.conv2d(y, self.w, None, [1, 1], [1, 1]), self.w, None, [1, 1], [1, 1])
    low = torch.leaky_relu(torch.conv2d(low, self.wider, None, [1, 1], [0, 0]), 0.1)
    return torch.conv2d(torch.pixel_shuffle(low, 2), self.w, None, [1, 1], [1, 1]) + y
)",
                       {{"first", first},
                        {"w", w},
                        {"wide", wide},
                        {"wider", wide * 2},
                        {"b", b},
                        {"place", place}},
                       oldfilm::test::manifest("denoise", R"({"receptive_field": "whole"})")});
    const at::Tensor picture = noise({1, 1, 24, 40});
    const auto conv = [&](const at::Tensor& of, std::int64_t stride = 1) {
        return at::conv2d(of, w, {}, at::IntArrayRef({stride, stride}), at::IntArrayRef({1, 1}));
    };
    const at::Tensor x = at::conv2d(picture, first, {}, {1, 1}, at::IntArrayRef({1, 1})) + place;
    at::Tensor y = x + conv(at::relu(x));
    const at::Tensor low = at::relu(conv(y, 2)), up = at::conv2d(low, wide, b);
    y = x + at::pixel_shuffle(up, 2);
    y = y + conv(conv(y));
    const at::Tensor bent = at::leaky_relu(at::conv2d(low, wide * 2), 0.1);
    const at::Tensor expected = conv(at::pixel_shuffle(bent, 2)) + y;

    const auto model = Model::open(path, "", exact());
    const at::Tensor found = model->run({picture}).at(0);
    CHECK(difference(found, expected) < 1e-4);
    std::map<std::string, int> calls; // the run's own operations
    CHECK(difference(counted(*model, picture, calls), found) == 0.0);
    if (at::globalContext().hasMKLDNN()) {
        CHECK(calls["mkldnn::_convolution_pointwise_"] == 3);
        CHECK(calls["oldfilm::shuffle_runs"] == 2);
        CHECK(calls["aten::pixel_shuffle"] == 0);
    }
    ModelOptions options;
    options.precision = Precision::bfloat16;
    const at::Tensor error = Model::open(path, "", options)->run({picture}).at(0) - expected;
    CHECK(error.square().mean().sqrt().item<double>() < 0.02 * expected.std().item<double>());
}

TEST_CASE("Sampling on several threads is sampling") {
    const TempFolder folder;
    const std::string path = write_package(
        folder.file("m.pt"),
        {"def forward(self, picture):\n"
         "    grid = (picture[:, :2].permute(0, 2, 3, 1) * 2.4 - 1.2).contiguous()\n"
         "    return torch.grid_sampler(picture, grid, 2, 1, True) + "
         "torch.grid_sampler(picture, grid, 0, 0, False)\n",
         {},
         oldfilm::test::manifest("denoise", R"({"receptive_field": "whole", "channels": 3})")});
    const auto model = Model::open(path, "", exact());
    const int threads = at::get_num_threads();
    for (const std::int64_t rows : {60, 61}) { // parts of one height, or none
        const at::Tensor picture = noise({1, 3, rows, 44});
        const at::Tensor grid = picture.slice(1, 0, 2).permute({0, 2, 3, 1}) * 2.4 - 1.2;
        const at::Tensor expected = at::grid_sampler(picture, grid, 2, 1, true) +
                                    at::grid_sampler(picture, grid, 0, 0, false);
        for (const int now : {1, 2, 4}) {
            at::set_num_threads(now);
            CHECK(difference(model->run({picture}).at(0), expected) == 0.0);
        }
    }
    at::set_num_threads(threads);
}

TEST_CASE("A run ends between two operations of its network, and the next is whole") {
    const TempFolder folder;
    at::manual_seed(5);
    const std::string path =
        write_package(folder.file("m.pt"),
                      {R"(
def forward(self, picture):
    for i in range(4):
        if i >= 0:
            picture = torch.relu(torch.conv2d(picture, self.w, None, [1, 1], [1, 1]))
    return torch.conv2d(picture, self.w, None, [1, 1], [1, 1])
)",
                       {{"w", at::randn({1, 1, 3, 3})}},
                       oldfilm::test::manifest("denoise", R"({"receptive_field": "whole"})")});
    const at::Tensor picture = noise({1, 1, 24, 24});
    const at::Tensor expected = Model::open(path, "", exact())->run({picture}).at(0);
    const auto model = Model::open(path, "", exact());
    for (const bool known_size : {false, true}) {
        CAPTURE(known_size);
        int asked = 0;
        try {
            static_cast<void>(model->run({picture}, [&] { return ++asked == 3; }));
            FAIL("it was not cancelled");
        } catch (const Error& error) {
            CHECK(error.code() == Errc::cancelled);
        }
        CHECK(asked == 3); // and not again
        CHECK(difference(model->run({picture}, [] { return false; }).at(0), expected) < 1e-6);
    }
}

TEST_CASE("A precision that the manifest does not allow becomes float32, with a warning") {
    const TempFolder folder;
    const std::string path =
        write_package(folder.file("m.pt"),
                      oldfilm::test::residual_model("superres", R"({"precisions": ["float32"]})"));
    std::vector<std::string> warnings;
    ModelOptions options;
    options.log = oldfilm::test::collect(warnings);
    CHECK(Model::open(path, "", options)->precision() == Precision::float32);
    CHECK(warnings.empty());
    options.precision = Precision::bfloat16;
    CHECK(Model::open(path, "", options)->precision() == Precision::float32);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("bfloat16") != std::string::npos);
}

TEST_CASE("NaN in half precision falls back to float32; in float32 it is an error") {
    const TempFolder folder;
    // 1000 * 1000 overflows float16 (65504), and inf - inf is NaN; float32 has room.
    const std::string path =
        write_package(folder.file("m.pt"), {"def forward(self, picture):\n"
                                            "    x = torch.conv2d(picture, self.w)\n"
                                            "    return (x * x - x * x) / 1000.0 + picture\n",
                                            {{"w", at::full({1, 1, 1, 1}, 1000.0F)}},
                                            oldfilm::test::manifest("denoise")});
    std::vector<std::string> warnings;
    ModelOptions options;
    options.precision = Precision::float16;
    options.log = oldfilm::test::collect(warnings);
    const auto model = Model::open(path, "", options);
    const at::Tensor picture = at::full({1, 1, 20, 20}, 0.9F);
    CHECK(difference(model->run({picture}).at(0), picture) < 1e-6);
    CHECK(difference(model->run({picture}).at(0), picture) < 1e-6);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("NaN in float16") != std::string::npos);

    const at::Tensor bad = at::full({1, 1, 20, 20}, std::numeric_limits<float>::quiet_NaN());
    CHECK(code_of(*model, {bad}, "NaN") == Errc::stage_failed);
}

TEST_CASE("Inputs that do not fit are refused by name") {
    const TempFolder folder;
    const auto model =
        Model::open(write_package(folder.file("m.pt"), oldfilm::test::residual_model()));
    const at::Tensor picture = noise({1, 1, 20, 20});
    CHECK(code_of(*model, {}, "1 inputs (picture), found 0") == Errc::format_mismatch);
    CHECK(code_of(*model, {noise({1, 3, 20, 20})},
                  "'picture', found Float of shape 1 x 3 x 20 x 20") == Errc::format_mismatch);
    CHECK(code_of(*model, {picture.to(at::kDouble)}, "float32") == Errc::format_mismatch);
    CHECK(code_of(*model, {at::Tensor()}, "no tensor") == Errc::format_mismatch);
    CHECK(code_of(*model, {noise({1, 1, 0, 20})}, "with values") == Errc::format_mismatch);
}

TEST_CASE("An error inside the network becomes a sentence") {
    const TempFolder folder;
    const auto model = Model::open(write_package(
        folder.file("m.pt"), {"def forward(self, picture):\n    return picture.view(3, 7)\n",
                              {},
                              oldfilm::test::manifest("denoise")}));
    CHECK(code_of(*model, {noise({1, 1, 20, 20})}, "the network failed") == Errc::stage_failed);
}

TEST_CASE("Several threads may run one model, and sizes may change from call to call") {
    const TempFolder folder;
    const auto model =
        Model::open(write_package(folder.file("m.pt"), oldfilm::test::residual_model()));
    std::vector<at::Tensor> pictures;
    std::vector<at::Tensor> expected;
    for (std::int64_t i = 0; i < 6; ++i) {
        pictures.push_back(noise({1, 1, 20 + 3 * i, 40 - i}, static_cast<std::uint64_t>(i)));
        expected.push_back(model->run({pictures.back()}).at(0));
    }
    std::vector<at::Tensor> found(6);
    std::vector<std::thread> threads;
    threads.reserve(6);
    for (std::size_t i = 0; i < 6; ++i) {
        threads.emplace_back([&, i] { found[i] = model->run({pictures[i]}).at(0); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(difference(found[i], expected[i]) == 0.0);
    }
}

TEST_CASE("Without its optimizer a model gives the same, and with it it reports what was fused") {
    const TempFolder folder;
    const std::string path =
        oldfilm::test::write_package(folder.file("enlarging.pt"), oldfilm::test::enlarging_model());
    const at::Tensor picture = noise({1, 1, 40, 56});
    std::vector<std::string> lines;
    ModelOptions options = exact();
    options.log = oldfilm::test::collect(lines, oldfilm::LogLevel::debug);
    const at::Tensor fused = Model::open(path, "superres", options)->run({picture}).at(0);
    REQUIRE(lines.size() == 1);
    CAPTURE(lines.front());
    CHECK(lines.front().find("1x1x40x56") != std::string::npos);
    CHECK(lines.front().find("fused row programs") != std::string::npos);
    lines.clear();
    options.optimize = false;
    const at::Tensor plain = Model::open(path, "superres", options)->run({picture}).at(0);
    CHECK(lines.empty());
    CHECK(difference(fused, plain) < 1e-4);
}
