// Every model that is shipped: its manifest keeps what it promises.
#include <oldfilm/model.hpp>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

using oldfilm::Manifest;
using oldfilm::Model;
using oldfilm::ModelOptions;
using oldfilm::Precision;

namespace {

std::vector<std::string> packages() {
    std::vector<std::string> found;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(OLDFILM_SOURCE_DIR "/plugins")) {
        if (entry.path().extension() == ".pt") {
            found.push_back(entry.path().string());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// Detail everywhere, so that a seam between tiles would show.
at::Tensor picture(std::vector<std::int64_t> shape) {
    const auto height = shape[shape.size() - 2];
    const auto width = shape.back();
    const at::Tensor y = at::arange(height, at::kFloat).view({height, 1});
    const at::Tensor x = at::arange(width, at::kFloat).view({1, width});
    return (0.45F + 0.25F * (x * 0.11F).sin() * (y * 0.07F).cos() + 0.2F * at::rand(shape))
        .contiguous();
}

/// Places to repair, 1 x 1 x H x W: specks all over the picture.
at::Tensor damage(std::int64_t height, std::int64_t width) {
    const at::Tensor y = at::arange(height).remainder(40).lt(8).view({1, 1, height, 1});
    const at::Tensor x = at::arange(width).remainder(56).lt(12).view({1, 1, 1, width});
    return y.logical_and(x).to(at::kFloat);
}

std::vector<at::Tensor> inputs_for(const Manifest& manifest, std::int64_t height,
                                   std::int64_t width) {
    std::vector<at::Tensor> inputs;
    for (const std::string& name : manifest.inputs) {
        if (name == "t" || name == "sigma") {
            inputs.push_back(at::full({1, 1, 1, 1}, name == "t" ? 0.5 : 0.05));
        } else if (name == "window") {
            inputs.push_back(picture(
                {1, manifest.before + 1 + manifest.after, manifest.channels, height, width}));
        } else if (name.starts_with("flow")) {
            inputs.push_back(picture({1, 2, height, width}) * 4 - 2);
        } else {
            inputs.push_back(name == "mask" ? damage(height, width)
                                            : picture({1, name == "luma" ? 1 : manifest.channels,
                                                       height, width}));
        }
    }
    return inputs;
}

std::vector<at::Tensor> run(const std::string& path, const std::vector<at::Tensor>& inputs,
                            int tile, Precision precision) {
    ModelOptions options;
    options.tile = tile;
    options.precision = precision;
    return Model::open(path, "", options)->run(inputs);
}

} // namespace

TEST_CASE("Shipped models keep what their manifests promise") {
    REQUIRE_FALSE(packages().empty());
    at::manual_seed(5);
    for (const std::string& path : packages()) {
        INFO(path);
        const Manifest manifest = Model::inspect(path);
        const bool whole = manifest.receptive_field < 0;
        const int side = manifest.render_size > 0 ? manifest.render_size
                         : manifest.task == "face-landmarks"
                             ? 96
                             : 2 * std::max(manifest.receptive_field, 24) + 90;
        // An odd size where any is taken: the host pads.
        const std::int64_t height = side + (whole ? 0 : 7);
        const auto inputs = inputs_for(manifest, height, side);
        const auto expected = run(path, inputs, -1, Precision::float32);
        REQUIRE(expected.size() == manifest.outputs.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            INFO(manifest.outputs[i]);
            CHECK(at::isfinite(expected[i]).all().item<bool>());
            if (manifest.outputs[i] == "picture" || manifest.outputs[i] == "crop") {
                CHECK(expected[i].sizes() ==
                      at::IntArrayRef(
                          {1, manifest.channels, height * manifest.scale, side * manifest.scale}));
            }
        }
        if (!whole) {
            const auto tiled =
                run(path, inputs, 2 * manifest.receptive_field + 56, Precision::float32);
            for (std::size_t i = 0; i < expected.size(); ++i) {
                INFO(manifest.outputs[i]
                     << ": the receptive field is larger than the manifest says");
                CHECK((tiled[i] - expected[i]).abs().max().item<double>() < 1e-4);
            }
        }
        for (const Precision precision : manifest.precisions) {
            if (precision == Precision::float16) {
                continue; // for GPUs
            }
            const auto found = run(path, inputs, -1, precision);
            for (std::size_t i = 0; i < expected.size(); ++i) {
                INFO(manifest.outputs[i] << " in " << to_string(precision));
                const double range = manifest.outputs[i] == "ab" ? 100.0 : 1.0;
                const double mse = (found[i] - expected[i]).square().mean().item<double>();
                CHECK(10 * std::log10(range * range / std::max(mse, 1e-20)) > 40.0);
            }
        }
    }
}
