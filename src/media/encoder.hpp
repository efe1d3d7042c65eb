#pragma once
/// \file
/// Pictures to packets.

#include "media/codec_choice.hpp"
#include "media/convert.hpp"
#include "media/hdr.hpp"

#include <oldfilm/frame.hpp>

#include <functional>
#include <map>

namespace oldfilm::media {

/// One thread at a time.
class Encoder {
  public:
    using Sink = std::function<void(AVPacket&)>;
    /// `clock`: seconds a tick. `global_header` as the container wants it. Throws `Error`:
    /// unsupported.
    Encoder(const Choice& choice, const WriteOptions& options, Rational clock, bool global_header,
            Hdr hdr = {});
    ~Encoder();
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    void encode(const Frame& frame, const Sink& sink);
    /// Gets what the encoder still holds.
    void drain(const Sink& sink);
    [[nodiscard]] const AVCodecContext& codec() const noexcept { return *codec_; }
    [[nodiscard]] Rational time_base() const noexcept { return time_base_; }
    [[nodiscard]] const Hdr& hdr() const noexcept { return hdr_; }

  private:
    void use_device(const std::string& name);
    [[nodiscard]] bool same_coding(const Frame& frame) const;
    UniqueFrame frame_of(const Frame& frame);
    UniqueFrame surface_with(const Frame& frame);
    UniqueFrame reordered(UniqueFrame frame);
    void receive(const Sink& sink);

    Choice choice_;
    Layout layout_;
    ColorTags tags_;
    Hdr hdr_;
    Rational time_base_;
    UniqueCodec codec_;
    UniqueBuffer surfaces_; ///< the pool of a GPU's encoder; null where it takes frames of the host
    at::Device device_{at::kCPU};
    UniqueSws sws_;
    std::map<std::int64_t, std::int64_t> durations_; ///< by pts, of frames in the encoder
    UniquePacket packet_ = make_packet();
    bool has_frames_ = false;
};

} // namespace oldfilm::media
