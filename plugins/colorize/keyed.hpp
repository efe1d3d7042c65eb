#pragma once
/// \file
/// Colors that a person steers: the keyframes and reference pictures of a film, given to its frames
/// by motion and by appearance.

#include "carry.hpp"
#include "likeness.hpp"
#include "network.hpp"
#include "steady.hpp"

#include <memory>
#include <string>
#include <vector>

namespace oldfilm::stages {

/// Keyframes of a film.
class Keyed {
  public:
    /// A reference picture is a keyframe whose name says nothing. `ahead`: so many frames before a
    /// keyframe are reached by its motion.
    Keyed(const sdk::Host& host, std::vector<Keyframe> keys, std::int64_t ahead);

    /// Discards what is known of the shot.
    void reset();
    /// Whether the frame was shown, in this shot.
    [[nodiscard]] bool has_seen(std::int64_t index) const { return index <= last_seen_; }
    /// Shows a frame of the window, in order. `luma`: 1 x H x W at the
    /// size of the keyframes.
    void see(const sdk::FrameView& frame, const at::Tensor& luma);
    /// `frame.ab`, of the automatic network, with the colors of places that look alike, and
    /// elsewhere nearer to the palette of the keyframes.
    at::Tensor explained(const SmallFrame& frame, const NetworkView& view, std::int64_t index,
                         const ColorNetwork& network);
    /// Lays what motion brings to frame `index` over `ab`, 1 x 2 x H x W at the size of the
    /// keyframes. To be called for each frame in order.
    at::Tensor carried_over(const at::Tensor& ab, std::int64_t index);

  private:
    struct Known {
        std::shared_ptr<const Keyframe> key;
        at::Tensor thumbnail;   ///< 1 x 1 x 12 x 16
        Examples examples;      ///< empty until the network has seen it
        std::int64_t seen = -1; ///< frame of the shot at work that it belongs to, or -1
        bool chosen = false;    ///< for the shot at work
    };
    void add(Keyframe picture);
    void choose(const at::Tensor& luma);
    [[nodiscard]] double share_of(const Known& known, std::int64_t index) const;
    std::vector<Examples> examples_for(const NetworkView& view, std::int64_t index,
                                       const ColorNetwork& network);
    void learn(Known& known, const ColorNetwork& network);

    Carrier carrier_;
    std::vector<Known> known_;
    bool has_reference_ = false;
    std::int64_t ahead_;
    std::int64_t last_seen_ = -1;
};

} // namespace oldfilm::stages
