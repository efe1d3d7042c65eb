#pragma once
/// \file
/// Colors that a person gives: keyframes and a reference picture.

#include "keyed.hpp"
#include "network.hpp"
#include "reference.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace oldfilm::stages {

/// The keyframes and the reference picture that the parameters name, as the stage uses them.
/// Without either, colors stay as they are.
class Steering {
  public:
    Steering() = default;
    /// Reads the pictures. `network` gets the reference picture if it takes one. Throws
    /// `sdk::Failure` for pictures that are missing or can't be used.
    Steering(const sdk::Host& host, ColorNetwork& network, const sdk::Values& values,
             const sdk::Format& input);

    /// Whether there are keyframes, and not just a reference picture.
    [[nodiscard]] bool has_keyframes() const noexcept { return has_keyframes_; }
    /// Frames ahead of a frame that keyframes may color it from.
    [[nodiscard]] int ahead() const noexcept { return ahead_; }
    /// Bytes that `after` frames ahead take.
    [[nodiscard]] std::int64_t memory(std::int64_t after) const;
    void reset();
    /// Shows the frames of a window.
    void see(const sdk::Request& request);
    /// `frame.ab`, which the network made, moved to the palette of the reference picture, or with
    /// the colors of places of keyframes that look alike.
    at::Tensor explained(SmallFrame frame, const NetworkView& view, std::int64_t index,
                         const ColorNetwork& network);
    /// Lays what the keyframes' motion brings to frame `index` over `ab`, 1 x 2 x H x W. To be
    /// called for each frame in order.
    at::Tensor carried_over(const at::Tensor& ab, std::int64_t index);

  private:
    void read_reference(const std::string& path, const c10::Device& device, ColorNetwork& network);
    void read_keys(const sdk::Host& host, const std::string& folder, const sdk::Format& input);

    bool has_keyframes_ = false;
    int ahead_ = 0;
    std::int64_t height_ = 0, width_ = 0; ///< at which keyframes' colors are carried
    std::optional<Keyframe> example_;     ///< the reference picture, until `keyed_` has it
    std::optional<Keyed> keyed_;
    std::optional<Palette> palette_;
};

} // namespace oldfilm::stages
