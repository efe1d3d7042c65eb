#pragma once
/// \file
/// The transparency (alpha) of a single picture, which no stage sees.

#include "media/ffmpeg.hpp"

#include <memory>

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

} // namespace oldfilm::media
