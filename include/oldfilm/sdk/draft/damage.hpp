#pragma once
/// \file
/// Draft: damage that is known before any stage looks. It may change or disappear with any release.

#include <oldfilm/plugin/ext/draft/damage.h>
#include <oldfilm/sdk/torch.hpp>

#include <ATen/core/Tensor.h>

namespace oldfilm::sdk::draft {

/// Damage of a frame of the call that is under way, from a person or another program: 1 x H x W
/// float32, 1 where the frame is damaged, -1 where it is not, 0 where nothing is known. Undefined
/// if nothing is known about the frame. Read-only.
inline at::Tensor damage(const Host& host, const FrameView& frame) {
    const auto* service = host.extension<oldfilm_host_damage>(OLDFILM_EXT_DAMAGE);
    const oldfilm_tensor* known =
        service == nullptr ? nullptr : service->damage(host.c(), &frame.c());
    return known == nullptr ? at::Tensor() : tensor(*known);
}

} // namespace oldfilm::sdk::draft
