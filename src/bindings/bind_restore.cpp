#include "bind.hpp"
#include "interruptible.hpp"
#include "media_handles.hpp"
#include "pipeline_handles.hpp"

#include <oldfilm/restore.hpp>

#include <nanobind/stl/array.h>

#include <array>
#include <mutex>
#include <optional>
#include <utility>

namespace oldfilm::bindings {
namespace {

using namespace nb::literals;
using ProgressFunction = std::function<void(const Progress&)>;

/// The last progress that the job reported, until Python has seen it. Thread-safe.
class LastProgress {
  public:
    void put(const Progress& progress) {
        const std::lock_guard lock(mutex_);
        last_ = progress;
    }
    std::optional<Progress> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(last_, std::nullopt);
    }

  private:
    std::mutex mutex_;
    std::optional<Progress> last_;
};

RestoreResult run(const std::string& input, const std::string& output, PipelineHandle& pipeline,
                  RestoreOptions options, const ProgressFunction& tell) {
    const Pipeline copy = pipeline.copy();
    const Slots slots = pipeline.slots; // `pipeline` may be changed meanwhile
    LastProgress last;
    if (tell) {
        options.progress = [&last](const Progress& progress) { last.put(progress); };
    }
    std::stop_source stop;
    options.stop = stop.get_token();
    return interruptible(
        stop, [&] { return restore(input, output, copy, options); },
        [&] {
            if (const std::optional<Progress> progress = last.take()) {
                tell(*progress);
            }
        });
}

RestoreResult
restore_file(const std::filesystem::path& input, const std::filesystem::path& output,
             PipelineHandle& pipeline, const ProgressFunction& progress, const std::string& codec,
             std::optional<int> crf, const std::filesystem::path& mask_in,
             const std::filesystem::path& mask_out, const std::filesystem::path& evidence_out,
             bool overwrite, bool audio, bool subtitles, bool drop_streams,
             const std::filesystem::path& shot_list,
             const std::variant<bool, std::string>& deinterlace, bool ignore_checkpoint,
             std::optional<Rational> source_fps, Rational start, std::optional<Rational> duration,
             bool strict, const std::string& missing, bool film_frames,
             std::optional<std::array<std::int64_t, 4>> crop,
             std::vector<std::string> decide_by_shot, LogFunction log) {
    RestoreOptions options;
    options.read = ReadArguments{source_fps, start, duration, strict, missing}.options();
    options.read.film_frames = film_frames;
    if (crop) {
        options.read.crop = {
            .left = (*crop)[0], .top = (*crop)[1], .width = (*crop)[2], .height = (*crop)[3]};
    }
    options.decide_by_shot = std::move(decide_by_shot);
    if (const bool* on = std::get_if<bool>(&deinterlace)) {
        options.read.deinterlace = *on;
    } else if (std::get<std::string>(deinterlace) == "auto") {
        options.deinterlace_combed = true;
    } else {
        throw Error(Errc::invalid_argument,
                    "deinterlace must be True, False or \"auto\", found \"" +
                        std::get<std::string>(deinterlace) + "\"");
    }
    options.codec = codec;
    options.crf = crf;
    options.mask_in = mask_in.string();
    options.mask_out = mask_out.string();
    options.evidence_out = evidence_out.string();
    options.overwrite = overwrite;
    options.audio = audio;
    options.subtitles = subtitles;
    options.drop_streams = drop_streams;
    options.shot_list = shot_list.string();
    options.ignore_checkpoint = ignore_checkpoint;
    options.log = log_to(std::move(log));
    return run(input.string(), output.string(), pipeline, std::move(options), progress);
}

} // namespace

void bind_restore(nb::module_& module) {
    nb::class_<RestoreResult>(module, "RestoreResult", "What a restoration did.")
        .def_ro("frames_in", &RestoreResult::frames_in)
        .def_ro("frames_out", &RestoreResult::frames_out)
        .def_ro("concealed", &RestoreResult::concealed)
        .def_ro("resumed", &RestoreResult::resumed)
        .def_ro("seconds", &RestoreResult::seconds)
        .def_ro("stats", &RestoreResult::stats)
        .def("__repr__", [](const RestoreResult& r) {
            return nb::str("RestoreResult(frames_in={}, frames_out={}, seconds={:.1f})")
                .format(r.frames_in, r.frames_out, r.seconds);
        });
    module.def("restore_file", restore_file, "input"_a, "output"_a, "pipeline"_a, nb::kw_only(),
               "progress"_a = nb::none(), "codec"_a = "", "crf"_a = nb::none(), "mask_in"_a = "",
               "mask_out"_a = "", "evidence_out"_a = "", "overwrite"_a = false, "audio"_a = true,
               "subtitles"_a = true, "drop_streams"_a = false, "shot_list"_a = "",
               "deinterlace"_a = false, "ignore_checkpoint"_a = false, "source_fps"_a = nb::none(),
               "start"_a = Rational(), "duration"_a = nb::none(), "strict"_a = false,
               "missing"_a = "stop", "film_frames"_a = false, "crop"_a = nb::none(),
               "decide_by_shot"_a = std::vector<std::string>(), "log"_a = nb::none());
    module.def(
        "clean", [](const std::filesystem::path& path) { return clean(path.string()); }, "path"_a,
        nb::call_guard<nb::gil_scoped_release>(), "Removes what interrupted runs left behind.");
}

} // namespace oldfilm::bindings
