#pragma once
/// \file
/// The transparency (alpha) of a single picture, which no stage sees.

#include "media/codec_choice.hpp"
#include "media/ffmpeg.hpp"

#include <memory>
#include <string>

namespace oldfilm::media {

/// The alpha samples of a picture that is restored into a picture. Immutable; any thread.
class Transparency {
  public:
    /// Of the one picture that `source` reads, which is decoded a second time for it. Null where
    /// that is a film or an image sequence, or opaque everywhere. Throws `Error` (unreadable).
    static std::shared_ptr<const Transparency> of(const Reader& source);

    explicit Transparency(UniqueFrame alpha) : alpha_(std::move(alpha)) {}

    /// The packed format with alpha for one without; AV_PIX_FMT_NONE where there is none.
    static AVPixelFormat format_with(AVPixelFormat opaque);

    /// `opaque`, in such a format, with these samples, which are resized (bicubic) to its size.
    [[nodiscard]] UniqueFrame added_to(const AVFrame& opaque) const;

  private:
    UniqueFrame alpha_; ///< AV_PIX_FMT_GRAY16LE
};

/// Puts what transparency `source` (may be null) has into `choice`, if that is for PNG; `log`
/// receives that the output `path` does not get it.
void keep_transparency(Choice& choice, const Reader* source, const std::string& path,
                       const Log& log);

} // namespace oldfilm::media
