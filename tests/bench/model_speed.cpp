// How fast a model package runs: model_speed PACKAGE [HEIGHT WIDTH [TILE]]
//
// Prints milliseconds a call (median and best of several) in float32 and in the precision that
// `auto` chooses, and the peak signal-to-noise ratio between the two.
#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>
#include <oldfilm/process.hpp>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using oldfilm::Manifest;
using oldfilm::Model;

/// A smooth picture with some detail: white noise would be no fair input for any network.
at::Tensor picture(std::vector<std::int64_t> shape) {
    const std::int64_t height = shape[shape.size() - 2];
    const std::int64_t width = shape.back();
    const at::Tensor y = at::arange(height, at::kFloat).view({height, 1});
    const at::Tensor x = at::arange(width, at::kFloat).view({1, width});
    const at::Tensor waves =
        0.5F + 0.25F * (x * 0.11F).sin() * (y * 0.07F).cos() + 0.1F * ((x + y) * 0.6F).sin();
    return (waves.expand(shape) + 0.02F * at::randn(shape)).clamp(0, 1).contiguous();
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
            const bool plane = name == "luma" || name == "mask";
            inputs.push_back(picture({1, plane ? 1 : manifest.channels, height, width}));
        }
    }
    return inputs;
}

struct Times {
    double median, best; // milliseconds
};

Times measure(Model& model, const std::vector<at::Tensor>& inputs) {
    using clock = std::chrono::steady_clock;
    std::vector<double> times;
    const auto begin = clock::now();
    while (times.size() < 5 ||
           (times.size() < 100 && clock::now() - begin < std::chrono::seconds(3))) {
        const auto start = clock::now();
        static_cast<void>(model.run(inputs));
        times.push_back(std::chrono::duration<double, std::milli>(clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    return {times[times.size() / 2], times.front()};
}

} // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        fmt::print(stderr, "usage: {} PACKAGE [HEIGHT WIDTH [TILE]]\n", arguments[0]);
        return 2;
    }
    try {
        oldfilm::pool_memory(); // as the command line does
        at::manual_seed(1);
        const Manifest manifest = Model::inspect(arguments[1]);
        // What its stage gives it: a square of its own size, where it has one, or the frame.
        const bool own = manifest.render_size > 0;
        const std::int64_t height = own         ? manifest.render_size
                                    : count > 3 ? std::atoll(arguments[2])
                                                : 368;
        const std::int64_t width = own         ? manifest.render_size
                                   : count > 3 ? std::atoll(arguments[3])
                                               : 480;
        const auto inputs = inputs_for(manifest, height, width);
        std::vector<at::Tensor> reference;
        for (const auto precision : {oldfilm::Precision::float32, oldfilm::Precision::automatic}) {
            oldfilm::ModelOptions options;
            options.precision = precision;
            options.tile = count > 4 ? std::atoi(arguments[4]) : 0;
            options.log = [](oldfilm::LogLevel /*level*/, std::string_view sentence) {
                fmt::print("warning: {}\n", sentence);
            };
            const auto model = Model::open(arguments[1], "", options);
            const auto start = std::chrono::steady_clock::now();
            const auto outputs = model->run(inputs);
            const double first =
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                    .count();
            const Times times = measure(*model, inputs);
            std::string loss;
            if (reference.empty()) {
                reference = outputs;
            }
            for (std::size_t i = 0;
                 i < outputs.size() && model->precision() != oldfilm::Precision::float32; ++i) {
                const double mse = (outputs[i] - reference[i]).square().mean().item<double>();
                loss += fmt::format(", {} {:.1f} dB from float32", manifest.outputs[i],
                                    -10 * std::log10(mse));
            }
            fmt::print("{} {} {}x{}: median {:.1f} ms, best {:.1f} ms, first {:.0f} ms{}\n",
                       manifest.id, to_string(model->precision()), width, height, times.median,
                       times.best, first, loss);
        }
    } catch (const oldfilm::Error& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
    return 0;
}
