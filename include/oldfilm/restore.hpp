#pragma once
/// \file
/// A file restored from start to end.

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/pipeline.hpp>

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace oldfilm {

struct RestoreOptions {
    ReadOptions read;  ///< its `device`, unless empty, stands for the pipeline's
    std::string codec; ///< see `WriteOptions::codec`
    std::optional<int> crf;
    std::string mask_out; ///< a file for the film's repair masks (gray, lossless); empty for none
    bool overwrite = false;
    bool audio = true, subtitles = true; ///< see `WriteOptions`
    bool drop_streams = false;           ///< see `WriteOptions`
    bool ignore_checkpoint = false;      ///< start over where an earlier run was broken off
    std::function<void(const Progress&)> progress; ///< called a few times a second; may be empty
    std::function<void(const std::string&)> warn;  ///< told each warning; may be empty
    std::function<void(const std::string&)> note;  ///< told news, such as being taken up again
    std::stop_token stop;                          ///< asks for the end; nothing is published then
};

struct RestoreResult {
    std::int64_t frames_in = 0, frames_out = 0;
    std::int64_t concealed = 0; ///< corrupt frames of the input that were concealed
    std::int64_t resumed = 0;   ///< frames of the input that an earlier run had done
    double seconds = 0;
    RunStats stats;
};

/// Restores the film `input` into the file `output`. Decoding and encoding run on threads of their
/// own. The output has its name only when it is complete. A pipeline without stages is a lossless
/// pass. Throws `Error`; nothing under the final name is touched then.
///
/// A file (not a pipe) is restored in segments that are kept, synced, in the folder
/// `OUTPUT.oldfilm-job` beside it, with a journal, until the output is published. A run that was
/// broken off, in whatever way, is taken up there by the next call with the same input and
/// settings, and the result is the same to the byte. With other settings that call is refused
/// (incompatible, the difference named) unless `ignore_checkpoint`. Two at a time for one output:
/// the second is refused.
///
/// Where the pipeline's device is several ("cuda:0,cuda:1", short "cuda:0,1"; "cpu,cpu" for two
/// workers with half of the threads each), each restores shots of the film, and what comes out is
/// what one of them would make; it can also be gone on with by another number of them. They must be
/// of one kind, and should be alike. Then `tap` is told frames in order within a shot only, and
/// `log` each text once; both from several threads, one at a time. What isn't kept in segments is
/// restored by the first device alone, with a warning.
OLDFILM_API RestoreResult restore(const std::string& input, const std::string& output,
                                  const Pipeline& pipeline, const RestoreOptions& options = {});

/// Removes what runs that were broken off have left: of the output `path`, or of every output in
/// the folder `path`. What a run is at work on stays. Returns what was removed. Throws `Error`
/// (not_found).
OLDFILM_API std::vector<std::string> clean(const std::string& path);

} // namespace oldfilm
