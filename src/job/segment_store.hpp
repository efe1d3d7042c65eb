#pragma once
/// \file
/// Segments of a complete rendering, for the next one.

#include "job/segment.hpp"
#include "job/segment_observer.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace oldfilm::job {

/// Stored segments, which a rendering adopts where it would make the same: the film, the settings
/// and the stages are the same, and so are the shots that the segment has frames of, with what is
/// overridden in them and their regions. Stages see nothing beyond these (windows never
/// cross a cut), so that adopted segments equal new ones to the byte. Only renderings with a list
/// of shots are stored.
///
/// A folder with the files of the segments and an index, which is replaced by a rename.
class SegmentStore {
  public:
    /// Reads the index, if there is one; a damaged one counts as none.
    explicit SegmentStore(std::filesystem::path folder);

    /// The segments that the job can adopt, in order, numbered as in it and copied into its folder
    /// `job`; those that `observer` (may be null) lacks are not among them. The last one of the
    /// film has an end, if it is.
    std::vector<Segment> adopt(const nlohmann::json& identity, const std::string& output,
                               const std::filesystem::path& job, SegmentObserver* observer) const;
    /// Frames [first, next) are about to be rendered otherwise: their segments are removed. From
    /// any thread.
    void forget(std::int64_t first, std::int64_t next);
    /// Replaces everything by the segments of a complete rendering, whose files are in `job`.
    void store(const nlohmann::json& identity, const std::string& output,
               const std::vector<Segment>& segments, const std::filesystem::path& job);

  private:
    [[nodiscard]] bool is_whole(const Segment& segment) const;
    [[nodiscard]] std::filesystem::path file(const std::string& prefix, const Segment& segment,
                                             const media::LogSeal& seal) const;
    void remove_others() const;

    std::filesystem::path folder_;
    std::mutex mutex_; ///< guards removals
    nlohmann::json made_by_;
    std::vector<Segment> segments_;
};

} // namespace oldfilm::job
