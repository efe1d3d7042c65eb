#pragma once
/// \file
/// Runs a network on pictures of any size: padded, and in tiles that fit into memory.

#include "model/tensors.hpp"
#include "model/tiling.hpp"
#include "torchscript/network.hpp"

#include <oldfilm/model.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace oldfilm {

/// One thread at a time.
class TiledRun {
  public:
    /// `tile`: side of a tile in pixels; 0: chosen from the memory; -1: whole pictures.
    TiledRun(Manifest manifest, const at::Device& device, int tile);
    /// Applies to the calls of `run` that follow.
    /// `budget`: bytes that they may take; 0: as many as are usual.
    /// `cancelled`: as in `Network::Ready`; may be null; must outlive them.
    void begin(std::int64_t budget, const std::function<bool()>* cancelled) noexcept;
    /// Outputs in float32, of the size of the inputs without padding, or of that times the scale.
    /// Throws `Error`: out_of_memory, stage_failed, cancelled.
    std::vector<at::Tensor> run(Network::Ready& with, const Inputs& inputs) const;
    /// Bytes that the network takes for a pixel.
    [[nodiscard]] std::int64_t memory_per_pixel() const noexcept;

  private:
    std::vector<at::Tensor> forward(Network::Ready& with,
                                    const std::vector<at::Tensor>& inputs) const;
    [[nodiscard]] TileSize tile_for(const Inputs& inputs) const;
    void check_memory(const TileSize& piece) const;
    std::vector<at::Tensor> padded_run(Network::Ready& with, const Inputs& inputs) const;
    bool place(const std::vector<at::Tensor>& parts, const TileSpan& row, const TileSpan& column,
               const Inputs& inputs, std::vector<at::Tensor>& outputs) const;

    Manifest manifest_;
    at::Device device_;
    int tile_ = 0;
    std::int64_t budget_ = 0;
    const std::function<bool()>* cancelled_ = nullptr;
};

} // namespace oldfilm
