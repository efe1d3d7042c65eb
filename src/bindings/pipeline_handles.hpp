#pragma once
/// \file
/// Pipelines, plans and runs as Python holds them, with the stages of Python that they use.

#include "casts.hpp"
#include "guarded.hpp"
#include "stage_slot.hpp"

#include <oldfilm/pipeline.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace oldfilm::bindings {

/// The stages of Python of a pipeline; whoever may call them holds them.
using Slots = std::vector<std::shared_ptr<StageSlot>>;

struct PipelineHandle {
    Slots slots; ///< destroyed after the pipeline
    Handle<Pipeline> pipeline;

    explicit PipelineHandle(Pipeline made)
        : pipeline(std::make_shared<Pipeline>(std::move(made))) {}
    /// A copy of the pipeline, for work without the GIL.
    Pipeline copy() {
        return pipeline.use([](Pipeline& it) { return it; });
    }
};

struct PlanHandle {
    Slots slots; ///< destroyed after the plan
    Handle<Plan> plan;
};

/// A run. Its functions may be used on different threads at a time.
class RunHandle {
  public:
    RunHandle(std::shared_ptr<Run> run, Slots slots)
        : slots_(std::move(slots)), run_(std::move(run)) {}
    RunHandle(const RunHandle&) = delete;
    RunHandle& operator=(const RunHandle&) = delete;
    ~RunHandle() { close(); }

    /// `work(run)` without the GIL, which the threads of the run need. Throws `Error`
    /// (invalid_argument) after `close`.
    template <class Work>
    decltype(auto) use(Work&& work) {
        std::shared_ptr<Run> run = run_;
        if (!run) {
            throw Error(Errc::invalid_argument, "the run was closed; start another");
        }
        const nb::gil_scoped_release released;
        const std::shared_ptr<Run> held = std::move(run); // dropped before the GIL is taken again
        return work(*held);
    }
    bool push(const Frame& frame);
    void finish();
    /// The next frame; empty if there is none yet, or at the end.
    std::optional<Frame> next();
    [[nodiscard]] bool ended() const { return ended_; }
    /// Cancels the run, and waits for it.
    void close();

  private:
    Slots slots_;
    std::shared_ptr<Run> run_;
    std::mutex pushing_, taking_;
    bool ended_ = false; ///< guarded by the GIL
};

/// Starts a run of `plan`; `source` is None, a `Reader` or something with frames to iterate over.
nb::object start_run(Handle<Plan>& plan, const Slots& slots, nb::handle source);

} // namespace oldfilm::bindings
