#pragma once
/// \file
/// What jobs need of plans and runs and other programs don't. Exported, not installed.

#include <oldfilm/export.hpp>
#include <oldfilm/pipeline.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::pipeline {

/// How a plan shares the machine.
struct PlanSpec {
    /// Number of runs that share it: each takes its part of `PipelineOptions::memory`, and on the
    /// CPU of LibTorch's threads.
    int concurrency = 1;
    /// Bytes that the caller holds for frames of this format as they come out (an encoder's, say),
    /// which count in `PipelineOptions::memory`. Called once by `plan`; may be empty.
    std::function<std::int64_t(const StreamFormat& output)> reserved_bytes;
};

/// Where a run resumes. The source gives the film from its start all the same (but see `in_shots`).
/// Frames that come out are numbered as in a run of the whole film, and equal its frames from the
/// one on that `first_frame_needed_for` was asked about.
struct ResumePoint {
    std::int64_t frame = 0;            ///< the first that stages see
    Rational time;                     ///< of that frame, in seconds
    Rational film_start;               ///< time of the film's first frame
    std::vector<std::int64_t> shots;   ///< where shots are known to begin, up to ...
    std::int64_t shots_until = 0;      ///< ... before this frame; from there on they are looked for
    std::vector<std::string> analysis; ///< `RunStats::analysis` of the earlier run
    /// The source gives the film from `frame` on, and its frames say which shot they are in. No
    /// shots are looked for then, and `RunStats::shots` stays empty.
    bool in_shots = false;
    /// Where the source ends at a cut: the time of the film's next frame, until which a rate
    /// changer holds the last one. Called on the run thread at the source's end; nothing at
    /// the film's end; may be empty.
    std::function<std::optional<Rational>()> resumes_at;
};

/// Sees each frame, in order, after the last stage before the first one that changes size or rate;
/// the repair masks are complete there.
class FrameObserver {
  public:
    FrameObserver() = default;
    FrameObserver(const FrameObserver&) = delete;
    FrameObserver& operator=(const FrameObserver&) = delete;
    virtual ~FrameObserver() = default;
    /// Called on the run thread; an exception ends the run.
    virtual void see(const Frame& frame) = 0;
};

/// As `Pipeline::plan`.
OLDFILM_API Plan plan(const Pipeline& pipeline, const StreamFormat& input, const PlanSpec& spec);

/// As `Plan::start`, from a resume point on. `observer` may be null, and must outlive the run.
OLDFILM_API Run start(const Plan& plan, std::function<std::optional<Frame>()> source,
                      const ResumePoint& from, FrameObserver* observer = nullptr);

/// As `Plan::first_frame_needed_for`, with what the run knows of duplicate frames, which stages
/// don't see. For any thread.
OLDFILM_API std::int64_t first_frame_needed_for(const Run& run, std::int64_t frame,
                                                std::int64_t shot_first);

} // namespace oldfilm::pipeline
