#pragma once
/// \file
/// What stages give back, checked. All functions throw `Error` (stage_failed).

#include "stage/services.hpp"

#include <oldfilm/evidence.hpp>
#include <oldfilm/frame.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace oldfilm::stage {

/// A tensor that a stage gave, and what it must be.
struct Output {
    const at::Tensor& tensor;
    const char* what;
    std::int64_t channels;
    at::ScalarType type;
};

/// Size, type, device, and finite values.
void check_output(const Output& output, const StreamFormat& format, const HostSide& host);

/// The kind of number `kind`, of the stage `name`.
[[nodiscard]] Evidence evidence_of(std::int32_t kind, const std::string& name);

} // namespace oldfilm::stage
