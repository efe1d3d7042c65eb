#pragma once
/// \file
/// Reading the sound of a film as samples, with the times of its pictures.

#include <oldfilm/export.hpp>
#include <oldfilm/log.hpp>
#include <oldfilm/time.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace oldfilm {

struct SoundOptions {
    int rate = 16'000; ///< samples per second, from 1000 to 192000
    /// Filters optical sound: hum (high-pass at 90 Hz), crackle (FFmpeg's adeclick) and hiss (its
    /// afftdn, which delays the sound by up to 0.05 seconds).
    bool clean = false;
    /// Protocols allowed for input in addition to files and pipes; see `ReadOptions`.
    std::vector<std::string> protocols;
    Log log; ///< receives warnings
};

/// Decodes the sound of a file, of any codec that FFmpeg reads: its best audio stream, mixed to one
/// channel. Sample k is at k / rate seconds on the clock of `Reader`'s frames. Where the sound
/// begins later, or has gaps, there is silence; what comes before the time 0 is left out. Not
/// thread-safe: use it on one thread at a time.
class OLDFILM_API SoundReader {
  public:
    /// Throws `Error`: not_found (no file, or no sound in it), unreadable (not media),
    /// invalid_argument (`options`), unsupported (no decoder).
    explicit SoundReader(const std::string& path, SoundOptions options = {});
    ~SoundReader();
    SoundReader(SoundReader&&) noexcept;
    SoundReader& operator=(SoundReader&&) noexcept;

    /// As tagged, such as "eng"; empty if unknown.
    [[nodiscard]] const std::string& language() const;
    /// As announced, in seconds; 0 if unknown.
    [[nodiscard]] Rational duration() const;
    /// Fills `samples`, nominally in [-1, 1]. Returns how many there are; fewer only at the end.
    /// Packets that cannot be decoded are silent, and reported through `log`. Throws `Error`
    /// (unreadable).
    std::size_t read(std::span<float> samples);
    struct Impl;

  private:
    std::unique_ptr<Impl> impl_;
};

} // namespace oldfilm
