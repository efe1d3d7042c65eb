#pragma once
/// \file
/// The parts of the program that restore and that check plugins. They stand on LibTorch, which
/// takes a quarter of a second to load, so they are libraries of their own that are loaded when a
/// command needs them; listing plugins and help do not.

#include "arguments.hpp"

#include <string>

namespace cli {

/// Each command returns the exit status and has said what went wrong; nothing throws.
struct Engine {
    int (*restore)(const RestoreArguments&);
    int (*clean)(const CleanArguments&);
    int (*inspect_media)(const InspectArguments&);
    int (*inspect_model)(const InspectArguments&);
    int (*models)(const ModelsArguments&);
    int (*compare)(const CompareArguments&);
    int (*project)(const ProjectArguments&);
    int (*ledger)(const LedgerArguments&);
    int (*keyframes)(const KeyframesArguments&);
    int (*verify)(const VerifyArguments&);
    int (*transcribe)(const TranscribeArguments&);
    int (*cluster)(const ClusterArguments&);
    /// Lines with the versions of what the engine stands on.
    std::string (*versions)();
};

/// Loads the engine, once. Throws `std::runtime_error` with the loader's reason.
const Engine& engine();

/// The conformance suite for stage plugins; returns the exit status. Throws as `engine` does.
int check_plugin(const CheckPluginArguments& arguments);

/// The review of a project in the browser, and its report; return the exit status. They stand on
/// libraries that other commands do not need (HTTP, codecs of pictures). Throw as `engine` does.
int review_project(const ReviewArguments& arguments);
int report_project(const ReportArguments& arguments);

} // namespace cli

/// The symbols of each library.
extern "C" __attribute__((visibility("default"))) const cli::Engine* oldfilm_cli_engine();
extern "C" __attribute__((visibility("default"))) int
oldfilm_cli_check_plugin(const cli::CheckPluginArguments& arguments);
extern "C" __attribute__((visibility("default"))) int
oldfilm_cli_review(const cli::ReviewArguments& arguments);
extern "C" __attribute__((visibility("default"))) int
oldfilm_cli_report(const cli::ReportArguments& arguments);
