#pragma once
/// \file
/// FFmpeg's C handles, each wrapped once, and its errors as sentences.

#include <oldfilm/media.hpp>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace oldfilm::media {

/// Deletes through a function that takes the address of the pointer, as most of FFmpeg's do.
template <auto Free>
struct FreeByAddress {
    template <class T>
    void operator()(T* handle) const noexcept {
        Free(&handle);
    }
};
struct CloseInput {
    void operator()(AVFormatContext* context) const noexcept { avformat_close_input(&context); }
};
struct FreeSws {
    void operator()(SwsContext* context) const noexcept { sws_freeContext(context); }
};

using UniqueFrame = std::unique_ptr<AVFrame, FreeByAddress<av_frame_free>>;
using UniquePacket = std::unique_ptr<AVPacket, FreeByAddress<av_packet_free>>;
using UniqueCodec = std::unique_ptr<AVCodecContext, FreeByAddress<avcodec_free_context>>;
using UniqueInput = std::unique_ptr<AVFormatContext, CloseInput>;
using UniqueBuffer = std::unique_ptr<AVBufferRef, FreeByAddress<av_buffer_unref>>;
using UniqueGraph = std::unique_ptr<AVFilterGraph, FreeByAddress<avfilter_graph_free>>;
using UniqueParameters = std::unique_ptr<AVCodecParameters, FreeByAddress<avcodec_parameters_free>>;
using UniqueSws = std::unique_ptr<SwsContext, FreeSws>;

UniqueFrame make_frame();
UniquePacket make_packet();
/// Another reference to the same samples.
UniqueFrame share(const AVFrame& frame);

/// Whether its flags say that both fields are of two times.
bool is_interlaced(const AVFrame& frame);
/// How long it is shown, in ticks of its stream; 0 where that is not known.
std::int64_t duration_of(const AVFrame& frame);
/// Flags it so, the top field first.
void set_interlaced(AVFrame& frame);
/// These flags as `from` has them.
void copy_interlacing(const AVFrame& from, AVFrame& to);

/// A frame with memory for its samples.
UniqueFrame buffer_of(AVPixelFormat format, std::int64_t width, std::int64_t height);

/// What FFmpeg calls the error.
std::string error_text(int code);
/// Throws `Error` (io for a full disk or a broken pipe, else unreadable) when `code` is negative.
int check(int code, const std::string& doing);
/// The same for writing, where whatever fails is `io`.
int check_io(int code, const std::string& doing);

inline Rational to_rational(AVRational r) {
    return r.den == 0 ? Rational() : Rational(r.num, r.den);
}
/// Throws `Error` (invalid_argument) when it does not fit FFmpeg's 32 bits.
AVRational to_av(const Rational& r);

ColorTags tags_of(const AVFrame& frame);

/// Whether a container is MP4 or QuickTime, which have edit lists, timecode tracks and the like.
bool is_iso_media(const AVOutputFormat& format);

/// What is known of a stream apart from its packets, such as its mastering display; null when it is
/// not. Part of its parameters from FFmpeg 6.1 on.
const std::uint8_t* side_data_of(const AVStream& stream, AVPacketSideDataType type);
/// Throws `std::bad_alloc`.
void add_side_data(AVStream& stream, AVPacketSideDataType type, const void* data, std::size_t size);
/// A stream of `output` with the parameters and the side data of `from`, in whatever container that
/// was.
AVStream& add_stream_like(AVFormatContext& output, const AVStream& from);
/// Adds a stream for what `encoder` makes, without metadata.
AVStream& add_stream_of(AVFormatContext& output, const AVCodecContext& encoder);

/// Opens a file, a picture or standard input ("-") for reading; other protocols than file and pipe
/// where `read` names them. `demuxer`, in FFmpeg's names; null: by the file's contents. Throws
/// `Error`: not_found, unreadable, invalid_argument (a protocol).
UniqueInput open_input(const std::string& path, const ReadOptions& read,
                       const char* demuxer = nullptr);

/// The stream that is restored: the first video that is no cover picture, else the cover picture
/// itself; negative when there is none that can be decoded.
int first_video(AVFormatContext& input);

} // namespace oldfilm::media
