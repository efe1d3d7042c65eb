#pragma once
/// \file
/// The first video stream of a file, decoded to planar frames of one format, in order of
/// presentation.

#include "media/continuity.hpp"
#include "media/ffmpeg.hpp"

#include <oldfilm/media.hpp>

#include <deque>
#include <optional>
#include <string>

namespace oldfilm::media {

/// One thread at a time.
class Decoder {
  public:
    Decoder(const std::string& path, const ReadOptions& options);

    /// The next frame; its `pts` is the best that is known, in ticks of `time_base()`, or
    /// AV_NOPTS_VALUE. Null at the end. `broken_before` is set when something before it was lost.
    UniqueFrame next(bool& broken_before);
    /// Goes on from the last key frame at or before `seconds`. False where that is impossible.
    bool seek(const Rational& seconds);
    [[nodiscard]] const AVStream& stream() const noexcept { return *stream_; }
    [[nodiscard]] AVFormatContext& input() const noexcept { return *input_; }
    [[nodiscard]] const AVCodecContext& codec() const noexcept { return *codec_; }
    [[nodiscard]] Rational time_base() const { return time_base_; }
    /// The coded format as the file has it, before it was made planar.
    [[nodiscard]] AVPixelFormat source_format() const noexcept { return source_format_; }
    [[nodiscard]] int rotation() const noexcept { return rotation_; }
    [[nodiscard]] bool interlaced() const noexcept { return interlaced_; }
    /// Whether film frames are taken out of telecined ones; four of five then, from the first on.
    [[nodiscard]] bool telecined() const noexcept { return telecined_; }
    /// Frames that were damaged, so far.
    [[nodiscard]] std::int64_t damaged() const noexcept { return damaged_; }

  private:
    UniqueFrame decoded();
    bool feed();
    void note_gap();
    void note_damage(const std::string& what);
    UniqueFrame filtered();
    void build_graph(const AVFrame& first);
    UniqueFrame planar(UniqueFrame frame);
    void warn(const std::string& line) const;

    ReadOptions options_;
    std::string path_;
    UniqueInput input_;
    Continuity continuity_{*input_};
    AVStream* stream_ = nullptr;
    UniqueCodec codec_;
    UniquePacket packet_ = make_packet();
    UniqueGraph graph_;
    AVFilterContext* source_ = nullptr;
    AVFilterContext* sink_ = nullptr;
    UniqueSws sws_;
    AVPixelFormat source_format_ = AV_PIX_FMT_NONE;
    AVPixelFormat direct_ = AV_PIX_FMT_NONE;
    Rational time_base_;
    int width_ = 0, height_ = 0;
    int rotation_ = 0;
    std::string mirror_;
    bool interlaced_ = false;
    bool input_over_ = false, decoder_over_ = false;
    bool broken_ = false;
    bool is_matroska_ = false;
    bool telecined_ = false;
    std::int64_t bytes_end_ = 0; ///< of the packets so far, in the file
    std::int64_t damaged_ = 0;
};

} // namespace oldfilm::media
