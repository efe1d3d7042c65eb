#pragma once
/// \file
/// The first video stream of a file, decoded to planar frames of one format, in order of
/// presentation.

#include "media/continuity.hpp"
#include "media/decoded.hpp"
#include "media/film_damage.hpp"
#include "media/film_input.hpp"
#include "media/filter_graph.hpp"
#include "media/input_file.hpp"
#include "media/planar_frames.hpp"
#include "media/sequence.hpp"
#include "media/slice_checksums.hpp"
#include "media/survey.hpp"

#include <oldfilm/media.hpp>

#include <memory>
#include <optional>
#include <string>

namespace oldfilm::media {

/// One thread at a time.
class Decoder {
  public:
    /// `engine`, when given, decodes what it can; what it can't is decoded on the CPU, and a
    /// warning says why.
    Decoder(const std::string& path, const ReadOptions& options,
            std::unique_ptr<VideoEngine> engine = nullptr);

    /// What is known of its fields, before the first frame.
    void know(const Survey& found) { found_ = found; }
    /// The next frame; its `pts` is the best that is known, in ticks of `time_base()`, or
    /// AV_NOPTS_VALUE. Null at the end. `broken_before` is set when something before it was lost.
    /// Throws `EngineFailure`.
    Decoded next(bool& broken_before);
    /// Goes on from the last key frame at or before `seconds`. False where that is impossible.
    bool seek(const Rational& seconds);
    [[nodiscard]] const AVStream& stream() const noexcept { return *stream_; }
    [[nodiscard]] AVFormatContext& input() const noexcept { return *input_; }
    [[nodiscard]] const AVCodecContext& codec() const noexcept { return *codec_; }
    [[nodiscard]] Rational time_base() const { return time_base_; }
    /// The coded format as the file has it, before it was made planar.
    [[nodiscard]] AVPixelFormat source_format() const noexcept { return source_format_; }
    [[nodiscard]] int rotation() const noexcept { return orientation_.rotation; }
    [[nodiscard]] bool interlaced() const noexcept { return interlaced_; }
    /// Whether film frames are taken out of telecined ones; four of five then, from the first on.
    [[nodiscard]] bool telecined() const noexcept { return telecined_; }
    /// Null where the film is no image sequence. Its frames' times are their places in it.
    [[nodiscard]] const Sequence* sequence() const noexcept { return sequence_.get(); }
    /// Whether the file is one picture, in a format for pictures.
    [[nodiscard]] bool is_picture() const { return !sequence_ && holds_pictures(*input_); }
    /// Frames that were damaged, so far.
    [[nodiscard]] std::int64_t damaged() const noexcept { return damage_.damaged(); }
    /// Packets that could not be read or decoded, so far, and gaps between them.
    [[nodiscard]] std::int64_t lost() const noexcept { return damage_.lost(); }
    /// Where the last packet so far ends, in seconds of the container's time, decoded or not.
    [[nodiscard]] Rational packets_end() const;
    /// Where the last frame so far ends, in seconds of the container's time.
    [[nodiscard]] double reached() const noexcept { return reached_; }
    /// The longest time so far between the beginnings of two frames, in seconds.
    [[nodiscard]] double longest() const noexcept { return longest_; }
    [[nodiscard]] const InputFile& file() const noexcept { return file_; }

  private:
    Decoded decoded();
    Decoded from_surface(UniqueFrame frame);
    void set_up(const AVCodec& decoder);
    void attach_engine();
    void check_engine(int code) const;
    void describe_sequence();
    int read_packet();
    bool feed();
    void note_end(const AVFrame& frame);
    Decoded filtered();
    void build_graph(const AVFrame& first);
    void check_format(const AVFrame& frame) const;

    ReadOptions options_;
    std::string path_;
    std::unique_ptr<VideoEngine> engine_; ///< null: on the CPU
    std::unique_ptr<Sequence> sequence_;
    UniqueInput input_; ///< of a sequence, one of its pictures
    InputFile file_{path_, *input_};
    Continuity continuity_{*input_};
    AVStream* stream_ = nullptr;
    std::optional<SliceChecksums> checksums_;
    UniqueCodec codec_;
    UniquePacket packet_ = make_packet();
    std::optional<FilterGraph> graph_;
    PlanarFrames planar_{path_, options_.log};
    FilmDamage damage_{path_, options_, sequence_.get()};
    AVPixelFormat source_format_ = AV_PIX_FMT_NONE;
    Rational time_base_;
    int width_ = 0, height_ = 0;
    Orientation orientation_;
    Survey found_;
    bool interlaced_ = false;
    bool input_over_ = false, decoder_over_ = false;
    bool telecined_ = false;
    bool engine_noted_ = false;                   ///< that frames come from the CPU all the same
    std::int64_t packets_end_ = 0;                ///< in ticks of the stream
    double last_ = 0, reached_ = 0, longest_ = 0; ///< seconds
};

} // namespace oldfilm::media
