#include "engine.hpp"

#include "commands.hpp"

const cli::Engine* oldfilm_cli_engine() {
    static const cli::Engine table{&cli::restore, &cli::inspect_media, &cli::inspect_model,
                                   &cli::compare, &cli::versions};
    return &table;
}
