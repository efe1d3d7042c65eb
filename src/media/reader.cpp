#include "media/reader.hpp"

#include "media/convert.hpp"
#include "media/film_rate.hpp"
#include "media/probe.hpp"

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
/// More missing frames in a row are a hole in the film, not damage that can be concealed.
constexpr std::int64_t most_concealed = 250;

} // namespace

Reader::Impl::Impl(const std::string& path, ReadOptions wanted, const at::Device& on,
                   std::unique_ptr<VideoEngine> engine)
    : options(std::move(wanted)), device(on), decoder(path, options, std::move(engine)),
      nominal(nominal_rate(decoder)), found(survey(path, options, nominal)), duplicates(found),
      clock({}, nominal), begin(film_start(decoder.input(), decoder.stream())) {
    decoder.know(found);
    if (options.source_fps && options.source_fps->num() <= 0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the film's true speed must be above 0, found {}",
                                options.source_fps->to_string()));
    }
    if (options.film_frames && options.source_fps) {
        throw Error(Errc::invalid_argument,
                    "the film's own frames have times of their own, and --source-fps gives them "
                    "others; leave one of the two out");
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
        nominal = film_rate(decoder.codec(), nominal);
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
    check_matrix();
    if (options.log) {
        say_what_was_found();
    }
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
    const ColorTags color = colors.checked(frame, time);
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
            colors.finish();
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
    colors.check_gray(waiting.decoded, time);
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

bool Reader::Impl::put_as_taken(FrameInfo& frame) {
    const Rational lasts = info.frame_rate.inverse();
    Rational at = frame.taken.value_or(frame.time());
    if (last_own && frame.origin == Origin::held && at < *last_own + lasts) {
        return false; // a duplicate, or in place of one
    }
    if (last_own && at <= *last_own) { // where the cadence breaks
        at = *last_own + decoder.time_base();
    }
    frame.time_base = Rational(1, std::lcm(at.den(), lasts.den()));
    frame.pts = (at / frame.time_base).num();
    frame.duration = (lasts / frame.time_base).num();
    frame.taken.reset();
    if (last_own && frame.origin == Origin::held && *last_own + lasts == at) {
        frame.origin = Origin::decoded; // the film itself stands still
    }
    last_own = at;
    return true;
}

std::optional<Reader::Impl::Coded> Reader::Impl::next_asked() {
    while (std::optional<Coded> frame = next_frame()) {
        FrameInfo& it = frame->info;
        if (is_decimated() && !put_as_taken(it)) {
            continue;
        }
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
