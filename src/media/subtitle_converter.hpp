#pragma once
/// \file
/// Subtitles of text from one codec to another.

#include "media/ffmpeg.hpp"

#include <functional>
#include <list>
#include <memory>
#include <string>

namespace oldfilm::media {

/// One thread at a time.
class SubtitleConverter {
  public:
    /// Gets packets with times in milliseconds.
    using Sink = std::function<void(AVPacket&)>;
    /// Null where the decoder or the encoder can't be had.
    static std::unique_ptr<SubtitleConverter> open(const AVCodecParameters& from, AVRational tick,
                                                   AVCodecID codec);
    /// To the first codec for text that `format` holds. Null where there is none.
    static std::unique_ptr<SubtitleConverter>
    open_for(const AVOutputFormat& format, const AVCodecParameters& from, AVRational tick);

    /// What it makes.
    [[nodiscard]] const AVCodecContext& encoder() const noexcept { return *encoder_; }
    /// A packet of the source that is to be seen from `start` to `end`, in milliseconds of the
    /// output. Starts do not decrease. What is no text that can be decoded is left out.
    void convert(const AVPacket& packet, std::int64_t start, std::int64_t end, const Sink& sink);
    void finish(const Sink& sink);

  private:
    /// A line of ASS, and when it is seen.
    struct Cue {
        std::int64_t start, end;
        std::string text;
    };
    SubtitleConverter() = default;
    void emit_until(std::int64_t time, const Sink& sink);
    void encode(const std::string& text, std::int64_t start, std::int64_t end, const Sink& sink);

    UniqueCodec decoder_, encoder_;
    bool one_at_a_time_ = false; ///< MP4's timed text: what is seen together is one sample
    std::list<Cue> active_;
    std::int64_t now_ = 0; ///< up to which `active_` is written
};

} // namespace oldfilm::media
