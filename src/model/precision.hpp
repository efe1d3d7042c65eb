#pragma once
/// \file
/// Which precision a model runs in.

#include <oldfilm/model.hpp>

#include <string>

namespace oldfilm {

/// Whether this processor multiplies bfloat16 faster than float32 (AMX, AVX-512 BF16, Arm's BF16).
bool cpu_is_fast_at_bfloat16() noexcept;

/// The precision to run in, on the CPU or on another device. What the manifest does not allow
/// becomes float32; `why` then says so, for a warning, and is empty otherwise.
Precision choose_precision(Precision asked, const Manifest& manifest, bool on_cpu,
                           std::string& why);

} // namespace oldfilm
