#pragma once
/// \file
/// The base class of stages.

#include <oldfilm/sdk/config.hpp>
#include <oldfilm/sdk/host.hpp>
#include <oldfilm/sdk/request.hpp>
#include <oldfilm/sdk/values.hpp>

#include <span>

namespace oldfilm::sdk {

/// Base class of all stages. Order of calls: `configure`, then for each shot `reset` and `process`:
/// all on the run thread, one at a time. The constructor and the destructor may run on any
/// thread.
///
/// Everything optional is a class that a stage derives from as well: `Analysis`, `LiveParameters`.
class Stage {
  public:
    explicit Stage(const Host& host) : host_(host) {}
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    virtual ~Stage() = default;

    /// `config` is initialized to the format of the input, no window and a batch of 1.
    virtual void configure(const Format& input, const Values& values, Config& config) = 0;
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
