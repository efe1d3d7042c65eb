#pragma once
/// \file
/// Where complete segments are recorded.

#include "job/segment.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::job {

/// Stores the segments that workers complete. All functions are for any thread.
class SegmentRecorder {
  public:
    SegmentRecorder() = default;
    SegmentRecorder(const SegmentRecorder&) = delete;
    SegmentRecorder& operator=(const SegmentRecorder&) = delete;
    virtual ~SegmentRecorder() = default;

    /// Where the files of segments are written, named by `segment_file`.
    [[nodiscard]] virtual const std::filesystem::path& folder() const = 0;
    /// Records a segment that is complete. In any order; the film's last one has no resume point.
    virtual void add(const Segment& segment) = 0;
    /// Segments that an earlier run had made ahead of others, from one cut to another.
    struct Ahead {
        std::int64_t frames = 0, outputs = 0;
        std::vector<std::string> analysis;
    };
    /// Counts those that begin with `segment` among what is done; nothing where they are to be
    /// made.
    virtual std::optional<Ahead> adopt_ahead(std::int64_t segment) = 0;
};

} // namespace oldfilm::job
