#pragma once
/// \file
/// Stages that are written in Python.

#include "reference.hpp"

#include <oldfilm/frame.hpp>
#include <oldfilm/sdk/about.hpp>
#include <oldfilm/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace oldfilm::bindings {

/// The frames that a stage of Python is called with.
struct Window {
    std::vector<Frame> frames; ///< in order; at the ends of a shot as `sdk::Edges::repeat` says
    std::size_t center = 0;    ///< which of them is restored
    std::int64_t index = 0;    ///< number of the output
};

/// What the attributes of a stage of Python say of it. Call it with the GIL held.
sdk::About about(nanobind::handle stage);

/// Calls the methods of a Python object. It works on a shallow copy, so that what a run keeps in
/// attributes is its own. Exceptions of Python become `sdk::Failure`s that name them.
class PythonStage final : public sdk::Stage {
  public:
    PythonStage(const sdk::Host& host, const sdk::About& about, const Reference& stage);

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override;
    void process(const sdk::Request& request) override;
    void reset() override;

  private:
    [[nodiscard]] nanobind::dict parameters(const sdk::Values& values) const;

    const sdk::About& about_;
    Reference stage_;
};

} // namespace oldfilm::bindings
