#pragma once
/// \file
/// Small films of single shots, which a browser can play.

#include "films.hpp"
#include "store.hpp"

#include <filesystem>
#include <mutex>
#include <string>

namespace cli::review {

/// Makes proxies when they are first asked for, in the folder `proxies` of the project, which may
/// be removed. H.264 in MP4, at most 360 lines. Thread-safe; one is made at a time.
class Proxies {
  public:
    Proxies(Store& store, Films& films) : store_(store), films_(films) {}

    /// The file of a shot, `side` being "before" or "after". Throws `oldfilm::Error` as
    /// `Project::shot`, `Film` and `Writer` do.
    std::filesystem::path of(const std::string& shot, const std::string& side);

  private:
    void make(const std::filesystem::path& path, const oldfilm::ProjectShot& shot, bool is_before);

    Store& store_;
    Films& films_;
    std::mutex mutex_; ///< held while one is made
};

} // namespace cli::review
