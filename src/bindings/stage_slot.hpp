#pragma once
/// \file
/// Descriptions of stages that are written in Python.

#include "reference.hpp"

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/about.hpp>

#include <cstddef>
#include <memory>

namespace oldfilm::bindings {

/// The most stages of Python that pipelines, plans and runs of a process have at a time.
inline constexpr std::size_t most_python_stages = 256;

/// A Python object as a stage. Whoever uses `description` holds the slot.
class StageSlot {
  public:
    /// Describes `stage`, an object with a method `process`. Call it with the GIL held. Throws
    /// `Error` (out_of_memory) if there are `most_python_stages` of them.
    static std::shared_ptr<StageSlot> of(nanobind::handle stage);
    StageSlot(const StageSlot&) = delete;
    StageSlot& operator=(const StageSlot&) = delete;
    ~StageSlot();

    [[nodiscard]] const oldfilm_plugin_description* description() const;
    [[nodiscard]] const sdk::About& about() const;
    [[nodiscard]] const Reference& stage() const { return stage_; }

  private:
    struct Description;
    explicit StageSlot(nanobind::handle stage);

    Reference stage_;
    std::unique_ptr<Description> description_;
    std::size_t number_ = 0;
};

} // namespace oldfilm::bindings
