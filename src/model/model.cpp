#include "base/hidden.hpp"
#include "device/device.hpp"
#include "device/pooled_allocator.hpp"
#include "device/recording.hpp"
#include "model/package.hpp"
#include "model/precision.hpp"
#include "model/tensors.hpp"
#include "model/tiling.hpp"
#include "torchscript/network.hpp"
#include "torchscript/recorded_network.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cmath>
#include <mutex>
#include <utility>

namespace oldfilm {
namespace {

/// What a run takes on a CPU where no memory was named: 1080p in one or two tiles with most models.
constexpr std::int64_t usual_memory = std::int64_t{2} << 30;
constexpr std::int64_t usual_per_pixel = 4096; ///< for models that don't tell
/// Pixels of a tile on other devices where no memory was named.
constexpr std::int64_t usual_pixels_elsewhere = 2048 * 2048;
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

/// Scale of an output against its input, 0 when it is no picture of the input's size (points, say).
std::int64_t output_scale(const at::Tensor& output, std::int64_t height, std::int64_t width,
                          int scale) {
    for (const std::int64_t s : {static_cast<std::int64_t>(scale), std::int64_t{1}}) {
        if (output.dim() == 4 && output.size(-2) == height * s && output.size(-1) == width * s) {
            return s;
        }
    }
    return 0;
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
    const std::function<bool()>* cancelled = nullptr; ///< of the run under way; may be null
    std::int64_t budget = 0; ///< bytes that the run under way may take; 0: as many as are usual
    std::mutex mutex;

    std::vector<at::Tensor> forward(Network::Ready& with,
                                    const std::vector<at::Tensor>& inputs) const {
        std::vector<at::Tensor> outputs = with(inputs, cancelled);
        if (outputs.size() != manifest.outputs.size()) {
            throw Error(
                Errc::stage_failed,
                fmt::format(
                    "the model {} promised {} outputs in its manifest, and gave {}; export it "
                    "again with a right manifest",
                    manifest.id, manifest.outputs.size(), outputs.size()));
        }
        for (at::Tensor& output : outputs) {
            output = output.to(at::kFloat);
        }
        return outputs;
    }

    [[nodiscard]] std::int64_t memory_per_pixel() const {
        return manifest.memory_per_pixel > 0 ? manifest.memory_per_pixel : usual_per_pixel;
    }

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
        return recorded(std::move(plain),
                        {device, std::move(record), most_recorded / memory_per_pixel(), refused});
    }

    [[nodiscard]] TileSize tile_for(const Inputs& inputs) const {
        if (inputs.height == 0 || manifest.receptive_field < 0) {
            return {inputs.height, inputs.width};
        }
        const std::int64_t memory = budget > 0 ? budget : usual_memory;
        return choose_tile(inputs.height, inputs.width,
                           {.overlap = manifest.receptive_field,
                            .multiple = manifest.size_multiple,
                            .wanted = options.tile,
                            .most = budget > 0 || device.is_cpu() ? memory / memory_per_pixel()
                                                                  : usual_pixels_elsewhere});
    }

    /// Linux gives memory that it does not have and ends the program later, so that what is known
    /// to be too much is refused before. Tiles are made smaller for the memory that was asked for,
    /// never for what is free: the same run has to give the same bits on the machine that it is
    /// resumed on.
    void check_memory(const TileSize& piece) const {
        const std::int64_t free = budget > 0 ? budget : available_memory(device);
        const auto needed = static_cast<double>(manifest.memory_per_pixel) *
                            static_cast<double>(piece.height * piece.width);
        if (free <= 0 || needed <= static_cast<double>(free)) {
            return;
        }
        const double shrink = std::sqrt(static_cast<double>(free) / needed);
        const auto fitting = [&](std::int64_t side) {
            const auto fits = static_cast<std::int64_t>(static_cast<double>(side) * shrink);
            return fits / manifest.size_multiple * manifest.size_multiple;
        };
        constexpr double gib = 1024.0 * 1024.0 * 1024.0;
        throw Error(
            Errc::out_of_memory,
            fmt::format("the model {} needs {:.1f} GiB for {}x{} pixels{}, and {:.1f} GiB can be "
                        "had; pictures of up to {}x{} fit: make the film smaller before this "
                        "stage, or choose a smaller model",
                        manifest.id, needed / gib, piece.width, piece.height,
                        manifest.receptive_field < 0 ? ", which it has to see whole" : "",
                        static_cast<double>(free) / gib, fitting(piece.width),
                        fitting(piece.height)));
    }

    /// One padded sample (or batch), whole or in tiles.
    std::vector<at::Tensor> padded_run(Network::Ready& with, const Inputs& inputs) const {
        const TileSize tile = tile_for(inputs);
        check_memory(tile);
        const auto run_part = [&](std::int64_t top, std::int64_t bottom, std::int64_t left,
                                  std::int64_t right) {
            return forward(with, inputs.region(top, bottom, left, right, with.channels_last()));
        };
        if (tile.height >= inputs.height && tile.width >= inputs.width) {
            return run_part(0, inputs.height, 0, inputs.width);
        }
        std::vector<at::Tensor> outputs;
        for (const TileSpan& row :
             cut(inputs.height, tile.height, manifest.receptive_field, manifest.size_multiple)) {
            for (const TileSpan& column :
                 cut(inputs.width, tile.width, manifest.receptive_field, manifest.size_multiple)) {
                const auto parts = run_part(row.begin, row.end, column.begin, column.end);
                if (!place(parts, row, column, inputs, outputs)) {
                    // Something is said about the picture as a whole: it cannot be put together.
                    return run_part(0, inputs.height, 0, inputs.width);
                }
            }
        }
        return outputs;
    }

    /// Copies the kept part of a tile's outputs to their places; false when one of them has no
    /// place.
    bool place(const std::vector<at::Tensor>& parts, const TileSpan& row, const TileSpan& column,
               const Inputs& inputs, std::vector<at::Tensor>& outputs) const {
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const at::Tensor& part = parts[i];
            const std::int64_t s =
                output_scale(part, row.length(), column.length(), manifest.scale);
            if (s == 0) {
                return false;
            }
            if (outputs.size() <= i) {
                outputs.push_back(
                    at::empty({part.size(0), part.size(1), inputs.height * s, inputs.width * s},
                              part.options()));
            }
            const auto kept = [s](const at::Tensor& tensor, std::int64_t from_row,
                                  std::int64_t from_column, const TileSpan& r, const TileSpan& c) {
                return tensor
                    .narrow(2, (r.keep_begin - from_row) * s, (r.keep_end - r.keep_begin) * s)
                    .narrow(3, (c.keep_begin - from_column) * s, (c.keep_end - c.keep_begin) * s);
            };
            kept(outputs[i], 0, 0, row, column)
                .copy_(kept(part, row.begin, column.begin, row, column));
        }
        return true;
    }

    std::vector<at::Tensor> sample_run(Network::Ready& with, const Inputs& inputs) const {
        if (inputs.height == 0) {
            return forward(with, inputs.tensors);
        }
        const Inputs padded = inputs.padded(manifest);
        std::vector<at::Tensor> outputs = padded_run(with, padded);
        for (at::Tensor& output : outputs) {
            if (const auto s = output_scale(output, padded.height, padded.width, manifest.scale);
                s > 0) {
                output = output.slice(2, 0, inputs.height * s).slice(3, 0, inputs.width * s);
            }
        }
        return outputs;
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
        std::vector<at::Tensor> outputs = sample_run(*ready, inputs);
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
            outputs = sample_run(*exact, inputs);
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

const Manifest& Model::manifest() const noexcept {
    return impl_->manifest;
}
Precision Model::precision() const noexcept {
    return impl_->precision;
}

std::vector<at::Tensor> Model::run(const std::vector<at::Tensor>& inputs,
                                   const std::function<bool()>& cancelled, std::int64_t memory) {
    const std::scoped_lock lock(impl_->mutex);
    impl_->cancelled = &cancelled; // read under this lock alone, as is the budget
    impl_->budget = memory > 0 ? memory : impl_->options.memory;
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
