/// The conformance suite for stage plugins, each plugin in a process of its own.

#include "check_child.hpp"
#include "engine.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>

namespace cli {
namespace {

using nlohmann::json;
using oldfilm::CheckResult;
using oldfilm::PluginCheck;
using oldfilm::Verdict;

const PluginCheck& row_of(const std::string& name) {
    const auto& rows = oldfilm::plugin_checks();
    return *std::find_if(rows.begin(), rows.end(),
                         [&](const PluginCheck& row) { return row.name == name; });
}

const char* word(Verdict verdict) {
    switch (verdict) {
    case Verdict::pass:
        return "PASS";
    case Verdict::warning:
        return "WARN";
    case Verdict::fail:
        return "FAIL";
    case Verdict::skip:
        break;
    }
    return "SKIP";
}

int list(bool as_json) {
    json rows = json::array();
    for (const PluginCheck& row : oldfilm::plugin_checks()) {
        if (as_json) {
            rows.push_back({{"name", row.name}, {"reason", row.reason}, {"fix", row.fix}});
        } else {
            fmt::print("{:26} {}\n", row.name, row.reason);
        }
    }
    if (as_json) {
        fmt::print("{}\n", rows.dump(2));
    }
    return done;
}

std::size_t count(const std::vector<CheckResult>& results, Verdict verdict) {
    return static_cast<std::size_t>(
        std::count_if(results.begin(), results.end(),
                      [&](const CheckResult& result) { return result.verdict == verdict; }));
}

/// One line a check, as it is made.
class Lines {
  public:
    void operator()(const CheckResult& result) {
        if (result.plugin != plugin_) {
            plugin_ = result.plugin;
            fmt::print("\n{}\n", plugin_);
        }
        const bool why = result.verdict == Verdict::skip;
        fmt::print("{}  {}{}\n", word(result.verdict), result.check,
                   why ? fmt::format(" ({})", result.found) : "");
        std::fflush(stdout);
    }

  private:
    std::string plugin_;
};

void explain(const std::vector<CheckResult>& results) {
    for (const CheckResult& result : results) {
        if (result.verdict != Verdict::fail && result.verdict != Verdict::warning) {
            continue;
        }
        const PluginCheck& row = row_of(result.check);
        fmt::print("\n{}  {}{}\n  found:  {}\n  why:    {}\n  to do:  {}\n", word(result.verdict),
                   result.check, result.plugin.empty() ? "" : " of " + result.plugin, result.found,
                   row.reason, row.fix);
    }
    fmt::print("\n{} passed, {} failed, {} with a warning, {} skipped\n",
               count(results, Verdict::pass), count(results, Verdict::fail),
               count(results, Verdict::warning), count(results, Verdict::skip));
}

void print_json(const std::string& library, const std::vector<CheckResult>& results) {
    json checks = json::array();
    for (const CheckResult& result : results) {
        const PluginCheck& row = row_of(result.check);
        checks.push_back({{"plugin", result.plugin},
                          {"check", result.check},
                          {"verdict", oldfilm::to_string(result.verdict)},
                          {"found", result.found},
                          {"reason", row.reason},
                          {"fix", row.fix},
                          {"seconds", result.seconds}});
    }
    const json document{{"library", library},
                        {"passed", count(results, Verdict::pass)},
                        {"failed", count(results, Verdict::fail)},
                        {"warnings", count(results, Verdict::warning)},
                        {"skipped", count(results, Verdict::skip)},
                        {"checks", std::move(checks)}};
    fmt::print("{}\n", document.dump(2, ' ', false, json::error_handler_t::replace));
}

int checked(const CheckPluginArguments& arguments) {
    if (arguments.report >= 0) {
        return run_checks_here(arguments);
    }
    if (arguments.list) {
        return list(arguments.json);
    }
    // Refused here, before a process is begun for it.
    std::error_code failed;
    if (!std::filesystem::is_regular_file(arguments.library, failed)) {
        throw oldfilm::Error(oldfilm::Errc::invalid_argument,
                             fmt::format("a plugin library is needed, and {} is no file; name the "
                                         "plugin's .so",
                                         arguments.library.empty() ? "none" : arguments.library));
    }
    for (const std::string& name : arguments.only) {
        const auto& rows = oldfilm::plugin_checks();
        if (std::none_of(rows.begin(), rows.end(), [&](const PluginCheck& row) {
                return row.name == name || row.name.rfind(name + ".", 0) == 0;
            })) {
            throw oldfilm::Error(
                oldfilm::Errc::invalid_argument,
                fmt::format("there is no check \"{}\"; oldfilm check-plugin --list shows them",
                            name));
        }
    }
    if (!arguments.json) {
        fmt::print("{}\n", arguments.library);
    }
    Lines lines;
    const std::vector<CheckResult> results =
        run_checks_in_children(arguments, [&](const CheckResult& result) {
            if (!arguments.json) {
                lines(result);
            }
        });
    if (arguments.json) {
        print_json(arguments.library, results);
    } else {
        explain(results);
    }
    return count(results, Verdict::fail) == 0 ? static_cast<int>(done)
                                              : static_cast<int>(::cli::failed);
}

} // namespace

} // namespace cli

int oldfilm_cli_check_plugin(const cli::CheckPluginArguments& arguments) {
    try {
        return cli::checked(arguments);
    } catch (const oldfilm::Error& error) {
        fmt::print(stderr, "oldfilm: {}\n", error.what());
        return error.code() == oldfilm::Errc::invalid_argument ? cli::wrong_usage : cli::failed;
    } catch (const std::exception& error) {
        fmt::print(stderr, "oldfilm: {}\n", error.what());
        return cli::failed;
    }
}
