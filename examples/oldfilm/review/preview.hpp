#pragma once
/// \file
/// Single frames, restored on the spot with settings that are not saved.

#include "films.hpp"
#include "store.hpp"

#include <oldfilm/pipeline.hpp>
#include <oldfilm/project.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace cli::review {

/// A frame as it would be rendered, and what it was made of.
struct PreviewedFrame {
    oldfilm::Frame frame;
    std::int64_t first = 0, last = 0; ///< frames of the shot that the stages saw
    bool is_whole_shot = false;       ///< so that it is the frame of the rendering
};

/// Keeps the stages and their models ready between previews. Thread-safe; the newest request
/// cancels the one that goes on.
class Preview {
  public:
    Preview(Store& store, Films& films, oldfilm::PipelineOptions machine);

    /// Frame `number` if `shot`, which has it, were in the project. The stages see a few frames
    /// around it, which takes a moment; what a stage finds out about a whole shot, it finds out
    /// about these. Throws `oldfilm::Error`: cancelled by a newer request; as `Project::pipeline`
    /// and `Run::next` do.
    PreviewedFrame frame(std::int64_t number, const oldfilm::ProjectShot& shot);
    /// Loads stages and models, so that the first preview need not.
    void warm_up();

  private:
    struct Warm {
        std::string stages; ///< of the project, as JSON
        oldfilm::Pipeline pipeline;
        oldfilm::Plan plan; ///< keeps the models open, which all that is made of `pipeline` share
    };
    /// The frames that the stages see.
    struct Range {
        std::int64_t first = 0, last = 0;
    };

    void take_turn();
    const oldfilm::Pipeline& warm_pipeline(const oldfilm::Project& project);
    [[nodiscard]] oldfilm::PipelineOptions options_for(const oldfilm::Project& project,
                                                       const oldfilm::ProjectShot& shot,
                                                       const Range& range) const;
    oldfilm::Frame restored(const oldfilm::Pipeline& pipeline, const Range& range,
                            std::int64_t number);

    Store& store_;
    Films& films_;
    oldfilm::PipelineOptions machine_;
    std::atomic<std::int64_t> newest_ = 0; ///< number of the last request
    std::mutex mutex_;                     ///< one preview at a time
    std::optional<Warm> warm_;
    std::mutex run_mutex_; ///< guards `run_`
    oldfilm::Run* run_ = nullptr;
};

} // namespace cli::review
