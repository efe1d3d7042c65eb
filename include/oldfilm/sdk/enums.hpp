#pragma once
/// \file
/// The constants of <oldfilm/plugin.h> as scoped enumerations.

#include <oldfilm/plugin.h>

#include <cstdint>

namespace oldfilm::sdk {

/// Why a function failed.
enum class Status : std::int32_t {
    failed = OLDFILM_FAILED,
    cancelled = OLDFILM_CANCELLED,
    out_of_memory = OLDFILM_OUT_OF_MEMORY,
    invalid = OLDFILM_INVALID, ///< unsupported parameters or input format
};

/// Element type of a tensor.
enum class DataType : std::int32_t {
    float32 = OLDFILM_FLOAT32,
    uint8 = OLDFILM_UINT8,
    int64 = OLDFILM_INT64,
};

/// Where the picture of a frame comes from.
enum class Origin : std::int32_t {
    decoded = OLDFILM_DECODED,           ///< a frame of the film, restored or not
    interpolated = OLDFILM_INTERPOLATED, ///< computed between two frames of the film
    held = OLDFILM_HELD,                 ///< repeats the previous picture
};

/// Windows at the ends of a shot.
enum class Edges : std::int32_t {
    repeat = OLDFILM_REPEAT, ///< the center stays in the middle; the shot's end frame is repeated
    inside = OLDFILM_INSIDE, ///< the window is shifted into the shot, and the center moves
};

/// Which calls of the stages of a plugin may overlap. Calls of one stage never do.
enum class Threading : std::int32_t {
    one_thread = OLDFILM_ONE_THREAD, ///< none in the process; for plugins with global state
    per_stage = OLDFILM_PER_STAGE,   ///< those of different stages
};

/// Level of a message.
enum class LogLevel : std::int32_t {
    debug = OLDFILM_LOG_DEBUG,
    info = OLDFILM_LOG_INFO,
    warning = OLDFILM_LOG_WARNING,
};

} // namespace oldfilm::sdk
