#pragma once
/// \file
/// What a command ends with.

#include <oldfilm/error.hpp>

#include <functional>

namespace cli {

/// The status of an error while a film is worked on.
int status_of(const oldfilm::Error& error);
/// The status of an error in what the command line names: files that are not there are wrong usage.
int usage_status(const oldfilm::Error& error);
/// Only a request to stop is distinguished.
int failure_status(const oldfilm::Error& error);

/// Runs `work`, which returns the exit status. An error is printed, and its status is `status` of
/// it; that of other exceptions is `failed`.
int guarded(int (*status)(const oldfilm::Error&), const std::function<int()>& work);

} // namespace cli
