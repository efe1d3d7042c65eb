#pragma once
/// \file
/// A film of masks that another program made.

#include <oldfilm/frame.hpp>
#include <oldfilm/media.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace oldfilm::job {

/// Says where the frames of a film are damaged, frame by frame. Used on one thread.
class MaskSource {
  public:
    /// Masks of the film `film`, of which `before` frames are not read. A single picture counts for
    /// all frames. Throws `Error`: as `Reader` does; format_mismatch if the size differs;
    /// invalid_argument for a pipe, which cannot be read again when a job resumes.
    MaskSource(const std::string& path, const Reader& film, std::int64_t before);

    /// The film's next frame, with its damage. Throws `Error` (invalid_argument) if there is no
    /// mask for it.
    [[nodiscard]] Frame next(const Frame& frame);
    /// Goes past the next frame.
    void skip();

  private:
    [[nodiscard]] at::Tensor damage();

    Reader reader_;
    bool is_single_;
    std::int64_t frames_ = 0;
    at::Tensor damage_; ///< of a single picture
};

} // namespace oldfilm::job
