#pragma once
/// \file
/// The curves of a shot, before and after, as JSON.

#include "documents.hpp"
#include "films.hpp"
#include "store.hpp"

#include <map>
#include <mutex>
#include <string>

namespace cli::review {

/// Measures a shot when it is first asked for, and keeps that until the film or the result is
/// another one. Thread-safe; one shot is measured at a time.
class ShotCurves {
  public:
    ShotCurves(Store& store, Films& films) : store_(store), films_(films) {}

    /// {"shot", "first", "before": {"exposure", "flicker", "weave"}, "after": likewise or null,
    /// "repairs": how many a frame}. Throws `oldfilm::Error` as `Project::shot` and `Film` do.
    Json of(const std::string& shot);

  private:
    Json side(const std::string& name, const oldfilm::ProjectShot& shot);

    Store& store_;
    Films& films_;
    std::mutex mutex_; ///< guards what follows
    std::map<std::string, Json> cached_;
};

} // namespace cli::review
