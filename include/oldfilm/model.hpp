#pragma once
/// \file
/// A model package: one TorchScript file with its manifest inside, and what it takes to run it
/// well.

#include <oldfilm/export.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm {

/// Number format that a network runs in.
enum class Precision : std::uint8_t {
    automatic, ///< bfloat16 where the processor is fast at it and the model allows it, else float32
    float32,
    bfloat16,
    float16,
};

/// "auto", "float32", "bfloat16", "float16"; throws `Error` (invalid_argument) for anything else.
OLDFILM_API Precision parse_precision(const std::string& name);
/// The name as `parse_precision` reads it.
OLDFILM_API const char* to_string(Precision precision) noexcept;

/// How `Model` continues a picture to the right and below, up to its network's `size_multiple`.
enum class Padding : std::uint8_t {
    replicate, ///< the edge goes on
    reflect,   ///< mirrored, the edge not repeated (replicated where a picture is too small for it)
    zero,
};

/// What `oldfilm.json` inside a package says (schema 1).
struct OLDFILM_API Manifest {
    std::string id, version, task;
    std::vector<std::string> inputs, outputs; ///< in the order of forward()'s arguments and results
    int channels = 3;
    int before = 0, after = 0; ///< window
    int scale = 1;
    int size_multiple = 1; ///< heights and widths must be multiples of it; `Model` pads
    Padding padding = Padding::replicate;
    int receptive_field = 0; ///< radius in input pixels; -1 when the network sees the whole picture
    std::int64_t memory_per_pixel = 0; ///< bytes, in float32, of input at work; 0 when not known
    int render_size = 0;               ///< side that the network was made for; 0 for any
    std::vector<Precision> precisions; ///< allowed
    std::string license, origin;
    std::string json; ///< the whole manifest as text
    /// Throws `Error` (unreadable) naming the field that is missing or wrong.
    static Manifest parse(const std::string& json);
};

struct ModelOptions {
    std::string device = "cpu"; ///< "cpu", "cuda", "cuda:1"
    Precision precision = Precision::automatic;
    int tile =
        0; ///< side of a tile in input pixels; 0: chosen from receptive field and memory; -1: never
    /// Bytes that a run may take: tiles are chosen to fit by what the manifest says that a pixel
    /// takes. 0: tiles of up to 2 GiB on a CPU; what needs more than the machine has free is
    /// refused. With a budget nothing is kept between runs, so that no calls are recorded
    /// (`Model`).
    std::int64_t memory = 0;
    /// Whether the graph's operations are fused on a CPU, and its weights laid out for it. Off: for
    /// finding faults; slower, and the same to 1e-4.
    bool optimize = true;
    std::function<void(const std::string&)> warn; ///< may be empty
    /// Called with what was fused for a size of the inputs, and with what was not and why; from the
    /// thread that runs the model. May be empty.
    std::function<void(const std::string&)> report;
};

/// A model, loaded, checked, and ready on its device. `run` may be called from several threads, one
/// after the other does the work. Where the device can record (recording.hpp), small calls are
/// replayed from the third of their inputs' shapes on; a model that can't be is told of by `warn`,
/// once.
class OLDFILM_API Model {
  public:
    /// Throws `Error`: not_found; unreadable (cut short, not TorchScript, without metadata);
    /// incompatible (another task than `task`, when that is not empty).
    static std::shared_ptr<Model> open(const std::string& path, const std::string& task = "",
                                       const ModelOptions& options = {});
    /// Only the manifest, without loading weights into a network.
    static Manifest inspect(const std::string& path);

    [[nodiscard]] const Manifest& manifest() const noexcept;
    [[nodiscard]] Precision precision() const noexcept; ///< the one in use

    /// Inputs in the manifest's order, float32, on the model's device. Inputs of 4 or 5 dimensions
    /// whose last two are larger than 1 are pictures of one size H x W; others are passed as they
    /// are. The host pads to `size_multiple`, cuts into tiles that overlap by the receptive field,
    /// and checks for NaN (a half precision then falls back to float32, with a
    /// warning). Outputs float32; pictures are H*scale x W*scale. A tiled result equals an untiled
    /// one to 1e-4. Throws `Error`: format_mismatch, stage_failed (NaN in float32, error in the
    /// network), out_of_memory (before the work where the manifest tells what a pixel takes; the
    /// sentence names the size that fits).
    /// `cancelled`, where given, is asked between the network's operations, on the calling thread,
    /// whether the run is to end: `Error` (cancelled).
    /// `memory`: bytes that this call may take; 0: `ModelOptions::memory`.
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
