#include "ffmpeg_alone.hpp"

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <chrono>
#include <functional>
#include <stdexcept>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

struct CloseInput {
    void operator()(AVFormatContext* input) const noexcept { avformat_close_input(&input); }
};
struct FreeCodec {
    void operator()(AVCodecContext* codec) const noexcept { avcodec_free_context(&codec); }
};
struct FreePacket {
    void operator()(AVPacket* packet) const noexcept { av_packet_free(&packet); }
};
using UniqueInput = std::unique_ptr<AVFormatContext, CloseInput>;
using UniqueCodec = std::unique_ptr<AVCodecContext, FreeCodec>;
using UniquePacket = std::unique_ptr<AVPacket, FreePacket>;

int check(int code, const std::string& doing) {
    if (code < 0) {
        char text[AV_ERROR_MAX_STRING_SIZE] = {};
        av_strerror(code, text, sizeof(text));
        throw std::runtime_error("FFmpeg could not " + doing + ": " + text);
    }
    return code;
}

struct Video {
    UniqueInput input;
    AVStream* stream = nullptr;
};

Video open_video(const std::string& path) {
    AVFormatContext* opened = nullptr;
    check(avformat_open_input(&opened, path.c_str(), nullptr, nullptr), "open " + path);
    Video video{UniqueInput(opened), nullptr};
    check(avformat_find_stream_info(opened, nullptr), "read " + path);
    const int best = check(av_find_best_stream(opened, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0),
                           "find video in " + path);
    video.stream = opened->streams[best];
    return video;
}

/// Hands each packet of the video to `take`.
void each_packet(const Video& video, const std::function<void(AVPacket&)>& take) {
    const UniquePacket packet(av_packet_alloc());
    while (av_read_frame(video.input.get(), packet.get()) >= 0) {
        if (packet->stream_index == video.stream->index) {
            take(*packet);
        }
        av_packet_unref(packet.get());
    }
}

void decode(const std::string& path, const std::function<void(AVFrame&)>& take) {
    const Video video = open_video(path);
    const AVCodec* decoder = avcodec_find_decoder(video.stream->codecpar->codec_id);
    const UniqueCodec codec(avcodec_alloc_context3(decoder));
    check(avcodec_parameters_to_context(codec.get(), video.stream->codecpar), "decode " + path);
    codec->thread_count = 0; // as many as FFmpeg chooses, as oldfilm has it
    check(avcodec_open2(codec.get(), decoder, nullptr), "decode " + path);
    const UniqueFrame frame(av_frame_alloc());
    const auto receive = [&] {
        while (avcodec_receive_frame(codec.get(), frame.get()) >= 0) {
            take(*frame);
            av_frame_unref(frame.get());
        }
    };
    each_packet(video, [&](AVPacket& packet) {
        check(avcodec_send_packet(codec.get(), &packet), "decode " + path);
        receive();
    });
    check(avcodec_send_packet(codec.get(), nullptr), "decode " + path);
    receive();
}

/// libx264 set as oldfilm sets it; what it is told of color and time is the finished file's.
UniqueCodec encoder_like(const std::string& like, const AVFrame& first) {
    const Video video = open_video(like);
    const AVCodecParameters& known = *video.stream->codecpar;
    const AVCodec* encoder = avcodec_find_encoder_by_name("libx264");
    if (encoder == nullptr) {
        throw std::runtime_error("this FFmpeg has no libx264, which the benchmark needs");
    }
    UniqueCodec codec(avcodec_alloc_context3(encoder));
    codec->width = first.width;
    codec->height = first.height;
    codec->pix_fmt = static_cast<AVPixelFormat>(first.format);
    codec->framerate = video.stream->avg_frame_rate;
    codec->time_base = av_inv_q(video.stream->avg_frame_rate);
    codec->sample_aspect_ratio = known.sample_aspect_ratio;
    codec->color_range = known.color_range;
    codec->color_primaries = known.color_primaries;
    codec->color_trc = known.color_trc;
    codec->colorspace = known.color_space;
    codec->chroma_sample_location = known.chroma_location;
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    av_opt_set(codec->priv_data, "crf", "16", 0);
    av_opt_set(codec->priv_data, "preset", "medium", 0);
    check(avcodec_open2(codec.get(), encoder, nullptr), "open libx264");
    return codec;
}

} // namespace

double decode_alone(const std::string& path) {
    const auto start = Clock::now();
    decode(path, [](AVFrame& /*frame*/) {});
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<UniqueFrame> decoded_frames(const std::string& path) {
    std::vector<UniqueFrame> frames;
    decode(path, [&](AVFrame& frame) { frames.emplace_back(av_frame_clone(&frame)); });
    if (frames.empty()) {
        throw std::runtime_error(path + " holds no frames");
    }
    return frames;
}

Encoded encode_alone(const std::vector<UniqueFrame>& frames, const std::string& like) {
    Encoded result;
    const auto start = Clock::now();
    const UniqueCodec codec = encoder_like(like, *frames.front());
    const UniquePacket packet(av_packet_alloc());
    const auto receive = [&] {
        while (avcodec_receive_packet(codec.get(), packet.get()) >= 0) {
            result.bytes += packet->size;
            av_packet_unref(packet.get());
        }
    };
    std::int64_t number = 0;
    for (const UniqueFrame& frame : frames) {
        frame->pts = number++;
        frame->pict_type = AV_PICTURE_TYPE_NONE;
        check(avcodec_send_frame(codec.get(), frame.get()), "encode a frame");
        receive();
    }
    check(avcodec_send_frame(codec.get(), nullptr), "finish encoding");
    receive();
    result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return result;
}

std::int64_t packet_bytes(const std::string& path) {
    std::int64_t bytes = 0;
    each_packet(open_video(path), [&](AVPacket& packet) { bytes += packet.size; });
    return bytes;
}

} // namespace bench
