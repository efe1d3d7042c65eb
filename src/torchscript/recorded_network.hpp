#pragma once
/// \file
/// A network that a device is told of once: small ones take a fast device less time than the host
/// takes to queue them, kernel by kernel.

#include "torchscript/network.hpp"

#include <oldfilm/recording.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace oldfilm {

/// How a network's calls are recorded.
struct Recordings {
    c10::Device device;
    Record record;
    /// Pixels of input of all recordings together, at most: each keeps what its network works in.
    std::int64_t most_pixels = 0;
    /// Told once, with the reason, when the network turns out not to be one that can be recorded.
    std::function<void(const std::string&)> refused;
};

/// The network, its calls recorded when inputs of their shapes come the second time, and replayed
/// from the third on. Outputs are the caller's own, in float32 where they come from a recording.
std::unique_ptr<Network::Ready> recorded(std::unique_ptr<Network::Ready> network,
                                         Recordings recordings);

} // namespace oldfilm
