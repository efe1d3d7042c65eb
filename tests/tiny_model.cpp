#include "tiny_model.hpp"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>
#include <torch/csrc/jit/api/module.h>

#include <cstdlib>
#include <stdexcept>

namespace oldfilm::test {
namespace {

/// Weights that neither vanish nor blow up (He et al. 2015), the same in every run.
at::Tensor weights(std::int64_t outputs, std::int64_t inputs, std::int64_t size) {
    const double scale = 2.0 / static_cast<double>(inputs * size * size);
    const auto count = outputs * inputs * size * size;
    const at::Tensor ramp = at::arange(count, at::kFloat);
    return ((ramp * 12.9898F).sin() * 43758.5453F)
        .frac()
        .mul(2.0 * std::sqrt(scale))
        .view({outputs, inputs, size, size});
}

at::Tensor biases(std::int64_t outputs) {
    return at::arange(outputs, at::kFloat).cos() * 0.1F;
}

} // namespace

TempFolder::TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "oldfilm-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary folder can be made");
    }
    path_ = name;
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string write_package(const std::string& path, const TinyModel& model) {
    torch::jit::Module module("tiny");
    for (const auto& [name, value] : model.weights) {
        module.register_parameter(name, value, false);
    }
    for (const auto& [name, value] : model.numbers) {
        module.register_attribute(name, c10::FloatType::get(), value);
    }
    module.define(model.source);
    torch::jit::ExtraFilesMap extra;
    if (!model.manifest.empty()) {
        extra["oldfilm.json"] = model.manifest;
    }
    module.save(path, extra);
    return path;
}

std::string manifest(const std::string& task, const std::string& changes) {
    nlohmann::json object = {{"schema", 1},
                             {"id", "org.oldfilm.test." + task},
                             {"version", "1.0.0"},
                             {"task", task},
                             {"inputs", {"picture"}},
                             {"outputs", {"picture"}},
                             {"channels", 1},
                             {"window", {{"before", 0}, {"after", 0}}},
                             {"scale", 1},
                             {"size_multiple", 1},
                             {"receptive_field", 3},
                             {"value_range", {0, 1}},
                             {"precisions", {"float32", "bfloat16", "float16"}},
                             {"license", "BSD-3-Clause"},
                             {"origin", "tests"}};
    object.merge_patch(nlohmann::json::parse(changes));
    return object.dump();
}

TinyModel residual_model(const std::string& task, const std::string& changes) {
    return {R"(
def forward(self, picture):
    x = torch.relu(torch.conv2d(picture, self.w0, self.b0, [1, 1], [1, 1]))
    x = torch.relu(torch.conv2d(x, self.w1, self.b1, [1, 1], [1, 1]))
    return picture + 0.1 * torch.conv2d(x, self.w2, self.b2, [1, 1], [1, 1])
)",
            {{"w0", weights(8, 1, 3)},
             {"b0", biases(8)},
             {"w1", weights(8, 8, 3)},
             {"b1", biases(8)},
             {"w2", weights(1, 8, 3)},
             {"b2", biases(1)}},
            manifest(task, changes)};
}

TinyModel enlarging_model() {
    return {R"(
def forward(self, picture):
    x = torch.relu(torch.conv2d(picture, self.w0, self.b0, [2, 2], [1, 1]))
    x = torch.relu(torch.conv2d(x, self.w1, self.b1, [1, 1], [1, 1]))
    return torch.pixel_shuffle(torch.conv2d(x, self.w2, self.b2, [1, 1], [1, 1]), 4)
)",
            {{"w0", weights(8, 1, 3)},
             {"b0", biases(8)},
             {"w1", weights(16, 8, 3)},
             {"b1", biases(16)},
             {"w2", weights(16, 16, 3)},
             {"b2", biases(16)}},
            manifest("superres", R"({"scale": 2, "size_multiple": 2, "receptive_field": 8})")};
}

} // namespace oldfilm::test
