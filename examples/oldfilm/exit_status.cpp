#include "exit_status.hpp"

#include "arguments.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

namespace cli {

using oldfilm::Errc;
using oldfilm::Error;

int failure_status(const Error& error) {
    return error.code() == Errc::cancelled ? interrupted : failed;
}

int status_of(const Error& error) {
    return error.code() == Errc::invalid_argument ? wrong_usage : failure_status(error);
}

int usage_status(const Error& error) {
    return error.code() == Errc::not_found ? wrong_usage : status_of(error);
}

int guarded(int (*status)(const Error&), const std::function<int()>& work) {
    try {
        return work();
    } catch (const Error& error) {
        fmt::print(stderr, "oldfilm: {}\n", error.what());
        return status(error);
    } catch (const std::exception& error) {
        fmt::print(stderr, "oldfilm: {}\n", error.what());
        return failed;
    }
}

} // namespace cli
