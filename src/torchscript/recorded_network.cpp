#include "torchscript/recorded_network.hpp"

#include "device/order.hpp"

#include <oldfilm/error.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <list>
#include <optional>
#include <utility>

namespace oldfilm {
namespace {

/// Sizes and strides of all inputs: kernels go by both.
using Shapes = std::vector<std::vector<std::int64_t>>;

Shapes shapes_of(const std::vector<at::Tensor>& inputs) {
    Shapes shapes;
    for (const at::Tensor& input : inputs) {
        shapes.push_back(input.sizes().vec());
        shapes.push_back(input.strides().vec());
    }
    return shapes;
}

/// Of the largest picture or batch of pictures.
std::int64_t pixels_of(const std::vector<at::Tensor>& inputs) {
    std::int64_t most = 0;
    for (const at::Tensor& input : inputs) {
        most = std::max(most, input.dim() < 4 ? input.numel()
                                              : input.size(0) * input.size(-2) * input.size(-1));
    }
    return most;
}

class RecordedNetwork final : public Network::Ready {
  public:
    RecordedNetwork(std::unique_ptr<Network::Ready> network, Recordings recordings)
        : network_(std::move(network)), with_(std::move(recordings)) {}

    std::vector<at::Tensor> operator()(const std::vector<at::Tensor>& inputs,
                                       const std::function<bool()>* cancelled) override {
        const std::int64_t pixels = pixels_of(inputs);
        if (refused_ || pixels > with_.most_pixels) {
            return (*network_)(inputs, cancelled);
        }
        Call& call = call_of(inputs);
        if (call.recording) {
            if (cancelled != nullptr && *cancelled && (*cancelled)()) {
                throw Error(Errc::cancelled, "the run was cancelled");
            }
            return replay(call, inputs);
        }
        std::vector<at::Tensor> outputs = (*network_)(inputs, cancelled);
        // This run has chosen algorithms and loaded kernels, which can't be done while recording,
        // and has the result if that fails.
        if (std::exchange(call.seen, true)) {
            record(call, inputs, pixels);
        }
        return outputs;
    }

    [[nodiscard]] bool channels_last() const override { return network_->channels_last(); }
    [[nodiscard]] bool replayable() const override { return network_->replayable(); }

  private:
    struct Call {
        explicit Call(Shapes of) : shapes(std::move(of)) {}
        Shapes shapes;
        bool seen = false;
        std::int64_t pixels = 0; ///< of a recording
        std::unique_ptr<Recording> recording;
        std::vector<at::Tensor> inputs, outputs; ///< that the recording reads and writes
        std::optional<c10::Event> used;          ///< after it, they may be written again
    };
    /// Films have one size, and their tiles another; faces come in batches.
    static constexpr std::size_t kept_shapes = 8;

    /// The call of these shapes, now the first in the list; the one last used longest ago makes
    /// room.
    Call& call_of(const std::vector<at::Tensor>& inputs) {
        Shapes shapes = shapes_of(inputs);
        const auto known = std::find_if(calls_.begin(), calls_.end(),
                                        [&](const Call& call) { return call.shapes == shapes; });
        if (known != calls_.end()) {
            calls_.splice(calls_.begin(), calls_, known);
        } else {
            calls_.emplace_front(std::move(shapes));
            if (calls_.size() > kept_shapes) {
                calls_.pop_back();
            }
        }
        return calls_.front();
    }

    void record(Call& call, const std::vector<at::Tensor>& inputs, std::int64_t pixels) {
        make_room(pixels);
        try {
            for (const at::Tensor& input : inputs) {
                call.inputs.push_back(at::empty_like(input));
            }
            call.recording = with_.record(
                with_.device, [&] { call.outputs = (*network_)(call.inputs, nullptr); });
            call.pixels = pixels;
            call.used.emplace(with_.device.type());
            call.used->record(current_stream());
        } catch (const std::exception& error) {
            refused_ = true;
            calls_.clear();
            const std::string reason = error.what();
            with_.refused(reason.substr(0, reason.find('\n')));
        }
    }

    /// Recordings used longest ago are given up until one of so many pixels can be had.
    void make_room(std::int64_t pixels) {
        for (const Call& call : calls_) {
            pixels += call.pixels;
        }
        for (auto call = calls_.rbegin(); call != calls_.rend() && pixels > with_.most_pixels;
             ++call) {
            pixels -= call->pixels;
            *call = Call(std::move(call->shapes));
        }
    }

    /// Copies in and out cost little beside a network, and nobody's tensor changes later.
    std::vector<at::Tensor> replay(Call& call, const std::vector<at::Tensor>& inputs) {
        const c10::Stream stream = current_stream();
        call.used->block(stream);
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            call.inputs[i].copy_(inputs[i], /*non_blocking=*/true);
            keep_for(call.inputs[i], stream);
        }
        call.recording->replay();
        std::vector<at::Tensor> outputs;
        for (const at::Tensor& output : call.outputs) {
            outputs.push_back(output.to(at::kFloat, /*non_blocking=*/true, /*copy=*/true));
            keep_for(output, stream);
        }
        call.used->record(stream);
        return outputs;
    }

    [[nodiscard]] c10::Stream current_stream() const {
        return c10::impl::VirtualGuardImpl(with_.device.type()).getStream(with_.device);
    }

    std::unique_ptr<Network::Ready> network_;
    Recordings with_;
    bool refused_ = false;
    std::list<Call> calls_; ///< last used first
};

} // namespace

std::unique_ptr<Network::Ready> recorded(std::unique_ptr<Network::Ready> network,
                                         Recordings recordings) {
    return std::make_unique<RecordedNetwork>(std::move(network), std::move(recordings));
}

} // namespace oldfilm
