#pragma once
/// \file
/// Colors of keyframes, carried along motion through their shot.
///
/// Positions are composed from frame to frame and lead back to the keyframe, whose colors are then
/// sampled once, so that they don't blur with the distance. Each composed position is corrected by
/// the flow between the frame and the keyframe as moved to it, which takes the drift out. The
/// confidence falls where flow forward and backward disagree (Sundaram et al. 2010, "Dense point
/// trajectories by GPU-accelerated large displacement optical flow"), at occlusions, and where the
/// moved keyframe does not look like the frame; it is multiplied up over the distance. Keyframes
/// that are carried through video: Levin et al. 2004, "Colorization using optimization"; Meyer et
/// al. 2018, "Deep video color propagation"; Iizuka and Simo-Serra 2019, "DeepRemaster".

#include "keyframe_files.hpp"

#include <oldfilm/stage_torch.hpp>

#include <map>
#include <memory>
#include <vector>

namespace oldfilm::stages {

/// Where a keyframe's colors come to lie in a frame. All 1 x C x H x W.
struct Carried {
    at::Tensor ab;    ///< C = 2
    at::Tensor known; ///< C = 1: opacity of the keyframe, so moved
    at::Tensor sure;  ///< C = 1, in [0, 1]: how far motion can be believed, against other keyframes
    at::Tensor strength; ///< C = 1, in [0, 1]: the same, against what is known without motion
    std::int64_t distance = 0;
};

/// A keyframe on its way from frame to frame.
class Chain {
  public:
    /// Begins at the keyframe's own frame, whose `luma` is 1 x H x W.
    Chain(std::shared_ptr<const Keyframe> key, at::Tensor luma);
    /// Goes on from one frame to a neighbor. `there` and `back` are flows 2 x H x W from `to` and
    /// to it.
    void step(const sdk::Host& host, const at::Tensor& to, const at::Tensor& there,
              const at::Tensor& back);
    /// In the frame that was reached last, whose luma is `luma`.
    [[nodiscard]] Carried at(const at::Tensor& luma) const;
    [[nodiscard]] const Keyframe& key() const { return *key_; }

  private:
    std::shared_ptr<const Keyframe> key_;
    at::Tensor luma_;   ///< of the keyframe's frame, 1 x 1 x H x W
    at::Tensor places_; ///< 1 x 2 x H x W: where the pixels are in it, -1 to 1
    at::Tensor sure_;   ///< 1 x 1 x H x W
    std::int64_t distance_ = 0;
};

/// The keyframes of one shot. Frames are shown in order, each once, some of them ahead of the one
/// that colors are asked for. Holds frames from that one on, and for each of these what later
/// keyframes bring.
class Carrier {
  public:
    explicit Carrier(const sdk::Host& host) : host_(host) {}

    /// Forgets the shot.
    void reset();
    /// Shows a frame; `key` if it has one. `luma`: 1 x H x W.
    void see(std::int64_t index, const at::Tensor& luma, std::shared_ptr<const Keyframe> key);
    /// What keyframes before and after bring to frame `index`. Call it for each frame in order.
    std::vector<Carried> at(std::int64_t index);

  private:
    struct Seen {
        at::Tensor luma;
        std::shared_ptr<const Keyframe> key;
        at::Tensor there, back; ///< flow to the frame before, and from it to this one
        std::vector<Carried> from_later;
    };
    const Seen& linked(std::int64_t index);
    void carry_back(std::int64_t index);
    void carry_on(std::int64_t index);

    sdk::Host host_;
    std::map<std::int64_t, Seen> frames_;
    std::vector<Chain> chains_; ///< from keyframes before, the last one at the end
    std::int64_t reached_ = -1; ///< frame that the chains have reached
};

} // namespace oldfilm::stages
