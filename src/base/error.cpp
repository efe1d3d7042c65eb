#include <oldfilm/error.hpp>

namespace oldfilm {

const char* to_string(Errc code) noexcept {
    switch (code) {
    case Errc::invalid_argument:
        return "invalid_argument";
    case Errc::not_found:
        return "not_found";
    case Errc::unreadable:
        return "unreadable";
    case Errc::unsupported:
        return "unsupported";
    case Errc::incompatible:
        return "incompatible";
    case Errc::format_mismatch:
        return "format_mismatch";
    case Errc::out_of_memory:
        return "out_of_memory";
    case Errc::io:
        return "io";
    case Errc::stage_failed:
        return "stage_failed";
    case Errc::cancelled:
        return "cancelled";
    case Errc::internal:
        return "internal";
    }
    return "internal";
}

} // namespace oldfilm
