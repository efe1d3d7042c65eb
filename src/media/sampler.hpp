#pragma once
/// \file
/// Frames of a film at some places, without those between.

#include "media/color_watch.hpp"
#include "media/decoder.hpp"

#include <oldfilm/media.hpp>

#include <optional>
#include <string>

namespace oldfilm::media {

/// One thread at a time.
class Sampler {
  public:
    /// `info`: the film's, as a reader has it. Throws `Error` as `Reader` does.
    Sampler(const MediaInfo& info, const ReadOptions& read);

    /// Goes on from the last key frame at or before `seconds`. False where that is impossible.
    bool seek(const Rational& seconds);
    /// The next frame, in color unless it is coded without; of its metadata, only the time on the
    /// container's clock. Nothing at the end.
    std::optional<Frame> next();

  private:
    MediaInfo info_;
    Log log_; ///< empty: what is wrong with the film is said when it is read
    Decoder decoder_;
    ColorWatch colors_{decoder_, info_, log_};
};

} // namespace oldfilm::media
