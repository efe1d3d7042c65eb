#pragma once
/// \file
/// Stages that see the start of each shot before they process it.

#include <oldfilm/sdk/frame_view.hpp>

#include <string>
#include <string_view>

namespace oldfilm::sdk {

/// A stage that derives from this as well receives up to `Config::analysis_frames` frames from the
/// start of each shot, after `reset` and before `process`, on the run thread.
class Analysis {
  public:
    Analysis() = default;
    Analysis(const Analysis&) = delete;
    Analysis& operator=(const Analysis&) = delete;

    /// Receives a frame, lent until the call returns.
    virtual void analyze(const FrameView& frame) = 0;
    /// Called after the last of them. Returns the findings as JSON.
    virtual std::string finish_analysis() = 0;
    /// Called instead of both in a run that resumes, with the findings of the earlier run.
    virtual void restore_analysis(std::string_view json) = 0;

  protected:
    ~Analysis() = default;
};

} // namespace oldfilm::sdk
