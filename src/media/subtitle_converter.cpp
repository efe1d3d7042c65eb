#include "media/subtitle_converter.hpp"

#include "media/muxer_trial.hpp"

#include <oldfilm/error.hpp>

extern "C" {
#include <libavutil/mem.h>
}

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <vector>

namespace oldfilm::media {
namespace {

constexpr std::size_t most_bytes = 1 << 16; ///< of a cue; SRT's and MP4's readers take no more

/// The text of a line of ASS: what comes after its eight fields.
std::string_view text_of(std::string_view line) {
    for (int field = 0; field < 8; ++field) {
        const std::size_t comma = line.find(',');
        if (comma == std::string_view::npos) {
            return {};
        }
        line.remove_prefix(comma + 1);
    }
    return line;
}

/// Both lines seen together.
void join(std::string& lines, std::string_view line) {
    if (lines.empty()) {
        lines = line;
    } else {
        lines.append("\\N").append(text_of(line));
    }
}

} // namespace

std::unique_ptr<SubtitleConverter> SubtitleConverter::open_for(const AVOutputFormat& format,
                                                               const AVCodecParameters& from,
                                                               AVRational tick) {
    for (const AVCodecID codec :
         {AV_CODEC_ID_MOV_TEXT, AV_CODEC_ID_SUBRIP, AV_CODEC_ID_WEBVTT, AV_CODEC_ID_ASS}) {
        std::unique_ptr<SubtitleConverter> made = open(from, tick, codec);
        if (made && muxes(format, made->encoder())) {
            return made;
        }
    }
    return nullptr;
}

std::unique_ptr<SubtitleConverter> SubtitleConverter::open(const AVCodecParameters& from,
                                                           AVRational tick, AVCodecID codec) {
    const AVCodec* reads = avcodec_find_decoder(from.codec_id);
    const AVCodec* writes = avcodec_find_encoder(codec);
    if (reads == nullptr || writes == nullptr) {
        return nullptr;
    }
    std::unique_ptr<SubtitleConverter> made(new SubtitleConverter);
    made->decoder_.reset(avcodec_alloc_context3(reads));
    made->encoder_.reset(avcodec_alloc_context3(writes));
    AVCodecContext* decoder = made->decoder_.get();
    AVCodecContext* encoder = made->encoder_.get();
    if (decoder == nullptr || encoder == nullptr) {
        throw std::bad_alloc();
    }
    if (avcodec_parameters_to_context(decoder, &from) < 0) {
        return nullptr;
    }
    decoder->pkt_timebase = tick;
    if (avcodec_open2(decoder, reads, nullptr) < 0 || decoder->subtitle_header == nullptr) {
        return nullptr;
    }
    encoder->time_base = {1, 1000};
    const auto size = static_cast<std::size_t>(decoder->subtitle_header_size);
    encoder->subtitle_header = static_cast<std::uint8_t*>(av_mallocz(size + 1));
    if (encoder->subtitle_header == nullptr) {
        throw std::bad_alloc();
    }
    std::memcpy(encoder->subtitle_header, decoder->subtitle_header, size);
    encoder->subtitle_header_size = static_cast<int>(size);
    if (avcodec_open2(encoder, writes, nullptr) < 0) {
        return nullptr;
    }
    made->one_at_a_time_ = codec == AV_CODEC_ID_MOV_TEXT;
    return made;
}

void SubtitleConverter::convert(const AVPacket& packet, std::int64_t start, std::int64_t end,
                                const Sink& sink) {
    AVSubtitle decoded{};
    int found = 0;
    if (avcodec_decode_subtitle2(decoder_.get(), &decoded, &found,
                                 const_cast<AVPacket*>(&packet)) < 0 || // it only reads
        found == 0) {
        return;
    }
    std::string lines;
    for (unsigned i = 0; i < decoded.num_rects; ++i) {
        if (decoded.rects[i]->ass != nullptr) {
            join(lines, decoded.rects[i]->ass);
        }
    }
    avsubtitle_free(&decoded);
    if (lines.empty()) {
        return; // MP4 has samples for the time between
    }
    if (!one_at_a_time_) {
        encode(lines, start, end, sink);
        return;
    }
    emit_until(start, sink);
    active_.push_back({start, end, std::move(lines)});
}

/// Writes what is seen before `time`, cut wherever a cue comes or goes.
void SubtitleConverter::emit_until(std::int64_t time, const Sink& sink) {
    while (now_ < time) {
        active_.remove_if([this](const Cue& cue) { return cue.end <= now_; });
        if (active_.empty()) {
            now_ = time;
            return;
        }
        std::int64_t until = time;
        std::string lines;
        for (const Cue& cue : active_) {
            until = std::min(until, cue.end);
            join(lines, cue.text);
        }
        encode(lines, now_, until, sink);
        now_ = until;
    }
}

void SubtitleConverter::finish(const Sink& sink) {
    emit_until(std::numeric_limits<std::int64_t>::max(), sink);
}

void SubtitleConverter::encode(const std::string& text, std::int64_t start, std::int64_t end,
                               const Sink& sink) {
    std::string line = text;
    AVSubtitleRect rect{};
    rect.type = SUBTITLE_ASS;
    rect.ass = line.data();
    AVSubtitleRect* rects[] = {&rect};
    AVSubtitle subtitle{};
    subtitle.num_rects = 1;
    subtitle.rects = rects;
    subtitle.end_display_time = static_cast<std::uint32_t>(end - start);
    std::vector<std::uint8_t> bytes(std::max(most_bytes, 4 * text.size()));
    const int size = avcodec_encode_subtitle(encoder_.get(), bytes.data(),
                                             static_cast<int>(bytes.size()), &subtitle);
    check(size, "convert a subtitle");
    const UniquePacket packet = make_packet();
    check(av_new_packet(packet.get(), size), "convert a subtitle");
    std::memcpy(packet->data, bytes.data(), static_cast<std::size_t>(size));
    packet->pts = packet->dts = start;
    packet->duration = end - start;
    packet->flags |= AV_PKT_FLAG_KEY;
    sink(*packet);
}

} // namespace oldfilm::media
