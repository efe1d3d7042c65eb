#pragma once
/// \file
/// Restoration of a file, from start to end.

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/pipeline.hpp>

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace oldfilm {

/// Makes subtitles of a film; see `transcriber` in speech.hpp.
struct Transcriber {
    struct Request {
        std::string film;    ///< path or URL
        std::string journal; ///< file that remembers what is found; empty: none
        Log log;
        std::stop_token stop;
    };
    /// JSON text of what distinguishes it from others: a job is resumed by the same one.
    std::string settings;
    /// Called once for a job, on the calling thread, before the stages work. Times are those of
    /// the frames of a `Reader` without options. Throws `Error`; not_found if the film has nothing
    /// to transcribe.
    std::function<SubtitleTrack(const Request&)> run;
};

struct RestoreOptions {
    ReadOptions read;  ///< its `device`, unless empty, is replaced by that of the pipeline
    std::string codec; ///< see `WriteOptions::codec`
    std::optional<int> crf;
    int encoder_threads = 0; ///< see `WriteOptions::threads`
    /// Film of masks that another program made, of the size of the film, white where it is damaged
    /// (0.5 and above): a mask for each frame that is read, or one picture for all of them. Becomes
    /// `Frame::damage`. Not a pipe, and not with `ReadOptions::film_frames`. Empty: none.
    std::string mask_in;
    std::string mask_out; ///< file for the repair masks (gray, lossless); empty: none
    /// File for a film of where the samples of the output come from: its frames, size and times,
    /// lossless RGB in the colors of `palette_color`; empty: none.
    std::string evidence_out;
    bool overwrite = false;
    bool audio = true, subtitles = true; ///< see `WriteOptions`
    bool drop_streams = false;           ///< see `WriteOptions`
    /// Transcribes the film first, all of it, and adds the subtitles to the output, at the times of
    /// its frames; see `WriteOptions::added_subtitles`. A job that resumes does not transcribe
    /// again. If there is nothing to transcribe, there is a warning. Not for input that can be read
    /// once only (a pipe), nor for `ClusterJob`.
    std::optional<Transcriber> transcribe;
    /// File with the first frames of the film's shots, which replace `PipelineOptions::shots`; see
    /// `read_shot_list`. Empty: none.
    std::string shot_list;
    /// Sets `ReadOptions::deinterlace` if combing is found in the pictures of the file, regardless
    /// of its flags, and reports it as a warning. A film is never deinterlaced without stages.
    bool deinterlace_combed = false;
    /// Ids or short names of stages that `overrides_for` (analysis.hpp) may switch off in single
    /// shots, or set otherwise there. If the pipeline has one of them, all of the film is analyzed
    /// first, and each decision is reported as a warning; the plan has the result. A stage that is
    /// off in all shots is left out. Input that can't be read twice (a pipe, a
    /// URL) and a pipeline with overrides are restored without that.
    std::vector<std::string> decide_by_shot;
    bool ignore_checkpoint = false; ///< start over even if an interrupted run left a checkpoint
    /// Called a few times a second, on the calling thread; may be empty.
    std::function<void(const Progress&)> progress;
    /// Receives each message once. Reading, writing and stages use it too, unless their own options
    /// name another.
    Log log;
    std::stop_token stop; ///< requests cancellation; nothing is published then
};

struct RestoreResult {
    std::int64_t frames_in = 0, frames_out = 0;
    std::int64_t concealed = 0; ///< corrupt frames of the input that were concealed
    std::int64_t resumed = 0;   ///< frames of the input that earlier runs had completed
    double seconds = 0;
    RunStats stats;
};

/// Restores the film `input` into the file `output`. Decoding and encoding run on threads of their
/// own. The output has its final name only when it is complete. A pipeline without stages copies
/// the film, losslessly unless `codec` is set. Throws `Error`; the final name is then untouched.
///
/// A file (not a pipe) is restored in segments, which are stored with a journal in the folder
/// `OUTPUT.oldfilm-job` next to the output until this is published. After an interruption of any
/// kind, the next call with the same input and settings resumes there; the output is the same to
/// the byte (see Note [Determinism] in pipeline.hpp). With other settings that call is refused
/// (incompatible, naming the difference) unless `ignore_checkpoint` is set. A second call for the
/// same output at the same time is refused (io).
///
/// If the pipeline names several devices ("cuda:0,cuda:1", short "cuda:0,1"; "cpu,cpu" for two
/// workers with half of the threads each), the shots of the film are distributed over them. The
/// output is the same as that of one of them, and the job may be resumed with a different number of
/// devices, except on the CPU or with a memory limit, whose shares depend on the number. The
/// devices must be of one kind, and should be alike. Input or output that is not restored in
/// segments is restored by the first device, with a warning.
OLDFILM_API RestoreResult restore(const std::string& input, const std::string& output,
                                  const Pipeline& pipeline, const RestoreOptions& options = {});

/// Removes what interrupted runs left behind: of the output `path`, or of every output in the
/// folder `path`. Files of a run in progress are not removed. Returns the paths that were removed.
/// Throws `Error` (not_found).
OLDFILM_API std::vector<std::string> clean(const std::string& path);

} // namespace oldfilm
