#include "media/other_streams.hpp"

#include "media/chapters.hpp"
#include "media/metadata.hpp"
#include "media/muxer_trial.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace oldfilm::media {
namespace {

/// The time at which a packet counts: its decoding time, or what is known instead.
std::int64_t stamp(const AVPacket& packet) {
    return packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts;
}

/// Packets of other streams may come so much later in the file than they are seen.
const Rational most_apart(10);

/// Rounded to nearest, halves toward zero: demuxers, which subtract the same, round them away.
std::int64_t rounded_in(const Rational& ticks) {
    const std::int64_t near = ticks.round();
    const Rational off = Rational(near) - ticks;
    return off == Rational(1, 2) ? near - 1 : off == Rational(-1, 2) ? near + 1 : near;
}

} // namespace

OtherStreams::OtherStreams(const std::string& path, const ReadOptions& read, const FilmTime& time,
                           const StreamPlan& plan, AVFormatContext& output, Log log)
    : output_(output), time_(time), log_(std::move(log)), input_(open_input(path, read)),
      continuity_(*input_) {
    for (const PlannedStream& stream : plan) {
        add(stream);
    }
    av_dict_copy(&output_.metadata, input_->metadata, 0);
    // What describes the source's own file would be wrong for ours.
    for (const char* stale : {"encoder", "major_brand", "minor_version", "compatible_brands"}) {
        av_dict_set(&output_.metadata, stale, nullptr, 0);
    }
    copy_chapters(*input_, output_, time_);
}

void OtherStreams::attach(const AVStream& cover) {
    AVStream* target = avformat_new_stream(&output_, nullptr);
    if (target == nullptr) {
        throw std::bad_alloc();
    }
    const AVPacket& picture = cover.attached_pic;
    AVCodecParameters& file = *target->codecpar;
    const auto size = static_cast<std::size_t>(picture.size);
    file.codec_type = AVMEDIA_TYPE_ATTACHMENT;
    file.codec_id = cover.codecpar->codec_id;
    file.extradata = static_cast<std::uint8_t*>(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE));
    if (file.extradata == nullptr) {
        throw std::bad_alloc();
    }
    file.extradata_size = picture.size;
    std::copy_n(picture.data, size, file.extradata);
    av_dict_copy(&target->metadata, cover.metadata, 0);
    // "cover" is the name that players look for (Matroska's specification, Attachments).
    const std::string kind =
        file.codec_id == AV_CODEC_ID_MJPEG ? "jpg" : avcodec_get_name(file.codec_id);
    const std::string type = file.codec_id == AV_CODEC_ID_MJPEG ? "jpeg" : kind;
    av_dict_set(&target->metadata, "filename", ("cover." + kind).c_str(), AV_DICT_DONT_OVERWRITE);
    av_dict_set(&target->metadata, "mimetype", ("image/" + type).c_str(), AV_DICT_DONT_OVERWRITE);
}

void OtherStreams::add(const PlannedStream& planned) {
    const AVStream& stream = *input_->streams[planned.index];
    if (planned.is_attached) {
        attach(stream);
        return;
    }
    Route& route = routes_[planned.index];
    const AVCodecContext* encoder = nullptr;
    if (planned.codec != AV_CODEC_ID_NONE) {
        if (stream.codecpar->codec_type == AVMEDIA_TYPE_AUDIO) {
            const bool global = (output_.oformat->flags & AVFMT_GLOBALHEADER) != 0;
            route.sound = SoundConverter::open(stream, planned.codec, time_, global);
            encoder = route.sound ? &route.sound->encoder() : nullptr;
        } else {
            route.text = SubtitleConverter::open(*stream.codecpar, stream.time_base, planned.codec);
            encoder = route.text ? &route.text->encoder() : nullptr;
        }
        if (encoder == nullptr) {
            throw Error(Errc::unreadable,
                        fmt::format("stream {} of the source is another than it was when the work "
                                    "began; leave the source as it is",
                                    planned.index));
        }
    }
    AVStream* target = nullptr;
    if (encoder == nullptr) {
        target = &add_stream_like(output_, stream);
        target->time_base = stream.time_base;
    } else {
        target = &add_stream_of(output_, *encoder);
    }
    target->disposition = stream.disposition;
    av_dict_copy(&target->metadata, stream.metadata, 0);
    for (const char* stale : {"DURATION", "encoder"}) { // the muxer's to say
        av_dict_set(&target->metadata, stale, nullptr, 0);
    }
    name_language(target->metadata, *output_.oformat);
    route.target = target->index;
    if (loses_padding(*output_.oformat, *target)) {
        route.padding = Rational(target->codecpar->initial_padding, 48'000); // always, in Opus
    }
}

Rational OtherStreams::time_of(const AVPacket& packet) const {
    return time_(Rational(stamp(packet)) *
                 to_rational(input_->streams[packet.stream_index]->time_base));
}

/// Sends a packet off whose times are in ticks of the output's time.
void OtherStreams::write(const Route& route, AVPacket& packet, const Rational& tick) {
    AVStream& to = *output_.streams[route.target];
    const Rational target = to_rational(to.time_base);
    for (std::int64_t* time : {&packet.pts, &packet.dts}) {
        if (*time != AV_NOPTS_VALUE) {
            *time = route.padding.num() == 0
                        ? rescale(*time, tick, target)
                        : rounded_in((Rational(*time) * tick + route.padding) / target);
        }
    }
    packet.duration = rescale(packet.duration, tick, target);
    packet.stream_index = to.index;
    packet.pos = -1;
    check_io(av_interleaved_write_frame(&output_, &packet),
             "write the sound and the other streams");
}

/// A cue that has begun before the part of the film that is made is seen for the rest of its time.
void OtherStreams::take_subtitle(Route& route, const AVPacket& packet, const Rational& start) {
    const Rational tick = to_rational(input_->streams[packet.stream_index]->time_base);
    const Rational lasts = time_.lasting(Rational(packet.duration) * tick);
    Rational from = start;
    Rational until = start + lasts;
    const bool is_early = time_.has_start() && from < Rational();
    if (is_early && lasts.num() == 0) { // until the next one comes, as pictures are
        if (!route.held.empty() && route.held.front()->pts != packet.pts) {
            route.held.clear();
        }
        route.held.emplace_back(av_packet_clone(&packet));
        return;
    }
    if (is_early) {
        from = Rational();
    }
    if (time_.end()) {
        until = std::min(until, *time_.end());
    }
    if ((lasts.num() > 0 && until <= from) || (time_.end() && from >= *time_.end())) {
        return;
    }
    const Rational millisecond(1, 1000);
    const auto ticks = [](const Rational& time, const Rational& in) { return (time / in).round(); };
    if (route.text) {
        route.text->convert(packet, ticks(from, millisecond), ticks(until, millisecond),
                            [&](AVPacket& made) { write(route, made, millisecond); });
        return;
    }
    UniquePacket copy(av_packet_clone(&packet));
    const Rational target = to_rational(output_.streams[route.target]->time_base);
    copy->pts = copy->dts = ticks(from, target);
    copy->duration = std::max<std::int64_t>(ticks(until, target) - copy->pts, 0);
    write(route, *copy, target);
}

void OtherStreams::take(Route& route, UniquePacket packet) {
    const AVStream& from = *input_->streams[packet->stream_index];
    if (route.sound) {
        const Rational tick = to_rational(route.sound->encoder().time_base);
        route.sound->convert(packet.get(), [&](AVPacket& made) { write(route, made, tick); });
        return;
    }
    if (stamp(*packet) == AV_NOPTS_VALUE) {
        packet->stream_index = output_.streams[route.target]->index;
        write(route, *packet, to_rational(from.time_base));
        return;
    }
    const Rational time = time_of(*packet);
    if (from.codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE) {
        take_subtitle(route, *packet, time);
        return;
    }
    const bool is_cover = (from.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
    const Rational lasts = Rational(packet->duration) * to_rational(from.time_base);
    // An edit list says from which sample of a packet on sound is heard; decoders get the packets
    // that they need before it.
    const Rational before = is_iso_media(*output_.oformat) ? Rational(2) * lasts : Rational();
    if (!is_cover && ((time_.has_start() && time + before < Rational()) ||
                      (time_.end() && time >= *time_.end()))) {
        return;
    }
    const Rational target = to_rational(output_.streams[route.target]->time_base);
    const auto moved = [&](std::int64_t ticks) {
        return ticks == AV_NOPTS_VALUE
                   ? ticks
                   : (time_(Rational(ticks) * to_rational(from.time_base)) / target).round();
    };
    packet->pts = is_cover ? 0 : moved(packet->pts);
    packet->dts = is_cover ? 0 : moved(packet->dts);
    packet->duration = (time_.lasting(lasts) / target).round();
    write(route, *packet, target);
}

void OtherStreams::release_held() {
    for (auto& [index, route] : routes_) {
        for (const UniquePacket& packet : std::exchange(route.held, {})) {
            packet->pts = packet->dts = 0;
            write(route, *packet, to_rational(input_->streams[index]->time_base));
        }
    }
}

void OtherStreams::copy(std::optional<Rational> until) {
    while (!routes_.empty() && !over_) {
        if (!waiting_) {
            UniquePacket packet = make_packet();
            if (av_read_frame(input_.get(), packet.get()) < 0) {
                finish();
                return;
            }
            continuity_.apply(*packet);
            if (routes_.count(packet->stream_index) == 0) {
                continue;
            }
            waiting_ = std::move(packet);
        }
        if (stamp(*waiting_) != AV_NOPTS_VALUE) {
            const Rational time = time_of(*waiting_);
            if (until && time > *until) {
                return;
            }
            if (time_.end() && time > *time_.end() + most_apart) {
                finish();
                return;
            }
            if (!begun_ && time >= Rational()) {
                begun_ = true;
                release_held();
            }
        }
        Route& route = routes_.at(waiting_->stream_index);
        take(route, std::move(waiting_));
    }
}

void OtherStreams::finish() {
    over_ = true;
    release_held();
    for (auto& [index, route] : routes_) {
        if (route.text) {
            route.text->finish([&](AVPacket& made) { write(route, made, Rational(1, 1000)); });
        }
        if (route.sound) {
            const Rational tick = to_rational(route.sound->encoder().time_base);
            route.sound->convert(nullptr, [&](AVPacket& made) { write(route, made, tick); });
            if (route.sound->damaged() > 0) {
                log_.warning(
                    fmt::format("{} packets of the sound in stream {} could not be decoded; "
                                "there is silence in their place",
                                route.sound->damaged(), index));
            }
        }
    }
}

} // namespace oldfilm::media
