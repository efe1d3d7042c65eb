#include "engine.hpp"

#include "commands.hpp"

#include <oldfilm/media.hpp>

const cli::Engine* oldfilm_cli_engine() {
    oldfilm::quiet_ffmpeg(); // what matters of its messages comes as errors and warnings of ours
    static const cli::Engine table{
        &cli::restore,    &cli::clean,   &cli::inspect_media, &cli::inspect_model, &cli::models,
        &cli::compare,    &cli::project, &cli::ledger,        &cli::keyframes,     &cli::verify,
        &cli::transcribe, &cli::cluster, &cli::versions};
    return &table;
}
