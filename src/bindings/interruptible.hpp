#pragma once
/// \file
/// Long calls that Ctrl-C stops.

#include <nanobind/nanobind.h>

#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <optional>
#include <stop_token>

namespace oldfilm::bindings {

/// How often signals are looked for, and progress is reported.
inline constexpr std::chrono::milliseconds interrupt_interval{100};

/// Runs `work` on a thread of its own, without the GIL, and returns its result. Meanwhile handles
/// Python's signals on this thread and calls `tick` with the GIL held, a few times a second. What
/// either of them raises requests a stop of `work`, and is thrown once that has ended. Call it with
/// the GIL held.
template <class Work>
auto interruptible(std::stop_source& stop, Work work, const std::function<void()>& tick = {}) {
    using Result = decltype(work());
    std::exception_ptr raised;
    const auto look = [&] {
        try {
            const nanobind::gil_scoped_acquire gil;
            if (PyErr_CheckSignals() != 0) {
                throw nanobind::python_error();
            }
            if (tick) {
                tick();
            }
        } catch (...) {
            raised = std::current_exception();
            stop.request_stop();
        }
    };
    std::optional<Result> result;
    std::exception_ptr failed;
    {
        const nanobind::gil_scoped_release released;
        std::future<Result> future = std::async(std::launch::async, std::move(work));
        while (future.wait_for(interrupt_interval) != std::future_status::ready) {
            if (!raised) {
                look();
            }
        }
        try {
            result = future.get();
        } catch (...) {
            failed = std::current_exception();
        }
        if (!raised && !failed) {
            look(); // the last progress
        }
    }
    if (raised) {
        std::rethrow_exception(raised);
    }
    if (failed) {
        std::rethrow_exception(failed);
    }
    return std::move(*result);
}

} // namespace oldfilm::bindings
