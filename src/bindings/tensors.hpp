#pragma once
/// \file
/// Tensors between Python and C++, by DLPack: both sides share the storage.

#include <ATen/core/Tensor.h>
#include <nanobind/nanobind.h>

namespace oldfilm::bindings {

/// `tensor` as a `torch.Tensor`; None if it is undefined. Call it with the GIL held.
nanobind::object to_python(const at::Tensor& tensor);

/// The tensor of `object`: a `torch.Tensor`, or what has `__dlpack__`, such as a NumPy array. Call
/// it with the GIL held. Throws `nanobind::python_error` (TypeError, BufferError).
at::Tensor to_tensor(nanobind::handle object);

} // namespace oldfilm::bindings
