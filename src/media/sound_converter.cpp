#include "media/sound_converter.hpp"

#include <oldfilm/error.hpp>

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>
#include <libavutil/samplefmt.h>
}

#include <fmt/format.h>

#include <array>
#include <new>
#include <string>
#include <utility>

namespace oldfilm::media {
namespace {

/// Containers' clocks round by up to a millisecond, and lace packets; what is apart by more is a
/// gap.
constexpr double least_gap = 0.005;

std::string layout_name(const AVChannelLayout& layout) {
    std::array<char, 256> text{};
    av_channel_layout_describe(&layout, text.data(), text.size());
    return text.data();
}

/// The samples that an encoder takes for sound of this kind, without loss where it can.
AVSampleFormat format_for(AVCodecID codec, AVSampleFormat from) {
    const bool is_short = av_get_bytes_per_sample(from) <= 2;
    switch (codec) {
    case AV_CODEC_ID_ALAC:
        return is_short ? AV_SAMPLE_FMT_S16P : AV_SAMPLE_FMT_S32P;
    case AV_CODEC_ID_FLAC:
        return is_short ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_S32;
    case AV_CODEC_ID_OPUS:
        return is_short ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_FLT;
    case AV_CODEC_ID_AAC:
        return AV_SAMPLE_FMT_FLTP;
    default:
        return from; // PCM's own
    }
}

/// Encoders that take samples of only one format, all but the list above, name it.
AVSampleFormat pcm_format(AVCodecID codec) {
    switch (codec) {
    case AV_CODEC_ID_PCM_S8:
    case AV_CODEC_ID_PCM_U8:
        return AV_SAMPLE_FMT_U8;
    case AV_CODEC_ID_PCM_S24LE:
    case AV_CODEC_ID_PCM_S24BE:
    case AV_CODEC_ID_PCM_S32LE:
    case AV_CODEC_ID_PCM_S32BE:
        return AV_SAMPLE_FMT_S32;
    case AV_CODEC_ID_PCM_F32LE:
    case AV_CODEC_ID_PCM_F32BE:
        return AV_SAMPLE_FMT_FLT;
    case AV_CODEC_ID_PCM_F64LE:
    case AV_CODEC_ID_PCM_F64BE:
        return AV_SAMPLE_FMT_DBL;
    case AV_CODEC_ID_PCM_S16LE:
    case AV_CODEC_ID_PCM_S16BE:
    case AV_CODEC_ID_PCM_ALAW:
    case AV_CODEC_ID_PCM_MULAW:
        return AV_SAMPLE_FMT_S16;
    default:
        return AV_SAMPLE_FMT_NONE;
    }
}

const AVCodec* encoder_for(AVCodecID codec) {
    const AVCodec* best =
        codec == AV_CODEC_ID_OPUS ? avcodec_find_encoder_by_name("libopus") : nullptr;
    return best != nullptr ? best : avcodec_find_encoder(codec);
}

} // namespace

SoundConverter::SoundConverter(const AVStream& from, const FilmTime& time, SoundFormat format)
    : time_(time), wanted_(std::move(format)), tick_(from.time_base) {}

std::unique_ptr<SoundConverter> SoundConverter::open(const AVStream& from, AVCodecID codec,
                                                     const FilmTime& time, bool global_header,
                                                     SoundFormat format) {
    const AVCodec* encoder = encoder_for(codec);
    std::unique_ptr<SoundConverter> made(new SoundConverter(from, time, std::move(format)));
    if (encoder == nullptr || !made->open_decoder(from) ||
        !made->open_encoder(*encoder, global_header)) {
        return nullptr;
    }
    return made;
}

bool SoundConverter::open_decoder(const AVStream& from) {
    const AVCodec* codec = avcodec_find_decoder(from.codecpar->codec_id);
    decoder_.reset(avcodec_alloc_context3(codec));
    if (!decoder_) {
        throw std::bad_alloc();
    }
    if (codec == nullptr || avcodec_parameters_to_context(decoder_.get(), from.codecpar) < 0) {
        return false;
    }
    decoder_->pkt_timebase = from.time_base;
    return avcodec_open2(decoder_.get(), codec, nullptr) >= 0 &&
           decoder_->sample_fmt != AV_SAMPLE_FMT_NONE && decoder_->sample_rate > 0 &&
           decoder_->ch_layout.nb_channels > 0;
}

bool SoundConverter::open_encoder(const AVCodec& codec, bool global_header) {
    const AVSampleFormat pcm = pcm_format(codec.id);
    const int own_rate = codec.id == AV_CODEC_ID_OPUS ? 48'000 : decoder_->sample_rate;
    const int rate = wanted_.rate > 0 ? wanted_.rate : own_rate;
    const int own_channels = decoder_->ch_layout.nb_channels;
    const int channels = wanted_.channels > 0 ? wanted_.channels : own_channels;
    for (const bool usual : {false, true}) { // of as many channels, where its own is not taken
        encoder_.reset(avcodec_alloc_context3(&codec));
        if (!encoder_) {
            throw std::bad_alloc();
        }
        if (usual || channels != own_channels ||
            decoder_->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
            av_channel_layout_default(&encoder_->ch_layout, channels);
        } else {
            check(av_channel_layout_copy(&encoder_->ch_layout, &decoder_->ch_layout),
                  "convert sound");
        }
        encoder_->sample_fmt =
            pcm != AV_SAMPLE_FMT_NONE ? pcm : format_for(codec.id, decoder_->sample_fmt);
        encoder_->sample_rate = rate;
        encoder_->time_base = {1, rate};
        encoder_->bit_rate = 128'000LL * channels; // more than is heard, where it is lossy
        const bool is_deep = av_get_bytes_per_sample(encoder_->sample_fmt) == 4;
        encoder_->bits_per_raw_sample = is_deep && pcm == AV_SAMPLE_FMT_NONE ? 24 : 0;
        encoder_->flags |= global_header ? AV_CODEC_FLAG_GLOBAL_HEADER : 0;
        encoder_->flags |= AV_CODEC_FLAG_BITEXACT;
        encoder_->thread_count = 1;
        if (avcodec_open2(encoder_.get(), &codec, nullptr) >= 0) {
            return true;
        }
    }
    return false;
}

void SoundConverter::convert(const AVPacket* packet, const Sink& sink) {
    if (packet != nullptr && packet->size == 0) {
        return; // to the decoder it would be the end
    }
    const int sent = avcodec_send_packet(decoder_.get(), packet);
    damaged_ += sent < 0 && sent != AVERROR_EOF ? 1 : 0;
    UniqueFrame frame = make_frame();
    while (true) {
        const int got = avcodec_receive_frame(decoder_.get(), frame.get());
        if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) {
            break;
        }
        if (got < 0) {
            ++damaged_;
            break;
        }
        filter(frame.get(), sink);
        av_frame_unref(frame.get());
    }
    if (packet == nullptr) {
        end_graph(sink);
        encode(nullptr, sink);
    }
}

bool SoundConverter::fits_graph(const AVFrame& frame) const {
    return graph_ && frame.format == format_->format && frame.sample_rate == format_->sample_rate &&
           av_channel_layout_compare(&frame.ch_layout, &format_->ch_layout) == 0;
}

void SoundConverter::filter(AVFrame* frame, const Sink& sink) {
    if (frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
        av_channel_layout_default(&frame->ch_layout, frame->ch_layout.nb_channels);
    }
    if (!fits_graph(*frame)) {
        end_graph(sink);
        build_graph(*frame);
    }
    // At another speed the same samples last otherwise: they are said to be of another rate.
    const int rate = static_cast<int>((Rational(frame->sample_rate) * time_.speed()).round());
    std::int64_t time = frame->best_effort_timestamp;
    if (time == AV_NOPTS_VALUE) {
        time = next_.value_or(0);
    }
    next_ = time + av_rescale_q(frame->nb_samples, {1, frame->sample_rate}, tick_);
    frame->pts = (time_(Rational(time) * to_rational(tick_)) * Rational(rate)).round();
    frame->sample_rate = rate;
    check(av_buffersrc_add_frame(source_, frame), "convert sound");
    UniqueFrame made = make_frame();
    while (av_buffersink_get_frame(sink_, made.get()) >= 0) {
        encode(made.get(), sink);
        av_frame_unref(made.get());
    }
}

/// Gaps are filled, what overlaps or lies outside the part of the film is left out; then as the
/// encoder wants it.
void SoundConverter::build_graph(const AVFrame& frame) {
    format_ = make_frame();
    format_->format = frame.format;
    format_->sample_rate = frame.sample_rate;
    check(av_channel_layout_copy(&format_->ch_layout, &frame.ch_layout), "convert sound");
    graph_.reset(avfilter_graph_alloc());
    if (!graph_) {
        throw std::bad_alloc();
    }
    graph_->nb_threads = 1;
    const int rate = static_cast<int>((Rational(frame.sample_rate) * time_.speed()).round());
    const std::string from =
        fmt::format("time_base=1/{0}:sample_rate={0}:sample_fmt={1}:channel_layout={2}", rate,
                    av_get_sample_fmt_name(static_cast<AVSampleFormat>(frame.format)),
                    layout_name(frame.ch_layout));
    std::string steps =
        fmt::format("aresample={}:async=1:min_comp=0.0001:min_hard_comp={}:first_pts={}",
                    encoder_->sample_rate, least_gap, at_.value_or(0));
    if (!at_ && !time_.has_start()) { // it begins when it begins
        steps = steps.substr(0, steps.rfind(':'));
    }
    steps += fmt::format(",aformat=sample_fmts={}:sample_rates={}:channel_layouts={}",
                         av_get_sample_fmt_name(encoder_->sample_fmt), encoder_->sample_rate,
                         layout_name(encoder_->ch_layout));
    steps += wanted_.filters.empty() ? "" : "," + wanted_.filters;
    if (time_.end()) {
        steps += fmt::format(",atrim=end_pts={}",
                             (*time_.end() * Rational(encoder_->sample_rate)).round());
    }
    const std::string text = fmt::format("abuffer={}[i];[i]{}[o];[o]abuffersink", from, steps);
    AVFilterInOut* inputs = nullptr;
    AVFilterInOut* outputs = nullptr;
    const int parsed = avfilter_graph_parse2(graph_.get(), text.c_str(), &inputs, &outputs);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    check(parsed, "convert sound");
    check(avfilter_graph_config(graph_.get(), nullptr), "convert sound");
    source_ = graph_->filters[0];
    for (unsigned i = 0; i < graph_->nb_filters; ++i) {
        AVFilterContext* filter = graph_->filters[i];
        if (filter->nb_inputs == 0) {
            source_ = filter;
        }
        if (filter->nb_outputs == 0) {
            sink_ = filter;
        }
    }
    if (encoder_->frame_size > 0) {
        av_buffersink_set_frame_size(sink_, static_cast<unsigned>(encoder_->frame_size));
    }
}

void SoundConverter::end_graph(const Sink& sink) {
    if (!graph_) {
        return;
    }
    check(av_buffersrc_add_frame(source_, nullptr), "convert sound");
    UniqueFrame made = make_frame();
    while (av_buffersink_get_frame(sink_, made.get()) >= 0) {
        encode(made.get(), sink);
        av_frame_unref(made.get());
    }
    graph_.reset();
}

void SoundConverter::encode(AVFrame* frame, const Sink& sink) {
    if (frame != nullptr) {
        at_ = frame->pts + frame->nb_samples;
    }
    check(avcodec_send_frame(encoder_.get(), frame), "encode sound");
    UniquePacket packet = make_packet();
    while (true) {
        const int got = avcodec_receive_packet(encoder_.get(), packet.get());
        if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) {
            return;
        }
        check(got, "encode sound");
        sink(*packet);
        av_packet_unref(packet.get());
    }
}

} // namespace oldfilm::media
