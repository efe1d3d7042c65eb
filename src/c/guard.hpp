#pragma once
/// \file
/// The edge of the C API: no exception leaves it.

#include <oldfilm/error.hpp>
#include <oldfilm/oldfilm.h>

#include <c10/util/Exception.h>

#include <cstdint>
#include <new>
#include <string_view>

namespace oldfilm::c {

/// Stores the sentence for `oldfilm_last_error`, and returns the code for it.
std::int32_t remember(Errc code, std::string_view sentence) noexcept;

/// Throws `Error` (invalid_argument) if a pointer that must not be null is.
void require(const void* pointer, const char* name);

/// Calls `work`, and turns what it throws into a code.
template <class Work>
std::int32_t guarded(Work&& work) noexcept {
    try {
        work();
        return OLDFILM_OK;
    } catch (const Error& error) {
        return remember(error.code(), error.what());
    } catch (const std::bad_alloc&) {
        return remember(Errc::out_of_memory, "there is not enough memory");
    } catch (const c10::Error& error) {
        return remember(Errc::internal, error.what_without_backtrace());
    } catch (const std::exception& error) {
        return remember(Errc::internal, error.what());
    } catch (...) {
        return remember(Errc::internal, "an exception that is not a std::exception was thrown");
    }
}

} // namespace oldfilm::c
