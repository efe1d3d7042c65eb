#include "media/film_rate.hpp"

#include <cmath>

namespace oldfilm::media {

Rational nominal_rate(const Decoder& decoder) {
    AVFormatContext& input = decoder.input();
    const AVStream& stream = decoder.stream();
    const Rational coded = to_rational(decoder.codec().framerate);
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

Rational film_rate(const AVCodecContext& codec, const Rational& nominal) {
    const Rational coded = to_rational(codec.framerate);
    return (coded.num() > 0 ? coded : nominal) * Rational(4, 5);
}

} // namespace oldfilm::media
