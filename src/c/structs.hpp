#pragma once
/// \file
/// Structs and texts that cross the C API.

#include "c/guard.hpp"
#include "stage/c_values.hpp"

#include <oldfilm/oldfilm.h>
#include <oldfilm/pipeline.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

/// A pipeline, as C sees it.
struct oldfilm_pipeline {
    oldfilm::Pipeline pipeline;
};

namespace oldfilm::c {

/// A caller's struct as this library knows it: fields beyond its `size` are 0.
template <class Struct>
Struct read(const Struct& from) {
    Struct result{};
    std::memcpy(&result, &from, std::min(from.size, sizeof(Struct)));
    return result;
}

/// Writes what has room in the caller's struct, whose `size` stays.
template <class Struct>
void write(Struct& to, Struct value) {
    value.size = to.size;
    std::memcpy(&to, &value, std::min(to.size, sizeof(Struct)));
}

/// A copy for the caller, to be freed with `oldfilm_text_free`.
char* new_text(const std::string& text);

/// The format in the library's terms. Throws `Error` (invalid_argument).
StreamFormat format_of(const oldfilm_format& format);
using stage::format_of;
ColorTags color_of(const oldfilm_color& color);
using stage::color_of;
oldfilm_progress progress_of(const Progress& progress);

/// Callbacks of the caller, or none for null.
oldfilm_callbacks callbacks_of(const oldfilm_callbacks* callbacks);
/// Calls the callbacks' `log`, if there is one.
Log log_of(const oldfilm_callbacks& callbacks);

} // namespace oldfilm::c
