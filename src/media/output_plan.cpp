#include "media/output_plan.hpp"

#include "media/locations.hpp"
#include "media/reader.hpp"
#include "media/timecode.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <string>

namespace oldfilm::media {
namespace {

/// Metadata that the output can't have are told.
void check_metadata(const Reader::Impl& source, const AVOutputFormat* format,
                    const std::string& path, const WriteOptions& options) {
    if (!source.dynamic_hdr.empty()) {
        options.warn(fmt::format("{} metadata are left out: they say of each picture how it is "
                                 "shown, and were made for the pictures of the source",
                                 source.dynamic_hdr));
    }
    if (source.hdr && (format == nullptr || !holds_hdr(*format))) {
        options.warn(fmt::format("{} does not hold HDR10's mastering display and content light "
                                 "level, which are left out; name a .mkv, .mp4 or .mov",
                                 path));
    }
    const std::string timecode = timecode_of(source.decoder.input(), source.decoder.stream());
    if (format == nullptr && !timecode.empty()) {
        options.warn(fmt::format("the timecode {} is left out: {} holds none", timecode, path));
    }
}

} // namespace

const AVOutputFormat* format_of(const std::string& path, const Choice& choice) {
    return av_guess_format(choice.muxer.empty() ? nullptr : choice.muxer.c_str(), path.c_str(),
                           nullptr);
}

bool has_streams(const Reader& source) {
    const std::string& path = source.info().path;
    return path != "-" && !is_sequence(path);
}

StreamPlan plan_output(const Reader& source, const std::string& path, const Choice& choice,
                       const WriteOptions& options) {
    if (!has_streams(source)) {
        return {};
    }
    const Reader::Impl& from = Reader::Impl::of(source);
    const bool only_pictures = choice.picture_files || choice.name == "y4m";
    const AVOutputFormat* format = only_pictures ? nullptr : format_of(path, choice);
    if (format == nullptr && !only_pictures) {
        throw Error(
            Errc::invalid_argument,
            fmt::format("the name of {} tells no container; name a .mkv, .mp4 or .mov", path));
    }
    check_metadata(from, format, path, options);
    return plan_streams({from.decoder.input(), from.decoder.stream(), from.info.path, from.options,
                         from.film_time()},
                        format, path, options);
}

} // namespace oldfilm::media
