#include "device/foreign_memory.hpp"

#include "device/native_streams.hpp"
#include "device/order.hpp"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <memory>
#include <string>

namespace oldfilm {

ForeignMemory::ForeignMemory(const at::Device& device, OwnedElsewhere owned)
    : owned_(std::move(owned)) {
    if (!device.is_cpu()) {
        first_ = current_stream(device);
    }
}

at::Tensor ForeignMemory::tensor(void* data, at::IntArrayRef sizes, at::IntArrayRef strides,
                                 at::ScalarType type, const at::Device& device,
                                 OwnedElsewhere owned) {
    std::unique_ptr<ForeignMemory> memory(new ForeignMemory(device, std::move(owned)));
    return at::for_blob(data, sizes)
        .strides(strides)
        .context(memory.release(), &ForeignMemory::end)
        .options(at::TensorOptions().dtype(type).device(device))
        .target_device(device)
        .make_tensor();
}

ForeignMemory* ForeignMemory::of(const at::Tensor& tensor) noexcept {
    return tensor.storage().data_ptr().cast_context<ForeignMemory>(&ForeignMemory::end);
}

void ForeignMemory::used_on(c10::Stream stream) {
    const std::scoped_lock lock(mutex_);
    if (first_ && stream != *first_ &&
        std::find(others_.begin(), others_.end(), stream) == others_.end()) {
        others_.push_back(stream);
    }
}

/// A stream of its own where there were several, so that none of them waits for another.
c10::Stream ForeignMemory::after_all_uses() const {
    if (others_.empty()) {
        return *first_;
    }
    const c10::Stream last = c10::impl::VirtualGuardImpl(first_->device_type())
                                 .getStreamFromGlobalPool(first_->device());
    order(*first_, last);
    for (const c10::Stream other : others_) {
        order(other, last);
    }
    return last;
}

void ForeignMemory::end(void* memory) noexcept {
    const std::unique_ptr<ForeignMemory> self(static_cast<ForeignMemory*>(memory));
    if (!self->first_) {
        return; // its owner is told when it goes
    }
    try {
        std::string why;
        const auto native = native_streams_of(self->first_->device_type(), why);
        if (native) {
            self->owned_.give_back(native->handle(self->after_all_uses()));
        }
    } catch (const std::exception&) {
        // The device has failed: nothing that was queued there will use the memory.
    }
}

void base::keep_for(const at::Tensor& tensor, c10::Stream stream) {
    if (!tensor.defined() || tensor.device().type() != stream.device_type()) {
        return;
    }
    if (ForeignMemory* foreign = ForeignMemory::of(tensor)) {
        foreign->used_on(stream);
        return;
    }
    c10::impl::VirtualGuardImpl(stream.device_type())
        .recordDataPtrOnStream(tensor.storage().data_ptr(), stream);
}

} // namespace oldfilm
