#pragma once
/// \file
/// The plan of a film that many machines restore: plan.json.

#include "cluster/items.hpp"
#include "job/segmentation.hpp"

#include <oldfilm/frame.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/restore.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace oldfilm::cluster {

/// What workers and the publication must know. Written once, never changed.
struct PlanDocument {
    std::string input; ///< absolute
    std::string container;
    std::string mask_out, evidence_out; ///< absolute; empty: none
    RestoreOptions restore;             ///< without what belongs to a process
    std::string pipeline;               ///< as `Pipeline::to_json`
    bool optimize = true;
    std::vector<std::string> plugin_path;
    std::string base_folder; ///< of relative paths in the pipeline
    nlohmann::json identity; ///< of the job, see `job::identity`
    nlohmann::json plan;     ///< as `Plan::to_json`
    StreamFormat output;
    std::string instruction_sets; ///< of the CPU
    int processors = 1;           ///< that encoders count
    int claim_seconds = 120;

    std::vector<Rational> times;     ///< of all frames
    std::vector<std::int64_t> shots; ///< first frames
    std::int64_t concealed = 0;      ///< corrupt frames of the input
    std::int64_t outputs = 0;        ///< frames of the restored film
    Rational film_base, mask_base;   ///< time bases of the films' first frames
    std::vector<Item> items;

    [[nodiscard]] int threads() const { return plan.at("threads").get<int>(); }
    [[nodiscard]] std::int64_t frames() const { return std::ssize(times); }
    [[nodiscard]] std::int64_t segments() const { return items.back().next_segment; }
    [[nodiscard]] std::string plan_text() const { return plan.dump(2); }
    [[nodiscard]] Pipeline make_pipeline(Log log) const;
};

/// Of a film that was scanned to its end.
[[nodiscard]] std::unique_ptr<job::Segmentation>
segmentation_of(const std::vector<Rational>& times, const std::vector<std::int64_t>& shots);

/// Writes plan.json. Throws `Error` (io).
void write_plan(const std::filesystem::path& folder, const PlanDocument& document);
/// Throws `Error`: not_found, unreadable, incompatible (another version of oldfilm wrote it).
[[nodiscard]] PlanDocument read_plan(const std::filesystem::path& folder);

} // namespace oldfilm::cluster
