// Places in JSON that people edit.
#include "project/document.hpp"

#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace oldfilm::project;
using Catch::Equals;
using Catch::StartsWith;

namespace {

std::string error_of(const std::string& text) {
    try {
        const Document document(text, "x.json");
        return "";
    } catch (const oldfilm::Error& error) {
        return error.what();
    }
}

} // namespace

TEST_CASE("members and elements know their line and column") {
    const Document document(
        "{\n  \"a\": [1, 23,\n    {\"b\\\"c\": true}],\n  \"\u00e4\": 1, \"d\": -4.5\n}", "x.json");
    CHECK(document.where("/a") == "x.json, line 2, column 3 (a)");
    CHECK(document.where("/a/0") == "x.json, line 2, column 9 (a[0])");
    CHECK(document.where("/a/1") == "x.json, line 2, column 12 (a[1])");
    CHECK(document.where("/a/2") == "x.json, line 3, column 5 (a[2])");
    CHECK(document.where("/a/2/b\"c") == "x.json, line 3, column 6 (a[2].b\"c)");
    CHECK(document.where("/d") == "x.json, line 4, column 11 (d)"); // characters, not bytes
    CHECK(document.root().at("d").number() == -4.5);
    CHECK(document.root().at("a").elements()[1].integer() == 23);
    CHECK(document.root().at("a").elements()[2].at("b\"c").boolean());
}

TEST_CASE("what is no JSON is refused where it ends to be") {
    CHECK_THAT(error_of("{\n  \"a\": 1,\n  \"b\" 2\n}"),
               StartsWith("x.json, line 3, column 7: this is not valid JSON: syntax error"));
    CHECK_THAT(error_of(""), StartsWith("x.json, line 1, column 1: this is not valid JSON"));
    CHECK_THAT(error_of("[1, 2"), StartsWith("x.json, line 1, column 6: this is not valid JSON"));
    CHECK_THAT(error_of("{\"a\": 1,\n \"a\": 2}"),
               Equals("x.json, line 2, column 2: there are two members \"a\"; remove one of them"));
    CHECK(error_of("[[[[{\"a\": [null, \"\\u00e4\"]}]]]]").empty());
}

TEST_CASE("values of another kind are refused with what was found") {
    const Document document("{\"a\": \"x\",\n\"n\": 1.5, \"o\": {\"p\": 1}}", "x.json");
    const Place root = document.root();
    CHECK_THROWS_WITH(
        root.at("a").integer(),
        "x.json, line 1, column 2 (a): expected an integer of at least 0, found \"x\"");
    CHECK_THROWS_WITH(root.at("n").integer(),
                      "x.json, line 2, column 1 (n): expected an integer of at least 0, found 1.5");
    CHECK_THROWS_WITH(root.at("n").text(),
                      "x.json, line 2, column 1 (n): expected text, found 1.5");
    CHECK_THROWS_WITH(root.at("q"), "x.json, line 1, column 1: the member \"q\" is missing");
    CHECK_THROWS_WITH(root.check_members({"a", "n"}),
                      "x.json, line 2, column 11 (o): unknown member \"o\"; known are a, n");
    CHECK_THROWS_WITH(root.at("o").elements(),
                      "x.json, line 2, column 11 (o): expected an array, found {\"p\": 1}");
}

TEST_CASE("a line of JSON has blanks, and is the same again") {
    const Json value = Json::parse(R"({"b": [1, {"c": "x\ny"}], "a": {}, "d": []})");
    CHECK(line_of(value) == R"({"b": [1, {"c": "x\ny"}], "a": {}, "d": []})");
    CHECK(Json::parse(line_of(value)) == value);
}
