#pragma once
/// \file
/// Encoded packets of a segment of a film in a file that can be trusted: its checksum is known, and
/// it is synced.

#include "base/checksum.hpp"
#include "media/ffmpeg.hpp"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace oldfilm::media {

/// What identifies a log that is whole.
struct LogSeal {
    std::int64_t packets = 0, bytes = 0;
    std::uint64_t checksum = 0; ///< of the file
    friend bool operator==(const LogSeal&, const LogSeal&) = default;
};

/// Writes packets, in decoding order, with their times in the encoder's time base. One thread at a
/// time.
class PacketLogWriter {
  public:
    /// Replaces what lies there. Throws `Error` (io).
    explicit PacketLogWriter(const std::filesystem::path& path);
    void write(const AVPacket& packet);
    /// Ends the log: its data are on the disk when this returns.
    LogSeal seal();

  private:
    struct Close {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    void put(const void* data, std::size_t size);

    std::filesystem::path path_;
    std::unique_ptr<std::FILE, Close> file_;
    std::int64_t packets_ = 0, bytes_ = 0;
    base::Checksum checksum_;
};

/// Whether the log is there and whole.
[[nodiscard]] bool is_sealed(const std::filesystem::path& path, const LogSeal& seal);

/// Hands over each packet of a whole log, in decoding order. Throws `Error` (io, unreadable).
void read_packets(const std::filesystem::path& path, const std::function<void(AVPacket&)>& take);

/// The packets' presentation times, in decoding order.
std::vector<std::int64_t> packet_times(const std::filesystem::path& path);

} // namespace oldfilm::media
