#include "stage/tensors.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ops/from_blob.h>
#include <fmt/format.h>

#include <utility>

namespace oldfilm::stage {
namespace {

int dtype_of(at::ScalarType type) {
    switch (type) {
    case at::kFloat:
        return OLDFILM_FLOAT32;
    case at::kByte:
        return OLDFILM_UINT8;
    case at::kLong:
        return OLDFILM_INT64;
    default:
        throw Error(Errc::internal,
                    "a tensor of a type that plugins do not know was to cross to a plugin");
    }
}

at::ScalarType type_of(int dtype) {
    switch (dtype) {
    case OLDFILM_FLOAT32:
        return at::kFloat;
    case OLDFILM_UINT8:
        return at::kByte;
    case OLDFILM_INT64:
        return at::kLong;
    default:
        throw Error(Errc::stage_failed,
                    fmt::format("a tensor's dtype must be 0, 1 or 2, found {}", dtype));
    }
}

at::TensorOptions options_of(const oldfilm_tensor& c) {
    const auto kind = c.device_type == OLDFILM_CUDA ? at::kCUDA : at::kCPU;
    const auto index =
        kind == at::kCUDA ? static_cast<c10::DeviceIndex>(c.device_index) : c10::DeviceIndex(-1);
    return at::TensorOptions().dtype(type_of(c.dtype)).device(at::Device(kind, index));
}

void check_layout(const oldfilm_tensor& c) {
    if (c.data == nullptr || c.ndim < 0 || c.ndim > OLDFILM_MAX_DIMS) {
        throw Error(Errc::stage_failed,
                    fmt::format("a tensor must have data and 0 to {} dimensions, found {} and {}",
                                OLDFILM_MAX_DIMS, c.data == nullptr ? "none" : "some", c.ndim));
    }
}

void drop(void* owner, void* /*stream*/) {
    at::Tensor(c10::intrusive_ptr<c10::TensorImpl>::reclaim(static_cast<c10::TensorImpl*>(owner)));
}

} // namespace

std::int32_t device_type_of(const at::Device& device) {
    return device.is_cpu() ? OLDFILM_CPU : device.is_cuda() ? OLDFILM_CUDA : OLDFILM_OTHER_DEVICE;
}

oldfilm_tensor lend(const at::Tensor& tensor, bool torch) {
    oldfilm_tensor c{};
    c.impl = torch ? tensor.unsafeGetTensorImpl() : nullptr;
    c.data = tensor.mutable_data_ptr();
    c.device_type = device_type_of(tensor.device());
    c.device_index = tensor.device().has_index() ? tensor.device().index() : 0;
    c.dtype = dtype_of(tensor.scalar_type());
    c.ndim = static_cast<std::int32_t>(tensor.dim());
    for (int i = 0; i < c.ndim; ++i) {
        c.shape[i] = tensor.size(i);
        c.strides[i] = tensor.stride(i);
    }
    return c;
}

oldfilm_tensor give(const at::Tensor& tensor, bool torch) {
    oldfilm_tensor c = lend(tensor, torch);
    c.owner = at::Tensor(tensor).unsafeReleaseTensorImpl();
    c.release = drop;
    return c;
}

at::Tensor take(oldfilm_tensor& given) {
    const oldfilm_tensor c = std::exchange(given, {});
    if (c.impl != nullptr) {
        return at::Tensor(
            c10::intrusive_ptr<c10::TensorImpl>::reclaim(static_cast<c10::TensorImpl*>(c.impl)));
    }
    check_layout(c);
    const auto release = [c](void* /*data*/) {
        if (c.release != nullptr) {
            c.release(c.owner, c.stream);
        }
    };
    return at::from_blob(c.data, {c.shape, static_cast<std::size_t>(c.ndim)},
                         {c.strides, static_cast<std::size_t>(c.ndim)}, release, options_of(c));
}

at::Tensor borrow(const oldfilm_tensor& lent) {
    if (lent.impl != nullptr) {
        return at::Tensor(c10::intrusive_ptr<c10::TensorImpl>::unsafe_reclaim_from_nonowning(
            static_cast<c10::TensorImpl*>(lent.impl)));
    }
    check_layout(lent);
    return at::from_blob(lent.data, {lent.shape, static_cast<std::size_t>(lent.ndim)},
                         {lent.strides, static_cast<std::size_t>(lent.ndim)}, options_of(lent));
}

} // namespace oldfilm::stage
