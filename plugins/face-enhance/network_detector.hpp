#pragma once
/// \file
/// Finds faces and their points with a network: a model package of the task "face-detector".

#include "track.hpp"

#include <oldfilm/stage_torch.hpp>

#include <vector>

namespace oldfilm::stages {

class NetworkDetector {
  public:
    /// `model` takes `picture`, 1 x 3 x H x W in [0, 1], and gives `faces`, K x 15: left, top,
    /// right, bottom in pixels, score, then x and y of the left eye as seen in the picture, the
    /// right eye, the tip of the nose, the left and the right corner of the mouth (as MTCNN does:
    /// Zhang et al., 2016). Throws `sdk::Failure` when it takes or gives something else.
    explicit NetworkDetector(sdk::Model model);

    /// Faces in `luma`, 1 x 1 x H x W in [0, 1] on any device, from top to bottom, in pixels of it.
    /// The network sees a picture whose long side is at most `SearchPicture::longest`. Not
    /// thread-safe.
    [[nodiscard]] std::vector<Face> find(const at::Tensor& luma) const;

  private:
    sdk::Model model_;
};

} // namespace oldfilm::stages
