#include "base/hidden.hpp"
#include "device/device.hpp"
#include "device/pooled_allocator.hpp"
#include "device/recording.hpp"
#include "model/package.hpp"
#include "model/precision.hpp"
#include "model/tensors.hpp"
#include "model/tiled_run.hpp"
#include "torchscript/network.hpp"
#include "torchscript/recorded_network.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <fmt/format.h>

#include <mutex>
#include <utility>

namespace oldfilm {
namespace {

/// What recordings of a network's calls may keep. What takes more is not bound by its launches.
constexpr std::int64_t most_recorded = std::int64_t{512} << 20;

at::ScalarType scalar_type(Precision precision) {
    switch (precision) {
    case Precision::bfloat16:
        return at::kBFloat16;
    case Precision::float16:
        return at::kHalf;
    default:
        return at::kFloat;
    }
}

} // namespace

struct OLDFILM_HIDDEN Model::Impl {
    Manifest manifest;
    ModelOptions options;
    at::Device device{at::kCPU};
    Precision precision = Precision::float32;
    std::unique_ptr<Network> network;
    std::unique_ptr<Network::Ready> ready,
        exact; ///< `exact` is float32, made when it is first needed
    bool warned = false;
    TiledRun runner{{}, at::kCPU, 0};
    std::mutex mutex;

    [[nodiscard]] Network::Options how() const {
        Network::Options how{options.optimize, {}};
        if (options.log) {
            how.report = [log = options.log, id = manifest.id](const std::string& what) {
                log.debug(fmt::format("model {}, {}", id, what));
            };
        }
        return how;
    }

    /// Small calls are recorded, where the device can; not under a budget of memory, which is for
    /// what runs, one network at a time, and not for what each keeps between.
    [[nodiscard]] std::unique_ptr<Network::Ready>
    with_recordings(std::unique_ptr<Network::Ready> plain) const {
        if (device.is_cpu() || options.memory > 0 || !plain->replayable()) {
            return plain;
        }
        std::string why;
        Record record = recorder_for(device.type(), why);
        if (!why.empty()) {
            options.log.warning(why);
        }
        if (!record) {
            return plain;
        }
        const auto refused = [log = options.log, id = manifest.id](const std::string& reason) {
            log.warning(fmt::format("the model {} can't be recorded and is queued anew each time, "
                                    "which takes small pictures longer: {}",
                                    id, reason));
        };
        return recorded(std::move(plain), {device, std::move(record),
                                           most_recorded / runner.memory_per_pixel(), refused});
    }

    static bool finite(const std::vector<at::Tensor>& outputs) {
        for (const at::Tensor& output : outputs) {
            if (!all_finite(output)) {
                return false;
            }
        }
        return true;
    }

    /// A half precision that overflows is done again in float32, for this sample alone: what a
    /// frame becomes must not depend on the frames that were run before it.
    std::vector<at::Tensor> checked_run(const Inputs& inputs) {
        std::vector<at::Tensor> outputs = runner.run(*ready, inputs);
        // Another device would be held up by the answer; in float32 it is given up with the film's
        // frame, where a wait costs nothing.
        if ((precision == Precision::float32 && !device.is_cpu()) || finite(outputs)) {
            return outputs;
        }
        if (precision != Precision::float32) {
            if (!std::exchange(warned, true)) {
                options.log.warning(fmt::format(
                    "the model {} gave NaN in {}; such frames are done again in float32",
                    manifest.id, to_string(precision)));
            }
            if (!exact) {
                exact = network->prepare(device, at::kFloat, how());
            }
            outputs = runner.run(*exact, inputs);
            if (finite(outputs)) {
                return outputs;
            }
        }
        throw Error(
            Errc::stage_failed,
            fmt::format(
                "the model {} gave NaN or infinity in float32; its input or its weights are "
                "not what it was made for",
                manifest.id));
    }

    std::vector<at::Tensor> run(const Inputs& inputs) {
        // On a CPU one sample at a time fills the processor, stays in the caches, and makes a
        // result independent of what else is in the batch.
        if (inputs.batch == 1 || !device.is_cpu()) {
            return checked_run(inputs);
        }
        std::vector<std::vector<at::Tensor>> columns(manifest.outputs.size());
        for (std::int64_t n = 0; n < inputs.batch; ++n) {
            std::vector<at::Tensor> outputs = checked_run(inputs.sample(n));
            for (std::size_t i = 0; i < outputs.size(); ++i) {
                columns[i].push_back(std::move(outputs[i]));
            }
        }
        std::vector<at::Tensor> joined;
        for (const auto& column : columns) {
            joined.push_back(at::cat(column, 0));
        }
        return joined;
    }
};

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::~Model() = default;

std::shared_ptr<Model> Model::open(const std::string& path, const std::string& task,
                                   const ModelOptions& options) {
    use_kept_blocks();
    auto impl = std::make_unique<Impl>();
    impl->manifest = inspect(path);
    impl->options = options;
    const Manifest& manifest = impl->manifest;
    if (!task.empty() && manifest.task != task) {
        throw Error(
            Errc::incompatible,
            fmt::format(
                "expected a model for the task '{}' in '{}', found one for '{}' ({}); name a "
                "model of that task",
                task, path, manifest.task, manifest.id));
    }
    impl->device = resolve_device(options.device);
    impl->runner = TiledRun(manifest, impl->device, options.tile);
    std::string why;
    impl->precision = choose_precision(options.precision, manifest, impl->device.is_cpu(), why);
    if (!why.empty()) {
        impl->options.log.warning(why);
    }
    impl->network = Network::load(path);
    if (impl->network->inputs() != manifest.inputs.size()) {
        throw Error(
            Errc::unreadable,
            fmt::format(
                "the manifest in '{}' must name the {} inputs that the network takes, found "
                "{} in 'inputs'; export the model again with a right manifest",
                path, impl->network->inputs(), manifest.inputs.size()));
    }
    impl->ready = impl->with_recordings(
        impl->network->prepare(impl->device, scalar_type(impl->precision), impl->how()));
    return std::shared_ptr<Model>(new Model(std::move(impl)));
}

Manifest Model::inspect(const std::string& path) {
    return Manifest::parse(read_manifest_text(path));
}

std::string Model::read_file(const std::string& path, const std::string& name) {
    return read_package_file(path, name);
}

const Manifest& Model::manifest() const noexcept {
    return impl_->manifest;
}
Precision Model::precision() const noexcept {
    return impl_->precision;
}

std::vector<at::Tensor> Model::run(const std::vector<at::Tensor>& inputs,
                                   const std::function<bool()>& cancelled, std::int64_t memory) {
    const std::scoped_lock lock(impl_->mutex);
    impl_->runner.begin(memory > 0 ? memory : impl_->options.memory, &cancelled);
    const at::NoGradGuard no_grad;
    try {
        return impl_->run(Inputs(inputs, impl_->manifest, impl_->device));
    } catch (const c10::OutOfMemoryError&) {
        throw Error(Errc::out_of_memory,
                    "the model found too little memory for its frame; use smaller "
                    "tiles, or give it more memory");
    }
}

} // namespace oldfilm
