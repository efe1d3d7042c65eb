#pragma once
/// \file
/// The conformance suite for stage plugins: some ninety checks, each with a name, a reason and a
/// fix. `oldfilm check-plugin` runs it in a process of its own, since a plugin that is checked may
/// crash.

#include <oldfilm/export.hpp>

#include <functional>
#include <string>
#include <vector>

namespace oldfilm {

/// One check of the suite.
struct PluginCheck {
    std::string name;        ///< such as "film.reset"; what is before the dot is its group
    std::string reason;      ///< why it matters
    std::string fix;         ///< what the plugin's author can do
    bool of_library = false; ///< asked once of a library, not of each plugin in it
    double limit = 60;       ///< seconds after which it counts as hung
};

/// All checks, in the order in which they run.
OLDFILM_API const std::vector<PluginCheck>& plugin_checks();

/// How a check ended.
enum class Verdict : unsigned char {
    pass,
    warning, ///< works, and may be trouble
    fail,
    skip, ///< could not be asked: not for this plugin, or an earlier check failed
};
/// "pass", "warning", "fail", "skip".
OLDFILM_API const char* to_string(Verdict verdict) noexcept;

/// What one check found.
struct CheckResult {
    std::string plugin; ///< the id; empty for checks of the library
    std::string check;
    Verdict verdict = Verdict::pass;
    std::string found; ///< one sentence; empty when it passed
    double seconds = 0;
};

struct CheckOptions {
    /// Names or groups of checks to run; empty: all.
    std::vector<std::string> only;
    /// Checks to leave out at the beginning, since an earlier process ran them.
    std::size_t skip = 0;
    /// What failed in that process, as "plugin/check": what builds upon it is skipped.
    std::vector<std::string> failed;
    /// Told before each check; may be empty.
    std::function<void(const std::string& plugin, const std::string& check)> begin;
    /// Told after each check; may be empty.
    std::function<void(const CheckResult&)> end;
};

/// Runs the checks on the plugin library in this process, on the CPU, one after the other, and
/// returns what they found. The plugin's code runs: when it crashes or hangs, so does the caller.
/// While it runs, standard output, the number of LibTorch's threads and the limit of the address
/// space are changed at times and put back. Throws `Error` (not_found) when the file does not
/// exist; invalid_argument when a name in `only` is no check's.
OLDFILM_API std::vector<CheckResult> check_plugin(const std::string& library,
                                                  const CheckOptions& options = {});

} // namespace oldfilm
