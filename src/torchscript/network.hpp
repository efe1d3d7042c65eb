#pragma once
/// \file
/// A TorchScript network: the one place that knows how its code is loaded, prepared and called.

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace oldfilm {

/// A network as loaded: float32, on the CPU. Makes ready ones for a device and a precision.
class Network {
  public:
    /// One that can be called. One thread at a time.
    class Ready {
      public:
        virtual ~Ready() = default;
        /// Inputs on the device, in forward()'s order. Outputs as the network made them.
        /// `cancelled` is asked between the network's operations; it may be null or empty.
        /// Throws `Error`: stage_failed, out_of_memory, cancelled.
        virtual std::vector<at::Tensor> operator()(const std::vector<at::Tensor>& inputs,
                                                   const std::function<bool()>* cancelled) = 0;
        /// Whether inputs should be laid out channels-last, as convolutions take them: not where
        /// something else reads them first.
        [[nodiscard]] virtual bool channels_last() const = 0;
        /// Whether what a call queues on a device follows from its inputs' shapes, and is all that
        /// the call does, as far as the graph tells: no state, nothing random, nothing on another
        /// thread. Waits for values show only when it runs.
        [[nodiscard]] virtual bool replayable() const = 0;
    };

    /// How `prepare` makes a network ready.
    struct Options {
        bool optimize = true; ///< whether operations are fused on a CPU
        /// Called with what was fused for a size of the inputs, or why nothing was, on the thread
        /// of the call; may be empty.
        std::function<void(const std::string&)> report;
    };

    /// Throws `Error` (unreadable) when LibTorch cannot load it.
    static std::unique_ptr<Network> load(const std::string& path);
    virtual ~Network() = default;
    /// Convolutions run in `type` (float32, bfloat16 or float16); what lies between stays float32
    /// where it was, and follows its inputs elsewhere, so that skip paths and resizing keep their
    /// precision.
    /// `options`: how.
    [[nodiscard]] virtual std::unique_ptr<Ready>
    prepare(const at::Device& device, at::ScalarType type, Options options) const = 0;
    /// How many tensors forward() takes.
    [[nodiscard]] virtual std::size_t inputs() const = 0;
};

} // namespace oldfilm
