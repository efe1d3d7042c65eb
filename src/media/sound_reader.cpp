// Sound as samples: what SoundConverter makes of the packets of one stream.
#include "base/hidden.hpp"
#include "media/continuity.hpp"
#include "media/locations.hpp"
#include "media/probe.hpp"
#include "media/sound_converter.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/sound.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace oldfilm {
namespace {

using namespace media;

/// Hum of 50 or 60 Hz and its first harmonics' foot, the clicks of dust in the sound track, and
/// the hiss of its grain. The levels are FFmpeg's own defaults but for the noise floor, which is
/// followed.
constexpr const char* cleaning = "highpass=f=90,adeclick,afftdn=nr=12:tn=1";

ReadOptions read_options(const SoundOptions& options) {
    ReadOptions read;
    read.protocols = options.protocols;
    read.log = options.log;
    return read;
}

SoundOptions checked(SoundOptions options) {
    if (options.rate < 1000 || options.rate > 192'000) {
        throw Error(
            Errc::invalid_argument,
            fmt::format("a sampling rate must be from 1000 to 192000, found {}", options.rate));
    }
    return options;
}

/// The stream that players choose.
int best_sound(AVFormatContext& input, const std::string& path) {
    const int found = av_find_best_stream(&input, AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
    if (found < 0) {
        throw Error(found == AVERROR_DECODER_NOT_FOUND ? Errc::unsupported : Errc::not_found,
                    found == AVERROR_DECODER_NOT_FOUND
                        ? fmt::format("the sound of {} has a codec that this FFmpeg cannot decode; "
                                      "convert it to another one",
                                      path)
                        : fmt::format("{} has no sound", path));
    }
    return found;
}

/// The film's time where it has pictures, else that of the sound.
FilmTime time_of(AVFormatContext& input, int sound) {
    const int video = first_video(input);
    const AVStream& film = *input.streams[video >= 0 ? video : sound];
    return {film, {}, {}, film_start(input, film)};
}

} // namespace

struct OLDFILM_HIDDEN SoundReader::Impl {
    Impl(const std::string& path, SoundOptions wanted);
    void fill(std::size_t count);
    void take(const AVPacket& samples);
    void say_damage();

    SoundOptions options;
    UniqueInput input;
    int stream;
    Continuity continuity;
    std::unique_ptr<SoundConverter> converter;
    std::string language;
    std::vector<float> waiting; ///< decoded, and not yet read
    std::int64_t next = 0;      ///< number of the sample after `waiting`
    bool over = false;
};

SoundReader::Impl::Impl(const std::string& path, SoundOptions wanted)
    : options(checked(std::move(wanted))), input(open_input(path, read_options(options))),
      stream(best_sound(*input, path)), continuity(*input) {
    const AVStream& from = *input->streams[stream];
    SoundFormat format;
    format.rate = options.rate;
    format.channels = 1;
    format.filters = options.clean ? cleaning : "";
    converter = SoundConverter::open(from, AV_CODEC_ID_PCM_F32LE, time_of(*input, stream), false,
                                     std::move(format));
    if (!converter) {
        throw Error(Errc::unsupported,
                    fmt::format("the sound of {} ({}) cannot be decoded; convert it to another "
                                "codec",
                                path, avcodec_get_name(from.codecpar->codec_id)));
    }
    if (const auto* tag = av_dict_get(from.metadata, "language", nullptr, 0)) {
        language = std::strcmp(tag->value, "und") == 0 ? "" : tag->value;
    }
    for (unsigned i = 0; i < input->nb_streams; ++i) {
        if (static_cast<int>(i) != stream && !(input->iformat->flags & AVFMT_TS_DISCONT)) {
            input->streams[i]->discard = AVDISCARD_ALL;
        }
    }
}

/// Appends what comes after the samples so far; silence before it, if it comes later.
void SoundReader::Impl::take(const AVPacket& samples) {
    const auto count = static_cast<std::int64_t>(samples.size / sizeof(float));
    const auto* values = reinterpret_cast<const float*>(samples.data);
    if (samples.pts > next) {
        waiting.insert(waiting.end(), static_cast<std::size_t>(samples.pts - next), 0.0F);
        next = samples.pts;
    }
    const std::int64_t known = std::clamp<std::int64_t>(next - samples.pts, 0, count);
    waiting.insert(waiting.end(), values + known, values + count);
    next += count - known;
}

void SoundReader::Impl::say_damage() {
    if (converter->damaged() > 0) {
        options.log.warning(fmt::format("{} packets of the sound could not be decoded; there is "
                                        "silence in their place",
                                        converter->damaged()));
    }
}

void SoundReader::Impl::fill(std::size_t count) {
    const auto sink = [this](AVPacket& samples) { take(samples); };
    UniquePacket packet = make_packet();
    while (!over && waiting.size() < count) {
        if (av_read_frame(input.get(), packet.get()) < 0) {
            over = true;
            converter->convert(nullptr, sink);
            say_damage();
            return;
        }
        continuity.apply(*packet);
        if (packet->stream_index == stream) {
            converter->convert(packet.get(), sink);
        }
        av_packet_unref(packet.get());
    }
}

SoundReader::SoundReader(const std::string& path, SoundOptions options)
    : impl_(std::make_unique<Impl>(path, std::move(options))) {}
SoundReader::~SoundReader() = default;
SoundReader::SoundReader(SoundReader&&) noexcept = default;
SoundReader& SoundReader::operator=(SoundReader&&) noexcept = default;

const std::string& SoundReader::language() const {
    return impl_->language;
}

Rational SoundReader::duration() const {
    const AVFormatContext& input = *impl_->input;
    const Rational end = announced_end(input, *input.streams[impl_->stream]);
    return end.num() > 0        ? end
           : input.duration > 0 ? Rational(input.duration, AV_TIME_BASE)
                                : Rational();
}

std::size_t SoundReader::read(std::span<float> samples) {
    impl_->fill(samples.size());
    std::vector<float>& waiting = impl_->waiting;
    const std::size_t count = std::min(samples.size(), waiting.size());
    std::copy_n(waiting.begin(), count, samples.begin());
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
}

} // namespace oldfilm
