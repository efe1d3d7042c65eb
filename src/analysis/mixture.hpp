#pragma once
/// \file
/// Two pictures, and how much of each is in others.

#include "analysis/plane.hpp"

#include <cstddef>
#include <vector>

namespace oldfilm::analysis {

/// Below this standard deviation of its places, a picture is even.
constexpr double even_deviation = 0.012;

/// Two pictures, and how much of each is in others: a frame is taken for (1 - p) A + p B, all three
/// without their mean. Where both pictures are dark, there are bars, and nothing is compared.
class Mixture {
  public:
    Mixture(const Plane& a, const Plane& b);

    /// Whether both are more than bars.
    [[nodiscard]] bool is_usable() const { return is_usable_; }
    /// Mean square of the change from one to the other.
    [[nodiscard]] double change() const { return aa_ + bb_ - 2 * ab_; }
    [[nodiscard]] bool is_fade() const { return is_even(aa_) || is_even(bb_); }
    [[nodiscard]] bool fades_in() const { return is_even(aa_); }
    /// Whether the pictures differ enough for a mixture to be seen as one.
    [[nodiscard]] bool differs() const;

    struct Parts {
        double place = 0;    ///< part of the second picture
        double residual = 0; ///< mean square of what is not explained, as a part of `change`
        double sum = 1;      ///< of both weights, where they are free
    };
    [[nodiscard]] Parts parts(const Plane& frame) const;
    /// Root mean square of a frame's structure.
    [[nodiscard]] double deviation(const Plane& frame) const;
    /// Of the structures of two frames.
    [[nodiscard]] double correlation(const Plane& from, const Plane& to) const;
    /// Root mean square change of structure between two frames.
    [[nodiscard]] double change(const Plane& from, const Plane& to) const;

  private:
    static bool is_even(double variance) { return variance < even_deviation * even_deviation; }
    [[nodiscard]] std::vector<float> structure(const Plane& frame) const;

    std::vector<std::size_t> places_; ///< that are no bars
    std::vector<float> a_, b_;
    double aa_ = 0, bb_ = 0, ab_ = 0; ///< mean products
    bool is_usable_ = false;
};

/// Whether `b` shows what `a` does, moved by up to 5 places: a picture that has moved on is no
/// other one.
bool has_moved(const Plane& a, const Plane& b);

} // namespace oldfilm::analysis
