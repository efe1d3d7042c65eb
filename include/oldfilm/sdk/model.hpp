#pragma once
/// \file
/// Model packages.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/host.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace oldfilm::sdk {

/// A model package opened by the host for this stage. Copies share it; the last one closes it. It
/// must not outlive the stage.
class Model {
  public:
    Model() = default;
    /// `package`: relative to the folder of the plugin, absolute, or a name in the models folder of
    /// the user. Throws `Failure`.
    Model(const Host& host, const std::string& package, const std::string& task);
    explicit operator bool() const noexcept { return model_ != nullptr; }
    /// The manifest as JSON text.
    [[nodiscard]] std::string manifest() const { return service_->manifest(model_.get()); }
    /// `inputs` and outputs are in the order of the manifest, N x ... float32. The caller owns the
    /// outputs. Throws `Failure`.
    [[nodiscard]] std::vector<TensorRef> run(std::span<const oldfilm_tensor* const> inputs,
                                             std::size_t output_count) const;

  private:
    const oldfilm_host* host_ = nullptr;
    const oldfilm_models* service_ = nullptr;
    std::shared_ptr<oldfilm_model> model_;
};

inline Model::Model(const Host& host, const std::string& package, const std::string& task)
    : host_(host.c()), service_(host.require<oldfilm_models>(OLDFILM_EXT_MODEL)) {
    oldfilm_model* opened = nullptr;
    Host::check(service_->open(host_, package.c_str(), task.c_str(), &opened));
    model_.reset(opened,
                 [host = host_, service = service_](oldfilm_model* m) { service->close(host, m); });
}

inline std::vector<TensorRef> Model::run(std::span<const oldfilm_tensor* const> inputs,
                                         std::size_t output_count) const {
    std::vector<oldfilm_tensor> outputs(output_count, oldfilm_tensor{});
    Host::check(service_->run(host_, model_.get(), inputs.data(),
                              static_cast<std::uint32_t>(inputs.size()), outputs.data(),
                              static_cast<std::uint32_t>(output_count)));
    std::vector<TensorRef> result;
    result.reserve(output_count);
    for (const oldfilm_tensor& tensor : outputs) {
        result.emplace_back(tensor);
    }
    return result;
}

} // namespace oldfilm::sdk
