// What a Reader says of its film.
#include "media/convert.hpp"
#include "media/linear_light.hpp"
#include "media/probe.hpp"
#include "media/reader.hpp"
#include "media/timecode.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <utility>

namespace oldfilm {

using namespace media;

void Reader::Impl::check_matrix() const {
    const int matrix = info.color.matrix;
    const bool known = matrix == AVCOL_SPC_RGB || matrix == AVCOL_SPC_BT709 ||
                       matrix == AVCOL_SPC_FCC || matrix == AVCOL_SPC_BT470BG ||
                       matrix == AVCOL_SPC_SMPTE170M || matrix == AVCOL_SPC_SMPTE240M ||
                       matrix == AVCOL_SPC_BT2020_NCL;
    if (!known && info.channels == 3) {
        throw Error(Errc::unsupported,
                    fmt::format("{} is coded with the matrix {}, which is not supported; convert "
                                "it to BT.709 first",
                                info.path, av_color_space_name(static_cast<AVColorSpace>(matrix))));
    }
}

void Reader::Impl::say_what_was_found() const {
    const bool is_combed = found.fields != Survey::Fields::together && !decoder.interlaced();
    if (is_combed && options.deinterlace) {
        options.log.warning(
            fmt::format("{} is combed, though its flags say progressive; it is "
                        "deinterlaced, {} field first",
                        info.path, found.fields == Survey::Fields::top_first ? "top" : "bottom"));
    } else if (is_combed) {
        options.log.warning(
            fmt::format("{} is combed, though its flags say progressive; restore it with "
                        "--deinterlace, or combs stay in the picture",
                        info.path));
    } else if (info.interlaced && !options.deinterlace) {
        options.log.warning(fmt::format(
            "{} is interlaced; restore it with --deinterlace, or combs stay in the picture",
            info.path));
    }
    if (options.film_frames && !found.pulldown.any() && !found.repeats_fields) {
        options.log.warning(fmt::format(
            "{} has no duplicates in a cadence: all of its frames are the film's own", info.path));
    }
    if (found.pulldown.any() && options.source_fps) {
        options.log.warning(fmt::format(
            "{} shows {} frames of the film in {} by duplicates, at {} a second; --source-fps {} "
            "plays the duplicates too, so that the film lasts {:.3g} times as long: leave it out "
            "to keep the film's speed",
            info.path, found.pulldown.own, found.pulldown.shown, nominal.to_string(),
            rate.to_string(), (nominal / rate).value()));
    }
}

void Reader::Impl::describe(const std::string& path, const AVFrame& first, AVPixelFormat format) {
    const AVStream& stream = decoder.stream();
    const Sequence* sequence = decoder.sequence();
    info.path = sequence != nullptr ? sequence->name().pattern() : path;
    info.container = sequence != nullptr ? "image2" : decoder.input().iformat->name;
    info.codec = avcodec_get_name(stream.codecpar->codec_id);
    info.pixel_format = av_get_pix_fmt_name(decoder.source_format());
    info.width = first.width;
    info.height = first.height;
    info.bits = layout_of(format).bits;
    info.channels = gray ? 1 : 3;
    info.frame_rate = rate;
    info.frames = stream.nb_frames > 0 && !decoder.telecined() ? stream.nb_frames : -1;
    const Rational container_duration = decoder.input().duration > 0
                                            ? Rational(decoder.input().duration, AV_TIME_BASE)
                                            : Rational();
    info.duration = stream.duration > 0 ? Rational(stream.duration) * to_rational(stream.time_base)
                                        : container_duration;
    if (info.frames < 0 && !decoder.telecined()) {
        info.frames = found.frames;
    }
    if (info.frames < 0 && rate.num() > 0 && info.duration.num() > 0) {
        info.frames = (info.duration * rate).round();
    }
    if (first.sample_aspect_ratio.num > 0) {
        info.sample_aspect = to_rational(first.sample_aspect_ratio);
    }
    hdr = Hdr::of(stream, first);
    dynamic_hdr = media::dynamic_hdr(stream, first);
    describe_dpx(path);
    info.timecode = timecode_of(decoder.input(), decoder.stream());
    const ColorTags coded = colors.coded(first);
    info.color = picture_tags(coded, layout_of(format));
    info.linear_light = is_linear_light(layout_of(format), coded);
    info.interlaced = decoder.interlaced() || found.fields != Survey::Fields::together;
    if (found.pulldown.any()) {
        info.film_rate = rate * Rational(found.pulldown.own, found.pulldown.shown);
    }
    if (is_decimated()) {
        info.frame_rate = std::exchange(info.film_rate, Rational());
        info.frames =
            info.frames < 0
                ? info.frames
                : (Rational(info.frames) * found.pulldown.own / Rational(found.pulldown.shown))
                      .round();
    }
    info.rotation = decoder.rotation();
    for (unsigned i = 0; i < decoder.input().nb_streams; ++i) {
        const AVStream& other = *decoder.input().streams[i];
        if (other.index == stream.index) {
            continue;
        }
        const char* kind = av_get_media_type_string(other.codecpar->codec_type);
        const AVDictionaryEntry* language = av_dict_get(other.metadata, "language", nullptr, 0);
        info.other_streams.push_back({kind == nullptr ? "unknown" : kind,
                                      avcodec_get_name(other.codecpar->codec_id),
                                      language == nullptr ? "" : language->value});
    }
}

std::string Reader::Impl::timecode_at(const Rational& output_rate, const Log& log) const {
    const std::string timecode = timecode_of(decoder.input(), decoder.stream());
    if (timecode.empty()) {
        return "";
    }
    // Telecined film has timecode for each of its five frames, of which four are read.
    const Rational per_frame = decoder.telecined() ? Rational(5, 4) : Rational(1);
    const std::int64_t before = (options.start * rate).ceil();
    return converted_timecode(timecode, nominal * per_frame, (Rational(before) * per_frame).round(),
                              output_rate, log);
}

} // namespace oldfilm
