// A project's shots for editing programs.
#include "project/project_file.hpp"
#include "project/project_impl.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>

namespace oldfilm {
namespace {

using nlohmann::ordered_json;

void check_rate(const Rational& rate) {
    if (rate.num() <= 0) {
        throw Error(Errc::unsupported,
                    "edit lists count time, and the film's frame rate is irregular; use the shots "
                    "of project.json");
    }
}

/// Non-drop-frame timecode of frame `frame`, at `base` frames a second.
std::string timecode(std::int64_t frame, std::int64_t base) {
    return fmt::format("{:02}:{:02}:{:02}:{:02}", frame / (base * 3600), frame / (base * 60) % 60,
                       frame / base % 60, frame % base);
}

ordered_json time_json(std::int64_t frames, const Rational& rate) {
    return {{"OTIO_SCHEMA", "RationalTime.1"}, {"rate", rate.value()}, {"value", frames}};
}

ordered_json range_json(std::int64_t first, std::int64_t frames, const Rational& rate) {
    return {{"OTIO_SCHEMA", "TimeRange.1"},
            {"start_time", time_json(first, rate)},
            {"duration", time_json(frames, rate)}};
}

ordered_json clip_json(const ProjectShot& shot, const Project& project) {
    const ProjectSource& source = project.source();
    ordered_json own{{"id", shot.id}, {"kind", to_string(shot.kind)}};
    if (shot.excluded) {
        own["excluded"] = true;
    }
    if (!shot.stages.empty()) {
        own["stages"] = ordered_json::parse(project::stages_json(shot));
    }
    if (!shot.note.empty()) {
        own["note"] = shot.note;
    }
    return {{"OTIO_SCHEMA", "Clip.1"},
            {"name", shot.id},
            {"source_range", range_json(shot.first, shot.last - shot.first + 1, source.rate)},
            {"effects", ordered_json::array()},
            {"markers", ordered_json::array()},
            {"media_reference",
             {{"OTIO_SCHEMA", "ExternalReference.1"},
              {"target_url", project.source_path()},
              {"available_range", range_json(0, source.frames, source.rate)},
              {"metadata", ordered_json::object()}}},
            {"metadata", {{"oldfilm", own}}}};
}

} // namespace

std::string Project::to_edl() const {
    const ProjectSource& film = source();
    check_rate(film.rate);
    const std::int64_t base = std::max<std::int64_t>(film.rate.round(), 1);
    const std::string name = impl_->folder.filename().string();
    std::string list =
        fmt::format("TITLE: {}\nFCM: NON-DROP FRAME\n\n", name.empty() ? "oldfilm" : name);
    for (std::size_t i = 0; i < shots().size(); ++i) {
        const ProjectShot& shot = shots()[i];
        const std::string from = timecode(shot.first, base);
        const std::string to = timecode(shot.last + 1, base);
        list += fmt::format("{:03}  AX       V     C        {} {} {} {}\n* FROM CLIP NAME: {}\n"
                            "* COMMENT: SHOT {} {}{}\n",
                            i + 1, from, to, from, to,
                            std::filesystem::path(film.path).filename().string(), shot.id,
                            to_string(shot.kind), shot.excluded ? " EXCLUDED" : "");
    }
    return list;
}

std::string Project::to_otio() const {
    check_rate(source().rate);
    ordered_json clips = ordered_json::array();
    for (const ProjectShot& shot : shots()) {
        clips.push_back(clip_json(shot, *this));
    }
    const ordered_json track{{"OTIO_SCHEMA", "Track.1"},
                             {"name", "film"},
                             {"kind", "Video"},
                             {"source_range", nullptr},
                             {"effects", ordered_json::array()},
                             {"markers", ordered_json::array()},
                             {"children", clips},
                             {"metadata", ordered_json::object()}};
    const ordered_json stack{
        {"OTIO_SCHEMA", "Stack.1"},          {"name", "tracks"},
        {"source_range", nullptr},           {"effects", ordered_json::array()},
        {"markers", ordered_json::array()},  {"children", ordered_json::array({track})},
        {"metadata", ordered_json::object()}};
    const ordered_json timeline{{"OTIO_SCHEMA", "Timeline.1"},
                                {"name", impl_->folder.filename().string()},
                                {"global_start_time", nullptr},
                                {"tracks", stack},
                                {"metadata", ordered_json::object()}};
    return timeline.dump(2) + "\n";
}

} // namespace oldfilm
