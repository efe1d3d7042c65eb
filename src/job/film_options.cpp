#include "job/film_options.hpp"

#include "job/checks.hpp"
#include "job/frame_queue.hpp"
#include "media/output_plan.hpp"
#include "pipeline/frames_ratio.hpp"

#include <oldfilm/plugins.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace oldfilm::job {

bool encodes_on_gpu(const std::string& codec) {
    return codec.ends_with("_nvenc");
}

FilmOptions::FilmOptions(const std::string& output, const RestoreOptions& options,
                         const std::vector<std::string>& devices, const Reader& source, Log log)
    : output_(output), options_(options), devices_(devices), source_(source), log_(std::move(log)) {
    if (options.transcribe) {
        added_subtitles_.emplace(); // what is in them is known later
    }
}

void FilmOptions::set_added_subtitles(SubtitleTrack track) {
    added_subtitles_.reset();
    if (!track.cues.empty()) {
        added_subtitles_ = std::move(track);
    }
}

/// Those of several devices come to the host, and the encoder brings them up again.
bool FilmOptions::encodes_on_device() const {
    return encodes_on_gpu(options_.codec) && devices_.size() == 1;
}

WriteOptions FilmOptions::streams() const {
    WriteOptions write;
    write.codec = options_.codec;
    write.audio = options_.audio;
    write.subtitles = options_.subtitles;
    write.added_subtitles = added_subtitles_;
    write.drop_streams = options_.drop_streams;
    write.log = log_;
    return write;
}

/// Y4M names one rate and no times: where they vary, the mean rate.
void FilmOptions::choose_rate(WriteOptions& write, const StreamFormat& format,
                              const std::string& path) const {
    const MediaInfo& info = source_.info();
    if (format.rate.num() > 0 || media::choose_codec(path, write).name != "y4m") {
        return;
    }
    const bool is_known = info.frames > 0 && info.duration.num() > 0;
    const double mean = is_known ? static_cast<double>(info.frames) / info.duration.value() : 25;
    write.frame_rate =
        Rational(std::max<std::int64_t>(std::llround(mean * 1000), 1), 1000) * format.frames_each;
    log_.warning(
        fmt::format("frames of {} come at varying times, which Y4M can't tell: {} says {} a "
                    "second for all of them; name a .mkv to keep the times",
                    info.path, path, write.frame_rate.to_string()));
}

void FilmOptions::check_room(const StreamFormat& format, bool lossless) const {
    const StreamFormat in = source_.format();
    const std::int64_t frames = in.frames < 0
                                    ? in.frames
                                    : static_cast<std::int64_t>(static_cast<double>(in.frames) *
                                                                frames_ratio(in, format).value());
    check_space(output_, {format.width, format.height, frames, format.channels, source_.info().bits,
                          lossless, in_segments_});
}

WriteOptions FilmOptions::write(const StreamFormat& format, const std::string& codec,
                                const std::string& path) const {
    const MediaInfo& info = source_.info();
    WriteOptions write = streams();
    write.codec = codec;
    write.crf = options_.crf;
    write.device = encodes_on_device() ? devices_.front() : "";
    write.frame_rate = format.rate;
    write.width = format.width;
    write.height = format.height;
    write.channels = format.channels;
    write.bits = info.bits;
    write.color = format.color;
    write.sample_aspect = info.sample_aspect;
    write.overwrite = options_.overwrite;
    write.threads = options_.encoder_threads;
    write.metadata = {{"oldfilm", version()}};
    choose_rate(write, format, path);
    const bool lossless = codec == "ffv1" || codec == "y4m";
    const bool like_source = format.channels == info.channels && format.width == info.width &&
                             format.height == info.height;
    if (lossless && like_source && !info.linear_light) {
        write.pixel_format = info.pixel_format; // What no stage touches then stays as coded.
    } else if (codec == "ffv1" && info.linear_light) {
        write.pixel_format = format.channels == 1 ? "gray16le" : "gbrp16le";
    }
    check_room(format, lossless);
    return write;
}

OutputFilm FilmOptions::film(const StreamFormat& format, const std::string& plan) const {
    OutputFilm film{FilmOf::pictures, output_, write(format, options_.codec, output_), &source_};
    film.options.metadata.emplace_back("oldfilm_plan", plan);
    return film;
}

OutputFilm FilmOptions::unchanged() const {
    const std::string codec = options_.codec.empty() ? lossless_codec(output_) : options_.codec;
    return {FilmOf::pictures, output_, write(source_.format(), codec, output_), &source_};
}

std::optional<OutputFilm> FilmOptions::masks() const {
    const std::string& path = options_.mask_out;
    if (path.empty()) {
        return std::nullopt;
    }
    StreamFormat format = source_.format();
    format.channels = 1;
    format.color = mask_color();
    return account(FilmOf::masks, format, path);
}

std::optional<OutputFilm> FilmOptions::evidence(const StreamFormat& format) const {
    const std::string& path = options_.evidence_out;
    if (path.empty()) {
        return std::nullopt;
    }
    StreamFormat own = format;
    own.channels = 3;
    own.color = evidence_color();
    OutputFilm film = account(FilmOf::evidence, own, path);
    if (film.options.codec == "ffv1") {
        film.options.pixel_format = "gbrp"; // a color of the palette stays what it is
    }
    return film;
}

/// A lossless film in 8 bits of what was done, without the source's other streams.
OutputFilm FilmOptions::account(FilmOf of, const StreamFormat& format,
                                const std::string& path) const {
    OutputFilm film{of, path, write(format, lossless_codec(path), path), nullptr};
    film.options.bits = 8;
    film.options.crf.reset();
    film.options.device.clear();
    film.options.added_subtitles.reset();
    film.options.pixel_format.clear();
    return film;
}

std::int64_t FilmOptions::reserved_bytes(const StreamFormat& out) const {
    const MediaInfo& info = source_.info();
    constexpr std::int64_t decoder = 32; // bytes a pixel: some frames that others refer to
    std::int64_t bytes = decoder * info.width * info.height;
    const auto film = [&](const std::string& path, const std::string& codec, int channels,
                          std::int64_t width, std::int64_t height) {
        WriteOptions write;
        write.codec = codec;
        write.channels = channels;
        write.bits = info.bits;
        write.width = width;
        write.height = height;
        const auto picture = channels * static_cast<std::int64_t>(sizeof(float)) * width * height;
        bytes += media::encoder_bytes(media::choose_codec(path, write), write) +
                 static_cast<std::int64_t>(FrameQueue::most_frames(picture)) * picture;
    };
    film(output_, options_.codec, out.channels, out.width, out.height);
    if (!options_.mask_out.empty()) {
        film(options_.mask_out, lossless_codec(options_.mask_out), 1, info.width, info.height);
    }
    if (!options_.evidence_out.empty()) {
        film(options_.evidence_out, lossless_codec(options_.evidence_out), 3, out.width,
             out.height);
    }
    return bytes;
}

} // namespace oldfilm::job
