#include "media/stream_plan.hpp"

#include "media/chapters.hpp"
#include "media/muxer_trial.hpp"
#include "media/sound_converter.hpp"
#include "media/subtitle_converter.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

namespace oldfilm::media {
namespace {

bool is_pcm(AVCodecID codec) {
    return codec >= AV_CODEC_ID_FIRST_AUDIO && codec < AV_CODEC_ID_ADPCM_IMA_QT;
}

/// PCM that loses nothing of such samples.
AVCodecID pcm_for(const AVCodecParameters& sound) {
    switch (av_get_packed_sample_fmt(static_cast<AVSampleFormat>(sound.format))) {
    case AV_SAMPLE_FMT_U8:
    case AV_SAMPLE_FMT_S16:
        return AV_CODEC_ID_PCM_S16LE;
    case AV_SAMPLE_FMT_S32:
        return sound.bits_per_raw_sample > 0 && sound.bits_per_raw_sample <= 24
                   ? AV_CODEC_ID_PCM_S24LE
                   : AV_CODEC_ID_PCM_S32LE;
    case AV_SAMPLE_FMT_DBL:
        return AV_CODEC_ID_PCM_F64LE;
    default: // float is also what lossy codecs are decoded to
        return is_pcm(sound.codec_id) ? AV_CODEC_ID_PCM_F32LE : AV_CODEC_ID_PCM_S24LE;
    }
}

/// Codecs for sound that a container can't hold as it is, the first that is possible: without loss
/// where the container has such a one, so that nothing is lost twice.
std::vector<AVCodecID> sound_codecs(std::string_view container, const AVCodecParameters& sound) {
    const AVCodecID pcm = pcm_for(sound);
    const bool is_deep = pcm != AV_CODEC_ID_PCM_S16LE && pcm != AV_CODEC_ID_PCM_S24LE;
    static const std::map<std::string_view, std::vector<AVCodecID>> usual{
        {"mp4", {AV_CODEC_ID_ALAC, AV_CODEC_ID_FLAC, AV_CODEC_ID_AAC}},
        {"ipod", {AV_CODEC_ID_ALAC, AV_CODEC_ID_AAC}},
        {"matroska", {AV_CODEC_ID_FLAC, AV_CODEC_ID_OPUS}},
        {"webm", {AV_CODEC_ID_OPUS, AV_CODEC_ID_VORBIS}}};
    const auto known = usual.find(container);
    std::vector<AVCodecID> codecs =
        known != usual.end()
            ? known->second
            : std::vector{AV_CODEC_ID_FLAC, AV_CODEC_ID_ALAC, AV_CODEC_ID_AAC, AV_CODEC_ID_OPUS};
    if (known == usual.end() || is_deep) {
        codecs.insert(codecs.begin(), pcm);
    }
    return codecs;
}

/// Sound that can be decoded, cut to the sample and encoded again without loss.
bool is_lossless(AVCodecID codec) {
    return is_pcm(codec) || codec == AV_CODEC_ID_FLAC || codec == AV_CODEC_ID_ALAC;
}

/// Whether each packet of PCM has a time there; elsewhere samples follow each other without a gap.
bool has_times(const AVOutputFormat& format) {
    const std::string_view name = format.name;
    return name != "mov" && name != "mp4" && name != "avi";
}

/// Tracks that FFmpeg makes again from what it knows of chapters and of timecode, and what a DVD's
/// player needs to find its way on the disc.
bool is_made_again(const AVFormatContext& input, const AVStream& stream) {
    const AVCodecParameters& coding = *stream.codecpar;
    const bool is_data = coding.codec_type == AVMEDIA_TYPE_DATA;
    return is_data && (coding.codec_id == AV_CODEC_ID_DVD_NAV ||
                       coding.codec_tag == MKTAG('t', 'm', 'c', 'd') ||
                       (input.nb_chapters > 0 && stream.discard == AVDISCARD_ALL));
}

std::string name_of(const AVStream& stream) {
    const char* kind = av_get_media_type_string(stream.codecpar->codec_type);
    const AVDictionaryEntry* language = av_dict_get(stream.metadata, "language", nullptr, 0);
    return fmt::format("{} stream {} ({}{})", kind == nullptr ? "unknown" : kind, stream.index,
                       avcodec_get_name(stream.codecpar->codec_id),
                       language == nullptr ? "" : fmt::format(", {}", language->value));
}

class Planner {
  public:
    Planner(const StreamSource& source, const AVOutputFormat& format, const WriteOptions& options)
        : source_(source), format_(format), options_(options),
          sound_(first_sound(source.path, source.read)) {}

    std::optional<PlannedStream> plan(const AVStream& stream) {
        const AVMediaType kind = stream.codecpar->codec_type;
        if (!source_.time.is_known() && kind != AVMEDIA_TYPE_ATTACHMENT) {
            return std::nullopt;
        }
        return kind == AVMEDIA_TYPE_AUDIO      ? plan_sound(stream)
               : kind == AVMEDIA_TYPE_SUBTITLE ? plan_subtitle(stream)
                                               : plan_other(stream);
    }

  private:
    [[nodiscard]] bool global_header() const { return (format_.flags & AVFMT_GLOBALHEADER) != 0; }

    bool makes_sound(const AVStream& stream, AVCodecID codec) {
        const auto converter = SoundConverter::open(stream, codec, source_.time, global_header());
        return converter && muxes(format_, converter->encoder());
    }

    /// Whether sound is best made again as it is: at another speed; to cut it to the sample where
    /// nothing is lost by that; to fill gaps.
    [[nodiscard]] bool wants_same_codec(AVCodecID codec, bool is_slower) const {
        const FilmTime& time = source_.time;
        return (is_slower && !time.begins_with_film()) || (time.is_cut() && is_lossless(codec)) ||
               (is_pcm(codec) && !has_times(format_));
    }

    std::optional<PlannedStream> plan_sound(const AVStream& stream) {
        const AVCodecID codec = stream.codecpar->codec_id;
        const bool is_slower = source_.time.speed() != Rational(1);
        const bool is_held = muxes(format_, stream, sound_[stream.index]);
        if (wants_same_codec(codec, is_slower) && (is_held || is_pcm(codec)) &&
            makes_sound(stream, codec)) {
            tell_speed(stream, is_slower);
            return PlannedStream{stream.index, codec};
        }
        if (is_held && !is_slower && keeps_sync(stream)) {
            return PlannedStream{stream.index};
        }
        for (const AVCodecID other : sound_codecs(format_.name, *stream.codecpar)) {
            if (makes_sound(stream, other)) {
                tell_converted(stream, other);
                tell_speed(stream, is_slower);
                return PlannedStream{stream.index, other};
            }
        }
        return std::nullopt;
    }

    /// Where there are no times, sound that is copied must begin with the film, and be heard from
    /// its first sample on.
    bool keeps_sync(const AVStream& stream) {
        if (!source_.time.begins_with_film()) {
            return true;
        }
        const Packets& packets = sound_[stream.index];
        if (packets.empty() || packets.front()->pts == AV_NOPTS_VALUE ||
            stream.codecpar->initial_padding > 0 ||
            av_packet_get_side_data(packets.front().get(), AV_PKT_DATA_SKIP_SAMPLES, nullptr) !=
                nullptr) {
            return false;
        }
        const Rational begins =
            source_.time(Rational(packets.front()->pts) * to_rational(stream.time_base));
        return std::abs(begins.value()) < 0.001;
    }

    std::optional<PlannedStream> plan_subtitle(const AVStream& stream) {
        if (muxes(format_, stream, {})) {
            return PlannedStream{stream.index};
        }
        const AVCodecDescriptor* known = avcodec_descriptor_get(stream.codecpar->codec_id);
        if (known == nullptr || (known->props & AV_CODEC_PROP_TEXT_SUB) == 0) {
            return std::nullopt;
        }
        const auto converter =
            SubtitleConverter::open_for(format_, *stream.codecpar, stream.time_base);
        if (!converter) {
            return std::nullopt;
        }
        const AVCodecID other = converter->encoder().codec_id;
        tell_converted(stream, other);
        return PlannedStream{stream.index, other};
    }

    std::optional<PlannedStream> plan_other(const AVStream& stream) {
        if (stream.codecpar->codec_type == AVMEDIA_TYPE_ATTACHMENT) {
            return plan_attachment(stream);
        }
        const bool is_cover = (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
        if (stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !is_cover) {
            return std::nullopt; // only the first is restored
        }
        if (is_cover && std::string_view(format_.name) == "matroska") {
            return PlannedStream{stream.index, AV_CODEC_ID_NONE, /*is_attached=*/true};
        }
        const bool is_data = stream.codecpar->codec_type == AVMEDIA_TYPE_DATA;
        Packets packets;
        if (is_cover) {
            packets.emplace_back(av_packet_clone(&stream.attached_pic));
        }
        return muxes(format_, stream, packets) && !(is_data && source_.time.is_cut())
                   ? std::optional(PlannedStream{stream.index})
                   : std::nullopt;
    }

    /// Files of any kind, most of which FFmpeg knows no codec for. Muxers that have no such thing
    /// may take them for data.
    std::optional<PlannedStream> plan_attachment(const AVStream& stream) {
        return std::string_view(format_.name) == "matroska" && muxes(format_, stream, {})
                   ? std::optional(PlannedStream{stream.index})
                   : std::nullopt;
    }

    void tell_converted(const AVStream& stream, AVCodecID to) const {
        options_.log.warning(fmt::format("the {} is converted to {}: {} cannot hold it as it is",
                                         name_of(stream), avcodec_get_name(to), format_.name));
    }

    void tell_speed(const AVStream& stream, bool is_slower) const {
        if (is_slower) {
            options_.log.warning(
                fmt::format("the {} plays at {:.4g} of its speed, as the film does, and "
                            "its pitch changes with that",
                            name_of(stream), source_.time.speed().value()));
        }
    }

    const StreamSource& source_;
    const AVOutputFormat& format_;
    const WriteOptions& options_;
    std::map<int, Packets> sound_;
};

/// What the output can't hold is reported, or refused.
void lose(std::vector<std::string> lost, const StreamSource& source, const AVOutputFormat* format,
          const std::string& path, const WriteOptions& options) {
    const bool has_chapters = source.input.nb_chapters > 0;
    if (has_chapters &&
        (format == nullptr || !holds_chapters(*format) || !source.time.is_known())) {
        options.log.warning(fmt::format(
            "the {} chapters are left out: {}", source.input.nb_chapters,
            source.time.is_known() ? fmt::format("{} holds none", path)
                                   : "at an irregular frame rate, their place at the film's new "
                                     "speed is not known"));
    }
    if (lost.empty()) {
        return;
    }
    const std::string all = fmt::format("{}", fmt::join(lost, ", the "));
    if (format == nullptr || options.drop_streams) {
        options.log.warning(
            fmt::format("the {}: left out, since {} {}", all, path,
                        format == nullptr ? "holds pictures only" : "cannot hold it"));
        return;
    }
    const std::string why = source.time.is_known()
                                ? fmt::format("{} cannot hold the {}, and nothing is left out "
                                              "unasked; name an output such as .mkv",
                                              path, all)
                                : fmt::format("the {} would not be in sync with a film of "
                                              "irregular frame rate at its new speed",
                                              all);
    throw Error(Errc::invalid_argument,
                fmt::format("{}, or leave out what does not fit (--drop-streams), all sound "
                            "(--no-audio) or all subtitles (--no-subtitles)",
                            why));
}

} // namespace

StreamPlan plan_streams(const StreamSource& source, const AVOutputFormat* format,
                        const std::string& path, const WriteOptions& options) {
    StreamPlan plan;
    std::vector<std::string> lost;
    std::optional<Planner> planner;
    for (unsigned i = 0; i < source.input.nb_streams; ++i) {
        const AVStream& stream = *source.input.streams[i];
        const AVMediaType kind = stream.codecpar->codec_type;
        if (stream.index == source.film.index || is_made_again(source.input, stream) ||
            (kind == AVMEDIA_TYPE_AUDIO && !options.audio) ||
            (kind == AVMEDIA_TYPE_SUBTITLE && !options.subtitles)) {
            continue;
        }
        if (format != nullptr && !planner) {
            planner.emplace(source, *format, options);
        }
        const auto planned = planner ? planner->plan(stream) : std::nullopt;
        if (planned) {
            plan.push_back(*planned);
        } else {
            lost.push_back(name_of(stream));
        }
    }
    lose(std::move(lost), source, format, path, options);
    return plan;
}

} // namespace oldfilm::media
