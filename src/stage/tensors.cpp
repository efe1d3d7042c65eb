#include "stage/tensors.hpp"

#include "device/foreign_memory.hpp"
#include "device/native_streams.hpp"
#include "device/order.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ops/from_blob.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <string>
#include <utility>

namespace oldfilm::stage {
namespace {

std::int32_t dtype_of(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
    case at::kFloat:
        return OLDFILM_FLOAT32;
    case at::kByte:
        return OLDFILM_UINT8;
    case at::kLong:
        return OLDFILM_INT64;
    default:
        throw Error(Errc::stage_failed,
                    fmt::format("a tensor for a plugin must be float32, uint8 or int64, found {}",
                                at::toString(tensor.scalar_type())));
    }
}

NativeStreams native(const at::Device& device) {
    std::string why;
    if (const auto streams = native_streams_of(device.type(), why)) {
        return *streams;
    }
    throw Error(Errc::stage_failed,
                fmt::format("a tensor of a plugin without LibTorch came on {}, whose streams can't "
                            "be told to plugins{}{}; run the stage on the CPU",
                            device.str(), why.empty() ? "" : ": ", why));
}

/// Rows, strides and the place must make sense before LibTorch sees them.
void check_layout(const oldfilm_tensor& c, const at::Device& device) {
    const std::int32_t index = device.has_index() ? device.index() : 0;
    if (c.device_type != device_type_of(device) || c.device_index != index) {
        throw Error(Errc::stage_failed,
                    fmt::format("a tensor must be on the run's device ({}: type {}, index {}), "
                                "found type {}, index {}",
                                device.str(), device_type_of(device), index, c.device_type,
                                c.device_index));
    }
    if (c.data == nullptr || c.ndim < 0 || c.ndim > OLDFILM_MAX_DIMS) {
        throw Error(Errc::stage_failed,
                    fmt::format("a tensor must have data and 0 to {} dimensions, found {} and {}",
                                OLDFILM_MAX_DIMS, c.data == nullptr ? "none" : "some", c.ndim));
    }
    std::int64_t extent = 8; // bytes, from the first element to behind the last
    bool fits = true;
    for (int i = 0; i < c.ndim; ++i) {
        std::int64_t reach = 0;
        fits = fits && c.shape[i] >= 0 && c.strides[i] >= 0 &&
               !__builtin_mul_overflow(c.shape[i], c.strides[i], &reach) &&
               !__builtin_mul_overflow(reach, std::int64_t{8}, &reach) &&
               !__builtin_add_overflow(extent, reach, &extent);
    }
    if (!fits) {
        const auto dims = static_cast<std::size_t>(c.ndim);
        throw Error(Errc::stage_failed,
                    fmt::format("a tensor's sizes and strides must not be negative, nor more than "
                                "memory holds, found {} by {}",
                                fmt::join(at::IntArrayRef(c.shape, dims), " x "),
                                fmt::join(at::IntArrayRef(c.strides, dims), ", ")));
    }
}

/// What is queued from now on comes after the tensor's making.
void await(const oldfilm_tensor& c, const at::Device& device) {
    if (device.is_cpu()) {
        return;
    }
    const NativeStreams streams = native(device);
    if (c.ready != nullptr) {
        streams.wait(c.ready, current_stream(device));
    } else {
        order(streams.stream(c.stream, device), current_stream(device));
    }
}

/// LibTorch's own complaints are a stage's failure here.
template <class Work>
auto made_by_stage(const Work& work) {
    try {
        return work();
    } catch (const c10::Error& error) {
        throw Error(Errc::stage_failed,
                    fmt::format("a tensor makes no sense: {}", error.what_without_backtrace()));
    }
}

at::Tensor reclaimed(void* impl) {
    return at::Tensor(
        c10::intrusive_ptr<c10::TensorImpl>::reclaim(static_cast<c10::TensorImpl*>(impl)));
}

/// `release` of what the host gives. For any thread.
void drop(void* owner, void* stream) {
    const at::Tensor tensor = reclaimed(owner);
    try {
        std::string why;
        const auto streams =
            tensor.is_cpu() ? std::nullopt : native_streams_of(tensor.device().type(), why);
        if (streams) {
            keep_for(tensor, streams->stream(stream, tensor.device()));
        }
    } catch (const std::exception&) {
        // The device has failed: nothing that was queued there will use the memory.
    }
}

} // namespace

std::int32_t device_type_of(const at::Device& device) {
    return device.is_cpu() ? OLDFILM_CPU : device.is_cuda() ? OLDFILM_CUDA : OLDFILM_OTHER_DEVICE;
}

at::ScalarType type_of(std::int32_t dtype) {
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

bool speaks_natively(const at::Device& device, std::string& why) {
    return device.is_cpu() || native_streams_of(device.type(), why);
}

oldfilm_tensor lend(const at::Tensor& tensor, bool torch) {
    if (tensor.dim() > OLDFILM_MAX_DIMS) {
        throw Error(Errc::stage_failed,
                    fmt::format("a tensor for a plugin must have at most {} dimensions, found {}",
                                OLDFILM_MAX_DIMS, tensor.dim()));
    }
    oldfilm_tensor c{};
    c.impl = torch ? tensor.unsafeGetTensorImpl() : nullptr;
    // LibTorch's own know when memory that is shared until it is written to has to be copied.
    c.data = torch ? const_cast<void*>(tensor.const_data_ptr()) : tensor.mutable_data_ptr();
    c.device_type = device_type_of(tensor.device());
    c.device_index = tensor.device().has_index() ? tensor.device().index() : 0;
    c.dtype = dtype_of(tensor);
    c.ndim = static_cast<std::int32_t>(tensor.dim());
    for (int i = 0; i < c.ndim; ++i) {
        c.shape[i] = tensor.size(i);
        c.strides[i] = tensor.stride(i);
    }
    if (!torch && !tensor.is_cpu()) {
        c.stream = native(tensor.device()).handle(current_stream(tensor.device()));
    }
    return c;
}

oldfilm_tensor give(const at::Tensor& tensor, bool torch) {
    oldfilm_tensor c = lend(tensor, torch);
    c.owner = at::Tensor(tensor).unsafeReleaseTensorImpl();
    c.release = drop;
    return c;
}

at::Tensor take(oldfilm_tensor& given, const at::Device& device) {
    const oldfilm_tensor c = std::exchange(given, {});
    if (c.impl != nullptr) {
        return reclaimed(c.impl);
    }
    OwnedElsewhere owned(c.owner, c.release);
    if (c.data == nullptr) {
        return {};
    }
    check_layout(c, device);
    const at::ScalarType type = type_of(c.dtype);
    return made_by_stage([&] {
        await(c, device);
        const auto dims = static_cast<std::size_t>(c.ndim);
        return ForeignMemory::tensor(c.data, {c.shape, dims}, {c.strides, dims}, type, device,
                                     std::move(owned));
    });
}

Borrowed::Borrowed(const oldfilm_tensor& lent, const at::Device& device) {
    if (lent.impl != nullptr) {
        tensor_ = at::Tensor(c10::intrusive_ptr<c10::TensorImpl>::unsafe_reclaim_from_nonowning(
            static_cast<c10::TensorImpl*>(lent.impl)));
        return;
    }
    check_layout(lent, device);
    const at::ScalarType type = type_of(lent.dtype);
    tensor_ = made_by_stage([&] {
        await(lent, device);
        const auto dims = static_cast<std::size_t>(lent.ndim);
        return at::for_blob(lent.data, {lent.shape, dims})
            .strides(at::IntArrayRef(lent.strides, dims))
            .options(at::TensorOptions().dtype(type).device(device))
            .target_device(device)
            .make_tensor();
    });
    stream_ = lent.stream;
    foreign_ = !device.is_cpu();
}

Borrowed::~Borrowed() {
    if (!foreign_) {
        return;
    }
    try {
        const at::Device device = tensor_.device();
        order(current_stream(device), native(device).stream(stream_, device));
    } catch (const std::exception&) {
        // The device has failed: nothing that was queued there will use the memory.
    }
}

} // namespace oldfilm::stage
