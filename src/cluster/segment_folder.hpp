#pragma once
/// \file
/// The complete segments of a film, whoever made them.

#include "job/segment.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

namespace oldfilm::cluster {

/// A segment, and who made it.
struct SegmentRecord {
    job::Segment segment;
    std::string host;
    double seconds = 0; ///< that it took
};

/// A folder with the files of segments, and a record of each, which is there when they are complete
/// and on the disk. For any thread, process and machine.
class SegmentFolder {
  public:
    /// Makes the folder.
    explicit SegmentFolder(std::filesystem::path folder);

    [[nodiscard]] const std::filesystem::path& path() const { return folder_; }
    /// Numbers of the segments that have a record.
    [[nodiscard]] std::set<std::int64_t> list() const;
    /// Nothing if there is none, or if it is damaged.
    [[nodiscard]] std::optional<SegmentRecord> read(std::int64_t number) const;
    /// Gives the files of a segment, which lie in `from`, their names, and records it. Again: the
    /// same. Throws `Error` (io).
    void add(const SegmentRecord& record, const std::filesystem::path& from) const;
    /// Whether the files are there and have the checksums of the record. Reads all of them.
    [[nodiscard]] bool is_whole(const job::Segment& segment) const;
    /// The segment is to be made again.
    void remove(std::int64_t number) const;

  private:
    [[nodiscard]] std::filesystem::path record_file(std::int64_t number) const;

    std::filesystem::path folder_;
};

} // namespace oldfilm::cluster
