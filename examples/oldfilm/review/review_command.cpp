#include "../engine.hpp"
#include "../exit_status.hpp"
#include "../settle_process.hpp"
#include "../user_name.hpp"
#include "session.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>

namespace cli::review {
namespace {

/// The desktop's own program for addresses. That there is none is no error: the address is printed.
void open_browser(std::string address) {
    std::string program = "xdg-open";
    std::array<char*, 3> words{program.data(), address.data(), nullptr};
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    posix_spawnp(&child, program.c_str(), &quiet, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&quiet);
}

void add_handlers(Server& server, Session& session) {
    add_page(server);
    add_project_handlers(server, session);
    add_repair_handlers(server, session);
    add_picture_handlers(server, session);
    add_rendering_handlers(server, session);
    add_preview_handlers(server, session);
}

/// So that the first preview takes no longer than the others. What goes wrong, previews report.
void warm_up(Preview& preview) {
    try {
        preview.warm_up();
    } catch (const std::exception&) {
        return;
    }
}

int run(const ReviewArguments& arguments) {
    settle_process();
    oldfilm::quiet_ffmpeg();
    oldfilm::PipelineOptions machine;
    machine.device = arguments.device;
    Session session(arguments.folder, user_name(), arguments.result, machine);
    Server server(arguments.port);
    add_handlers(server, session);
    const std::stop_callback stop(arguments.stop, [&server] { server.stop(); });
    fmt::print("{}\n", server.address());
    std::fflush(stdout);
    if (arguments.browser) {
        open_browser(server.address());
    }
    const std::jthread warming([&session] { warm_up(session.preview); });
    server.serve();
    return done;
}

} // namespace
} // namespace cli::review

int oldfilm_cli_review(const cli::ReviewArguments& arguments) {
    return cli::guarded(cli::usage_status, [&] { return cli::review::run(arguments); });
}
