#pragma once
/// \file
/// The command line as CLI11 understands it, turned into arguments.

#include "arguments.hpp"

#include <memory>
#include <string>

namespace cli {

/// What was asked for.
struct CommandLine {
    enum class Command {
        none,
        restore,
        clean,
        plugins,
        inspect,
        models,
        compare,
        project,
        ledger,
        keyframes,
        verify,
        transcribe,
        cluster,
        review,
        report,
        new_stage,
        check_plugin,
        version
    };
    Command command = Command::none;
    RestoreArguments restore;
    CleanArguments clean;
    PluginsArguments plugins;
    InspectArguments inspect;
    ModelsArguments models;
    CompareArguments compare;
    ProjectArguments project;
    LedgerArguments ledger;
    KeyframesArguments keyframes;
    VerifyArguments verify;
    TranscribeArguments transcribe;
    ClusterArguments cluster;
    ReviewArguments review;
    ReportArguments report;
    NewStageArguments new_stage;
    CheckPluginArguments check_plugin;
    /// Set when parsing has already answered (help) or refused (wrong usage): the exit status.
    int status = -1;
};

/// Reads command lines; says on standard error what is wrong with one.
class Parser {
  public:
    Parser();
    ~Parser();
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    CommandLine parse(int argc, char** argv);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace cli
