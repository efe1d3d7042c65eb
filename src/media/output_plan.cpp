#include "media/output_plan.hpp"

#include "media/locations.hpp"
#include "media/reader.hpp"
#include "media/timecode.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace oldfilm::media {
namespace {

void check_timecode(const Reader::Impl& source, const Choice& choice, const std::string& path,
                    const WriteOptions& options) {
    const std::string timecode = timecode_of(source.decoder.input(), source.decoder.stream());
    const bool has_none = choice.name == "y4m" || (choice.picture_files && choice.name != "dpx");
    if (has_none && !timecode.empty()) {
        options.log.warning(
            fmt::format("the timecode {} is left out: {} holds none", timecode, path));
    }
}

/// Reports metadata that the output can't have.
void check_metadata(const Reader::Impl& source, const AVOutputFormat* format,
                    const std::string& path, const WriteOptions& options) {
    if (!source.dynamic_hdr.empty()) {
        options.log.warning(
            fmt::format("{} metadata are left out: they say of each picture how it is "
                        "shown, and were made for the pictures of the source",
                        source.dynamic_hdr));
    }
    if (source.hdr && (format == nullptr || !holds_hdr(*format))) {
        options.log.warning(
            fmt::format("{} does not hold HDR10's mastering display and content light "
                        "level, which are left out; name a .mkv, .mp4 or .mov",
                        path));
    }
}

} // namespace

const AVOutputFormat* format_of(const std::string& path, const Choice& choice) {
    return av_guess_format(choice.muxer.empty() ? nullptr : choice.muxer.c_str(), path.c_str(),
                           nullptr);
}

bool only_counts(const AVOutputFormat& format) {
    return std::string_view(format.name) == "avi";
}

FilmTime time_in(const AVOutputFormat& format, const Reader& source) {
    const FilmTime time = Reader::Impl::of(source).film_time();
    return only_counts(format) ? time.from_first_frame() : time;
}

bool has_streams(const Reader& source) {
    return !is_pipe(source.info().path) && Reader::Impl::of(source).decoder.sequence() == nullptr;
}

namespace {

/// Packets of other streams are read from the file once more, which a pipe does not allow.
void check_pipe(const MediaInfo& info, const WriteOptions& options) {
    if (!is_pipe(info.path) || options.drop_streams) {
        return;
    }
    for (const MediaInfo::Stream& stream : info.other_streams) {
        const bool is_wanted = stream.kind == "audio"      ? options.audio
                               : stream.kind == "subtitle" ? options.subtitles
                                                           : true;
        if (is_wanted) {
            throw Error(Errc::unsupported,
                        fmt::format("{} is a pipe, and its {} ({}) can't be copied from there; "
                                    "name a file, or leave such streams out (--no-audio, "
                                    "--no-subtitles, --drop-streams)",
                                    info.path, stream.kind, stream.codec));
        }
    }
}

} // namespace

StreamPlan plan_output(const Reader& source, const std::string& path, const Choice& choice,
                       const WriteOptions& options) {
    const Reader::Impl& from = Reader::Impl::of(source);
    check_timecode(from, choice, path, options);
    check_pipe(from.info, options);
    if (!has_streams(source)) {
        return {};
    }
    const bool only_pictures = choice.picture_files || choice.name == "y4m";
    const AVOutputFormat* format = only_pictures ? nullptr : format_of(path, choice);
    if (format == nullptr && !only_pictures) {
        throw Error(
            Errc::invalid_argument,
            fmt::format("the name of {} tells no container; name a .mkv, .mp4 or .mov", path));
    }
    check_metadata(from, format, path, options);
    return plan_streams({from.decoder.input(), from.decoder.stream(), from.info.path, from.options,
                         format == nullptr ? from.film_time() : time_in(*format, source)},
                        format, path, options);
}

} // namespace oldfilm::media
