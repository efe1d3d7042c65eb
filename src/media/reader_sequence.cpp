// What a Reader does for image sequences: what stands in for pictures, and what DPX headers say.
#include "media/convert.hpp"
#include "media/reader.hpp"

#include <oldfilm/error.hpp>

extern "C" {
#include <libavutil/imgutils.h>
}

#include <fmt/format.h>

#include <utility>

namespace oldfilm {

using namespace media;

namespace {

/// So many pictures that can't be decoded are named.
constexpr int most_named = 20;

/// A picture like `frame`, all black.
UniqueFrame black_like(const AVFrame& frame) {
    const auto format = static_cast<AVPixelFormat>(frame.format);
    UniqueFrame black = buffer_of(format, frame.width, frame.height);
    check(av_frame_copy_props(black.get(), &frame), "hold a black picture");
    const Layout layout = layout_of(format);
    if (layout.rgb || layout.planes == 1) {
        for (int i = 0; i < layout.planes; ++i) {
            plane_view(*black, layout, i).zero_();
        }
        return black;
    }
    std::ptrdiff_t lines[4] = {};
    for (int i = 0; i < 4; ++i) {
        lines[i] = black->linesize[i];
    }
    check(av_image_fill_black(black->data, lines, format, frame.color_range, frame.width,
                              frame.height),
          "make a black picture");
    return black;
}

} // namespace

/// What is shown for the picture at `place`, which gave no frame. `next`: the one that did.
std::shared_ptr<const Decoded> Reader::Impl::stand_in(const Decoded* next, std::int64_t place) {
    const Sequence& sequence = *decoder.sequence();
    const bool black = options.missing == MissingPictures::black;
    if (!sequence.is_bad(place)) { // those were listed at the start
        const std::string text =
            fmt::format("the picture {} can't be decoded", sequence.file(place).string());
        if (options.strict) {
            throw Error(Errc::unreadable, text + ", and strict reading was asked for");
        }
        if (options.log && ++unreadable <= most_named) {
            options.log.warning(
                fmt::format("{}; {} stands in{}", text, black ? "a black one" : "its neighbor",
                            unreadable == most_named ? ", as for others after it" : ""));
        }
    }
    if (!black && last) {
        return last->decoded;
    }
    const Decoded& like = last ? *last->decoded : *next;
    Decoded made{black ? black_like(like.samples ? like.samples->on_host() : *like.frame)
                       : share(*like.frame),
                 black ? nullptr : like.samples};
    return std::make_shared<const Decoded>(std::move(made));
}

/// Fills the places before `time` of pictures that gave no frame. `next`: the frame there; null at
/// the end.
void Reader::Impl::fill_sequence(Rational time, const Decoded* next) {
    const std::int64_t end = (time * rate).round();
    for (; count < end; ++count, ++concealed) {
        FrameInfo filled;
        filled.index = filled.pts = count;
        filled.duration = 1;
        filled.time_base = rate.inverse();
        const bool held = last && options.missing != MissingPictures::black;
        filled.origin = held ? Origin::held : Origin::decoded;
        filled.color = info.color;
        filled.sample_aspect = info.sample_aspect;
        const std::shared_ptr<const Decoded> shown = stand_in(next, count);
        repeats.push_back({filled, colors.checked(*shown->frame, filled.time()), shown});
        last_time = filled.time();
    }
}

/// What a DPX file's header says of the film, and what is made of it.
void Reader::Impl::describe_dpx(const std::string& path) {
    const Sequence* sequence = decoder.sequence();
    dpx = sequence != nullptr   ? sequence->dpx()
          : info.codec == "dpx" ? read_dpx(path)
                                : std::nullopt;
    if (!dpx) {
        return;
    }
    info.film_transfer = dpx_transfer_name(dpx->transfer);
    if (dpx->by_ffmpeg) {
        colors.distrust_linear();
    }
    if (!info.film_transfer.empty() && options.log) {
        options.log.warning(
            fmt::format("{} holds {} values by its headers, and is taken as it is; stages "
                        "expect a film as it is shown, so convert it before, or see to it "
                        "after",
                        info.path, info.film_transfer));
    }
}

} // namespace oldfilm
