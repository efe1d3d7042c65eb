#pragma once
/// \file
/// Subtitles that are not the source's on their way into an output.

#include "media/codec_choice.hpp"
#include "media/subtitle_converter.hpp"

#include <oldfilm/media.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace oldfilm::media {

/// A stream of them in an output. One thread at a time.
class AddedSubtitles {
  public:
    /// Adds the stream. Throws `Error` as `check` does.
    AddedSubtitles(SubtitleTrack track, AVFormatContext& output);
    /// Throws `Error` (unsupported) where `path` holds no subtitles of text.
    static void check(const std::string& path, const Choice& choice);

    /// Writes the cues that begin up to `until` seconds of the output; all that are left with
    /// nothing.
    void write(std::optional<Rational> until);

  private:
    void add(const Subtitle& cue, const SubtitleConverter::Sink& sink);

    SubtitleTrack track_;
    AVFormatContext& output_;
    std::unique_ptr<SubtitleConverter> converter_;
    int stream_ = 0;
    std::size_t next_ = 0; ///< cue
};

/// The cues of `track`, which has the times of `source` as a file has them (as `Reader` gives them
/// without options), at the times of what is read. Those that are not in that part are left out.
[[nodiscard]] SubtitleTrack in_time_of(const Reader& source, const SubtitleTrack& track);
/// Throws `Error` (unsupported) where these times are not known.
void check_time_of(const Reader& source);

} // namespace oldfilm::media
