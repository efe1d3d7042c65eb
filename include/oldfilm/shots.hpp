#pragma once
/// \file
/// Where the shots of a film begin: found in its pictures, or listed by the user; and what stages
/// do otherwise in some of them.

#include <oldfilm/export.hpp>
#include <oldfilm/parameter.hpp>
#include <oldfilm/time.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace oldfilm {

/// What a stage does in one shot, where that differs from the rest of the film.
struct StageOverride {
    /// Id or short name of the stage; of all stages of the pipeline that have it.
    std::string id;
    /// False: frames pass the stage unchanged. Monochrome frames become RGB where the stage makes
    /// RGB, and a stage that changes the rate repeats frames. Not for stages that change the size.
    bool enabled = true;
    /// Values of live parameters. Others keep the value of the pipeline, or of `Run::change`.
    ParameterValues parameters;
    bool operator==(const StageOverride&) const = default;
};

/// How a run learns where shots begin. Windows of frames never cross a cut, and stages discard
/// their state there.
struct ShotOptions {
    enum class Source : std::uint8_t {
        automatic, ///< cuts are detected
        none,      ///< the whole film is one shot
        list,      ///< shots begin at `first_frames`, and nowhere else
    };
    Source source = Source::automatic;
    /// With `Source::list`: the first frame of each shot, increasing, from 0. Frame 0 starts a shot
    /// whether it is listed or not. Frames count from the first one that the run takes; in
    /// `restore`, from the first one of the file, also with `ReadOptions::start`.
    std::vector<std::int64_t> first_frames;
    static constexpr double default_threshold = 0.15;
    /// With `Source::automatic`: how unlike the pictures on both sides of a cut are, above 0 and
    /// below 2. The measure is one minus the normalized cross-correlation of the pictures: 0 for
    /// the same picture, about 1 for unrelated ones. Less finds more cuts.
    double cut_threshold = default_threshold;
    /// With `Source::list`: overrides by the first frame of their shot, which is 0 or in
    /// `first_frames`. `Pipeline::plan` throws `Error` (invalid_argument) for others, for stages
    /// that the pipeline does not have, and for parameters that are unknown, invalid or not live.
    std::map<std::int64_t, std::vector<StageOverride>> overrides;
    bool operator==(const ShotOptions&) const = default;
};

/// Reads a list of shots for a film of `rate` frames a second (0: irregular) from a file:
///  - text with the first frame of each shot, one per line; empty lines and what follows a # do not
///    count;
///  - a CMX 3600 edit decision list: its video events by their record times, from the first
///    event's on, with timecode of the film's rate (drop-frame if the list has that);
///  - OpenTimelineIO JSON with one video track;
///  - the JSON of `oldfilm inspect --shots --json`.
/// Returns the first frame of each shot, increasing. Thread-safe. Throws `Error`: not_found;
/// invalid_argument (a line or member that is none of these, numbers that do not increase, times of
/// a film with an irregular rate), naming the line.
OLDFILM_API std::vector<std::int64_t> read_shot_list(const std::string& path, const Rational& rate);

} // namespace oldfilm
