#pragma once
/// \file
/// Tensors on their way across the plugin boundary; no pixel is copied in either direction.

#include <oldfilm/plugin.h>

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace oldfilm::stage {

/// The device's kind as plugins know it.
std::int32_t device_type_of(const at::Device& device);

/// `tensor` lent for a call; valid while `tensor` is. `torch`: the other side has our runtime tag.
oldfilm_tensor lend(const at::Tensor& tensor, bool torch);

/// `tensor` given: the receiver owns a reference, and gives it back through `release` or by `impl`.
oldfilm_tensor give(const at::Tensor& tensor, bool torch);

/// A tensor that a plugin gave, taken over. Throws `Error` (stage_failed) when it makes no sense.
at::Tensor take(oldfilm_tensor& given);

/// A tensor that a plugin lent.
at::Tensor borrow(const oldfilm_tensor& lent);

} // namespace oldfilm::stage
