#include "job/transcription.hpp"

#include "media/added_subtitles.hpp"
#include "media/codec_choice.hpp"
#include "media/locations.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>

namespace oldfilm::job {
namespace {

using nlohmann::json;

json to_json(const SubtitleTrack& track) {
    json cues = json::array();
    for (const Subtitle& cue : track.cues) {
        cues.push_back({cue.start.to_string(), cue.end.to_string(), cue.text});
    }
    return {{"language", track.language}, {"cues", std::move(cues)}};
}

SubtitleTrack track_from(const json& document) {
    SubtitleTrack track{document.at("language"), {}};
    for (const json& cue : document.at("cues")) {
        const auto time = [&cue](int i) { return Rational::parse(cue.at(i).get<std::string>()); };
        track.cues.push_back({time(0), time(1), cue.at(2)});
    }
    return track;
}

/// What `transcriber` finds; nothing where the film has neither sound nor pictures of that kind.
SubtitleTrack found_by(const Transcriber& transcriber, const Job& job,
                       const Checkpoint* checkpoint) {
    const std::string journal =
        checkpoint == nullptr ? "" : (checkpoint->folder() / "transcript").string();
    job.log().info("transcribing the film first");
    try {
        return transcriber.run({job.input(), journal, job.log(), job.options().stop});
    } catch (const Error& error) {
        if (error.code() != Errc::not_found) {
            throw;
        }
        job.log().info(error.what());
        return {};
    }
}

SubtitleTrack transcription_of(const Job& job, Checkpoint* checkpoint) {
    const Transcriber& transcriber = *job.options().transcribe;
    if (checkpoint == nullptr) {
        return found_by(transcriber, job, nullptr);
    }
    const json stored = checkpoint->transcription();
    if (stored.contains("cues")) {
        return track_from(stored);
    }
    checkpoint->note_transcription(json::object()); // from now on there is something to resume
    try {
        const SubtitleTrack track = found_by(transcriber, job, checkpoint);
        checkpoint->note_transcription(to_json(track));
        return track;
    } catch (const Error& error) {
        if (error.code() != Errc::cancelled) { // it would fail again
            checkpoint->note_transcription(json());
        }
        throw;
    }
}

} // namespace

void check_transcription(const Job& job, const WriteOptions& wanted) {
    if (!wanted.added_subtitles) {
        return;
    }
    if (!job.options().transcribe->run) {
        throw Error(
            Errc::invalid_argument,
            "a transcription needs a function, and RestoreOptions::transcribe has none; set "
            "it to oldfilm::transcriber(), or leave it out");
    }
    const std::string& path = job.source().info().path;
    if (media::is_pipe(path)) {
        throw Error(Errc::unsupported,
                    fmt::format("a film that is transcribed is read twice, and {} is a pipe; name "
                                "a file, or leave the transcription out",
                                path));
    }
    media::AddedSubtitles::check(job.output(), media::choose_codec(job.output(), wanted));
    media::check_time_of(job.source().reader());
}

void add_transcription(Job& job, Checkpoint* checkpoint) {
    if (!job.options().transcribe) {
        return;
    }
    SubtitleTrack track =
        media::in_time_of(job.source().reader(), transcription_of(job, checkpoint));
    if (track.cues.empty()) {
        job.log().warning(fmt::format("no speech was recognized in {}, and no title cards were "
                                      "read: the output has no subtitles of them",
                                      job.input()));
    }
    job.films().set_added_subtitles(std::move(track));
}

} // namespace oldfilm::job
