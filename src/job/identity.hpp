#pragma once
/// \file
/// What makes two restorations the same one.

#include <oldfilm/restore.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace oldfilm::job {

/// The input as it is now: size, time of change, checksum of both ends.
nlohmann::json input_identity(const std::string& input);

/// The options that decide which frames are read, and how.
nlohmann::json read_identity(const ReadOptions& read);

/// The input as it is now (size, time of change, checksum of both ends), the options that count,
/// and the run's plan. Two restorations of equal identity give equal films.
nlohmann::json identity(const std::string& input, const RestoreOptions& options,
                        const PipelineOptions& pipeline, const std::string& plan);

/// Leaves of the paths of the mask film and the evidence film in an identity whether there is one.
void forget_places(nlohmann::json& identity);

} // namespace oldfilm::job
