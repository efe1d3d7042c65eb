#pragma once
/// \file
/// Dense optical flow between two pictures, computed once for a pair and shared by all stages.

#include <oldfilm/export.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

namespace oldfilm::stage {

/// The size at which the search ends; beyond half it takes three times the time.
enum class FlowDetail { half, full };

/// Keeps the flows of the last pairs for as long as both pictures live; keeps no picture alive.
/// Thread-safe; one thread at a time computes.
class FlowService {
  public:
    OLDFILM_API FlowService();
    OLDFILM_API ~FlowService();
    FlowService(const FlowService&) = delete;
    FlowService& operator=(const FlowService&) = delete;

    /// Flow, 2 x H x W float32 in pixels (x, then y), on `from`'s device: to(p + flow(p)) looks
    /// like from(p). Both pictures are C x H x W float32 of one size and device, C = 1 or 3 (R, G,
    /// B), nominally [0, 1]. Method: dense inverse search (Kroeger et al., ECCV 2016) on luma of 8
    /// bits. The result is the caller's: on the CPU it shares memory until it is written to,
    /// through LibTorch. Throws `Error`: format_mismatch; unsupported when built without OpenCV.
    at::Tensor flow(const at::Tensor& from, const at::Tensor& to,
                    FlowDetail detail = FlowDetail::half);
    /// Bytes that are kept and worked with at most, for pictures of so many pixels.
    static std::int64_t most_bytes(std::int64_t pixels);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace oldfilm::stage
