#include "media/reader.hpp"

#include "media/convert.hpp"
#include "media/linear_light.hpp"
#include "media/probe.hpp"
#include "media/timecode.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace oldfilm {

using namespace media;

namespace {

/// So many frames at the start tell whether a film coded in color is monochrome.
constexpr std::size_t frames_looked_at = 5;
/// So many, before one that has a time, are counted back from it.
constexpr std::size_t frames_without_times = 32;
/// No decoder holds back more.
constexpr int frames_of_delay = 64;
/// What a device is asked of a frame is heard so many frames later, when it is there.
constexpr std::size_t frames_until_heard = 2;
/// More missing frames in a row are a hole in the film, not damage that can be concealed.
constexpr std::int64_t most_concealed = 250;

std::int64_t duration_of(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_MAJOR >= 58
    return frame.duration;
#else
    return frame.pkt_duration;
#endif
}

/// The nominal rate, or 0 when the container's two opinions differ, as they do for variable rates.
/// A raw stream has no times and thus no opinions: the rate that is coded in it counts.
Rational rate_of(AVFormatContext& input, const AVStream& stream, const AVCodecContext& codec) {
    const Rational coded = to_rational(codec.framerate);
    if ((input.iformat->flags & AVFMT_NOTIMESTAMPS) != 0 && coded.num() > 0) {
        return coded;
    }
    AVStream* mutable_stream = input.streams[stream.index];
    const Rational guess = to_rational(av_guess_frame_rate(&input, mutable_stream, nullptr));
    const Rational average = to_rational(stream.avg_frame_rate);
    if (guess.num() <= 0 || average.num() <= 0) {
        return guess.num() > 0 ? guess : Rational();
    }
    const double ratio = guess.value() / average.value();
    // Field-coded streams name the rate of fields; the mean of a short film is off by a frame.
    if (std::abs(ratio - 2) < 0.02) {
        return average;
    }
    return std::abs(ratio - 1) < 0.05 ? guess : Rational();
}

/// Of a film that is brought to its frame rate by repeated fields: of ten fields two are repeats.
Rational film_rate_of(const AVCodecContext& codec, const Rational& nominal) {
    const Rational coded = to_rational(codec.framerate);
    return (coded.num() > 0 ? coded : nominal) * Rational(4, 5);
}

/// Some matrices are more than a matrix; guessing one would shift every color.
void check_matrix(const MediaInfo& info) {
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

} // namespace

Reader::Impl::Impl(const std::string& path, ReadOptions wanted, const at::Device& on,
                   std::unique_ptr<VideoEngine> engine)
    : options(std::move(wanted)), device(on), decoder(path, options, std::move(engine)),
      nominal(rate_of(decoder.input(), decoder.stream(), decoder.codec())),
      found(survey(path, options, nominal)), duplicates(found), clock({}, nominal),
      begin(film_start(decoder.input(), decoder.stream())) {
    decoder.know(found);
    if (options.source_fps && options.source_fps->num() <= 0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the film's true speed must be above 0, found {}",
                                options.source_fps->to_string()));
    }
    const auto has_no_time = [](const Waiting& w) {
        return w.decoded.frame->pts == AV_NOPTS_VALUE;
    };
    while (ahead.size() < frames_looked_at ||
           (ahead.size() < frames_without_times &&
            std::all_of(ahead.begin(), ahead.end(), has_no_time))) {
        bool broken = false;
        Decoded decoded = decoder.next(broken);
        if (!decoded) {
            over = true;
            break;
        }
        ahead.push_back({std::move(decoded), broken});
    }
    if (ahead.empty()) {
        throw Error(Errc::unreadable,
                    fmt::format("{} holds no frame that can be decoded; is it complete?", path));
    }
    if (found.repeats_fields) {
        nominal = film_rate_of(decoder.codec(), nominal);
    } else if (decoder.telecined()) {
        nominal = nominal * Rational(4, 5);
    }
    rate = options.source_fps.value_or(nominal);
    clock = FilmClock(found.pulldown, rate);
    const AVFrame& first = *ahead.front().decoded.frame;
    const auto format = static_cast<AVPixelFormat>(first.format);
    gray = std::all_of(ahead.begin(), ahead.end(), [](const Waiting& w) {
        return chroma_says_nothing(w.decoded.samples ? w.decoded.samples->on_host()
                                                     : *w.decoded.frame);
    });
    describe(path, first, format);
    if (gray && layout_of(format).planes == 3 && color_later(path, options, info.duration)) {
        gray = false;
        info.channels = 3;
    }
    check_matrix(info);
    if (options.log) {
        say_what_was_found();
    }
}

/// What the film is that its flags do not tell, or that is not what was asked for.
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
    const ColorTags coded = coded_color(first);
    info.color = picture_tags(coded, layout_of(format));
    info.linear_light = is_linear_light(layout_of(format), coded);
    info.interlaced = decoder.interlaced() || found.fields != Survey::Fields::together;
    if (found.pulldown.any()) {
        info.film_rate = rate * Rational(found.pulldown.own, found.pulldown.shown);
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

/// Of a film whose first frames have no times: so far before the first known one as there are
/// frames between.
Rational Reader::Impl::first_time() const {
    for (std::size_t i = 0; i < ahead.size(); ++i) {
        if (ahead[i].decoded.frame->pts != AV_NOPTS_VALUE) {
            const Rational before(static_cast<std::int64_t>(i) +
                                  1); // the first left `ahead` already
            return Rational(ahead[i].decoded.frame->pts) * decoder.time_base() - begin -
                   before / rate;
        }
    }
    return {};
}

/// A container's clock is coarse: a time within one tick of k / rate is that, if times then still
/// increase.
Rational Reader::Impl::exact_time(const AVFrame& frame) {
    if (options.source_fps && decoder.sequence() == nullptr) {
        return Rational(count) / rate;
    }
    const Rational tick = decoder.time_base();
    if (frame.pts == AV_NOPTS_VALUE) {
        if (rate.num() <= 0) {
            throw Error(
                Errc::unreadable,
                fmt::format("{} has frames without times and names no rate; give --source-fps",
                            info.path));
        }
        return last_time ? *last_time + rate.inverse() : first_time();
    }
    const Rational raw = Rational(frame.pts) * tick - begin;
    if (rate.num() <= 0) {
        return raw;
    }
    // Clocks round (Matroska's to milliseconds): what is within a tick of the rate's grid lies on
    // it, be the grid that of time 0 or that of the last frame that lay on none. Repeated fields
    // delay every other frame by half of one.
    const Rational slack = found.repeats_fields ? tick + rate.inverse() / Rational(5) : tick;
    const bool is_first = found.repeats_fields && !last_time; // the film's frames count from it
    for (const Rational& start : {found.repeats_fields ? grid_start : Rational(0), grid_start}) {
        const Rational near = start + Rational(((raw - start) * rate).round()) / rate;
        const Rational off = raw < near ? near - raw : raw - near;
        if (off <= slack && !is_first) {
            return !last_time || near > *last_time ? near : raw;
        }
    }
    grid_start = raw;
    return raw;
}

/// The decoded frame's picture, on the reader's device.
at::Tensor Reader::Impl::picture_of(const Decoded& decoded, const ColorTags& color) const {
    if (device.is_cpu()) {
        return to_picture(decoded.samples ? decoded.samples->on_host() : *decoded.frame, color,
                          gray);
    }
    if (decoded.samples) {
        return media::picture_of(decoded.samples->on(device), decoded.samples->layout(), color,
                                 gray);
    }
    Layout needed = layout_of(*decoded.frame);
    needed.planes = gray ? 1 : needed.planes;
    return media::picture_of(uploaded(*decoded.frame, needed, device), needed, color, gray);
}

Reader::Impl::Coded Reader::Impl::made(Decoded decoded, Rational time) {
    const AVFrame& frame = *decoded.frame;
    FrameInfo frame_info;
    frame_info.index = count;
    if (rate.num() > 0 && (time * rate).den() == 1) {
        frame_info.time_base = rate.inverse();
        frame_info.pts = (time * rate).num();
        frame_info.duration = 1;
    } else if (rate.num() > 0 && ((time - grid_start) * rate).den() == 1) {
        const Rational lasts = rate.inverse();
        frame_info.time_base = Rational(1, std::lcm(time.den(), lasts.den()));
        frame_info.pts = (time / frame_info.time_base).num();
        frame_info.duration = (lasts / frame_info.time_base).num();
    } else {
        // The time's own clock, refined until the duration is whole in it too.
        const Rational tick = decoder.time_base();
        frame_info.time_base =
            (time / tick).den() == 1 ? tick : Rational(1, std::lcm(time.den(), tick.den()));
        frame_info.pts = (time / frame_info.time_base).num();
        const Rational lasts = duration_of(frame) > 0 ? Rational(duration_of(frame)) * tick
                               : rate.num() > 0       ? rate.inverse()
                                                      : tick;
        frame_info.duration = (lasts / frame_info.time_base).round();
    }
    frame_info.color = info.color;
    frame_info.sample_aspect = info.sample_aspect;
    const ColorTags color = own_color(frame, time);
    ++count;
    last_time = time;
    return {frame_info, color, std::make_shared<const Decoded>(std::move(decoded))};
}

Frame Reader::Impl::pictured(const Coded& frame) const {
    const Decoded& decoded = *frame.decoded;
    const Frame result(picture_of(decoded, frame.color), frame.info);
    // Samples that are coded otherwise, or are another frame's, can't be written back as they are.
    if (!options.keep_coded || frame.is_concealing || frame.color.matrix != info.color.matrix ||
        frame.color.range != info.color.range) {
        return result;
    }
    auto samples = decoded.samples;
    if (!samples) {
        samples = std::make_shared<const Samples>(share(*decoded.frame), layout_of(*decoded.frame));
    }
    auto coded = std::make_shared<CodedPicture>();
    coded->samples =
        std::make_shared<const CodedSamples>(CodedSamples{std::move(samples), frame.color, gray});
    coded->picture = result.picture();
    return result.with_coded(std::move(coded));
}

std::optional<Reader::Impl::Coded> Reader::Impl::next_frame() {
    if (!repeats.empty()) {
        Coded frame = std::move(repeats.front());
        repeats.pop_front();
        return frame;
    }
    Waiting waiting;
    if (!ahead.empty()) {
        waiting = std::move(ahead.front());
        ahead.pop_front();
    } else if (!over) {
        waiting.decoded = decoder.next(waiting.broken_before);
    }
    if (!waiting.decoded) {
        if (!ended) {
            ended = over = true;
            poll_color_check(0);
            if (const Sequence* sequence = decoder.sequence()) {
                fill_sequence(Rational(sequence->count()) / rate, nullptr);
                return next_frame();
            }
            if (waiting.broken_before && last && last_time && rate.num() > 0 &&
                !options.source_fps) {
                conceal_until(decoder.packets_end() - begin); // what damage took at the end
            }
            check_end(waiting.broken_before);
            if (!repeats.empty()) {
                return next_frame();
            }
        }
        return std::nullopt;
    }
    const Rational time = exact_time(*waiting.decoded.frame);
    check_gray(waiting.decoded, time);
    if (last_time && time <= *last_time) {
        // Two frames for one time: the later one is shown, the other never was.
        options.log.warning(
            fmt::format("{}: a frame at {:.3f} s does not come after the one before "
                        "it; it follows one tick later",
                        info.path, time.value()));
        return made(std::move(waiting.decoded), *last_time + decoder.time_base());
    }
    // Decoders give frames some packets late, with threads many; so does what the damage took.
    suspect = waiting.broken_before ? frames_of_delay : std::max(suspect - 1, 0);
    if (decoder.sequence() != nullptr) {
        fill_sequence(time, &waiting.decoded);
    } else if (suspect > 0 && last && rate.num() > 0 && last_time) {
        conceal_until(time);
    }
    const bool again =
        last && duplicates.again(*last->decoded, waiting.decoded, clock.may_repeat(time));
    Coded frame = made(std::move(waiting.decoded), time);
    frame.info.origin = again ? Origin::held : Origin::decoded;
    frame.info.taken = clock.taken(time, again);
    last = frame;
    if (!repeats.empty()) {
        repeats.push_back(std::move(frame));
        return next_frame();
    }
    return frame;
}

/// Says so when the film stops before it should: by the lengths that its container has, or by the
/// time. Containers round times, and know a frame's duration; of more than that, frames are gone.
/// An edit list may begin within a frame, which FFmpeg then shows from 0 on.
void Reader::Impl::check_end(bool broken) {
    const double announced = announced_end(decoder.input(), decoder.stream()).value();
    const double missing = announced > 0 ? announced - decoder.reached() : 0;
    const bool may_be_edited = std::string_view(decoder.input().iformat->name).starts_with("mov");
    const double frames = may_be_edited ? 1.75 : 0.75;
    const double tolerance =
        nominal.num() > 0 ? std::max(frames / nominal.value(), 2 * decoder.time_base().value())
                          : decoder.longest();
    std::string why = decoder.file().missing();
    if (why.empty() && missing > tolerance) {
        why = fmt::format("its container announces {:.3f} s, and {:.3f} s of frames came",
                          announced, decoder.reached());
    } else if (why.empty() && broken) {
        why = "what follows could not be decoded";
    }
    if (why.empty()) {
        return;
    }
    ++concealed;
    const auto more = static_cast<std::int64_t>(std::lround(missing * nominal.value()));
    const std::string of = more > 0 ? fmt::format(" of about {}", count + more) : "";
    const std::string text = fmt::format("{} breaks off after {}{} frames: {}; is it complete?",
                                         info.path, count, of, why);
    if (options.strict) {
        throw Error(Errc::unreadable, text);
    }
    options.log.warning(text);
}

/// What the frame's samples are.
ColorTags Reader::Impl::coded_color(const AVFrame& frame) const {
    ColorTags tags = completed(tags_of(frame), decoder.source_format(), frame.height, frame.width);
    if (transfer_is_made_up && tags.transfer == AVCOL_TRC_LINEAR) {
        tags.transfer = AVCOL_TRC_UNSPECIFIED;
    }
    return tags;
}

/// What the frame itself is tagged as. An output has one set of tags, the film's first: matrix and
/// range are undone when the picture is made, but primaries and transfer stay in it.
ColorTags Reader::Impl::own_color(const AVFrame& frame, Rational time) {
    const ColorTags color = coded_color(frame);
    const bool coded_alike = color.matrix == info.color.matrix && color.range == info.color.range;
    const bool seen_alike =
        color.primaries == info.color.primaries &&
        picture_tags(color, layout_of(static_cast<AVPixelFormat>(frame.format))).transfer ==
            info.color.transfer;
    if (!(coded_alike && seen_alike) && !std::exchange(tags_warned, true) && options.log) {
        options.log.warning(
            fmt::format("{}: the color tags change at {:.3f} s; {}", info.path, time.value(),
                        seen_alike ? "frames are brought to the first ones"
                                   : "primaries and transfer stay as the first ones say, "
                                     "restore that part by itself (--start)"));
    }
    return color;
}

/// A film that was found monochrome cannot become a color film midway; but it is not silent.
void Reader::Impl::check_gray(const Decoded& decoded, Rational time) {
    if (!gray || color_warned || !options.log) {
        return;
    }
    if (!decoded.samples) {
        if (!chroma_says_nothing(*decoded.frame)) {
            found_color(time);
        }
        return;
    }
    const Planes planes = decoded.samples->on(decoded.samples->device());
    if (planes.size() == 3) {
        asked.push_back({PendingDownload(color_counts(planes, decoded.samples->layout())),
                         planes[1].numel(), time});
    }
    poll_color_check(frames_until_heard);
}

void Reader::Impl::poll_color_check(std::size_t most_waiting) {
    while (asked.size() > most_waiting) {
        const Asked& one = asked.front();
        const at::Tensor counts = one.counts.wait();
        for (int plane = 0; plane < 2; ++plane) {
            if (is_color(counts[plane][0].item<std::int64_t>(),
                         counts[plane][1].item<std::int64_t>(), one.samples)) {
                found_color(one.time);
            }
        }
        asked.pop_front();
    }
}

void Reader::Impl::found_color(Rational time) {
    if (!std::exchange(color_warned, true)) {
        options.log.warning(
            fmt::format("{} was taken for monochrome, and has color at {:.3f} s, which "
                        "is left out; restore that part by itself (--start)",
                        info.path, time.value()));
    }
}

/// Frames that could not be decoded show the one before them, so that none is missing.
void Reader::Impl::conceal_until(Rational time) {
    const std::int64_t missing = ((time - *last_time) * rate).round() - 1;
    if (missing <= 0 || missing > most_concealed) {
        return;
    }
    for (std::int64_t i = 0; i < missing; ++i) {
        FrameInfo frame_info = last->info;
        const Rational at = *last_time + rate.inverse();
        frame_info.index = count++;
        frame_info.time_base =
            at.den() == 1 ? Rational(1) : Rational(1, std::lcm(at.den(), rate.num()));
        frame_info.pts = (at / frame_info.time_base).num();
        frame_info.duration = (rate.inverse() / frame_info.time_base).round();
        frame_info.origin = Origin::held;
        repeats.push_back({frame_info, last->color, last->decoded, true});
        last_time = at;
        ++concealed;
    }
}

std::optional<Reader::Impl::Coded> Reader::Impl::next_asked() {
    while (std::optional<Coded> frame = next_frame()) {
        FrameInfo& it = frame->info;
        const Rational time = it.time();
        if (!origin) {
            origin = time;
        }
        const Rational since = time - *origin;
        if (since < options.start) {
            continue;
        }
        if (options.duration && since >= options.start + *options.duration) {
            return std::nullopt;
        }
        if (given == 0) {
            it.origin = Origin::decoded; // there is none before it
        }
        it.index = given++;
        if (options.start.num() > 0) {
            // The part's own time begins at 0.
            const Rational shifted = since - options.start;
            const Rational lasts = Rational(it.duration) * it.time_base;
            it.time_base = Rational(1, std::lcm(shifted.den(), lasts.den()));
            it.pts = (shifted / it.time_base).num();
            it.duration = (lasts / it.time_base).num();
            if (it.taken) {
                it.taken = *it.taken - *origin - options.start;
            }
        }
        return frame;
    }
    return std::nullopt;
}

} // namespace oldfilm
