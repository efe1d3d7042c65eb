#pragma once
/// \file
/// A rendering compared with its source, sample by sample.

#include <oldfilm/frame.hpp>
#include <oldfilm/ledger.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/verification.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm::project {

/// Counts what differs, and whether it may. Not thread-safe.
class SampleComparison {
  public:
    /// `pipeline`: what rendered the result. `ledger` outlives this.
    SampleComparison(const Pipeline& pipeline, const Ledger& ledger);
    /// The next frame of both films, of one size.
    void add(const Frame& before, const Frame& after);
    /// Fills in the counts.
    void count(Verification& found) const;
    /// Both films have ended: counts, and sentences.
    void conclude(Verification& found) const;
    [[nodiscard]] std::int64_t frames() const { return frames_; }

  private:
    [[nodiscard]] std::set<std::string> changing_stages(std::int64_t frame) const;
    [[nodiscard]] at::Tensor may_differ(const Frame& before, bool changes_all) const;
    void note_wrong(const at::Tensor& pixels);

    const Ledger& ledger_;
    std::vector<Region> untouchable_; ///< regions of all stages
    /// Stages that may change all of a picture, by the first frame of the shot.
    std::vector<std::pair<std::int64_t, std::set<std::string>>> shots_;
    std::int64_t frames_ = 0, samples_ = 0, equal_ = 0, repaired_ = 0, changed_ = 0, wrong_ = 0;
    std::set<std::string> changing_; ///< in any shot
    std::optional<std::string> first_wrong_;
};

} // namespace oldfilm::project
