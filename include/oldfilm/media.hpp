#pragma once
/// \file
/// Reading files as frames, and writing frames to files. `oldfilm::media` is the only library that
/// uses FFmpeg.

#include <oldfilm/export.hpp>
#include <oldfilm/frame.hpp>
#include <oldfilm/log.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm {

struct StreamFormat; // of pipeline.hpp

/// Properties of a media file that matter for restoration.
struct OLDFILM_API MediaInfo {
    std::string path, container, codec, pixel_format;
    std::int64_t width = 0, height = 0; ///< of the picture as shown, after rotation
    int bits = 8;                       ///< bits per sample
    int channels = 3; ///< 1 if monochrome, by its coding or because its chroma is neutral
    /// Nominal, or `ReadOptions::source_fps`; 0 if the timestamps are irregular.
    Rational frame_rate;
    std::int64_t frames = -1; ///< as announced or estimated; -1 if unknown
    Rational duration;        ///< in seconds; 0 if unknown
    Rational sample_aspect{1, 1};
    /// Of the pictures that `Reader` returns: the tags of the file, with missing ones completed
    /// (BT.601 for SD, BT.709 for HD).
    ColorTags color;
    /// The samples are linear light (OpenEXR and other float formats). Pictures are converted to
    /// the sRGB transfer.
    bool linear_light = false;
    /// Transfer from a DPX header that has no code in H.273: "printing density", "logarithmic". The
    /// samples are not converted. Otherwise empty.
    std::string film_transfer;
    /// Of the first frame, hh:mm:ss:ff (;ff for drop-frame); empty if there is none.
    std::string timecode;
    bool interlaced = false; ///< according to its flags, or detected in its pictures
    int rotation = 0;        ///< clockwise, in degrees, as tagged; frames are already rotated
    struct Stream {
        std::string kind, codec, language;
    };
    std::vector<Stream> other_streams; ///< audio, subtitles, attachments, data
    /// Rate of the original frames if the film is shown at `frame_rate` by duplicates (24 in 30);
    /// otherwise 0.
    Rational film_rate;
    /// All of the above as JSON text.
    [[nodiscard]] std::string to_json() const;
};

/// Replacement for missing or broken pictures of an image sequence.
enum class MissingPictures : std::uint8_t {
    stop,  ///< none: the sequence is refused, with a list of all of them
    hold,  ///< the previous picture; at the start, the next one
    black, ///< a black picture
};

/// A rectangle of a frame, in pixels.
struct FrameArea {
    std::int64_t left = 0, top = 0, width = 0, height = 0;
    bool operator==(const FrameArea&) const = default;
};

struct ReadOptions {
    /// True frame rate of the film: frame k is at k / source_fps seconds.
    std::optional<Rational> source_fps;
    Rational start;                   ///< in seconds; earlier frames are skipped
    std::optional<Rational> duration; ///< in seconds, from `start`
    /// Deinterlaces (bwdif, one output frame per input frame), or undoes telecine.
    bool deinterlace = false;
    /// Reads the film's own frames where it is shown at another rate by duplicates (see
    /// `MediaInfo::film_rate`): duplicates are left out, and frames have the times at which they
    /// were taken, within one frame of those at which they are shown. `MediaInfo::frame_rate` is
    /// then the film's. Not with `source_fps`.
    bool film_frames = false;
    /// Reads this part of each frame only, counted after rotation: frames have its size, and bars
    /// outside of it are not in them. Where chroma is subsampled, sides lie between its samples.
    /// Not on a video engine.
    std::optional<FrameArea> crop;
    bool strict = false; ///< a corrupt frame is an error; otherwise it is concealed and counted
    /// Frames carry the samples that they were decoded from (`Frame::coded`).
    bool keep_coded = true;
    int threads = 0; ///< decoder threads; 0: chosen by FFmpeg
    /// Replaced pictures are counted as concealed. With `strict`, always `stop`.
    MissingPictures missing = MissingPictures::stop;
    /// Device to create the pictures on, in LibTorch's notation ("cuda:0", or "auto" for the first
    /// GPU), which also decodes if it has a video engine (NVDEC). Empty: the CPU. Frames and times
    /// are the same. Input that the engine cannot decode (codecs other than H.264, HEVC, VP8 and
    /// VP9; 4:2:2; deinterlacing or rotation) is decoded on the CPU and copied to the device as
    /// coded; without such a device, pictures are created on the CPU. Either is reported through
    /// `log`. Hardware decoders conceal damage without reporting it.
    std::string device;
    /// Protocols allowed for input in addition to files and pipes, by FFmpeg's names ("https",
    /// "tls", "tcp"). Also applies to files that a playlist refers to.
    std::vector<std::string> protocols;
    Log log; ///< receives warnings
};

/// Decodes the first video stream of a file, a picture, an image sequence (`frames/%05d.png`, or
/// the folder) or Y4M on standard input ("-"), frame by frame. Not thread-safe: use it on one
/// thread at a time.
class OLDFILM_API Reader {
  public:
    /// Throws `Error`: not_found, unreadable (not media, no video, no frames), unsupported,
    /// invalid_argument (`options`, an area outside of the frame among them).
    explicit Reader(const std::string& path, ReadOptions options = {});
    ~Reader();
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;

    [[nodiscard]] const MediaInfo& info() const;
    /// The properties that all frames share, including color, and the number of frames expected in
    /// the selected part; to be passed to `Pipeline::start`.
    [[nodiscard]] StreamFormat format() const;
    /// The next frame in presentation order; empty at the end (the decoder is drained). The frame
    /// is on the CPU, or on `device`; there, its creation is ordered before later work on the
    /// current stream of the calling thread. A timestamp within one tick of the time base of k /
    /// frame_rate becomes exactly that. Throws `Error`: unreadable (with `strict`, or for frames
    /// without times or rate); format_mismatch if the size changes, stating the time; unsupported
    /// if the video engine fails (read the film again without it).
    std::optional<Frame> next();
    /// Skips the next frame: decodes it without creating a picture, in a fraction of the time. The
    /// frames after it are unaffected. False at the end. Throws as `next` does.
    bool skip();
    /// Continues with frame `frame` of the film (from 0), without decoding all frames before it:
    /// `next` returns it, with the `FrameInfo` that it has in a pass from the start, except that
    /// the first frame after a seek is never `Origin::held`. Returns false if frames cannot be
    /// found by their times (irregular rates, `ReadOptions` that change times, deinterlacing,
    /// rotation, pipes) or if there is no such frame; the reader is then at no particular frame,
    /// and the film is to be opened again. Frames before it that are missing or shown twice are not
    /// counted: frame k is the one at k / frame_rate after the first one.
    bool seek(std::int64_t frame);
    /// Number of corrupt frames concealed so far.
    [[nodiscard]] std::int64_t concealed() const;
    struct Impl;

  private:
    std::unique_ptr<Impl> impl_;
};

/// Text, and when it is shown.
struct Subtitle {
    Rational start, end; ///< in seconds
    std::string text;    ///< UTF-8; rows are separated by "\n"
};

/// A stream of subtitles.
struct SubtitleTrack {
    std::string language;       ///< ISO 639-2, such as "eng"; empty if unknown
    std::vector<Subtitle> cues; ///< in order of their start
};

struct WriteOptions {
    /// h264, h265, av1, ffv1, prores, png, tiff, exr, dpx, y4m, or, encoded by an NVIDIA GPU,
    /// h264_nvenc and h265_nvenc. Empty: chosen by the extension of the path; never a GPU encoder.
    std::string codec;
    /// Constant quality of h264, h265, av1 and the GPU encoders; empty: a visually clean default.
    std::optional<int> crf;
    /// For h264_nvenc and h265_nvenc: the device that the frames are on ("cuda:0"); they are
    /// encoded there. Empty: the host.
    std::string device;
    Rational frame_rate; ///< of the output; 0: variable
    std::int64_t width = 0, height = 0;
    int channels = 3;
    /// Bits per sample of the source. The codec's nearest depth is used: at most 10 in lossy
    /// codecs, 12 in y4m.
    int bits = 8;
    ColorTags color;
    Rational sample_aspect{1, 1};
    /// FFmpeg's name. Empty: chosen; RGB for pictures, 4:4:4 for ffv1, 4:2:2 or 4:4:4 for prores,
    /// otherwise 4:2:0 for even sizes and 4:4:4 for odd ones. Monochrome is gray in ffv1, y4m and
    /// pictures.
    std::string pixel_format;
    bool overwrite = false; ///< if false, an existing file is an error
    bool audio = true;      ///< copy the source's audio
    bool subtitles = true;  ///< copy the source's subtitles
    /// Subtitles of the program's own, at the times of the frames that are written: a stream after
    /// those of the source, regardless of `subtitles`, in the codec for text that the container
    /// supports (mov_text in MP4 and MOV, SubRip in Matroska, WebVTT in WebM). Other outputs are
    /// refused (unsupported).
    std::optional<SubtitleTrack> added_subtitles;
    /// Omit streams of the source that the container does not support, with a warning; otherwise
    /// these are an error. Outputs that hold only pictures always omit them.
    bool drop_streams = false;
    int threads = 0; ///< encoder threads; 0: chosen by FFmpeg
    std::vector<std::pair<std::string, std::string>> metadata; ///< added to that of the container
    Log log;                                                   ///< receives warnings
};

/// Encodes frames into a file, which has its final name only after `finish()`. Not thread-safe: use
/// it on one thread at a time.
class OLDFILM_API Writer {
  public:
    /// `source`, if not null, provides audio, subtitles, chapters, attachments, timecode, HDR10 and
    /// other metadata (from its `start`, at its `source_fps`); it must outlive the writer. Streams
    /// that the container does not support as they are are converted, losslessly if it has such a
    /// codec, and reported through `log`. Throws `Error`: invalid_argument (codec, path, existing
    /// file, a stream that cannot be copied), unsupported, io.
    Writer(const std::string& path, WriteOptions options, const Reader* source = nullptr);
    /// Removes the partial file unless `finish()` was called.
    ~Writer();
    Writer(Writer&&) noexcept;
    Writer& operator=(Writer&&) noexcept;
    /// Times must increase. Samples of the picture that equal the decoded picture are written as
    /// they were coded, if the format is that of the source. Throws `Error`: format_mismatch,
    /// invalid_argument (a second frame for a path that names one picture), io.
    void write(const Frame& frame);
    /// Drains the encoder, copies the rest of the other streams, syncs the file and renames it.
    /// Throws `Error`: invalid_argument if no frame was written; io, also if the final name exists
    /// by now without `overwrite` (the partial file then remains).
    void finish();
    [[nodiscard]] std::int64_t frames() const;
    struct Impl;

  private:
    std::unique_ptr<Impl> impl_;
};

/// Suppresses all of FFmpeg's messages on standard error except fatal ones. Process-wide; for
/// programs, not for libraries.
OLDFILM_API void quiet_ffmpeg();

/// Properties of the file `path`, without decoding all of it. Throws as `Reader` does.
OLDFILM_API MediaInfo inspect_media(const std::string& path);

} // namespace oldfilm
