#pragma once
/// \file
/// The conformance suite for stage plugins: about ninety checks, each with a name, a reason and a
/// fix. A plugin under test may crash; `oldfilm check-plugin` therefore runs the suite in a
/// separate process.

#include <oldfilm/export.hpp>
#include <oldfilm/parameter.hpp>

#include <functional>
#include <string>
#include <vector>

namespace oldfilm {

/// One check of the suite.
struct PluginCheck {
    std::string name;        ///< such as "film.reset"; the part before the dot is the group
    std::string reason;      ///< why the check matters
    std::string fix;         ///< what the plugin's author can do
    bool of_library = false; ///< runs once per library instead of once per plugin
    double limit = 60; ///< seconds after which the check counts as hung; enforced by the caller
};

/// All checks, in the order in which they run. Valid until the process ends. Thread-safe.
OLDFILM_API const std::vector<PluginCheck>& plugin_checks();

/// Result of a check.
enum class Verdict : unsigned char {
    pass,
    warning, ///< works, but may cause problems
    fail,
    skip, ///< does not apply to this plugin, or a check that it depends on failed
};
/// "pass", "warning", "fail", "skip".
OLDFILM_API const char* to_string(Verdict verdict) noexcept;

/// Result of one check on one plugin.
struct CheckResult {
    std::string plugin; ///< id of the plugin; empty for checks of the library
    std::string check;
    Verdict verdict = Verdict::pass;
    std::string found; ///< one sentence; empty if the check passed
    double seconds = 0;
};

struct CheckOptions {
    /// Names or groups of checks to run; empty: all.
    std::vector<std::string> only;
    /// Parameters that the stage is checked with in place of their initial values. A name or a
    /// value that it does not take fails the checks that configure it.
    ParameterValues values;
    /// Number of checks to skip at the beginning, because an earlier process ran them.
    std::size_t skip = 0;
    /// Checks that failed in that process, as "plugin/check". Checks that depend on them are
    /// skipped.
    std::vector<std::string> failed;
    /// Called before each check, on the calling thread; may be empty.
    std::function<void(const std::string& plugin, const std::string& check)> begin;
    /// Called after each check, on the calling thread; may be empty.
    std::function<void(const CheckResult&)> end;
};

/// Runs the checks on the plugin library in this process, on the CPU, one after another, and
/// returns their results. Executes the plugin's code: if it crashes or hangs, so does the caller.
/// Some checks temporarily change standard output, the number of LibTorch threads and the address
/// space limit; call it on one thread at a time. Throws `Error`: not_found if the file does not
/// exist; invalid_argument if `only` contains an unknown name.
OLDFILM_API std::vector<CheckResult> check_plugin(const std::string& library,
                                                  const CheckOptions& options = {});

} // namespace oldfilm
