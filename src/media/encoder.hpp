#pragma once
/// \file
/// Pictures to packets.

#include "media/codec_choice.hpp"
#include "media/convert.hpp"

#include <oldfilm/frame.hpp>

#include <functional>

namespace oldfilm::media {

/// One thread at a time.
class Encoder {
  public:
    using Sink = std::function<void(AVPacket&)>;
    /// `first` gives the clock. `global_header` as the container wants it.
    Encoder(const Choice& choice, const WriteOptions& options, const Frame& first,
            bool global_header);

    void encode(const Frame& frame, const Sink& sink);
    /// Gets what the encoder still holds.
    void drain(const Sink& sink);
    [[nodiscard]] const AVCodecContext& codec() const noexcept { return *codec_; }
    [[nodiscard]] Rational time_base() const noexcept { return time_base_; }

  private:
    UniqueFrame samples_of(const Frame& frame);
    UniqueFrame reordered(UniqueFrame frame);
    void receive(const Sink& sink);

    Choice choice_;
    Layout layout_;
    ColorTags tags_;
    Rational time_base_;
    UniqueCodec codec_;
    UniqueSws sws_;
    UniquePacket packet_ = make_packet();
};

} // namespace oldfilm::media
