#pragma once
/// \file
/// What stages do in single shots.

#include "pipeline/changes.hpp"
#include "pipeline/spec.hpp"
#include "stage/stage.hpp"

#include <oldfilm/frame.hpp>
#include <oldfilm/shots.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace oldfilm {

/// `ShotOptions::overrides`, checked, by stage and number of the shot.
class StageOverrides {
  public:
    struct InShot {
        bool enabled = true;
        Changes::Delta values;
    };
    /// Those of one stage.
    class OfStage {
      public:
        [[nodiscard]] const InShot& in(std::int32_t shot) const;

      private:
        friend class StageOverrides;
        std::map<std::int32_t, InShot> shots_;
    };

    /// `configs` are those of `stages`, in order, for frames of `input`. Throws `Error`
    /// (invalid_argument).
    StageOverrides(const ShotOptions& shots, const std::vector<CheckedStage>& stages,
                   const std::vector<stage::Config>& configs, const StreamFormat& input);
    [[nodiscard]] const OfStage& of(std::size_t stage) const { return stages_[stage]; }

  private:
    std::vector<OfStage> stages_;
};

} // namespace oldfilm
