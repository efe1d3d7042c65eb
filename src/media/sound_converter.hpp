#pragma once
/// \file
/// Sound from one codec to another, to the sample.

#include "media/film_time.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::media {

/// What is made of the sound, where it is not to stay as it is.
struct SoundFormat {
    int rate = 0;        ///< samples per second; 0: as they are, or as the codec wants them
    int channels = 0;    ///< 0: as they are
    std::string filters; ///< FFmpeg's, separated by commas; may be empty
};

/// Decodes, cuts to the part of the film, fills gaps with silence, encodes. One thread at a time.
class SoundConverter {
  public:
    using Sink = std::function<void(AVPacket&)>;
    /// Opens decoder and encoder. Sound of float or more than 16 bits keeps as many as `codec` has.
    /// Null where one of them can't be had, or does not take this sound.
    static std::unique_ptr<SoundConverter> open(const AVStream& from, AVCodecID codec,
                                                const FilmTime& time, bool global_header,
                                                SoundFormat format = {});

    /// What it makes.
    [[nodiscard]] const AVCodecContext& encoder() const noexcept { return *encoder_; }
    /// Takes a packet of the source, in its time base; null at the end. `sink` gets packets in the
    /// encoder's. Packets that cannot be decoded leave silence. Throws `Error`.
    void convert(const AVPacket* packet, const Sink& sink);
    /// Packets that could not be decoded, so far.
    [[nodiscard]] std::int64_t damaged() const noexcept { return damaged_; }

  private:
    SoundConverter(const AVStream& from, const FilmTime& time, SoundFormat format);
    bool open_decoder(const AVStream& from);
    bool open_encoder(const AVCodec& codec, bool global_header);
    void filter(AVFrame* frame, const Sink& sink);
    void build_graph(const AVFrame& frame);
    void end_graph(const Sink& sink);
    void encode(AVFrame* frame, const Sink& sink);
    [[nodiscard]] bool fits_graph(const AVFrame& frame) const;

    FilmTime time_;
    SoundFormat wanted_;
    AVRational tick_; ///< of the source's packets
    UniqueCodec decoder_, encoder_;
    UniqueGraph graph_;
    AVFilterContext* source_ = nullptr;
    AVFilterContext* sink_ = nullptr;
    UniqueFrame format_;               ///< of what the graph was built for, without samples
    std::optional<std::int64_t> at_;   ///< sample of the output that comes next
    std::optional<std::int64_t> next_; ///< time of the source, where packets name none
    std::int64_t damaged_ = 0;
};

} // namespace oldfilm::media
