#pragma once
/// \file
/// Files to frames and back. The library `oldfilm::media` is the only one that uses FFmpeg.

#include <oldfilm/export.hpp>
#include <oldfilm/frame.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm {

struct StreamFormat; // of pipeline.hpp

/// What a file holds, as far as restoration cares.
struct OLDFILM_API MediaInfo {
    std::string path, container, codec, pixel_format;
    std::int64_t width = 0, height = 0; ///< of the picture as shown, after rotation
    int bits = 8;                       ///< of one sample
    int channels = 3;         ///< 1 when monochrome, in coding or in effect (chroma says nothing)
    Rational frame_rate;      ///< nominal; 0 when the frames' times are irregular
    std::int64_t frames = -1; ///< -1 when only decoding can tell
    Rational duration;        ///< seconds; 0 when unknown
    Rational sample_aspect{1, 1};
    /// Of the pictures that `Reader` gives: as tagged, with what is untagged filled in (SD is
    /// BT.601, HD is BT.709).
    ColorTags color;
    /// The file's samples are linear light (OpenEXR and other float formats); pictures are brought
    /// to the sRGB transfer.
    bool linear_light = false;
    /// A transfer that H.273 has no code for, by a DPX header: "printing density", "logarithmic".
    /// Samples are taken as they are. Else empty.
    std::string film_transfer;
    /// Of the first frame, hh:mm:ss:ff (;ff for drop-frame). Empty where there is none.
    std::string timecode;
    bool interlaced = false; ///< by its flags, or found so by its pictures
    int rotation =
        0; ///< degrees clockwise that the container asks for; frames come rotated already
    struct Stream {
        std::string kind, codec, language;
    };
    std::vector<Stream> other_streams; ///< audio, subtitles, attachments, data
    /// Of the film's own frames, where it is shown at `frame_rate` by duplicates (24 in 30); else
    /// 0.
    Rational film_rate;
    /// JSON text with all of the above.
    [[nodiscard]] std::string to_json() const;
};

/// What stands in for pictures of an image sequence that are missing or broken.
enum class MissingPictures : std::uint8_t {
    stop,  ///< nothing: the sequence is refused, and all of them listed
    hold,  ///< the picture before, or at the start the one after
    black, ///< a black picture
};

struct ReadOptions {
    std::optional<Rational> source_fps; ///< play at this true speed: frame k is at k / source_fps
    Rational start;                     ///< seconds; frames before it are left out
    std::optional<Rational> duration;   ///< seconds from `start`
    bool deinterlace =
        false; ///< bwdif, one frame a frame; telecined input is brought back to film frames
    bool strict = false;    ///< a corrupt frame is an error instead of being concealed and counted
    bool keep_coded = true; ///< frames carry the samples that they were decoded from
    int threads = 0;        ///< of the decoder; 0 lets FFmpeg choose
    /// Frames that stand in are counted as concealed; with `strict` it is `stop` always.
    MissingPictures missing = MissingPictures::stop;
    /// Where pictures are made, in LibTorch's names ("cuda:0", or "auto" for the first GPU), and by
    /// whose video engine frames are decoded (on NVIDIA's GPUs NVDEC); empty: the CPU. Frames and
    /// times are the same. What the engine can't decode (other codecs than H.264, HEVC, VP8 and
    /// VP9, 4:2:2, film that is deinterlaced or turned) is decoded on the CPU, and goes to the
    /// device as it was coded; where there is no such device, pictures are made on the CPU. `warn`
    /// is told. Of damaged film an engine shows what it makes of it, and doesn't tell.
    std::string device;
    /// What films may be read by beside files and pipes, in FFmpeg's names ("https", "tls", "tcp");
    /// holds for what a playlist names too.
    std::vector<std::string> protocols;
    std::function<void(const std::string&)> warn; ///< told each warning, once; may be empty
};

/// Decodes the first video stream of a file, a picture, an image sequence (`frames/%05d.png`, or
/// the folder) or y4m on standard input ("-"), frame by frame. One thread at a time.
class OLDFILM_API Reader {
  public:
    /// Throws `Error`: not_found, unreadable (not media, no video, zero frames), unsupported.
    explicit Reader(const std::string& path, ReadOptions options = {});
    ~Reader();
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;

    [[nodiscard]] const MediaInfo& info() const;
    /// What frames have in common, color included, and how many are expected of the part that was
    /// asked for: what `Pipeline::start` takes.
    [[nodiscard]] StreamFormat format() const;
    /// The next frame, in order of presentation; nothing at the end (the decoder is drained). On
    /// the CPU, or with `device` there, where the calling thread's current stream comes after its
    /// making. Times within one tick of the container's clock of k / frame_rate are made exactly
    /// that. Throws `Error`: unreadable (with `strict`), format_mismatch when the size changes,
    /// with the time; unsupported when the device's engine fails midway (read the film without it).
    std::optional<Frame> next();
    /// Goes past the next frame, which is decoded and makes no picture: a fraction of the time.
    /// What comes after is what would have come. False at the end. Throws as `next` does.
    bool skip();
    /// Corrupt frames that were concealed so far.
    [[nodiscard]] std::int64_t concealed() const;
    struct Impl;

  private:
    std::unique_ptr<Impl> impl_;
};

struct WriteOptions {
    /// h264, h265, av1, ffv1, prores, png, tiff, exr, dpx, y4m, and by an NVIDIA GPU's encoder
    /// h264_nvenc and h265_nvenc; empty: by the path's extension, never a GPU's.
    std::string codec;
    /// Constant quality of h264, h265, av1 and of GPUs' encoders; empty: a visually clean default.
    std::optional<int> crf;
    /// With h264_nvenc and h265_nvenc: the device that frames are on ("cuda:0"), which they do not
    /// leave then; empty: the host.
    std::string device;
    Rational frame_rate; ///< of the output; 0 for variable
    std::int64_t width = 0, height = 0;
    int channels = 3;
    int bits = 8; ///< of the source's samples; the codec's nearest that loses nothing is chosen
    ColorTags color;
    Rational sample_aspect{1, 1};
    std::string pixel_format; ///< empty: chosen (4:2:0 for h264 of even size, 4:4:4 otherwise, gray
                              ///< where possible)
    bool overwrite = false;
    bool audio = true;     ///< the source's sound goes along
    bool subtitles = true; ///< and so do its subtitles
    /// Streams of the source that the container can't hold are left out, with a warning, instead of
    /// being a reason to refuse. Outputs that hold pictures only leave them out without that.
    bool drop_streams = false;
    int threads = 0;
    std::vector<std::pair<std::string, std::string>> metadata; ///< added to the container's
    std::function<void(const std::string&)> warn;
};

/// Encodes frames into a file. The file has its final name only after `finish()`. One thread at a
/// time.
class OLDFILM_API Writer {
  public:
    /// `source`, when given, is where audio, subtitles, chapters, attachments, timecode, HDR10's
    /// and other metadata come from (from its `start` on, by its `source_fps`); it must outlive the
    /// writer. What the container can't hold as it is is converted, without loss where it has such
    /// a codec; `warn` receives it. Throws `Error`: invalid_argument (codec, path, existing file, a
    /// stream that can't be carried over), unsupported, io.
    Writer(const std::string& path, WriteOptions options, const Reader* source = nullptr);
    /// Without `finish()` the partial file is removed.
    ~Writer();
    Writer(Writer&&) noexcept;
    Writer& operator=(Writer&&) noexcept;
    /// Times must increase. Where the frame's picture still is the coded one, sample for sample,
    /// and the format is the source's, the coded sample is written. Throws `Error`:
    /// format_mismatch, io.
    void write(const Frame& frame);
    /// Drains the encoder, copies what is left of the other streams, syncs and renames.
    void finish();
    [[nodiscard]] std::int64_t frames() const;
    struct Impl;

  private:
    std::unique_ptr<Impl> impl_;
};

/// Process-wide, for programs only: FFmpeg's own messages on standard error are left out but for
/// fatal ones.
OLDFILM_API void quiet_ffmpeg();

/// What `path` holds, without decoding it all. Throws as `Reader` does.
OLDFILM_API MediaInfo inspect_media(const std::string& path);

} // namespace oldfilm
