#pragma once
/// \file
/// Draft: stages whose state can be saved and loaded. It may change or disappear with any release.

#include <oldfilm/plugin/ext/draft/state.h>

#include <string>
#include <string_view>

namespace oldfilm::sdk::draft {

/// A stage that derives from this as well can save its state; see
/// <oldfilm/plugin/ext/draft/state.h>.
class SavedState {
  public:
    SavedState() = default;
    SavedState(const SavedState&) = delete;
    SavedState& operator=(const SavedState&) = delete;

    /// Returns the state as bytes. Called on the run thread, between two calls of `process`.
    virtual std::string save_state() = 0;
    /// Continues from a state, after `reset`. Throws `Failure` (`Status::invalid`) if it is not
    /// one.
    virtual void load_state(std::string_view bytes) = 0;

  protected:
    ~SavedState() = default;
};

} // namespace oldfilm::sdk::draft
