#pragma once
/// \file
/// The devices that a film's shots are distributed over.

#include <string>
#include <vector>

namespace oldfilm::job {

/// The devices that `text` names, one or several: "cuda:0,cuda:1", short "cuda:0,1", or "cpu,cpu"
/// for two workers on the CPU. Whether they are there is found out where they are used. Throws
/// `Error` (invalid_argument) for a list that can't be distributed over: with an empty place, with
/// two kinds (a film must not change its look from shot to shot), or with a device twice.
[[nodiscard]] std::vector<std::string> devices_of(const std::string& text);

/// What `devices_of` gave, as one text again.
[[nodiscard]] std::string joined(const std::vector<std::string>& devices);

/// What a device is, or several are, without the number: "cuda".
[[nodiscard]] std::string kind_of(const std::string& device);

} // namespace oldfilm::job
