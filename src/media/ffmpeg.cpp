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
#include <filesystem>
#include <limits>
#include <new>
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
    if (fs::is_directory(path, failed)) {
        throw Error(
            Errc::unreadable,
            fmt::format("{} is a folder; name a film in it, or a sequence such as {}/%05d.png",
                        path, path));
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

UniqueInput open_input(const std::string& path, const ReadOptions& read) {
    Dictionary options;
    std::string allowed = "file,pipe";
    for (const std::string& protocol : read.protocols) {
        allowed += "," + protocol;
    }
    av_dict_set(&options.entries, "protocol_whitelist", allowed.c_str(), 0);
    const Rational sequence_rate = read.source_fps.value_or(Rational());
    const std::string scheme = scheme_of(path);
    const AVInputFormat* format = nullptr;
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
    } else if (is_sequence(path)) {
        format = av_find_input_format("image2");
        url = path;
        av_dict_set_int(&options.entries, "start_number", first_of_sequence(path), 0);
        if (sequence_rate.num() > 0) {
            av_dict_set(&options.entries, "framerate", sequence_rate.to_string().c_str(), 0);
        }
    } else {
        check_file(path);
    }
    AVFormatContext* context = nullptr;
    const int opened = avformat_open_input(&context, url.c_str(), format, &options.entries);
    if (opened < 0) {
        if (opened == AVERROR(ENOENT)) {
            throw Error(
                Errc::not_found,
                fmt::format("there is no picture of the sequence {}; look at the pattern", path));
        }
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
