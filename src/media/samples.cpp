#include "media/samples.hpp"

#include "device/order.hpp"

#include <ATen/ops/empty.h>
#include <c10/core/StreamGuard.h>

#include <utility>
#include <vector>

namespace oldfilm::media {

PendingDownload::PendingDownload(const at::Tensor& there) : here_(there) {
    if (!there.is_cpu()) {
        const auto pinned = at::TensorOptions().dtype(there.scalar_type()).pinned_memory(true);
        here_ = at::empty(there.sizes(), pinned).copy_(there, /*non_blocking=*/true);
        arrived_.emplace(there.device().type());
        arrived_->record(current_stream(there.device()));
    }
}

const at::Tensor& PendingDownload::wait() const {
    if (arrived_) {
        arrived_->synchronize();
    }
    return here_;
}

Samples::Samples(UniqueFrame frame, const Layout& layout)
    : layout_(layout), height_(frame->height), width_(frame->width), host_(std::move(frame)) {}

Samples::Samples(Planes planes, const Layout& layout)
    : layout_(layout), height_(planes[0].size(0)), width_(planes[0].size(1)),
      planes_(std::move(planes)) {
    const at::Device device = planes_[0].device();
    if (!device.is_cpu()) {
        made_.emplace(device.type());
        made_->record(current_stream(device));
    }
}

at::Device Samples::device() const {
    return planes_.empty() ? at::Device(at::kCPU) : planes_[0].device();
}

bool Samples::are_on_host() const {
    const std::lock_guard lock(mutex_);
    return host_ != nullptr;
}

const AVFrame& Samples::on_host() const {
    const std::lock_guard lock(mutex_);
    if (!host_) {
        host_ = fetched();
    }
    return *host_;
}

UniqueFrame Samples::fetched() const {
    const at::Device device = planes_[0].device();
    // On a stream of its own: neither the stages' work nor the caller's is waited for.
    std::optional<c10::Stream> beside;
    if (made_) {
        beside = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
        made_->block(*beside);
    }
    const c10::OptionalStreamGuard on(beside);
    std::vector<PendingDownload> coming;
    for (const at::Tensor& plane : planes_) {
        if (beside) {
            keep_for(plane, *beside);
        }
        coming.emplace_back(plane);
    }
    UniqueFrame frame = buffer_of(layout_.format, width_, height_);
    for (std::size_t i = 0; i < coming.size(); ++i) {
        copy_rows(coming[i].wait(), *frame, static_cast<int>(i));
    }
    if (layout_.by_fields) {
        set_interlaced(*frame);
    }
    return frame;
}

Planes Samples::on(const at::Device& device) const {
    if (planes_.empty() || planes_[0].device() != device) {
        const AVFrame& frame = on_host();
        if (!device.is_cpu()) {
            return uploaded(frame, layout_, device);
        }
        Planes views;
        for (int i = 0; i < layout_.planes; ++i) {
            views.push_back(plane_view(frame, layout_, i));
        }
        return views;
    }
    if (made_) {
        const c10::Stream stream = current_stream(device);
        made_->block(stream);
        for (const at::Tensor& plane : planes_) {
            keep_for(plane, stream);
        }
    }
    return planes_;
}

} // namespace oldfilm::media
