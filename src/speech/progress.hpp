#pragma once
/// \file
/// What is said of a step while it runs.

#include <oldfilm/error.hpp>
#include <oldfilm/speech.hpp>

#include <algorithm>

namespace oldfilm::speech {

/// Reports that `done` of `all` is done of `step`, as `TranscribeOptions::progress` says it. `all`
/// is 0 or less if it is unknown. Throws `Error` (cancelled) if a stop is requested.
inline void report(const TranscribeOptions& options, const char* step, double done, double all) {
    if (options.stop.stop_requested()) {
        throw Error(Errc::cancelled, "the transcription was stopped on request");
    }
    if (options.progress) {
        options.progress(step, all > 0 ? std::min(done / all, 1.0) : -1);
    }
}

} // namespace oldfilm::speech
