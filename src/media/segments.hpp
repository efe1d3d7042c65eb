#pragma once
/// \file
/// A film encoded in segments that stand alone, and put together.

#include "media/container.hpp"
#include "media/frame_check.hpp"
#include "media/packet_log.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::media {

/// Encodes frames into packet logs, each by an encoder of its own, so that a segment never depends
/// on what was before it. One thread at a time.
class SegmentEncoder {
  public:
    /// Throws `Error` as `Writer` does.
    SegmentEncoder(const std::string& path, WriteOptions options, const Reader* source);

    /// Whether packets of this output can be kept: not those that are pointers (y4m).
    [[nodiscard]] static bool can_store(const std::string& path, const WriteOptions& options);

    /// A segment begins, in that file. `first_base`: time base of the film's first frame, on which
    /// the clock of all segments rests.
    void begin(const std::filesystem::path& log, Rational first_base);
    void write(const Frame& frame);
    /// The segment ends; it is on the disk.
    LogSeal end();
    [[nodiscard]] std::int64_t frames() const { return frames_; } ///< of all segments

    /// Puts the segments together, sound and all, and gives the file its name. `first_base`: time
    /// base of the film's first frame. `before` as in `Container::finish`.
    void assemble(const std::vector<std::filesystem::path>& logs, Rational first_base,
                  const std::function<void(const std::filesystem::path&)>& before = {});

  private:
    Container container_;
    FrameCheck checks_{container_};
    std::unique_ptr<Encoder> encoder_;
    std::optional<PacketLogWriter> log_;
    Rational first_base_;
    std::int64_t frames_ = 0;
};

} // namespace oldfilm::media
