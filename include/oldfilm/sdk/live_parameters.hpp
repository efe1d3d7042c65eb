#pragma once
/// \file
/// Stages whose parameters change during a run.

#include <oldfilm/sdk/values.hpp>

namespace oldfilm::sdk {

/// Stages with a parameter that is `live()` derive from this as well.
class LiveParameters {
  public:
    LiveParameters() = default;
    LiveParameters(const LiveParameters&) = delete;
    LiveParameters& operator=(const LiveParameters&) = delete;

    /// Live parameters have changed, from the next `process` on. `values` has all parameters.
    /// Called on the run thread.
    virtual void change(const Values& values) = 0;

  protected:
    ~LiveParameters() = default;
};

} // namespace oldfilm::sdk
