#pragma once
/// \file
/// Dissolves and fades.

#include "analysis/mixture.hpp"
#include "analysis/plane.hpp"

#include <oldfilm/analysis.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace oldfilm::analysis {

/// Finds dissolves and fades in consecutive frames. Between the frames A before and B after one,
/// each frame is (1 - p) A + p B with a p that goes evenly from 0 to 1 (the production model of
/// Hampapur, Jain and Weymouth, "Production model based digital video segmentation", 1995). The
/// model is fitted to pairs of frames of several distances, on thumbnails without their mean, so
/// that motion, grain and flicker count little. A pan is no mixture of its ends, and changes of
/// exposure have ends that are alike.
class Transitions {
  public:
    /// The next frame of the film; `thumbnail` of any size, the same one for all. A frame whose
    /// `index` does not follow that of the frame before begins anew.
    void add(Plane thumbnail, std::int64_t index, double time);
    /// In all frames so far, in order.
    [[nodiscard]] std::vector<Transition> found() const;

  private:
    struct Entry {
        Plane picture;
        double deviation = 0; ///< of its places
        std::int64_t index = 0;
        double time = 0;
    };
    struct Candidate {
        Transition transition;
        double error = 0;
    };

    /// Positions in the window at which a line is 0 and 1.
    struct Line {
        double begin = 0, end = 0;
    };
    static std::optional<Line> line_through(const std::vector<double>& parts, std::size_t from);

    void finish();
    [[nodiscard]] bool is_even(std::size_t at) const;
    void look(std::size_t end, bool for_dissolves);
    [[nodiscard]] bool may_end(std::size_t begin, std::size_t end) const;
    [[nodiscard]] double change_outside(const Mixture& mixture, std::size_t a, std::size_t b) const;
    [[nodiscard]] std::vector<double> places(const Mixture& mixture, std::size_t a,
                                             std::size_t b) const;
    [[nodiscard]] double error_of(const Mixture& mixture, std::size_t a, std::size_t b,
                                  const Line& line) const;
    void refine(std::size_t begin, std::size_t end);
    void look_for_fade_in(std::size_t at);
    void look_at_onset(std::size_t onset, int step);
    [[nodiscard]] std::vector<double> levels_of(const Mixture& mixture, std::size_t onset, int step,
                                                std::size_t length) const;
    void keep_fade(std::size_t onset, int step, const std::vector<double>& levels, double exponent,
                   double change);
    void keep(TransitionKind kind, const Line& line, double error);

    std::deque<Entry> window_;
    std::vector<Candidate> found_;
};

} // namespace oldfilm::analysis
