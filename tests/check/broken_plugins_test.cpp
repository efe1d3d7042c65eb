// For each check of the suite a plugin that fails it, and no other.
#include "run_program.hpp"

#include <oldfilm/check.hpp>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace fs = std::filesystem;
using oldfilm::CheckResult;
using oldfilm::Verdict;
using oldfilm::test::Scratch;

namespace {

const fs::path broken_folder = OLDFILM_BINARY_DIR "/tests/broken";

/// What cannot run in the test's own process: it crashes, hangs, prints, or changes the process.
const std::set<std::string> dangerous{
    "film.irregular-rate", "values.out-of-range", "values.wrong-type", "failures.allocate",
    "failures.model",      "failures.flow",       "failures.services", "failures.memory",
    "resources.output",    "resources.process"};
/// What is wrong with the file, and not with what is in it.
const std::set<std::string> of_files{
    "library.elf",   "library.folder",  "library.sidecar", "library.sidecar-readable",
    "library.needs", "library.exports", "library.loads",   "library.entry"};

void describe(const fs::path& library, const std::string& what, const fs::path& folder) {
    const auto outcome =
        oldfilm::test::run("OLDFILM_BREAK=" + what + " " DESCRIBE " " + library.string() + " " +
                               fs::path(library).replace_extension(".json").string(),
                           folder);
    INFO(outcome.error);
    REQUIRE(outcome.status == 0);
}

/// A copy of a plugin and its sidecar, described as it is when it is broken in this way.
fs::path copied(const std::string& name, const std::string& what, const fs::path& folder) {
    const fs::path library = folder / "plugin.so";
    fs::copy_file(broken_folder / (name + ".so"), library, fs::copy_options::overwrite_existing);
    // Where the library cannot describe itself, or what it says is not its sidecar.
    const bool as_whole = of_files.count(what) != 0 || what == "library.sidecar-equal";
    const fs::path whole = folder / "whole.so";
    fs::copy_file(broken_folder / "plugin.so", whole, fs::copy_options::overwrite_existing);
    describe(as_whole ? whole : library, as_whole ? "" : what, folder);
    if (as_whole) {
        fs::rename(folder / "whole.json", folder / "plugin.json");
    }
    fs::remove(whole);
    return library;
}

std::set<std::string> names(const std::vector<CheckResult>& results, Verdict verdict) {
    std::set<std::string> found;
    for (const CheckResult& result : results) {
        if (result.verdict == verdict) {
            found.insert(result.check);
            UNSCOPED_INFO(result.check << ": " << result.found);
        }
    }
    return found;
}

std::vector<CheckResult> here(const fs::path& library, const std::string& what) {
    setenv("OLDFILM_BREAK", what.c_str(), 1);
    auto results = oldfilm::check_plugin(library.string());
    unsetenv("OLDFILM_BREAK");
    return results;
}

/// By way of the program.
std::vector<CheckResult> elsewhere(const fs::path& library, const std::string& what) {
    const Scratch scratch;
    setenv("OLDFILM_BREAK", what.c_str(), 1);
    const auto outcome =
        oldfilm::test::oldfilm("check-plugin --json " + library.string(), scratch.path());
    unsetenv("OLDFILM_BREAK");
    INFO(outcome.error);
    CHECK(outcome.status == (what.empty() ? 0 : 1));
    std::vector<CheckResult> results;
    const auto document = nlohmann::json::parse(outcome.out);
    for (const auto& row : document.at("checks")) {
        CheckResult result;
        result.check = row.at("check").get<std::string>();
        result.found = row.at("found").get<std::string>();
        const auto verdict = row.at("verdict").get<std::string>();
        for (const Verdict one : {Verdict::pass, Verdict::warning, Verdict::fail, Verdict::skip}) {
            if (verdict == oldfilm::to_string(one)) {
                result.verdict = one;
            }
        }
        results.push_back(std::move(result));
    }
    return results;
}

void check_one(const std::string& what) {
    const Scratch scratch;
    const fs::path library = copied("plugin", what, scratch.path());
    CAPTURE(what);
    const auto results =
        dangerous.count(what) != 0 ? elsewhere(library, what) : here(library, what);
    CHECK(names(results, Verdict::fail) == std::set<std::string>{what});
    CHECK(names(results, Verdict::warning).empty());
}

/// Every other one, so that two programs share the work.
void check_half(std::size_t half) {
    std::size_t number = 0;
    for (const oldfilm::PluginCheck& check : oldfilm::plugin_checks()) {
        if (of_files.count(check.name) == 0 && ++number % 2 == half) {
            check_one(check.name);
        }
    }
}

} // namespace

TEST_CASE("for each check a broken plugin fails it alone, first half", "[broken][half1]") {
    check_half(0);
}
TEST_CASE("for each check a broken plugin fails it alone, second half", "[broken][half2]") {
    check_half(1);
}

TEST_CASE("a plugin that crashes or hangs is named with the check, and the others go on",
          "[broken]") {
    const Scratch scratch;
    const fs::path library = copied("plugin", "", scratch.path());
    for (const std::string what : {"crash", "hang"}) {
        setenv("OLDFILM_BREAK", what.c_str(), 1);
        const auto outcome = oldfilm::test::oldfilm(
            "check-plugin --slower 0.05 " + library.string(), scratch.path());
        unsetenv("OLDFILM_BREAK");
        INFO(outcome.out << outcome.error);
        CHECK(outcome.status == 1);
        using Catch::Contains;
        CHECK_THAT(outcome.out,
                   Contains("FAIL  picture.process\n") && Contains("PASS  stage.answer-bounds\n"));
        CHECK_THAT(outcome.out,
                   Contains(what == "crash" ? "the plugin crashes: signal 6 (Aborted)"
                                            : "the plugin hangs: no answer within 3 s"));
        CHECK_THAT(outcome.out,
                   Contains("SKIP  resources.process (picture.process has not passed)"));
        CHECK_THAT(outcome.out, Contains(" 1 failed"));
    }
}

TEST_CASE("what is wrong with a plugin's files is found", "[broken]") {
    const Scratch scratch;
    const fs::path& folder = scratch.path();
    const auto failed = [&](const fs::path& library) {
        return names(here(library, ""), Verdict::fail);
    };
    using Names = std::set<std::string>;
    SECTION("no library") {
        const fs::path library = copied("plugin", "library.elf", folder);
        std::ofstream(library) << "this is text\n";
        CHECK(failed(library) == Names{"library.elf"});
    }
    SECTION("a folder that everybody may write to") {
        const fs::path library = copied("plugin", "library.folder", folder);
        fs::permissions(folder, fs::perms::others_write, fs::perm_options::add);
        CHECK(failed(library) == Names{"library.folder"});
    }
    SECTION("no sidecar") {
        const fs::path library = copied("plugin", "library.sidecar", folder);
        fs::remove(folder / "plugin.json");
        CHECK(failed(library) == Names{"library.sidecar"});
    }
    SECTION("a sidecar that is none") {
        const fs::path library = copied("plugin", "library.sidecar-readable", folder);
        std::ofstream(folder / "plugin.json") << "{";
        CHECK(failed(library) == Names{"library.sidecar-readable"});
    }
    SECTION("a symbol that is nowhere") {
        CHECK(failed(copied("missing-symbol", "library.loads", folder)) == Names{"library.loads"});
    }
    SECTION("no entry") {
        CHECK(failed(copied("no-entry", "library.entry", folder)) == Names{"library.entry"});
    }
    SECTION("a warning of symbols that others see") {
        const auto results = here(copied("exports", "library.exports", folder), "");
        CHECK(names(results, Verdict::fail).empty());
        CHECK(names(results, Verdict::warning) == Names{"library.exports"});
    }
    SECTION("a warning of a helper library") {
        fs::copy_file(broken_folder / "libbroken-helper.so", folder / "libbroken-helper.so");
        const auto results = here(copied("needs", "library.needs", folder), "");
        CHECK(names(results, Verdict::fail).empty());
        CHECK(names(results, Verdict::warning) == Names{"library.needs"});
    }
}
