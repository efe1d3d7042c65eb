#pragma once
/// \file
/// Subtitles of what is said in a job's film, and of its title cards.

#include "job/checkpoint.hpp"
#include "job/job.hpp"

namespace oldfilm::job {

/// That they have a place in the output, and that the film can be read once more. Throws `Error`:
/// unsupported, invalid_argument.
void check_transcription(const Job& job, const WriteOptions& wanted);

/// Gives them to the restored film where `RestoreOptions::transcribe` asks for it. `checkpoint`
/// (may be null) remembers them for the next run. Where there are none, a warning says so. Throws
/// `Error` as `Transcriber::run` does.
void add_transcription(Job& job, Checkpoint* checkpoint);

} // namespace oldfilm::job
