#pragma once
/// \file
/// Which frame of each shot a person should paint.

#include <oldfilm/analysis.hpp>
#include <oldfilm/frame.hpp>

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace cli {

/// A shot, and the frame that was chosen in it.
struct KeyframeChoice {
    std::int64_t first = 0, frames = 0; ///< of the shot
    oldfilm::PictureKind kind = oldfilm::PictureKind::picture;
    std::int64_t frame = -1; ///< -1: it is not a picture
    double time = 0;         ///< of that frame, in seconds
    /// Frames of the shot repeat: stages do not see these, so that the time tells the frame and
    /// its number does not.
    bool has_duplicates = false;
};

/// Looks at the frames of a film in order, and chooses one in each shot that shows a picture: sharp
/// (variance of the Laplacian: Pech-Pacheco et al., 2000), typical (near the shot's mean
/// histogram), with contrast as in most of the shot (no fade), and undamaged: few pixels differ
/// from the frames before and after where these agree (the spike detection index: Kokaram, 1998).
/// Holds three small pictures, and some numbers per frame of one shot.
class KeyframeChooser {
  public:
    void add(const oldfilm::Frame& frame);
    /// After the last frame: a choice for each shot.
    std::vector<KeyframeChoice> finish();

  private:
    static constexpr std::size_t bins = 32;
    struct Candidate {
        std::int64_t index = 0;
        double time = 0;
        double sharpness = 0, contrast = 0, damage = 0;
        bool duplicate = false;
        std::array<double, bins> histogram{};
    };
    void judge_damage(const at::Tensor& next);
    void close_shot();
    [[nodiscard]] double score(const Candidate& one, const std::array<double, bins>& typical,
                               double sharpness, double contrast) const;

    oldfilm::FilmAnalyzer analyzer_;
    std::vector<Candidate> shot_; ///< at work
    std::int64_t shot_number_ = -1;
    at::Tensor before_, last_; ///< small luma of the two latest frames of the shot
    std::vector<KeyframeChoice> choices_;
};

} // namespace cli
