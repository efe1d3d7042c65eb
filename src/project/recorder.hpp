#pragma once
/// \file
/// Writes the repairs of a rendering into the ledger.

#include "job/restore.hpp"
#include "pipeline/run_spec.hpp"
#include "project/ledger_writer.hpp"

#include <oldfilm/project.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace oldfilm::project {

/// Keeps the repairs of frames until their segment is complete, and writes them then, before the
/// checkpoint has it: a job that is resumed makes all other frames again, and their rows with them.
class Recorder final : public pipeline::FrameObserver, public job::SegmentObserver {
  public:
    /// Opens the ledger of `project`. Throws `Error` as `Ledger` does.
    Recorder(const Project& project, const Pipeline& pipeline);

    void see(const Frame& frame) override;
    void complete(std::int64_t first, std::int64_t next) override;
    [[nodiscard]] bool has(std::int64_t first, std::int64_t next) override;

  private:
    std::string stage_; ///< that made the masks; empty if it is not known
    std::mutex mutex_;  ///< guards what follows
    Database database_;
    LedgerWriter writer_;
    std::map<std::int64_t, FrameRepairs> seen_; ///< by frame
};

} // namespace oldfilm::project
