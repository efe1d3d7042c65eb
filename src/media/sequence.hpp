#pragma once
/// \file
/// An image sequence as a film's packets.

#include "media/dpx_header.hpp"
#include "media/ffmpeg.hpp"
#include "media/locations.hpp"

#include <oldfilm/media.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace oldfilm::media {

/// The pictures from the first frame number to the last, one a tick. One thread at a time.
class Sequence {
  public:
    /// Looks at all files. Throws `Error`: not_found (no picture), unreadable where pictures are
    /// missing or broken, which it lists, unless `read` says what stands in for them; a warning
    /// lists them then. A hole of more pictures than that is no damage, and refused.
    Sequence(SequenceName name, const ReadOptions& read);

    [[nodiscard]] const SequenceName& name() const noexcept { return name_; }
    [[nodiscard]] std::int64_t first() const noexcept { return first_; }
    [[nodiscard]] std::int64_t count() const noexcept { return count_; }
    /// Frames a second: what was asked for, what DPX headers say, or 25.
    [[nodiscard]] Rational rate() const noexcept { return rate_; }
    /// Of the first whole picture, where it is a DPX file.
    [[nodiscard]] const std::optional<DpxHeader>& dpx() const noexcept { return dpx_; }
    [[nodiscard]] std::filesystem::path file(std::int64_t index) const;
    /// Whether it is known that there is no such picture, or no whole one.
    [[nodiscard]] bool is_bad(std::int64_t index) const { return faults_.count(index) > 0; }
    /// A whole picture, by whose kind the decoder is chosen.
    [[nodiscard]] std::filesystem::path example() const;

    /// The next whole picture's file as a packet with its place as its time. False at the end.
    bool read(AVPacket& packet);
    void seek(std::int64_t index);

  private:
    void check(const ReadOptions& read) const;
    void choose_rate(const ReadOptions& read);

    SequenceName name_;
    std::int64_t first_ = 0, count_ = 0, next_ = 0;
    std::map<std::int64_t, std::string> faults_; ///< by place
    Rational rate_;
    std::optional<DpxHeader> dpx_;
};

} // namespace oldfilm::media
