#pragma once
/// \file
/// An artist's hints: points of known color. A hint is followed along optical flow through its
/// shot, in both directions, and its color spreads from there over what looks like one surface.

#include "steady.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oldfilm::stages {

/// A point of known color in one frame.
struct Hint {
    std::int64_t frame = 0; ///< number of the frame, from 0
    double x = 0,
           y = 0; ///< in pixels of the frames that reach the stage, from the upper left corner
    double a = 0, b = 0; ///< CIELAB
};

/// Reads [{"frame": 12, "x": 100, "y": 80, "color": "#c08060"}, ...]. Throws `sdk::Failure` naming
/// the entry that is wrong; points must lie in a frame of width x height.
std::vector<Hint> read_hints(const std::string& path, std::int64_t width, std::int64_t height);
/// The same of such a file's text; `path` is what errors call it.
std::vector<Hint> parse_hints(std::string_view text, const std::string& path, std::int64_t width,
                              std::int64_t height);

/// Where a hint is in each frame of its shot, in parts of width and height.
struct Track {
    double a = 0, b = 0;
    std::vector<std::array<double, 2>> points; ///< x, y of the shot's first frame, second, ...
};

/// Follows the hints of one shot. Feed it the shot's frames in order.
class Tracker {
  public:
    Tracker() = default;
    explicit Tracker(std::vector<Hint> hints, std::int64_t width, std::int64_t height)
        : hints_(std::move(hints)), width_(width), height_(height) {}

    /// `luma`: 1 x H x W at any fixed size.
    void see(const sdk::Host& host, std::int64_t index, const at::Tensor& luma);
    /// The tracks as JSON, for `restore`; then forgets the shot.
    std::string finish();

  private:
    std::vector<Hint> hints_;
    std::int64_t width_ = 0, height_ = 0;
    std::int64_t first_ = -1;
    at::Tensor previous_;
    std::vector<at::Tensor> forward_,
        back_; ///< 2 x h x w on the host, in parts of the picture's size
};

/// The hints of the shot at work.
struct ShotHints {
    std::int64_t first = 0; ///< number of the shot's first frame
    std::vector<Track> tracks;

    static ShotHints parse(std::string_view json);
    /// Where the hints are in frame `index`, parts of width and height; beyond the last frame that
    /// was followed they stay where they were.
    [[nodiscard]] std::vector<std::array<double, 2>> at(std::int64_t index) const;
};

/// `frame.ab` with the hints' colors laid over it (chrominance blending by geodesic distance:
/// Yatziv and Sapiro, 2006). The distance of two pixels is the way between them that crosses least
/// lightness.
at::Tensor with_hints(const SmallFrame& frame, const ShotHints& hints, std::int64_t index);

} // namespace oldfilm::stages
