#include "check/check.hpp"

#include <oldfilm/error.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <sstream>

namespace oldfilm {
namespace {

using namespace check;

/// The checks of the library, then those of each plugin.
struct Suite {
    std::vector<Check> of_library = library_checks();
    std::vector<Check> of_plugin;
    Suite() {
        for (const auto& part :
             {description_checks(), table_checks(), stage_checks(), picture_checks(),
              ownership_checks(), film_checks(), schedule_checks(), value_checks(), claim_checks(),
              failure_checks(), resource_checks()}) {
            of_plugin.insert(of_plugin.end(), part.begin(), part.end());
        }
    }
};

const Suite& suite() {
    static const Suite all;
    return all;
}

bool chosen(const std::string& name, const std::vector<std::string>& only) {
    return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& one) {
               return name == one || name.rfind(one + ".", 0) == 0;
           });
}

void check_names(const std::vector<std::string>& only) {
    for (const std::string& one : only) {
        const auto& all = plugin_checks();
        if (std::none_of(all.begin(), all.end(),
                         [&](const PluginCheck& row) { return chosen(row.name, {one}); })) {
            throw Error(Errc::invalid_argument,
                        fmt::format("there is no check \"{}\"; list them with --list", one));
        }
    }
}

/// Runs checks one after the other, and remembers what later ones build upon.
class Runner {
  public:
    explicit Runner(const CheckOptions& options)
        : options_(options), failed_(options.failed.begin(), options.failed.end()) {}

    void run(const std::vector<Check>& checks, Subject& subject) {
        const std::string plugin = subject.plugin == nullptr ? "" : subject.id();
        for (const Check& check : checks) {
            if (!chosen(check.name, options_.only)) {
                continue;
            }
            if (number_++ >= options_.skip) {
                run_one(check, plugin, subject);
            }
        }
    }
    /// For a library whose plugins cannot be had.
    void leave_out(const std::vector<Check>& checks) {
        for (const Check& check : checks) {
            if (chosen(check.name, options_.only) && number_++ >= options_.skip) {
                tell({"", check.name, Verdict::skip, "the library's plugins cannot be had", 0});
            }
        }
    }
    [[nodiscard]] bool has_failed(const std::string& name) const {
        return failed_.count("/" + name) != 0;
    }
    [[nodiscard]] std::vector<CheckResult>& results() { return results_; }

  private:
    void run_one(const Check& check, const std::string& plugin, Subject& subject) {
        if (options_.begin) {
            options_.begin(plugin, check.name);
        }
        const auto start = std::chrono::steady_clock::now();
        CheckResult result{plugin, check.name, Verdict::pass, "", 0};
        // A failed one takes with it what builds upon it, and what builds upon that.
        if (const std::string missing = what_lacks(check, plugin); !missing.empty()) {
            result.verdict = Verdict::skip;
            result.found = fmt::format("{} has not passed", missing);
            failed_.insert(plugin + "/" + check.name);
        } else {
            ask(check, subject, result);
            if (result.verdict == Verdict::fail) {
                failed_.insert(plugin + "/" + check.name);
            }
        }
        result.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        tell(std::move(result));
    }

    /// The check that this one builds upon and that has failed; empty: none.
    [[nodiscard]] std::string what_lacks(const Check& check, const std::string& plugin) const {
        std::istringstream names(check.needs == nullptr ? "" : check.needs);
        for (std::string name; names >> name;) {
            if (failed_.count(fmt::format("{}/{}", plugin, name)) != 0 || has_failed(name)) {
                return name;
            }
        }
        return "";
    }

    static void ask(const Check& check, Subject& subject, CheckResult& result) {
        try {
            check.run(subject);
        } catch (const Failed& failed) {
            result.verdict = Verdict::fail;
            result.found = failed.found;
        } catch (const Warned& warned) {
            result.verdict = Verdict::warning;
            result.found = warned.found;
        } catch (const Skipped& skipped) {
            result.verdict = Verdict::skip;
            result.found = skipped.why;
        } catch (const std::exception& error) {
            result.verdict = Verdict::fail;
            result.found = fmt::format("the check itself stumbled: {}", error.what());
        }
    }

    void tell(CheckResult result) {
        if (options_.end) {
            options_.end(result);
        }
        results_.push_back(std::move(result));
    }

    const CheckOptions& options_;
    std::set<std::string> failed_; ///< "plugin/check"
    std::size_t number_ = 0;
    std::vector<CheckResult> results_;
};

} // namespace

const char* to_string(Verdict verdict) noexcept {
    switch (verdict) {
    case Verdict::pass:
        return "pass";
    case Verdict::warning:
        return "warning";
    case Verdict::fail:
        return "fail";
    case Verdict::skip:
        break;
    }
    return "skip";
}

const std::vector<PluginCheck>& plugin_checks() {
    static const std::vector<PluginCheck> list = [] {
        std::vector<PluginCheck> rows;
        for (const Check& check : suite().of_library) {
            rows.push_back({check.name, check.reason, check.fix, true, check.limit});
        }
        for (const Check& check : suite().of_plugin) {
            rows.push_back({check.name, check.reason, check.fix, false, check.limit});
        }
        return rows;
    }();
    return list;
}

std::vector<CheckResult> check_plugin(const std::string& library, const CheckOptions& options) {
    check_names(options.only);
    std::error_code failed;
    const auto path = std::filesystem::canonical(library, failed);
    if (failed) {
        throw Error(Errc::not_found,
                    fmt::format("the plugin library {} cannot be read ({}); name a file that "
                                "exists",
                                library, failed.message()));
    }
    Library opened(path.string());
    Runner runner(options);
    Subject of_library(opened);
    runner.run(suite().of_library, of_library);
    // Only what every check of a plugin stands on; what is refused for another reason is checked.
    const bool usable =
        std::none_of(suite().of_library.begin(), suite().of_library.end(), [&](const Check& check) {
            const std::string name = check.name;
            return (name == "library.elf" || name == "library.abi" || name == "library.runtime" ||
                    name == "library.loads" || name == "library.entry" ||
                    name == "library.plugins") &&
                   runner.has_failed(name);
        });
    std::vector<const oldfilm_plugin_description*> plugins;
    if (usable) {
        try {
            plugins = opened.plugins();
        } catch (const Failed&) { // not asked for its own check, so that none says it
        }
    }
    if (plugins.empty()) {
        runner.leave_out(suite().of_plugin);
    }
    for (const oldfilm_plugin_description* plugin : plugins) {
        Subject subject(opened, plugin);
        subject.values = options.values;
        runner.run(suite().of_plugin, subject);
    }
    return std::move(runner.results());
}

} // namespace oldfilm
