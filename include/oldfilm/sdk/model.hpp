#pragma once
/// \file
/// Model packages.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/host.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oldfilm::sdk {

/// A tensor for an input of a model, N x ... float32. Borrowed.
struct ModelInput {
    std::string_view name;
    const oldfilm_tensor* tensor;
};

/// The outputs of a model by name, N x ... float32.
class ModelOutputs {
  public:
    ModelOutputs(std::vector<std::string> names, std::vector<TensorRef> tensors) noexcept
        : names_(std::move(names)), tensors_(std::move(tensors)) {}
    /// Throws `Failure` (`Status::invalid`) if the model does not have this output.
    [[nodiscard]] TensorRef& operator[](std::string_view name) {
        const auto found = std::find(names_.begin(), names_.end(), name);
        if (found == names_.end()) {
            throw Failure("the stage expects an output \"" + std::string(name) +
                              "\" that its model does not have; choose another model",
                          Status::invalid);
        }
        return tensors_[static_cast<std::size_t>(found - names_.begin())];
    }
    /// In the order of the manifest.
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  private:
    std::vector<std::string> names_;
    std::vector<TensorRef> tensors_;
};

/// A model package opened by the host for this stage. Copies share it; the last one closes it. It
/// must not outlive the stage.
class Model {
  public:
    Model() = default;
    /// `package`: relative to the folder of the plugin, absolute, or a name in the models folder of
    /// the user. `task` must be that of the manifest; "" accepts any. Throws `Failure`.
    Model(const Host& host, const std::string& package, const std::string& task)
        : open_(std::make_shared<Open>(host, package, task)) {}
    explicit operator bool() const noexcept { return open_ != nullptr; }

    /// The manifest as JSON text; <oldfilm/sdk/manifest.hpp> reads it.
    [[nodiscard]] std::string manifest() const {
        return open_->service->manifest(open_->model.get());
    }
    /// Names of the inputs and outputs, in the order of the manifest.
    [[nodiscard]] const std::vector<std::string>& inputs() const noexcept { return open_->inputs; }
    [[nodiscard]] const std::vector<std::string>& outputs() const noexcept {
        return open_->outputs;
    }

    /// Runs the network. `inputs` may be in any order, and may have more than the model takes.
    /// Throws `Failure` (`Status::invalid`) if one is missing.
    [[nodiscard]] ModelOutputs run(const std::vector<ModelInput>& inputs) const {
        std::vector<const oldfilm_tensor*> ordered;
        for (const std::string& name : open_->inputs) {
            const auto found =
                std::find_if(inputs.begin(), inputs.end(),
                             [&](const ModelInput& input) { return input.name == name; });
            if (found == inputs.end()) {
                throw Failure("the model takes an input \"" + name +
                                  "\" that the stage does not supply; choose another model",
                              Status::invalid);
            }
            ordered.push_back(found->tensor);
        }
        std::vector<oldfilm_tensor> outputs(open_->outputs.size(), oldfilm_tensor{});
        Host::check(open_->service->run(open_->host, open_->model.get(), ordered.data(),
                                        static_cast<std::uint32_t>(ordered.size()), outputs.data(),
                                        static_cast<std::uint32_t>(outputs.size())));
        std::vector<TensorRef> owned;
        owned.reserve(outputs.size());
        for (const oldfilm_tensor& tensor : outputs) {
            owned.emplace_back(tensor);
        }
        return {open_->outputs, std::move(owned)};
    }

  private:
    struct Closer {
        const oldfilm_host* host;
        const oldfilm_host_model* service;
        void operator()(oldfilm_model* model) const noexcept { service->close(host, model); }
    };
    struct Open {
        Open(const Host& from, const std::string& package, const std::string& task)
            : host(from.c()), service(from.require<oldfilm_host_model>(OLDFILM_EXT_MODEL)) {
            oldfilm_model* opened = nullptr;
            Host::check(service->open(host, package.c_str(), task.c_str(), &opened));
            model = {opened, {host, service}};
            inputs = names(service->input_name);
            outputs = names(service->output_name);
        }
        std::vector<std::string> names(const char* (*name_of)(const oldfilm_model*,
                                                              std::uint32_t)) const {
            std::vector<std::string> result;
            for (std::uint32_t i = 0; const char* name = name_of(model.get(), i); ++i) {
                result.emplace_back(name);
            }
            return result;
        }

        const oldfilm_host* host;
        const oldfilm_host_model* service;
        std::unique_ptr<oldfilm_model, Closer> model{nullptr, Closer{}};
        std::vector<std::string> inputs, outputs;
    };
    std::shared_ptr<const Open> open_;
};

} // namespace oldfilm::sdk
