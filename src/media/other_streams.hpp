#pragma once
/// \file
/// Sound, subtitles, chapters, attachments and metadata on their way from the source to the output.

#include "media/continuity.hpp"
#include "media/film_time.hpp"
#include "media/sound_converter.hpp"
#include "media/stream_plan.hpp"
#include "media/subtitle_converter.hpp"

#include <oldfilm/media.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace oldfilm::media {

/// Reads the source by itself, so that copying never waits for decoding. One thread at a time.
class OtherStreams {
  public:
    /// Adds the planned streams to `output`, and what else it can hold.
    OtherStreams(const std::string& path, const ReadOptions& read, const FilmTime& time,
                 const StreamPlan& plan, AVFormatContext& output, Log log);
    /// Writes packets up to `until` seconds of the film's time; all that are left with nothing.
    void copy(std::optional<Rational> until);

  private:
    /// Where a stream of the source goes, and through what.
    struct Route {
        int target = 0;
        Rational padding; ///< that the muxer forgets
        std::unique_ptr<SoundConverter> sound;
        std::unique_ptr<SubtitleConverter> text;
        std::vector<UniquePacket> held; ///< seen at the start until something else is
    };
    void add(const PlannedStream& planned);
    void attach(const AVStream& cover);
    void take(Route& route, UniquePacket packet);
    void take_subtitle(Route& route, const AVPacket& packet, const Rational& start);
    void release_held();
    void write(const Route& route, AVPacket& packet, const Rational& tick);
    void finish();
    [[nodiscard]] Rational time_of(const AVPacket& packet) const;

    AVFormatContext& output_;
    FilmTime time_;
    Log log_;
    UniqueInput input_;
    Continuity continuity_;
    std::map<int, Route> routes_; ///< by stream of the source
    UniquePacket waiting_;        ///< whose time has not come
    bool begun_ = false;          ///< the part of the film that is made
    bool over_ = false;
};

} // namespace oldfilm::media
