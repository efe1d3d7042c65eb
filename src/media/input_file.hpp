#pragma once
/// \file
/// Whether a film's file is whole, as far as its container and the file system tell.

#include "media/ffmpeg.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

namespace oldfilm::media {

/// A file that is being read. For what is no file (pipes, protocols, image sequences) it knows
/// nothing.
class InputFile {
  public:
    /// `container`: as FFmpeg opened it, with its streams; outlives this.
    InputFile(const std::string& path, const AVFormatContext& container);

    /// Whether the container lacks the mark of its end that its kind has: it was written to a pipe,
    /// or is still being written.
    [[nodiscard]] bool has_no_end() const noexcept { return has_no_end_; }
    /// After all packets were read: why the film can't be whole, as a sentence's part; empty where
    /// nothing says so.
    [[nodiscard]] std::string missing() const;

  private:
    [[nodiscard]] std::optional<struct stat> state() const;
    [[nodiscard]] bool is_cut_off(std::int64_t bytes) const;

    std::string path_;
    const AVFormatContext& container_;
    std::optional<struct stat> before_; ///< empty: no file
    std::int64_t announced_ = 0;        ///< bytes, by the container's own lengths; 0: it says none
    bool has_no_end_ = false;
};

} // namespace oldfilm::media
