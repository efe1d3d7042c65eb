#include "restore_setup.hpp"

#include "pipeline_choice.hpp"
#include "transcriber_choice.hpp"

#include <exception>
#include <new>

namespace cli {

using oldfilm::Errc;
using oldfilm::Error;

oldfilm::RestoreOptions restore_options(const RestoreArguments& a, ProgressView& view) {
    oldfilm::RestoreOptions options;
    options.read.source_fps = a.source_fps;
    options.read.start = a.start;
    options.read.duration = a.duration;
    options.read.deinterlace = a.deinterlace == "on" || a.preset == "tv-archive";
    options.deinterlace_combed = a.deinterlace == "auto";
    options.read.film_frames = a.cadence == "film";
    options.read.strict = a.strict;
    options.read.missing = a.missing == "hold"    ? oldfilm::MissingPictures::hold
                           : a.missing == "black" ? oldfilm::MissingPictures::black
                                                  : oldfilm::MissingPictures::stop;
    options.read.protocols = a.protocols;
    options.read.device = a.decode_on_gpu ? "auto" : "";
    options.decide_by_shot = decided_by_shot(a);
    options.codec = a.codec;
    options.crf = a.crf;
    options.mask_in = a.mask_in;
    options.mask_out = a.mask_out;
    options.evidence_out = a.evidence_out;
    if (a.shots != "auto" && a.shots != "none") {
        options.shot_list = a.shots;
    }
    options.audio = !a.no_audio;
    options.subtitles = !a.no_subtitles;
    options.drop_streams = a.drop_streams;
    options.transcribe = transcriber_for(a, view);
    options.overwrite = a.overwrite;
    options.ignore_checkpoint = a.ignore_checkpoint;
    options.stop = a.stop;
    options.progress = [&view](const oldfilm::Progress& now) { view.progress(now); };
    options.log = [&view](oldfilm::LogLevel level, std::string_view text) {
        view.message(level, text);
    };
    return options;
}

oldfilm::Pipeline decided_pipeline(const RestoreArguments& arguments, Decisions& decisions) {
    oldfilm::Pipeline pipeline = chosen_pipeline(arguments);
    decisions = decide(arguments, pipeline);
    apply(decisions, pipeline);
    return pipeline;
}

int guarded(ProgressView& view, int (*status)(const Error&), const std::function<int()>& work) {
    try {
        return work();
    } catch (const Error& error) {
        view.error(error);
        return status(error);
    } catch (const std::bad_alloc&) {
        view.error(
            Error(Errc::out_of_memory,
                  "the machine has no memory left for this film; close other programs, or restore "
                  "with --memory, or with fewer stages"));
    } catch (const std::exception& error) {
        view.error(Error(Errc::internal, error.what()));
    }
    return failed;
}

} // namespace cli
