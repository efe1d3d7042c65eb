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

namespace oldfilm {

struct RestoreOptions {
    ReadOptions read;
    std::string codec;
    std::optional<int> crf;
    std::string mask_out; ///< a file for the film's repair masks (grey, lossless); empty for none
    bool overwrite = false;
    std::function<void(const Progress&)> progress; ///< called a few times a second; may be empty
    std::function<void(const std::string&)> warn;  ///< told each warning; may be empty
    std::stop_token stop;                          ///< asks for the end; nothing is published then
};

struct RestoreResult {
    std::int64_t frames_in = 0, frames_out = 0;
    std::int64_t concealed = 0; ///< corrupt frames of the input that were concealed
    double seconds = 0;
    RunStats stats;
};

/// Restores the film `input` into the file `output`. Decoding and encoding run on threads of their
/// own. The output has its name only when it is complete. A pipeline without stages is a lossless
/// pass. Throws `Error`; nothing under the final name is touched then.
OLDFILM_API RestoreResult restore(const std::string& input, const std::string& output,
                                  const Pipeline& pipeline, const RestoreOptions& options = {});

} // namespace oldfilm
