// oldfilm check-plugin as a plugin's author meets it.
#include "run_program.hpp"

#include <oldfilm/check.hpp>
#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <set>

namespace fs = std::filesystem;
using Catch::Contains;
using oldfilm::test::Scratch;

namespace {

namespace test = oldfilm::test;

const std::string binary = OLDFILM_BINARY_DIR;

} // namespace

TEST_CASE("every check has a name, a reason and a fix", "[check]") {
    std::set<std::string> names;
    for (const oldfilm::PluginCheck& check : oldfilm::plugin_checks()) {
        CAPTURE(check.name);
        CHECK(names.insert(check.name).second);
        CHECK(check.name.find('.') != std::string::npos);
        CHECK(check.reason.size() > 10);
        CHECK(check.fix.size() > 10);
        CHECK(check.limit > 0);
    }
    CHECK(names.size() >= 50);
}

TEST_CASE("plugins of every kind pass: plain C, LibTorch, two in one with a library inside",
          "[check]") {
    const Scratch scratch;
    for (const std::string library :
         {"/tests/plugins/test-plain-c.so", "/tests/plugins/test-good.so",
          "/tests/kinds/two-in-one.so"}) {
        const auto outcome = test::oldfilm("check-plugin " + binary + library, scratch.path());
        INFO(outcome.out << outcome.error);
        CHECK(outcome.status == 0);
        CHECK_THAT(outcome.out, Contains("0 failed, 0 with a warning"));
        if (library == "/tests/kinds/two-in-one.so") {
            CHECK_THAT(outcome.out,
                       Contains("org.oldfilm.test-gain") && Contains("org.oldfilm.test-negative"));
        }
    }
}

TEST_CASE("a stage is checked with the parameters that are given", "[check]") {
    const Scratch scratch;
    const auto checked = [&](const std::string& parameter) {
        return test::oldfilm("check-plugin " + binary +
                                 "/tests/plugins/test-good.so --only stage " + "--set " + parameter,
                             scratch.path());
    };
    CHECK(checked("amount=0.5").status == 0);
    const auto wrong = checked("amount=much");
    CHECK(wrong.status == 1);
    CHECK_THAT(wrong.out, Contains("FAIL  stage.configure") && Contains("amount"));
    CHECK(checked("amuont=0.5").status == 1);
    CHECK(checked("amount").status == 2);
}

TEST_CASE("what failed is said with the reason and the remedy", "[check]") {
    const Scratch scratch;
    const std::string library = binary + "/tests/plugins/test-nan.so";
    const auto outcome = test::oldfilm(
        "check-plugin " + library + " --only picture.finite --only film", scratch.path());
    INFO(outcome.out << outcome.error);
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.out,
               Contains("FAIL  picture.finite\n") && Contains("PASS  film.repeatable\n"));
    CHECK_THAT(outcome.out, Contains("found:  from a film it makes non-finite values"));
    CHECK_THAT(outcome.out, Contains("why:    one value that is no number spreads") &&
                                Contains("to do:  look for"));
    CHECK_THAT(outcome.out, !Contains("stage.create"));

    const auto json =
        test::oldfilm("check-plugin " + library + " --only picture.finite --json", scratch.path());
    const auto document = nlohmann::json::parse(json.out);
    CHECK(document.at("failed") == 1);
    CHECK(document.at("checks").at(0).at("check") == "picture.finite");
    CHECK(document.at("checks").at(0).at("plugin") == "org.oldfilm.test-nan");
    CHECK(document.at("checks").at(0).at("fix").get<std::string>().size() > 10);
}

TEST_CASE("wrong usage of check-plugin is refused", "[check]") {
    const Scratch scratch;
    CHECK(test::oldfilm("check-plugin", scratch.path()).status == 2);
    CHECK(test::oldfilm("check-plugin /nonexistent.so", scratch.path()).status == 2);
    const auto unknown = test::oldfilm(
        "check-plugin " + binary + "/tests/plugins/test-good.so --only film.color", scratch.path());
    CHECK(unknown.status == 2);
    CHECK_THAT(unknown.error, Contains("no check \"film.color\""));
    const auto list = test::oldfilm("check-plugin --list", scratch.path());
    CHECK(list.status == 0);
    CHECK_THAT(list.out, Contains("film.reset"));
    CHECK_THROWS_AS(oldfilm::check_plugin("/nonexistent.so"), oldfilm::Error);
}
