#pragma once
/// \file
/// The commands of the engine; each says what went wrong and returns the exit status.

#include "arguments.hpp"

#include <string>

namespace cli {

int restore(const RestoreArguments& arguments);
int clean(const CleanArguments& arguments);
int inspect_media(const InspectArguments& arguments);
int inspect_model(const InspectArguments& arguments);
int models(const ModelsArguments& arguments);
int project(const ProjectArguments& arguments);
int ledger(const LedgerArguments& arguments);
int keyframes(const KeyframesArguments& arguments);
int verify(const VerifyArguments& arguments);
int transcribe(const TranscribeArguments& arguments);
int cluster(const ClusterArguments& arguments);
int compare(const CompareArguments& arguments);
std::string versions();

} // namespace cli
