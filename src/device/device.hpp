#pragma once
/// \file
/// Which device a pipeline runs on. CUDA's half of LibTorch is loaded only when it is asked for.

#include <oldfilm/export.hpp>

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace oldfilm {

/// "cpu", "cuda", "cuda:1", another of LibTorch's that the program has registered, or "auto": CUDA
/// when a driver and LibTorch's CUDA half are there.
/// Throws `Error`: invalid_argument for another name; unsupported when CUDA is asked for and not
/// there.
c10::Device resolve_device(const std::string& name);

namespace base {
/// The same for the project's other libraries.
OLDFILM_API c10::Device resolve_device(const std::string& name);
} // namespace base

/// Bytes of memory that can still be had: on the CPU what Linux says is available, at most the
/// control group's limit; 0 where it does not tell, and on other devices, which refuse by
/// themselves.
std::int64_t available_memory(const c10::Device& device);

/// Bytes of main memory that this process holds now; 0 where the system does not tell.
std::int64_t resident_memory();
/// Gives what the C library keeps free back to the system, as far as it can.
void give_memory_back();

} // namespace oldfilm
