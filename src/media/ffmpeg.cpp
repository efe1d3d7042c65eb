#include "media/ffmpeg.hpp"

#include "media/locations.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>

extern "C" {
#include <libavutil/log.h>
}

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <new>
#include <string_view>
#include <vector>

namespace oldfilm {

void quiet_ffmpeg() {
    av_log_set_level(AV_LOG_FATAL);
    setenv("SVT_LOG", "-1", /*overwrite=*/0); // SVT-AV1 writes to standard error by itself
}

namespace media {
namespace {

namespace fs = std::filesystem;

struct Dictionary {
    AVDictionary* entries = nullptr;
    Dictionary() = default;
    Dictionary(const Dictionary&) = delete;
    Dictionary& operator=(const Dictionary&) = delete;
    ~Dictionary() { av_dict_free(&entries); }
};

void check_file(const std::string& path) {
    std::error_code failed;
    if (!fs::exists(path, failed)) {
        throw Error(Errc::not_found,
                    fmt::format("there is no file {}; name a film that exists", path));
    }
    if (fs::is_regular_file(path, failed) && fs::file_size(path, failed) == 0) {
        throw Error(Errc::unreadable, fmt::format("{} is empty; name a film", path));
    }
}

} // namespace

UniqueFrame make_frame() {
    UniqueFrame frame(av_frame_alloc());
    if (!frame) {
        throw std::bad_alloc();
    }
    return frame;
}

UniquePacket make_packet() {
    UniquePacket packet(av_packet_alloc());
    if (!packet) {
        throw std::bad_alloc();
    }
    return packet;
}

UniqueFrame share(const AVFrame& frame) {
    UniqueFrame copy(av_frame_clone(&frame));
    if (!copy) {
        throw std::bad_alloc();
    }
    return copy;
}

std::int64_t duration_of(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_MAJOR >= 58
    return frame.duration;
#else
    return frame.pkt_duration;
#endif
}

bool is_interlaced(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    return (frame.flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
    return frame.interlaced_frame != 0;
#endif
}

void set_interlaced(AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    frame.flags |= AV_FRAME_FLAG_INTERLACED | AV_FRAME_FLAG_TOP_FIELD_FIRST;
#else
    frame.interlaced_frame = frame.top_field_first = 1;
#endif
}

void copy_interlacing(const AVFrame& from, AVFrame& to) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    constexpr int both = AV_FRAME_FLAG_INTERLACED | AV_FRAME_FLAG_TOP_FIELD_FIRST;
    to.flags = (to.flags & ~both) | (from.flags & both);
#else
    to.interlaced_frame = from.interlaced_frame;
    to.top_field_first = from.top_field_first;
#endif
}

UniqueFrame buffer_of(AVPixelFormat format, std::int64_t width, std::int64_t height) {
    UniqueFrame frame = make_frame();
    frame->format = format;
    frame->width = static_cast<int>(width);
    frame->height = static_cast<int>(height);
    check(av_frame_get_buffer(frame.get(), 0), "hold a frame");
    return frame;
}

std::string error_text(int code) {
    char text[AV_ERROR_MAX_STRING_SIZE] = {};
    av_strerror(code, text, sizeof(text));
    return text;
}

int check(int code, const std::string& doing) {
    if (code >= 0) {
        return code;
    }
    if (code == AVERROR(ENOMEM)) {
        throw Error(Errc::out_of_memory, fmt::format("there is not enough memory to {}", doing));
    }
    const bool writing = code == AVERROR(ENOSPC) || code == AVERROR(EPIPE) ||
                         code == AVERROR(EROFS) || code == AVERROR(EACCES) || code == AVERROR(EIO);
    throw Error(writing ? Errc::io : Errc::unreadable,
                fmt::format("cannot {}: {}", doing, error_text(code)));
}

int check_io(int code, const std::string& doing) {
    if (code < 0 && code != AVERROR(ENOMEM)) {
        throw Error(Errc::io, fmt::format("cannot {}: {}; is the disk full, or the folder gone?",
                                          doing, error_text(code)));
    }
    return check(code, doing);
}

int first_video(AVFormatContext& input) {
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        const AVStream& stream = *input.streams[i];
        if (stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
            (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) == 0 &&
            avcodec_find_decoder(stream.codecpar->codec_id) != nullptr) {
            return stream.index;
        }
    }
    return av_find_best_stream(&input, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
}

AVRational to_av(const Rational& r) {
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    if (r.num() > most || r.num() < -most || r.den() > most) {
        throw Error(
            Errc::invalid_argument,
            fmt::format("the time or rate {} is finer than a file can hold; use a coarser one",
                        r.to_string()));
    }
    return {static_cast<int>(r.num()), static_cast<int>(r.den())};
}

ColorTags tags_of(const AVFrame& frame) {
    ColorTags tags;
    tags.primaries = static_cast<std::uint8_t>(frame.color_primaries);
    tags.transfer = static_cast<std::uint8_t>(frame.color_trc);
    tags.matrix = static_cast<std::uint8_t>(frame.colorspace);
    tags.range = frame.color_range == AVCOL_RANGE_JPEG   ? Range::full
                 : frame.color_range == AVCOL_RANGE_MPEG ? Range::limited
                                                         : Range::unspecified;
    tags.siting = frame.chroma_location == AVCHROMA_LOC_LEFT      ? ChromaSiting::left
                  : frame.chroma_location == AVCHROMA_LOC_CENTER  ? ChromaSiting::center
                  : frame.chroma_location == AVCHROMA_LOC_TOPLEFT ? ChromaSiting::top_left
                                                                  : ChromaSiting::unspecified;
    return tags;
}

bool is_iso_media(const AVOutputFormat& format) {
    const std::string_view name = format.name;
    return name == "mp4" || name == "mov" || name == "ipod";
}

static AVStream& new_stream_like(AVFormatContext& output, const AVStream& from) {
    AVStream* stream = avformat_new_stream(&output, nullptr);
    if (stream == nullptr) {
        throw std::bad_alloc();
    }
    AVCodecParameters& coding = *stream->codecpar;
    check(avcodec_parameters_copy(&coding, from.codecpar), "copy a stream's parameters");
    coding.codec_tag = 0;
    // What some containers say of these is no size of packets: AVI's muxer would take it for one,
    // and give all packets wrong times. The same is in FFmpeg's own program.
    if (coding.codec_id == AV_CODEC_ID_MP3 || coding.codec_id == AV_CODEC_ID_AC3) {
        coding.block_align = 0;
    }
    return *stream;
}

// Side data of a stream went to its parameters in FFmpeg 6.1.
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 30, 100)
const std::uint8_t* side_data_of(const AVStream& stream, AVPacketSideDataType type) {
    const AVPacketSideData* found = av_packet_side_data_get(
        stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, type);
    return found == nullptr ? nullptr : found->data;
}

void add_side_data(AVStream& stream, AVPacketSideDataType type, const void* data,
                   std::size_t size) {
    AVPacketSideData* made = av_packet_side_data_new(
        &stream.codecpar->coded_side_data, &stream.codecpar->nb_coded_side_data, type, size, 0);
    if (made == nullptr) {
        throw std::bad_alloc();
    }
    std::memcpy(made->data, data, size);
}

AVStream& add_stream_like(AVFormatContext& output, const AVStream& from) {
    return new_stream_like(output, from);
}
#else
const std::uint8_t* side_data_of(const AVStream& stream, AVPacketSideDataType type) {
    return av_stream_get_side_data(&stream, type, nullptr);
}

void add_side_data(AVStream& stream, AVPacketSideDataType type, const void* data,
                   std::size_t size) {
    std::uint8_t* made = av_stream_new_side_data(&stream, type, size);
    if (made == nullptr) {
        throw std::bad_alloc();
    }
    std::memcpy(made, data, size);
}

AVStream& add_stream_like(AVFormatContext& output, const AVStream& from) {
    AVStream& stream = new_stream_like(output, from);
    for (int i = 0; i < from.nb_side_data; ++i) {
        const AVPacketSideData& data = from.side_data[i];
        add_side_data(stream, data.type, data.data, data.size);
    }
    return stream;
}
#endif

AVStream& add_stream_of(AVFormatContext& output, const AVCodecContext& encoder) {
    AVStream* stream = avformat_new_stream(&output, nullptr);
    if (stream == nullptr) {
        throw std::bad_alloc();
    }
    check(avcodec_parameters_from_context(stream->codecpar, &encoder), "describe a stream");
    stream->time_base = encoder.time_base;
    return *stream;
}

UniqueInput open_input(const std::string& path, const ReadOptions& read, const char* demuxer) {
    Dictionary options;
    std::string allowed = "file,pipe";
    for (const std::string& protocol : read.protocols) {
        allowed += "," + protocol;
    }
    av_dict_set(&options.entries, "protocol_whitelist", allowed.c_str(), 0);
    const std::string scheme = scheme_of(path);
    const AVInputFormat* format = demuxer == nullptr ? nullptr : av_find_input_format(demuxer);
    std::string url = "file:" + path;
    if (path == "-") {
        url = "pipe:0";
        format = av_find_input_format("yuv4mpegpipe");
    } else if (!scheme.empty()) {
        if (std::find(read.protocols.begin(), read.protocols.end(), scheme) ==
            read.protocols.end()) {
            throw Error(Errc::invalid_argument,
                        fmt::format("{} is reached by {}, and only files and pipes are read unless "
                                    "other protocols are named (--protocols {})",
                                    path, scheme, scheme));
        }
        url = path;
    } else {
        check_file(path);
        // One picture, whatever its name says, and lasts as long as a frame does.
        av_dict_set(&options.entries, "pattern_type", "none", 0);
        if (read.source_fps && is_picture(path)) {
            av_dict_set(&options.entries, "framerate", read.source_fps->to_string().c_str(), 0);
        }
    }
    AVFormatContext* context = nullptr;
    const int opened = avformat_open_input(&context, url.c_str(), format, &options.entries);
    if (opened < 0) {
        throw Error(Errc::unreadable,
                    fmt::format("{} is not a film that FFmpeg can read ({}); is it complete?", path,
                                error_text(opened)));
    }
    UniqueInput input(context);
    const int found = avformat_find_stream_info(context, nullptr);
    if (found < 0) {
        throw Error(Errc::unreadable,
                    fmt::format("{} holds no streams that FFmpeg can read ({}); is it complete?",
                                path, error_text(found)));
    }
    return input;
}

} // namespace media
} // namespace oldfilm
