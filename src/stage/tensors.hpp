#pragma once
/// \file
/// Tensors on their way across the plugin boundary; no pixel is copied in either direction. On a
/// device for the worker's thread, in the order of its current stream.

#include <oldfilm/export.hpp>
#include <oldfilm/plugin.h>

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace oldfilm::stage {

/// The device's kind as plugins know it.
std::int32_t device_type_of(const at::Device& device);

/// Whether plugins without LibTorch can be told of the device's streams and events; if not, `why`.
bool speaks_natively(const at::Device& device, std::string& why);

/// Of OLDFILM_FLOAT32 and its like. Throws `Error` (stage_failed) for others.
at::ScalarType type_of(std::int32_t dtype);

/// `tensor` lent for a call; valid while `tensor` is. `torch`: the other side has our runtime tag.
/// Throws `Error` (stage_failed) where plugins know no such tensor.
OLDFILM_API oldfilm_tensor lend(const at::Tensor& tensor, bool torch);

/// `tensor` given: the receiver owns a reference, and gives it back through `release` or by `impl`.
/// Throws as `lend` does.
OLDFILM_API oldfilm_tensor give(const at::Tensor& tensor, bool torch);

/// A tensor of a run on `device` that a plugin gave, taken over; empty when none was given. What is
/// queued from now on comes after its making. Throws `Error` (stage_failed) when it makes no sense;
/// it has been given back then.
OLDFILM_API at::Tensor take(oldfilm_tensor& given, const at::Device& device);

/// What a plugin of a run on `device` lends to a service of the host.
class Borrowed {
  public:
    /// What is queued from now on comes after its making. Throws `Error` (stage_failed).
    Borrowed(const oldfilm_tensor& lent, const at::Device& device);
    /// What its owner queues on its stream from now on comes after what was queued here.
    ~Borrowed();
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    [[nodiscard]] const at::Tensor& tensor() const noexcept { return tensor_; }

  private:
    at::Tensor tensor_;
    void* stream_ = nullptr;
    bool foreign_ = false;
};

} // namespace oldfilm::stage
