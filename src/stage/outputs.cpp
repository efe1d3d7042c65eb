#include "stage/outputs.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugin/ext/draft/evidence.h>

#include <ATen/ops/sum.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace oldfilm::stage {
namespace {

const char* name_of(at::ScalarType type) {
    return type == at::kFloat ? "float32" : type == at::kByte ? "uint8" : "another type";
}

} // namespace

void check_output(const Output& output, const StreamFormat& format, const HostSide& host) {
    const at::Tensor& tensor = output.tensor;
    const std::string expected = fmt::format("{} x {} x {} {}", output.channels, format.height,
                                             format.width, name_of(output.type));
    if (!tensor.defined()) {
        throw Error(Errc::stage_failed, fmt::format("stage {} gave no {}; expected one of {}",
                                                    host.label(), output.what, expected));
    }
    const bool fits = tensor.dim() == 3 && tensor.size(0) == output.channels &&
                      tensor.size(1) == format.height && tensor.size(2) == format.width &&
                      tensor.scalar_type() == output.type;
    if (!fits) {
        throw Error(Errc::stage_failed,
                    fmt::format("stage {} gave a {} of shape {} ({}); expected {}", host.label(),
                                output.what, fmt::join(tensor.sizes(), " x "),
                                name_of(tensor.scalar_type()), expected));
    }
    if (tensor.device().type() != host.shared().device.type()) {
        throw Error(Errc::stage_failed,
                    fmt::format("stage {} gave a {} on another device than its input's",
                                host.label(), output.what));
    }
    // A sum is finite only if every value is; elsewhere the check would stall the stream: there
    // the frame is looked at when it has come to the host.
    if (output.type == at::kFloat && tensor.is_cpu() &&
        !std::isfinite(tensor.sum().item<double>())) {
        throw Error(
            Errc::stage_failed,
            fmt::format("stage {} gave a {} with non-finite values (NaN or infinite); this is a "
                        "defect of the stage or of its model",
                        host.label(), output.what));
    }
}

// The kinds have the same numbers on both sides of the interface.
static_assert(OLDFILM_ORIGINAL == static_cast<int>(Evidence::original));
static_assert(OLDFILM_RESAMPLED == static_cast<int>(Evidence::resampled));
static_assert(OLDFILM_RECOLORED == static_cast<int>(Evidence::recolored));
static_assert(OLDFILM_RECOVERED == static_cast<int>(Evidence::recovered));
static_assert(OLDFILM_FILLED == static_cast<int>(Evidence::filled));
static_assert(OLDFILM_SYNTHESIZED == static_cast<int>(Evidence::synthesized));

Evidence evidence_of(std::int32_t kind, const std::string& name) {
    if (kind < 0 || kind >= evidence_kinds) {
        throw Error(Errc::stage_failed,
                    fmt::format("stage {} says that samples are of the evidence {}; expected 0 to "
                                "{}; this is a defect of the stage",
                                name, kind, evidence_kinds - 1));
    }
    return static_cast<Evidence>(kind);
}

} // namespace oldfilm::stage
