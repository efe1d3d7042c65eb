#include "media/muxer_trial.hpp"

#include <oldfilm/error.hpp>

extern "C" {
#include <libavutil/mem.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace oldfilm::media {
namespace {

constexpr int packets_read = 2000;       ///< of all streams, until sound has come
constexpr std::size_t packets_tried = 8; ///< of a stream

struct FreeFile {
    void operator()(AVIOContext* io) const noexcept {
        av_freep(&io->buffer);
        avio_context_free(&io);
    }
};
using UniqueFile = std::unique_ptr<AVIOContext, FreeFile>;
struct FreeContext {
    void operator()(AVFormatContext* context) const noexcept { avformat_free_context(context); }
};
using UniqueContext = std::unique_ptr<AVFormatContext, FreeContext>;

/// A file in memory. FFmpeg's own (`avio_open_dyn_buf`) loses its place when a muxer goes back, as
/// AVI's does.
class MemoryFile {
  public:
    /// From its beginning, for as long as this lives.
    UniqueFile open(bool is_written) {
        constexpr int block = 4096;
        at_ = 0;
        auto* buffer = static_cast<unsigned char*>(av_malloc(block));
        UniqueFile io(
            avio_alloc_context(buffer, block, is_written ? 1 : 0, this, &read, &write, &seek));
        if (!io) {
            av_free(buffer);
            throw std::bad_alloc();
        }
        return io;
    }

  private:
    static int read(void* self, std::uint8_t* to, int wanted) {
        auto& it = *static_cast<MemoryFile*>(self);
        const std::size_t left = it.bytes_.size() - std::min(it.at_, it.bytes_.size());
        const std::size_t got = std::min(static_cast<std::size_t>(wanted), left);
        if (got == 0) {
            return AVERROR_EOF;
        }
        std::memcpy(to, it.bytes_.data() + it.at_, got);
        it.at_ += got;
        return static_cast<int>(got);
    }
#if LIBAVFORMAT_VERSION_MAJOR >= 61 // FFmpeg 7
    using Written = const std::uint8_t*;
#else
    using Written = std::uint8_t*;
#endif
    static int write(void* self, Written from, int size) {
        auto& it = *static_cast<MemoryFile*>(self);
        const auto added = static_cast<std::size_t>(size);
        try {
            it.bytes_.resize(std::max(it.bytes_.size(), it.at_ + added));
        } catch (const std::bad_alloc&) {
            return AVERROR(ENOMEM);
        }
        std::memcpy(it.bytes_.data() + it.at_, from, added);
        it.at_ += added;
        return size;
    }
    static std::int64_t seek(void* self, std::int64_t to, int whence) {
        auto& it = *static_cast<MemoryFile*>(self);
        const auto size = static_cast<std::int64_t>(it.bytes_.size());
        if (whence == AVSEEK_SIZE) {
            return size;
        }
        const std::int64_t from = whence == SEEK_CUR   ? static_cast<std::int64_t>(it.at_)
                                  : whence == SEEK_END ? size
                                                       : 0;
        it.at_ = static_cast<std::size_t>(std::max<std::int64_t>(from + to, 0));
        return static_cast<std::int64_t>(it.at_);
    }

    std::vector<std::uint8_t> bytes_;
    std::size_t at_ = 0;
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

bool write(MemoryFile& file, const AVOutputFormat& format, const AVStream& stream,
           const Packets& packets) {
    AVFormatContext* made = nullptr;
    if (avformat_alloc_output_context2(&made, &format, nullptr, nullptr) < 0) {
        throw std::bad_alloc();
    }
    const UniqueContext output(made);
    output->strict_std_compliance = muxer_compliance(stream.codecpar->codec_id);
    output->flags |= AVFMT_FLAG_BITEXACT;
    AVStream& target = add_stream_like(*output, stream);
    target.time_base = stream.time_base;
    target.disposition = stream.disposition;
    av_dict_copy(&target.metadata, stream.metadata, 0); // attachments have their names there
    const UniqueFile io = file.open(/*is_written=*/true);
    output->pb = io.get();
    return write(*output, stream, packets);
}

/// Seconds from a stream's first packet to the end of its last one.
class Span {
  public:
    void add(const AVPacket& packet, const AVRational& tick) {
        const std::int64_t time = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
        if (time == AV_NOPTS_VALUE) {
            return;
        }
        const double from = static_cast<double>(time) * av_q2d(tick);
        first_ = std::min(first_, from);
        end_ = std::max(end_, from + static_cast<double>(packet.duration) * av_q2d(tick));
    }
    [[nodiscard]] double first() const noexcept { return first_; }
    [[nodiscard]] double lasts() const noexcept { return end_ - first_; }

  private:
    double first_ = std::numeric_limits<double>::max();
    double end_ = std::numeric_limits<double>::lowest();
};

Span span_of(const Packets& packets, const AVRational& tick) {
    Span span;
    for (const UniquePacket& packet : packets) {
        span.add(*packet, tick);
    }
    return span;
}

Span span_of(AVFormatContext& input) {
    Span span;
    const UniquePacket packet = make_packet();
    while (av_read_frame(&input, packet.get()) >= 0) {
        span.add(*packet, input.streams[packet->stream_index]->time_base);
        av_packet_unref(packet.get());
    }
    return span;
}

/// What a file holds, or null.
UniqueInput opened(AVIOContext& io) {
    AVFormatContext* context = avformat_alloc_context();
    if (context == nullptr) {
        throw std::bad_alloc();
    }
    context->pb = &io;
    if (avformat_open_input(&context, nullptr, nullptr, nullptr) < 0) {
        return nullptr; // it freed the context
    }
    UniqueInput input(context);
    return avformat_find_stream_info(context, nullptr) >= 0 && context->nb_streams > 0
               ? std::move(input)
               : nullptr;
}

/// Whether packets last as long there as they did.
bool keeps_time(AVFormatContext& input, const AVStream& as, const Packets& packets) {
    constexpr double clocks = 0.005; // containers' clocks are rounded
    const bool is_sound = as.codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    return !is_sound ||
           std::abs(span_of(input).lasts() - span_of(packets, as.time_base).lasts()) < clocks;
}

bool reads_back(MemoryFile& file, const AVStream& as, const Packets& packets) {
    const UniqueFile io = file.open(/*is_written=*/false);
    const UniqueInput input = opened(*io);
    return input && input->streams[0]->codecpar->codec_id == as.codecpar->codec_id &&
           ((input->streams[0]->disposition ^ as.disposition) & AV_DISPOSITION_ATTACHED_PIC) == 0 &&
           keeps_time(*input, as, packets);
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
    if (stream.codecpar->codec_type != AVMEDIA_TYPE_ATTACHMENT && // which needs no codec
        avformat_query_codec(&format, stream.codecpar->codec_id,
                             muxer_compliance(stream.codecpar->codec_id)) == 0) {
        return false;
    }
    MemoryFile file;
    return write(file, format, stream, packets) &&
           (packets.empty() || reads_back(file, stream, packets));
}

bool loses_padding(const AVOutputFormat& format, const AVStream& stream) {
    if (stream.codecpar->codec_id != AV_CODEC_ID_OPUS || stream.codecpar->initial_padding == 0) {
        return false;
    }
    constexpr std::array<std::uint8_t, 3> silence{0xfc, 0xff, 0xfe};
    Packets packets;
    packets.push_back(make_packet());
    check(av_new_packet(packets[0].get(), silence.size()), "hold a packet");
    std::copy(silence.begin(), silence.end(), packets[0]->data);
    packets[0]->pts = packets[0]->dts = av_rescale_q(1, {1, 1}, stream.time_base);
    MemoryFile file;
    if (!write(file, format, stream, packets)) {
        return false;
    }
    const UniqueFile io = file.open(/*is_written=*/false);
    const UniqueInput input = opened(*io);
    const double padding = stream.codecpar->initial_padding / 48'000.0; // always, in Opus
    return input && 1 - span_of(*input).first() > padding / 2;
}

bool muxes(const AVOutputFormat& format, const AVCodecContext& encoder) {
    const UniqueContext described(avformat_alloc_context());
    if (!described) {
        throw std::bad_alloc();
    }
    return muxes(format, add_stream_of(*described, encoder), {});
}

} // namespace oldfilm::media
