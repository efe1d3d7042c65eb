#include "c/guard.hpp"

#include <oldfilm/plugins.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <string>

namespace oldfilm::c {
namespace {

thread_local std::string last_error;

} // namespace

std::int32_t remember(Errc code, std::string_view sentence) noexcept {
    try {
        last_error = sentence;
    } catch (const std::bad_alloc&) { // as much of it as there is room for
        last_error = sentence.substr(0, last_error.capacity());
    }
    static_assert(static_cast<int>(Errc::invalid_argument) + 1 == OLDFILM_ERROR_INVALID_ARGUMENT);
    static_assert(static_cast<int>(Errc::out_of_memory) + 1 == OLDFILM_ERROR_OUT_OF_MEMORY);
    static_assert(static_cast<int>(Errc::internal) + 1 == OLDFILM_ERROR_INTERNAL);
    return static_cast<std::int32_t>(code) + 1;
}

void require(const void* pointer, const char* name) {
    if (pointer == nullptr) {
        throw Error(Errc::invalid_argument, fmt::format("{} must not be null", name));
    }
}

} // namespace oldfilm::c

const char* oldfilm_last_error() {
    return oldfilm::c::last_error.c_str();
}

const char* oldfilm_version() {
    return oldfilm::version();
}

void oldfilm_text_free(char* text) {
    std::free(text); // NOLINT(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
}
