#pragma once
/// \file
/// What a pipeline does for frames of one format.

#include "base/hidden.hpp"
#include "pipeline/run_spec.hpp"
#include "pipeline/spec.hpp"
#include "pipeline/stage_chain.hpp"
#include "pipeline/stage_overrides.hpp"

#include <oldfilm/pipeline.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm {

class OLDFILM_HIDDEN Plan::Impl {
  public:
    /// Throws `Error` as `Pipeline::plan` does.
    Impl(const Pipeline::Impl& pipeline, const StreamFormat& input, const pipeline::PlanSpec& spec);

    [[nodiscard]] const std::vector<CheckedStage>& checked() const { return checked_; }
    [[nodiscard]] const PipelineOptions& options() const { return options_; }
    [[nodiscard]] const StreamFormat& input() const { return input_; }
    [[nodiscard]] const StreamFormat& output() const { return output_; }
    [[nodiscard]] const at::Device& device() const { return device_; }
    [[nodiscard]] const StageOverrides& overrides() const { return *overrides_; }
    /// Gives the calling thread as many of LibTorch's threads as a run thread has.
    void use_threads() const;
    /// Bytes that may stay resident while a model takes its part of the budget; 0: any amount.
    [[nodiscard]] std::int64_t memory_of_models() const { return memory_; }
    [[nodiscard]] int concurrency() const { return concurrency_; }
    /// How far back stages see from a frame of the input: pictures before it, of which the number
    /// from the shot's first on is a multiple of `aligned`.
    struct Reach {
        std::int64_t pictures = 0, aligned = 1;
        bool to_the_cut = false; ///< as far as the shot reaches
    };
    [[nodiscard]] Reach reach() const;
    /// Whether a stage looks at the start of each shot before it makes anything of it.
    [[nodiscard]] bool analyzes() const;

    /// The stages for a run: the plan's own for the first one, others for those after it.
    [[nodiscard]] std::unique_ptr<StageChain> chain() const;
    [[nodiscard]] const std::string& text() const;

  private:
    void share_threads();
    [[nodiscard]] std::unique_ptr<StageChain> made_chain(std::int64_t memory) const;
    void check_concurrency() const;

    std::vector<CheckedStage> checked_;
    PipelineOptions options_;
    StreamFormat input_, output_;
    std::shared_ptr<stage::ModelStore> store_;
    at::Device device_{at::kCPU};
    int threads_ = 1, concurrency_ = 1;
    std::int64_t memory_ = 0;
    std::vector<stage::Config> configs_;
    std::optional<StageOverrides> overrides_; ///< always there after construction
    std::vector<std::map<std::string, std::uint64_t>> packages_; ///< checksums, of each stage
    std::vector<std::shared_ptr<Model>> models_;                 ///< stay open for the runs to come
    mutable std::mutex mutex_;                                   ///< guards what follows
    mutable std::unique_ptr<StageChain> first_;
    mutable std::string text_;
};

/// What other files of this room need of the public classes.
struct OLDFILM_HIDDEN pipeline::Access {
    static Plan plan(const Pipeline& pipeline, const StreamFormat& input, const PlanSpec& spec);
    static Run start(const Plan& plan, std::function<std::optional<Frame>()> source,
                     const ResumePoint& from, FrameObserver* observer);
    static std::int64_t first_frame_needed_for(const Run& run, std::int64_t frame,
                                               std::int64_t shot_first);
};

} // namespace oldfilm
