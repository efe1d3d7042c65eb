#pragma once
/// \file
/// A model package: a TorchScript file that contains its manifest, and the means to run it.

#include <oldfilm/export.hpp>
#include <oldfilm/log.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm {

/// Number format of a network.
enum class Precision : std::uint8_t {
    /// float16 on GPUs, bfloat16 on CPUs with fast support for it, if the model allows it;
    /// otherwise float32
    automatic,
    float32,
    bfloat16,
    float16,
};

/// Parses "auto", "float32", "bfloat16" or "float16"; throws `Error` (invalid_argument) for
/// anything else.
OLDFILM_API Precision parse_precision(const std::string& name);
/// The name that `parse_precision` accepts; a static string.
OLDFILM_API const char* to_string(Precision precision) noexcept;

/// How `Model` pads a picture on the right and at the bottom, up to the `size_multiple` of its
/// network.
enum class Padding : std::uint8_t {
    replicate, ///< the edge is repeated
    reflect,   ///< mirrored without repeating the edge (replicated if the picture is too small)
    zero,
};

/// The contents of `oldfilm.json` in a package (schema 1).
struct OLDFILM_API Manifest {
    std::string id, version, task;
    /// In the order of the arguments and results of forward().
    std::vector<std::string> inputs, outputs;
    int channels = 3;
    int before = 0, after = 0; ///< window: frames before and after the center
    int scale = 1;             ///< output size divided by input size
    int size_multiple = 1;     ///< heights and widths must be multiples of it; `Model` pads
    Padding padding = Padding::replicate;
    int receptive_field = 0; ///< radius in input pixels; -1 if the network uses the whole picture
    /// Bytes of working memory per input pixel, in float32; 0 if unknown.
    std::int64_t memory_per_pixel = 0;
    int render_size = 0;               ///< side that the network was made for, in pixels; 0: any
    std::vector<Precision> precisions; ///< those allowed
    std::string license, origin;
    std::string json; ///< the whole manifest as text
    /// Throws `Error`: unreadable, naming the field that is missing or invalid; incompatible for
    /// another schema.
    static Manifest parse(const std::string& json);
};

struct ModelOptions {
    /// "auto", "cpu", "cuda", "cuda:1", or a device that the program registered with LibTorch.
    std::string device = "cpu";
    Precision precision = Precision::automatic;
    /// Tile side in input pixels; 0: chosen from receptive field and memory; -1: no tiles.
    int tile = 0;
    /// Memory limit of a run, in bytes; the tile size follows from it and from the manifest's
    /// `memory_per_pixel` (see Note [Determinism] in pipeline.hpp). 0: tiles of up to 2 GiB on a
    /// CPU, where an input that needs more than the free memory is refused, and of up to 2048 x
    /// 2048 pixels elsewhere. With a limit, nothing is retained between runs, and calls are not
    /// recorded (see `Model`).
    std::int64_t memory = 0;
    /// Whether operations are fused and weights laid out for the processor, on a CPU. False is for
    /// diagnosis: slower, and equal to 1e-4.
    bool optimize = true;
    /// Receives warnings; with `LogLevel::debug`, what was fused for inputs of a size, and what was
    /// not and why.
    Log log;
};

/// A model, loaded, checked and ready on its device. `run` may be called from several threads;
/// calls are serialized. If the device supports recording (recording.hpp), small calls are replayed
/// from the third call with the same input shapes; a model that cannot be recorded is reported
/// through `log`, once.
class OLDFILM_API Model {
  public:
    /// Throws `Error`: not_found; unreadable (truncated, not TorchScript, no manifest);
    /// incompatible (a task other than `task`, unless that is empty); invalid_argument or
    /// unsupported (the device).
    static std::shared_ptr<Model> open(const std::string& path, const std::string& task = "",
                                       const ModelOptions& options = {});
    /// Reads only the manifest, without loading the network. Throws as `open` does.
    static Manifest inspect(const std::string& path);
    /// The contents of a further file of the package, such as the vocabulary of a recognizer.
    /// `name`: as in the archive's folder `extra`. Throws `Error`: not_found; unreadable (as
    /// `open`, or a package without this file).
    static std::string read_file(const std::string& path, const std::string& name);

    [[nodiscard]] const Manifest& manifest() const noexcept;
    [[nodiscard]] Precision precision() const noexcept; ///< the one in use

    /// Runs the network. `inputs` are in the manifest's order, float32, on the model's device.
    /// Inputs of 4 or 5 dimensions whose last two are larger than 1 are pictures of the same size H
    /// x W; other inputs are passed unchanged. Outputs are float32; pictures are H*scale x W*scale.
    /// Pictures are padded to `size_multiple` and processed in tiles that overlap by the receptive
    /// field; a tiled result equals an untiled one to 1e-4. A result with non-finite values in a
    /// half precision is computed again in float32, with a warning. Throws `Error`:
    /// format_mismatch; stage_failed (an error in the network; non-finite values in float32, which
    /// are detected on the CPU and after a half precision); out_of_memory (before running if the
    /// manifest states the memory per pixel; the sentence names a size that fits); cancelled.
    ///
    /// `cancelled`, if not empty, is called between the operations of the network, on the calling
    /// thread; if it returns true, the run ends.
    /// `memory`: memory limit of this call, in bytes; 0: `ModelOptions::memory`.
    [[nodiscard]] std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs,
                                              const std::function<bool()>& cancelled = {},
                                              std::int64_t memory = 0);

    ~Model();
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

  private:
    struct Impl;
    explicit Model(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace oldfilm
