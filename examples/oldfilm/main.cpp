/// oldfilm: the library on the command line. This half parses, lists and describes, and loads no
/// LibTorch; `engine.hpp` says how the rest comes in.

#include "engine.hpp"
#include "file_kind.hpp"
#include "interrupt.hpp"
#include "new_stage_command.hpp"
#include "options.hpp"
#include "plugins_command.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace cli;

/// TorchScript files are zip archives, and no film is. A name says nothing: .ts is a transport
/// stream's, too.
bool is_model(const std::string& path) {
    return begins_with(path, "PK\x03\x04");
}

int inspect(const InspectArguments& arguments) {
    if (is_library(arguments.file)) {
        return inspect_plugin(arguments);
    }
    return is_model(arguments.file) ? engine().inspect_model(arguments)
                                    : engine().inspect_media(arguments);
}

int show_version() {
    std::printf("oldfilm %s\n%s", oldfilm::version(), engine().versions().c_str());
    return done;
}

/// Runs `command` with a stop token that Ctrl-C sets off.
template <class Arguments, class Command>
int interruptible(Arguments& arguments, const Command& command) {
    const Interrupt interrupt([] {
        std::fputs(
            "\noldfilm: stopped in the middle of a frame; another run resumes after the last "
            "complete segment\n",
            stderr);
    });
    arguments.stop = interrupt.token();
    return command(arguments);
}

/// The same for a command of the engine, which is loaded when Ctrl-C is heeded already.
template <class Arguments>
int interruptible(Arguments& arguments, int (*Engine::*command)(const Arguments&)) {
    return interruptible(arguments,
                         [command](const Arguments& a) { return (engine().*command)(a); });
}

int run(CommandLine& line) {
    switch (line.command) {
    case CommandLine::Command::restore:
        return interruptible(line.restore, &Engine::restore);
    case CommandLine::Command::clean:
        return engine().clean(line.clean);
    case CommandLine::Command::compare:
        return interruptible(line.compare, &Engine::compare);
    case CommandLine::Command::project:
        return interruptible(line.project, &Engine::project);
    case CommandLine::Command::ledger:
        return engine().ledger(line.ledger);
    case CommandLine::Command::keyframes:
        return interruptible(line.keyframes, &Engine::keyframes);
    case CommandLine::Command::verify:
        return interruptible(line.verify, &Engine::verify);
    case CommandLine::Command::transcribe:
        return interruptible(line.transcribe, &Engine::transcribe);
    case CommandLine::Command::cluster:
        return interruptible(line.cluster, &Engine::cluster);
    case CommandLine::Command::review:
        return interruptible(line.review, &review_project);
    case CommandLine::Command::report:
        return interruptible(line.report, &report_project);
    case CommandLine::Command::plugins:
        return list_plugins(line.plugins);
    case CommandLine::Command::inspect:
        return inspect(line.inspect);
    case CommandLine::Command::models:
        return engine().models(line.models);
    case CommandLine::Command::new_stage:
        return new_stage(line.new_stage);
    case CommandLine::Command::check_plugin:
        return check_plugin(line.check_plugin);
    case CommandLine::Command::version:
        return show_version();
    case CommandLine::Command::none:
        break;
    }
    return wrong_usage;
}

} // namespace

int main(int argc, char** argv) {
    // A closed pipe and a file-size limit are errors that writing reports, not reasons to die.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    // Read by OpenMP when LibTorch is loaded, which comes later. Threads that wait busily for one
    // another cost many times the work where other programs use the processor too; a moment of it
    // spares most of the sleeping between a network's operations.
    if (std::getenv("OMP_WAIT_POLICY") == nullptr) {
        setenv("OMP_WAIT_POLICY", "passive", /*overwrite=*/0);
        setenv("GOMP_SPINCOUNT", "2000", /*overwrite=*/0);
    }
    CommandLine line = Parser().parse(argc, argv);
    if (line.status >= 0) {
        return line.status;
    }
    try {
        return run(line);
    } catch (const oldfilm::Error& error) {
        std::fprintf(stderr, "oldfilm: %s\n", error.what());
        return error.code() == oldfilm::Errc::invalid_argument ? wrong_usage : failed;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "oldfilm: %s\n", error.what());
        return failed;
    }
}
