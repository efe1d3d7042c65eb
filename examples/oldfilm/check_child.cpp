#include "check_child.hpp"

#include <oldfilm/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>

namespace cli {
namespace {

using nlohmann::json;
using oldfilm::CheckResult;
using oldfilm::Verdict;

void write_line(int file, const json& object) {
    // What a plugin says may be no UTF-8.
    const std::string line = object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    for (std::size_t done = 0; done < line.size();) {
        const ssize_t written = write(file, line.data() + done, line.size() - done);
        if (written < 0 && errno != EINTR) {
            return; // nobody listens any more
        }
        done += written > 0 ? static_cast<std::size_t>(written) : 0;
    }
}

Verdict verdict_of(const std::string& name) {
    for (const Verdict verdict : {Verdict::pass, Verdict::warning, Verdict::fail}) {
        if (name == oldfilm::to_string(verdict)) {
            return verdict;
        }
    }
    return Verdict::skip;
}

/// How a child ended.
struct Ended {
    bool in_time = true;
    bool well = false;
    int status = 0;
    [[nodiscard]] std::string shown(double limit) const {
        if (!in_time) {
            return fmt::format("the plugin hangs: no answer within {:.0f} s", limit);
        }
        if (WIFSIGNALED(status)) {
            const int signal = WTERMSIG(status);
            const char* what = sigdescr_np(signal);
            return fmt::format("the plugin crashes: signal {} ({})", signal,
                               what == nullptr ? "unknown" : what);
        }
        return fmt::format("the plugin ends the process (exit status {})", WEXITSTATUS(status));
    }
};

/// A child process at work on the suite.
class Child {
  public:
    Child(const CheckPluginArguments& arguments, std::size_t skip,
          const std::vector<std::string>& failed) {
        std::array<int, 2> ends{};
        if (pipe(ends.data()) != 0) {
            throw oldfilm::Error(oldfilm::Errc::io, "no pipe can be made");
        }
        std::vector<std::string> words{
            "oldfilm",           "check-plugin",          arguments.library,
            "--report-to",       std::to_string(ends[1]), "--skip",
            std::to_string(skip)};
        for (const std::string& name : arguments.only) {
            words.insert(words.end(), {"--only", name});
        }
        for (const std::string& parameter : arguments.set) {
            words.insert(words.end(), {"--set", parameter});
        }
        for (const std::string& key : failed) {
            words.insert(words.end(), {"--failed", key});
        }
        std::vector<char*> raw;
        raw.reserve(words.size() + 1);
        for (std::string& word : words) {
            raw.push_back(word.data());
        }
        raw.push_back(nullptr);
        process_ = fork();
        if (process_ == 0) {
            close(ends[0]);
            prctl(PR_SET_PDEATHSIG, SIGKILL); // a child that hangs does not outlive its parent
            const rlimit none{0, 0};          // crashes are expected; no core files
            setrlimit(RLIMIT_CORE, &none);
            // What the plugin prints is no report. (A check of its own looks for it.)
            dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
            execv("/proc/self/exe", raw.data());
            _exit(127);
        }
        close(ends[1]);
        from_ = ends[0];
        if (process_ < 0) {
            close(from_);
            throw oldfilm::Error(oldfilm::Errc::io, "no process can be begun");
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        close(from_);
        if (process_ > 0) {
            kill(process_, SIGKILL);
            waitpid(process_, nullptr, 0);
        }
    }

    /// The next line; nothing when there is none within `seconds`, or no more.
    std::optional<std::string> line(double seconds) {
        const auto until =
            std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
        while (true) {
            if (const auto end = buffer_.find('\n'); end != std::string::npos) {
                std::string one = buffer_.substr(0, end);
                buffer_.erase(0, end + 1);
                return one;
            }
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                until - std::chrono::steady_clock::now());
            pollfd wait{from_, POLLIN, 0};
            const int ready = left.count() > 0 ? poll(&wait, 1, static_cast<int>(left.count())) : 0;
            if (ready < 0 && errno == EINTR) {
                continue;
            }
            std::array<char, 4096> bytes{};
            const ssize_t got = ready > 0 ? read(from_, bytes.data(), bytes.size()) : -1;
            if (got <= 0) {
                is_over_ = got == 0;
                return std::nullopt;
            }
            buffer_.append(bytes.data(), static_cast<std::size_t>(got));
        }
    }

    Ended end() {
        Ended ended;
        ended.in_time = is_over_;
        if (!is_over_) {
            kill(process_, SIGKILL);
        }
        waitpid(process_, &ended.status, 0);
        process_ = -1;
        ended.well = ended.in_time && WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == done;
        return ended;
    }

  private:
    pid_t process_ = -1;
    int from_ = -1;
    bool is_over_ = false;
    std::string buffer_;
};

double limit_of(const std::string& check, double slower) {
    for (const oldfilm::PluginCheck& row : oldfilm::plugin_checks()) {
        if (row.name == check) {
            return row.limit * slower;
        }
    }
    return 60;
}

} // namespace

int run_checks_here(const CheckPluginArguments& arguments) {
    oldfilm::CheckOptions options;
    options.only = arguments.only;
    for (const std::string& parameter : arguments.set) {
        const std::size_t equals = parameter.find('=');
        options.values[parameter.substr(0, equals)] = parameter.substr(equals + 1);
    }
    options.skip = arguments.skip;
    options.failed = arguments.failed;
    options.begin = [&](const std::string& plugin, const std::string& check) {
        write_line(arguments.report, {{"plugin", plugin}, {"check", check}});
    };
    options.end = [&](const CheckResult& result) {
        write_line(arguments.report, {{"plugin", result.plugin},
                                      {"check", result.check},
                                      {"verdict", oldfilm::to_string(result.verdict)},
                                      {"found", result.found},
                                      {"seconds", result.seconds}});
    };
    oldfilm::check_plugin(arguments.library, options);
    write_line(arguments.report, {{"done", true}});
    // Not by way of what the plugin left for the program's end: that is no check of the suite.
    _exit(done);
}

std::vector<CheckResult>
run_checks_in_children(const CheckPluginArguments& arguments,
                       const std::function<void(const CheckResult&)>& told) {
    std::vector<CheckResult> results;
    std::vector<std::string> failed;
    const auto add = [&](CheckResult result) {
        if (result.verdict == Verdict::fail) {
            failed.push_back(result.plugin + "/" + result.check);
        }
        told(result);
        results.push_back(std::move(result));
    };
    constexpr double start_limit = 60;
    while (true) {
        Child child(arguments, results.size(), failed);
        std::optional<CheckResult> under_way;
        double limit = start_limit;
        bool is_done = false;
        while (const std::optional<std::string> line = child.line(limit)) {
            const json object = json::parse(*line);
            if (object.contains("done")) {
                is_done = true;
                continue;
            }
            CheckResult result;
            result.plugin = object.at("plugin").get<std::string>();
            result.check = object.at("check").get<std::string>();
            if (object.contains("verdict")) {
                result.verdict = verdict_of(object.at("verdict").get<std::string>());
                result.found = object.at("found").get<std::string>();
                result.seconds = object.at("seconds").get<double>();
                add(std::move(result));
                under_way.reset();
                limit = start_limit;
            } else {
                limit = limit_of(result.check, arguments.slower);
                under_way = std::move(result);
            }
        }
        const Ended ended = child.end();
        if (is_done) {
            return results;
        }
        if (!under_way) {
            throw oldfilm::Error(oldfilm::Errc::stage_failed,
                                 fmt::format("between two checks {}", ended.shown(limit)));
        }
        under_way->verdict = Verdict::fail;
        under_way->found = ended.shown(limit);
        add(std::move(*under_way));
    }
}

} // namespace cli
