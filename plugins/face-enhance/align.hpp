#pragma once
/// \file
/// Geometry of faces: five points, the similarity that brings them to a template, and sampling
/// along it.

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace oldfilm::stages {

struct Point {
    double x = 0, y = 0;
};

/// Left eye as seen in the picture, right eye, tip of the nose, left and right corner of the mouth;
/// in pixels from the upper left corner of the first pixel.
using Points = std::array<Point, 5>;

/// p -> (a x - b y + tx, b x + a y + ty).
struct Similarity {
    double a = 1, b = 0, tx = 0, ty = 0;
    [[nodiscard]] Point operator()(Point p) const {
        return {a * p.x - b * p.y + tx, b * p.x + a * p.y + ty};
    }
    [[nodiscard]] double scale() const;
    [[nodiscard]] Similarity inverse() const;
};

/// Where the points of an aligned face lie in a crop of `side` pixels: the alignment of the FFHQ
/// set (Karras et al., 2019) as five points.
Points template_points(double side);

/// The similarity that brings `from` closest to `to` (least squares: Umeyama, 1991).
Similarity fit(const Points& from, const Points& to);

/// Root mean square distance that is left, as a part of the eyes' distance in `to`.
double misfit(const Similarity& map, const Points& from, const Points& to);

/// N x C x height x width whose place p shows `picture`, 1 x C x H x W, at map(p); averaged where
/// the map leaves pixels out. Beyond the picture: its border, or zeros.
at::Tensor sample(const at::Tensor& picture, const Similarity& map, std::int64_t height,
                  std::int64_t width, bool is_border_kept);

/// 1 x 1 x side x side: 1 on the face, 0 around it, soft between.
at::Tensor face_mask(std::int64_t side, const at::TensorOptions& options);

} // namespace oldfilm::stages
