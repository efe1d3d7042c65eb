#include "media/muxer_trial.hpp"

#include <oldfilm/error.hpp>

extern "C" {
#include <libavutil/mem.h>
}

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace oldfilm::media {
namespace {

constexpr int packets_read = 2000;       ///< of all streams, until sound has come
constexpr std::size_t packets_tried = 8; ///< of a stream

/// A file in memory that grows.
struct FreeBuffer {
    void operator()(AVIOContext* io) const noexcept {
        std::uint8_t* bytes = nullptr;
        avio_close_dyn_buf(io, &bytes);
        av_free(bytes);
    }
};
using UniqueFile = std::unique_ptr<AVIOContext, FreeBuffer>;
struct FreeReading {
    void operator()(AVIOContext* io) const noexcept {
        av_freep(&io->buffer);
        avio_context_free(&io);
    }
};
using UniqueReading = std::unique_ptr<AVIOContext, FreeReading>;
struct FreeContext {
    void operator()(AVFormatContext* context) const noexcept { avformat_free_context(context); }
};
using UniqueContext = std::unique_ptr<AVFormatContext, FreeContext>;

/// Bytes as a file that is read.
struct Bytes {
    const std::uint8_t* data = nullptr;
    std::int64_t size = 0, at = 0;

    static int read(void* self, std::uint8_t* to, int wanted) {
        auto& it = *static_cast<Bytes*>(self);
        const auto got = std::min<std::int64_t>(wanted, it.size - it.at);
        if (got <= 0) {
            return AVERROR_EOF;
        }
        std::memcpy(to, it.data + it.at, static_cast<std::size_t>(got));
        it.at += got;
        return static_cast<int>(got);
    }
    static std::int64_t seek(void* self, std::int64_t to, int whence) {
        auto& it = *static_cast<Bytes*>(self);
        if (whence == AVSEEK_SIZE) {
            return it.size;
        }
        it.at = whence == SEEK_CUR ? it.at + to : whence == SEEK_END ? it.size + to : to;
        return it.at;
    }
};

bool write(AVFormatContext& output, const AVStream& from, const Packets& packets) {
    if (avformat_write_header(&output, nullptr) < 0) {
        return false;
    }
    bool written = true;
    for (const UniquePacket& packet : packets) {
        UniquePacket copy(av_packet_clone(packet.get()));
        if (!copy) {
            throw std::bad_alloc();
        }
        copy->stream_index = 0;
        copy->pos = -1;
        av_packet_rescale_ts(copy.get(), from.time_base, output.streams[0]->time_base);
        written = written && av_interleaved_write_frame(&output, copy.get()) >= 0;
    }
    return av_write_trailer(&output) >= 0 && written;
}

bool reads_back(Bytes file, const AVStream& as) {
    constexpr int block = 4096;
    auto* buffer = static_cast<unsigned char*>(av_malloc(block));
    const UniqueReading io(
        avio_alloc_context(buffer, block, 0, &file, &Bytes::read, nullptr, &Bytes::seek));
    AVFormatContext* context = avformat_alloc_context();
    if (!io || context == nullptr) {
        throw std::bad_alloc();
    }
    context->pb = io.get();
    if (avformat_open_input(&context, nullptr, nullptr, nullptr) < 0) {
        return false; // it freed the context
    }
    const UniqueInput input(context);
    return avformat_find_stream_info(context, nullptr) >= 0 && context->nb_streams > 0 &&
           context->streams[0]->codecpar->codec_id == as.codecpar->codec_id &&
           ((context->streams[0]->disposition ^ as.disposition) & AV_DISPOSITION_ATTACHED_PIC) == 0;
}

} // namespace

std::map<int, Packets> first_sound(const std::string& path, const ReadOptions& read) {
    const UniqueInput input = open_input(path, read);
    std::map<int, Packets> found;
    for (unsigned i = 0; i < input->nb_streams; ++i) {
        if (input->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) {
            found[static_cast<int>(i)];
        }
    }
    const auto is_full = [](const auto& one) { return one.second.size() >= packets_tried; };
    UniquePacket packet = make_packet();
    for (int i = 0; i < packets_read && !std::all_of(found.begin(), found.end(), is_full) &&
                    av_read_frame(input.get(), packet.get()) >= 0;
         ++i) {
        const auto stream = found.find(packet->stream_index);
        if (stream != found.end() && !is_full(*stream)) {
            stream->second.push_back(std::exchange(packet, make_packet()));
        } else {
            av_packet_unref(packet.get());
        }
    }
    return found;
}

bool muxes(const AVOutputFormat& format, const AVStream& stream, const Packets& packets) {
    if (avformat_query_codec(&format, stream.codecpar->codec_id, muxer_compliance) == 0) {
        return false;
    }
    AVFormatContext* made = nullptr;
    if (avformat_alloc_output_context2(&made, &format, nullptr, nullptr) < 0) {
        throw std::bad_alloc();
    }
    const UniqueContext output(made);
    output->strict_std_compliance = muxer_compliance;
    output->flags |= AVFMT_FLAG_BITEXACT;
    AVStream& target = add_stream_like(*output, stream);
    target.time_base = stream.time_base;
    target.disposition = stream.disposition;
    av_dict_copy(&target.metadata, stream.metadata, 0); // attachments have their names there
    AVIOContext* growing = nullptr;
    if (avio_open_dyn_buf(&growing) < 0) {
        throw std::bad_alloc();
    }
    UniqueFile file(growing);
    output->pb = growing;
    if (!write(*output, stream, packets)) {
        return false;
    }
    if (packets.empty()) {
        return true;
    }
    std::uint8_t* bytes = nullptr;
    const int size = avio_close_dyn_buf(file.release(), &bytes);
    const std::unique_ptr<std::uint8_t, void (*)(void*)> kept(bytes, av_free);
    return reads_back({bytes, size}, stream);
}

bool muxes(const AVOutputFormat& format, const AVCodecContext& encoder) {
    const UniqueContext described(avformat_alloc_context());
    AVStream* stream = described ? avformat_new_stream(described.get(), nullptr) : nullptr;
    if (stream == nullptr) {
        throw std::bad_alloc();
    }
    check(avcodec_parameters_from_context(stream->codecpar, &encoder), "describe a stream");
    stream->time_base = encoder.time_base;
    return muxes(format, *stream, {});
}

} // namespace oldfilm::media
