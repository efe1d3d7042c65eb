#pragma once
/// \file
/// What a rendering of a project did, as JSON and pictures.

#include "documents.hpp"
#include "films.hpp"
#include "shot_curves.hpp"
#include "store.hpp"

#include <filesystem>
#include <functional>
#include <stop_token>

namespace cli::review {

/// Collects a report; docs/review.md describes the document. One thread.
class ReportData {
  public:
    /// Pictures go into the folder `pictures`, which is there. `progress` is called with the number
    /// of shots that are done, and of all.
    ReportData(Store& store, Films& films, std::filesystem::path pictures,
               std::function<void(std::size_t, std::size_t)> progress, std::stop_token stop);

    /// Decodes source and result. Throws `oldfilm::Error`: cancelled; as `Project::check_source`
    /// and `Film` do.
    Json collect();

  private:
    Json film(const oldfilm::Project& project);
    Json shot(const oldfilm::ProjectShot& shot);
    Json pictures_of(const oldfilm::ProjectShot& shot, std::int64_t frame);

    Store& store_;
    Films& films_;
    ShotCurves curves_;
    std::filesystem::path pictures_;
    std::function<void(std::size_t, std::size_t)> progress_;
    std::stop_token stop_;
    std::map<std::string, oldfilm::RepairTotals> totals_; ///< by shot
};

} // namespace cli::review
