#include "media/other_streams.hpp"

#include "media/probe.hpp"

#include <oldfilm/error.hpp>

extern "C" {
#include <libavutil/mem.h>
}

#include <fmt/format.h>

#include <algorithm>

namespace oldfilm::media {
namespace {

/// The time at which a packet counts: its decoding time, or what is known instead.
std::int64_t stamp(const AVPacket& packet) {
    return packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts;
}

} // namespace

OtherStreams::OtherStreams(const std::string& path, const ReadOptions& read,
                           AVFormatContext& output, std::function<void(const std::string&)> warn)
    : output_(output), read_(read), warn_(std::move(warn)), input_(open_input(path, read)),
      continuity_(*input_) {
    const int video = first_video(*input_);
    const AVStream& film = *input_->streams[video];
    shift_ = film_start(*input_, film);
    if (read.start.num() > 0) {
        const Rational first = film.start_time == AV_NOPTS_VALUE
                                   ? Rational()
                                   : Rational(film.start_time) * to_rational(film.time_base);
        shift_ = first + read.start;
    }
    for (unsigned i = 0; i < input_->nb_streams; ++i) {
        AVStream& stream = *input_->streams[i];
        if (stream.index == video) {
            continue;
        }
        const char* kind = av_get_media_type_string(stream.codecpar->codec_type);
        add(stream, kind == nullptr ? "unknown" : kind);
    }
    av_dict_copy(&output_.metadata, input_->metadata, 0);
    // What describes the source's own file would be wrong for ours.
    for (const char* stale : {"encoder", "major_brand", "minor_version", "compatible_brands"}) {
        av_dict_set(&output_.metadata, stale, nullptr, 0);
    }
    if (read.start.num() == 0 && !read.duration && !read.source_fps) {
        copy_chapters();
    }
}

void OtherStreams::add(AVStream& stream, const std::string& kind) {
    const std::string name = fmt::format("{} stream {} ({})", kind, stream.index,
                                         avcodec_get_name(stream.codecpar->codec_id));
    if (read_.source_fps && stream.codecpar->codec_type != AVMEDIA_TYPE_ATTACHMENT) {
        warn_(fmt::format(
            "the {} is left out: it would not be in sync with the film at its new speed", name));
        return;
    }
    const bool cover = stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
    const bool fits =
        avformat_query_codec(output_.oformat, stream.codecpar->codec_id, FF_COMPLIANCE_NORMAL) ==
            1 ||
        (stream.codecpar->codec_type == AVMEDIA_TYPE_ATTACHMENT &&
         std::string_view(output_.oformat->name).find("matroska") != std::string_view::npos);
    if (!fits || cover) {
        warn_(fmt::format("the {} is left out: {}", name,
                          cover ? "only the first video is restored"
                                : fmt::format("{} cannot hold it", output_.oformat->name)));
        return;
    }
    AVStream* target = avformat_new_stream(&output_, nullptr);
    if (target == nullptr) {
        throw std::bad_alloc();
    }
    check(avcodec_parameters_copy(target->codecpar, stream.codecpar), "copy the " + name);
    target->codecpar->codec_tag = 0;
    target->time_base = stream.time_base;
    target->disposition = stream.disposition;
    av_dict_copy(&target->metadata, stream.metadata, 0);
    av_dict_set(&target->metadata, "DURATION", nullptr, 0); // the muxer's to say
    targets_[stream.index] = target->index;
}

void OtherStreams::copy_chapters() {
    if (input_->nb_chapters == 0) {
        return;
    }
    output_.chapters = static_cast<AVChapter**>(av_calloc(input_->nb_chapters, sizeof(AVChapter*)));
    if (output_.chapters == nullptr) {
        throw std::bad_alloc();
    }
    for (unsigned i = 0; i < input_->nb_chapters; ++i) {
        const AVChapter& from = *input_->chapters[i];
        auto* to = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
        if (to == nullptr) {
            throw std::bad_alloc();
        }
        to->id = from.id;
        to->time_base = from.time_base;
        const std::int64_t shift = (shift_ / to_rational(from.time_base)).round();
        to->start = std::max<std::int64_t>(from.start - shift, 0);
        to->end = std::max(from.end - shift, to->start);
        av_dict_copy(&to->metadata, from.metadata, 0);
        output_.chapters[output_.nb_chapters++] = to; // freed with the output
    }
}

bool OtherStreams::write(AVPacket& packet) {
    const AVStream& from = *input_->streams[packet.stream_index];
    AVStream& to = *output_.streams[targets_.at(packet.stream_index)];
    const std::int64_t shift = (shift_ / to_rational(from.time_base)).round();
    for (std::int64_t* time : {&packet.pts, &packet.dts}) {
        if (*time != AV_NOPTS_VALUE) {
            *time -= shift;
        }
    }
    const bool before =
        read_.start.num() > 0 && stamp(packet) != AV_NOPTS_VALUE && stamp(packet) < 0;
    const bool after = read_.duration && stamp(packet) != AV_NOPTS_VALUE &&
                       Rational(stamp(packet)) * to_rational(from.time_base) >= *read_.duration;
    if (before || after) {
        av_packet_unref(&packet);
        return !after;
    }
    packet.stream_index = to.index;
    av_packet_rescale_ts(&packet, from.time_base, to.time_base);
    packet.pos = -1;
    check_io(av_interleaved_write_frame(&output_, &packet),
             "write the sound and the other streams");
    return true;
}

void OtherStreams::copy(std::optional<Rational> until) {
    while (!targets_.empty() && !over_) {
        if (!has_waiting_) {
            if (av_read_frame(input_.get(), waiting_.get()) < 0) {
                over_ = true;
                return;
            }
            continuity_.apply(*waiting_);
            if (targets_.count(waiting_->stream_index) == 0) {
                av_packet_unref(waiting_.get());
                continue;
            }
            has_waiting_ = true;
        }
        const AVStream& from = *input_->streams[waiting_->stream_index];
        const std::int64_t time = stamp(*waiting_);
        if (until && time != AV_NOPTS_VALUE &&
            Rational(time) * to_rational(from.time_base) - shift_ > *until) {
            return;
        }
        has_waiting_ = false;
        write(*waiting_);
    }
}

} // namespace oldfilm::media
