#pragma once
/// \file
/// Running models on `at::Tensor`.

#include <oldfilm/sdk/model.hpp>
#include <oldfilm/sdk/torch.hpp>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oldfilm::sdk {

/// A tensor for an input of a model, N x ... float32.
struct NamedTensor {
    std::string_view name;
    at::Tensor tensor;
};

/// The outputs of a model by name, N x ... float32.
class NamedTensors {
  public:
    explicit NamedTensors(ModelOutputs outputs) : first_(outputs.names().front()) {
        for (const std::string& name : outputs.names()) {
            tensors_.emplace(name, take(std::move(outputs[name])));
        }
    }
    /// Throws `Failure` (`Status::invalid`) if the model does not have this output.
    [[nodiscard]] const at::Tensor& operator[](std::string_view name) const {
        const auto found = tensors_.find(name);
        if (found == tensors_.end()) {
            throw Failure("the stage expects an output \"" + std::string(name) +
                              "\" that its model does not have; choose another model",
                          Status::invalid);
        }
        return found->second;
    }

    /// The first output in the manifest, for models with one.
    [[nodiscard]] const at::Tensor& front() const { return (*this)[first_]; }

  private:
    std::string first_;
    std::map<std::string, at::Tensor, std::less<>> tensors_;
};

/// Runs a model: `run(model, {{"window", window}})["picture"]`. `inputs` may be in any order, and
/// may have more than the model takes. Throws `Failure` (`Status::invalid`) if one is missing.
[[nodiscard]] inline NamedTensors run(const Model& model, const std::vector<NamedTensor>& inputs) {
    std::deque<oldfilm_tensor> lent; // a deque, so that pointers stay valid while it grows
    std::vector<ModelInput> pointers;
    pointers.reserve(inputs.size());
    for (const NamedTensor& input : inputs) {
        pointers.push_back({input.name, &lent.emplace_back(lend(input.tensor))});
    }
    return NamedTensors(model.run(pointers));
}

} // namespace oldfilm::sdk
