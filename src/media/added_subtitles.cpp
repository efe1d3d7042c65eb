#include "media/added_subtitles.hpp"

#include "media/metadata.hpp"
#include "media/output_plan.hpp"
#include "media/reader.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace oldfilm::media {
namespace {

constexpr AVRational millisecond{1, 1000};

/// From text without markup to what `format` holds; null where that is none.
std::unique_ptr<SubtitleConverter> text_converter(const AVOutputFormat& format) {
    const UniqueParameters text(avcodec_parameters_alloc());
    if (!text) {
        throw std::bad_alloc();
    }
    text->codec_type = AVMEDIA_TYPE_SUBTITLE;
    text->codec_id = AV_CODEC_ID_TEXT;
    return SubtitleConverter::open_for(format, *text, millisecond);
}

Error no_subtitles(const std::string& path) {
    return {Errc::unsupported,
            fmt::format("subtitles need a container that holds text, and {} is none; name a .mkv, "
                        ".mp4, .mov or .webm, or leave the transcription out",
                        path)};
}

std::int64_t milliseconds(const Rational& seconds) {
    return (seconds * Rational(1000)).round();
}

} // namespace

void AddedSubtitles::check(const std::string& path, const Choice& choice) {
    const bool only_pictures = choice.picture_files || choice.name == "y4m";
    const AVOutputFormat* format = only_pictures ? nullptr : format_of(path, choice);
    if (format == nullptr || !text_converter(*format)) {
        throw no_subtitles(path);
    }
}

AddedSubtitles::AddedSubtitles(SubtitleTrack track, AVFormatContext& output)
    : track_(std::move(track)), output_(output), converter_(text_converter(*output.oformat)) {
    if (!converter_) {
        throw no_subtitles(output.url);
    }
    std::stable_sort(track_.cues.begin(), track_.cues.end(),
                     [](const Subtitle& a, const Subtitle& b) { return a.start < b.start; });
    AVStream& stream = add_stream_of(output_, converter_->encoder());
    stream_ = stream.index;
    if (!track_.language.empty()) {
        av_dict_set(&stream.metadata, "language", track_.language.c_str(), 0);
        name_language(stream.metadata, *output_.oformat);
    }
}

void AddedSubtitles::add(const Subtitle& cue, const SubtitleConverter::Sink& sink) {
    const std::int64_t start = std::max<std::int64_t>(milliseconds(cue.start), 0);
    const std::int64_t end = milliseconds(cue.end);
    if (end <= start || cue.text.empty()) {
        return;
    }
    const UniquePacket packet = make_packet();
    media::check(av_new_packet(packet.get(), static_cast<int>(cue.text.size())), "hold a subtitle");
    std::memcpy(packet->data, cue.text.data(), cue.text.size());
    packet->pts = packet->dts = start;
    packet->duration = end - start;
    converter_->convert(*packet, start, end, sink);
}

void AddedSubtitles::write(std::optional<Rational> until) {
    const auto sink = [this](AVPacket& packet) {
        packet.stream_index = stream_;
        av_packet_rescale_ts(&packet, millisecond, output_.streams[stream_]->time_base);
        check_io(av_interleaved_write_frame(&output_, &packet), "write the subtitles");
    };
    const std::vector<Subtitle>& cues = track_.cues;
    for (; next_ < cues.size() && (!until || cues[next_].start <= *until); ++next_) {
        add(cues[next_], sink);
    }
    if (!until) {
        converter_->finish(sink);
    }
}

void check_time_of(const Reader& source) {
    if (!Reader::Impl::of(source).film_time().is_known()) {
        throw Error(Errc::unsupported,
                    fmt::format("subtitles would not be in sync with {}, a film of irregular frame "
                                "rate, at its new speed; leave the speed or the transcription out",
                                source.info().path));
    }
}

SubtitleTrack in_time_of(const Reader& source, const SubtitleTrack& track) {
    const Reader::Impl& from = Reader::Impl::of(source);
    const FilmTime time = from.film_time();
    SubtitleTrack moved{track.language, {}};
    for (const Subtitle& cue : track.cues) {
        const Rational start = std::max(time(cue.start + from.begin), Rational());
        Rational end = time(cue.end + from.begin);
        if (time.end()) {
            end = std::min(end, *time.end());
        }
        if (start < end) {
            moved.cues.push_back({start, end, cue.text});
        }
    }
    return moved;
}

} // namespace oldfilm::media
