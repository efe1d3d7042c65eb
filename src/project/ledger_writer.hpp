#pragma once
/// \file
/// What a rendering writes into the ledger.

#include "project/database.hpp"
#include "project/repair_kinds.hpp"

#include <oldfilm/evidence.hpp>
#include <oldfilm/ledger.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace oldfilm::project {

/// Pixels of each kind of evidence, by its number.
using EvidenceCounts = std::array<std::int64_t, evidence_kinds>;

/// The repairs of a frame, in any order; ids, series and kinds are not set yet.
struct FrameRepairs {
    std::int64_t frame = 0;
    std::vector<Repair> repairs;
    EvidenceCounts evidence{};
};

/// Replaces what the ledger has of frames. A repair that was there before, by stage and place,
/// keeps its id and its decision, so that the same rendering again changes nothing. One thread at a
/// time.
class LedgerWriter {
  public:
    /// `cuts`: the first frames of shots, increasing; series end there.
    LedgerWriter(Database& database, PictureSize size, std::vector<std::int64_t> cuts);

    /// `frames`: consecutive ones. All of it is on the disk when this returns, or nothing.
    void replace(std::vector<FrameRepairs> frames);

  private:
    class Replacement;

    Database& database_;
    PictureSize size_;
    std::vector<std::int64_t> cuts_;
};

} // namespace oldfilm::project
