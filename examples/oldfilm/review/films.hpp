#pragma once
/// \file
/// The film of a project, before and after.

#include "film.hpp"
#include "rendering.hpp"
#include "store.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace cli::review {

/// Opens the source and the result when they are first needed, and the result again when it was
/// replaced. Thread-safe.
class Films {
  public:
    Films(Store& store, const Rendering& rendering) : store_(store), rendering_(rendering) {}

    /// Throws `oldfilm::Error` as `Project::check_source` and `Reader` do.
    std::shared_ptr<Film> source();
    /// Throws `oldfilm::Error` (not_found) if there is no result.
    std::shared_ptr<Film> result();
    /// The evidence film of that rendering. Throws `oldfilm::Error` (not_found) if it has none.
    std::shared_ptr<Film> evidence();
    /// Films of their own, for work that reads frames in order and should not wait for others.
    std::unique_ptr<Film> another_source();
    std::unique_ptr<Film> another_result();
    /// Changes with the result's file; empty if there is none.
    [[nodiscard]] std::string result_version() const;
    /// The frame of the result that shows frame `number` of the source.
    std::int64_t number_in_result(std::int64_t number);
    /// {"state": "none", "missing", "replaced", "stopped" or "ready", "text": why not, "path",
    /// "version": changes with the file, "evidence": whether there is an evidence film}.
    Json result_state();

  private:
    /// A film of which the file may be replaced.
    struct Replaceable {
        std::shared_ptr<Film> film;
        std::string path, version;
    };
    std::shared_ptr<Film> opened(Replaceable& known, const std::string& path);
    /// Of the rendering at `path`; empty: none.
    std::string evidence_path(const std::string& path);

    Store& store_;
    const Rendering& rendering_;
    std::mutex mutex_; ///< guards what follows
    std::shared_ptr<Film> source_;
    std::string source_path_;
    Replaceable result_, evidence_;
};

} // namespace cli::review
