// A Reader that goes on from another frame.
#include "media/reader.hpp"

#include <array>
#include <optional>

namespace oldfilm {

using namespace media;

namespace {

/// Key frames may lie far apart, and containers are wrong about them: how far before the frame to
/// begin, in seconds; at last, with the film.
constexpr std::array<int, 3> seconds_before{0, 2, 20};

} // namespace

bool Reader::Impl::may_seek() const {
    const bool has_own_times = options.source_fps || options.film_frames ||
                               options.start.num() > 0 || options.duration ||
                               found.pulldown.any() || found.repeats_fields;
    const bool has_filters = options.deinterlace || decoder.telecined() || decoder.rotation() != 0;
    return rate.num() > 0 && !has_own_times && !has_filters;
}

std::int64_t Reader::Impl::number_of(const Decoded& decoded) const {
    if (decoded.frame->pts == AV_NOPTS_VALUE) {
        return -1;
    }
    const Rational time = Rational(decoded.frame->pts) * decoder.time_base() - begin - *origin;
    return (time * rate).round();
}

Decoded Reader::Impl::decoded_from(const Rational& seconds, std::int64_t frame) {
    if (!decoder.seek(seconds)) {
        return {};
    }
    for (std::int64_t number = -1;;) {
        bool broken = false;
        Decoded decoded = decoder.next(broken);
        if (!decoded) {
            return {};
        }
        const std::int64_t by_time = number_of(decoded);
        const bool follows = by_time < 0 && number >= 0; // it has no time
        number = follows ? number + 1 : by_time;
        if (number >= frame) {
            return number == frame ? std::move(decoded) : Decoded{};
        }
    }
}

bool Reader::Impl::go_to(std::int64_t frame) {
    if (!may_seek() || frame < 0 || (!origin && !next_asked())) {
        return false;
    }
    const Rational tick = to_rational(decoder.stream().time_base);
    const std::int64_t first = decoder.stream().start_time;
    const Rational start = first == AV_NOPTS_VALUE ? Rational(0) : Rational(first) * tick;
    const bool is_sequence = decoder.sequence() != nullptr;
    const Rational place =
        is_sequence ? Rational(frame) * tick : *origin + Rational(frame) / rate + begin - start;
    Decoded decoded;
    for (const int before : seconds_before) {
        if (!decoded && place > Rational(before)) {
            decoded = decoded_from(place - Rational(before), frame);
        }
    }
    if (!decoded) {
        decoded = decoded_from(Rational(0), frame);
    }
    if (!decoded) {
        return false;
    }
    ahead.clear();
    ahead.push_back({std::move(decoded), false});
    repeats.clear();
    last.reset();
    last_time = frame > 0 ? std::optional(*origin + Rational(frame - 1) / rate) : std::nullopt;
    over = ended = false;
    suspect = 0;
    count = given = frame;
    return true;
}

bool Reader::seek(std::int64_t frame) {
    return impl_->go_to(frame);
}

} // namespace oldfilm
