#pragma once
/// \file
/// The networks of the stage, and what they want to see.

#include "evidence.hpp"

#include <oldfilm/sdk/host.hpp>
#include <oldfilm/sdk/manifest.hpp>
#include <oldfilm/sdk/request.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

namespace scratch {

/// A network with what it wants to see.
struct Network {
    oldfilm::sdk::Model model;
    oldfilm::sdk::Manifest facts;
    bool is_aligned = true; ///< wants its neighbors brought into line with the frame

    Network(const oldfilm::sdk::Host& host, const std::string& package);

    /// Whether it sees what found places are judged by: two neighbors on each side, in line.
    [[nodiscard]] bool has_evidence() const;
    /// What it is run on: the frame of `request` and its neighbors, of which the window has `reach`
    /// on each side. Where `steady` (1 x H x W bool) is defined and false, the motion is that
    /// around the place.
    [[nodiscard]] Seen seen(const oldfilm::sdk::Host& host, const oldfilm::sdk::Request& request,
                            int reach, const at::Tensor& steady = {}) const;
    /// Its picture as C x H x W.
    [[nodiscard]] at::Tensor whole(const at::Tensor& made, std::int64_t channels) const;
};

/// Throws `Failure` (`Status::invalid`) unless `finder` finds damage, and it or `repairer` repairs
/// it.
void check_parts(const Network& finder, const std::optional<Network>& repairer);

} // namespace scratch
