#pragma once
/// \file
/// The base class of stages.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/frame_view.hpp>
#include <oldfilm/sdk/host.hpp>
#include <oldfilm/sdk/request.hpp>
#include <oldfilm/sdk/values.hpp>

#include <span>
#include <string>
#include <string_view>

namespace oldfilm::sdk {

/// Format of the input, and properties of the output; see the C structs.
using Format = oldfilm_format;
using Config = oldfilm_config;

/// Base class of all stages. Order of calls: `configure`, then for each shot `reset`, `analyze`
/// (any number of times), `finish_analysis`, and `process`: all on the worker thread, one at a
/// time. The constructor and the destructor may run on any thread.
class Stage {
  public:
    explicit Stage(const Host& host) : host_(host) {}
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    virtual ~Stage() = default;

    /// `config` is initialized to the format of the input, no window and a batch of 1.
    virtual void configure(const Format& input, const Values& values, Config& config) = 0;
    /// Live parameters have changed.
    virtual void change(const Values& /*values*/) {}
    /// Receives the first frames of the next shot, up to `config.analysis_frames`.
    virtual void analyze(const FrameView& /*frame*/) {}
    /// Called after the last of them. Returns the findings as JSON.
    virtual std::string finish_analysis() { return "null"; }
    /// Called instead of both in a run that resumes, with the findings of the earlier run.
    virtual void restore_analysis(std::string_view /*json*/) {}
    /// Produces one output.
    virtual void process(const Request& request) = 0;
    /// Produces several outputs. Override it if a batch is faster than single calls.
    virtual void process_batch(std::span<const Request> requests) {
        for (const Request& request : requests) {
            process(request);
        }
    }
    /// Called at the start of each shot: discard all state of the previous one.
    virtual void reset() {}

    [[nodiscard]] const Host& host() const noexcept { return host_; }

  private:
    Host host_;
};

} // namespace oldfilm::sdk
