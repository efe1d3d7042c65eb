#include "base/checksum.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/parameter.hpp>
#include <oldfilm/plugins.hpp>
#include <oldfilm/time.hpp>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace oldfilm;
namespace fs = std::filesystem;

namespace {

Errc code_of(const std::function<void()>& work, std::string* sentence = nullptr) {
    try {
        work();
    } catch (const Error& error) {
        if (sentence != nullptr) {
            *sentence = error.what();
        }
        return error.code();
    }
    FAIL("nothing was thrown");
    return Errc::internal;
}

/// A folder of its own, gone at the end.
struct Folder {
    fs::path path;
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "oldfilm-XXXXXX").string();
        path = mkdtemp(pattern.data());
    }
    ~Folder() { fs::remove_all(path); }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path / name) << text;
    }
};

std::vector<PluginInfo> of_folder(const Folder& folder) {
    std::vector<PluginInfo> found;
    for (PluginInfo& plugin : list_plugins({folder.path.string()})) {
        if (plugin.library.rfind(folder.path.string(), 0) == 0) {
            found.push_back(std::move(plugin));
        }
    }
    return found;
}

std::string sidecar(const std::string& abi, const std::string& runtime) {
    return R"({"oldfilm_sidecar": 1, "abi": )" + abi +
           R"(, "plugins": [{"id": "x.y", "name": "y", "version": "1.0.0",
        "runtime": ")" +
           runtime + R"(", "parameters": []}]})";
}

} // namespace

TEST_CASE("fractions are exact, reduced and ordered") {
    CHECK(Rational(30000, 1001) * Rational(1001) == Rational(30000));
    CHECK(Rational(6, -4) == Rational(-3, 2));
    CHECK(Rational(-3, 2).floor() == -2);
    CHECK(Rational(-3, 2).ceil() == -1);
    CHECK(Rational(5, 2).round() == 3);
    CHECK(Rational(-5, 2).round() == -3);
    CHECK(Rational(1, 3) < Rational(34, 100));
    CHECK(Rational(1, 3) + Rational(1, 6) == Rational(1, 2));
    CHECK(Rational(60) / Rational(16) == Rational(15, 4));
}

TEST_CASE("arithmetic that does not fit is an error, not a wrong number") {
    const Rational huge(INT64_MAX, 1);
    CHECK(code_of([&] { (void)(huge * Rational(2)); }) == Errc::invalid_argument);
    CHECK(code_of([] { Rational(1, 0); }) == Errc::invalid_argument);
}

TEST_CASE("rates are read as people write them") {
    CHECK(Rational::parse("16") == Rational(16));
    CHECK(Rational::parse("24000/1001") == Rational(24000, 1001));
    CHECK(Rational::parse("23.976") == Rational(24000, 1001));
    CHECK(Rational::parse("29.97") == Rational(30000, 1001));
    CHECK(Rational::parse("12.5") == Rational(25, 2));
    CHECK(Rational::parse("-0.5") == Rational(-1, 2));
    for (const char* bad :
         {"", "x", "1/0", "1.", "1.2.3", "1/", "/2", " 5", "1e3", "99999999999999999999"}) {
        INFO(bad);
        CHECK(code_of([&] { Rational::parse(bad); }) == Errc::invalid_argument);
    }
}

TEST_CASE("times go from clock to clock to the nearest tick") {
    CHECK(rescale(1, {1, 16}, {1, 1000}) == 63);
    CHECK(rescale(2, {1, 16}, {1, 1000}) == 125);
    CHECK(rescale(-1, {1, 16}, {1, 1000}) == -63);
}

TEST_CASE("parameters are checked against the table") {
    const std::vector<Parameter> table{
        {"scale", ParameterType::number, 2.0, 1.5, 6, {}, "", "how much larger", false},
        {"radius", ParameterType::integer, std::int64_t{3}, 0, 9, {}, "px", "reach", false},
        {"mode", ParameterType::choice, std::string("a"), 0, 0, {"a", "b"}, "", "which", false},
        {"on", ParameterType::boolean, true, 0, 1, {}, "", "whether", false},
        {"fps", ParameterType::text, std::string("2x"), 0, 0, {}, "", "rate", false}};
    const auto values = check_parameters(
        "s", table,
        {{"scale", std::int64_t{4}}, {"on", std::string("no")}, {"fps", std::int64_t{24}}});
    CHECK(std::get<double>(values[0]) == 4.0);
    CHECK(std::get<std::int64_t>(values[1]) == 3);
    CHECK(std::get<bool>(values[3]) == false);
    CHECK(std::get<std::string>(values[4]) == "24");
    const std::vector<ParameterValues> wrong{{{"scale", 9.0}},
                                             {{"scale", std::string("big")}},
                                             {{"radius", 1.5}},
                                             {{"mode", std::string("c")}},
                                             {{"on", std::string("maybe")}},
                                             {{"size", 1.0}},
                                             {{"scale", std::nan("")}},
                                             {{"mode", true}}};
    for (const ParameterValues& bad : wrong) {
        std::string sentence;
        CHECK(code_of([&] { check_parameters("s", table, bad); }, &sentence) ==
              Errc::invalid_argument);
        CHECK(sentence.find(bad.begin()->first) != std::string::npos);
    }
}

TEST_CASE("a plugin that cannot fit is listed with the reason, without being loaded") {
    const Folder folder;
    folder.write("plugin.so", "this is no library and is never opened");
    SECTION("no sidecar") {
        const auto found = of_folder(folder);
        REQUIRE(found.size() == 1);
        CHECK(found[0].refused.find("sidecar") != std::string::npos);
    }
    SECTION("a sidecar that is no JSON") {
        folder.write("plugin.json", "{");
        CHECK(of_folder(folder).at(0).refused.find("plugin.json") != std::string::npos);
    }
    SECTION("another ABI") {
        folder.write("plugin.json", sidecar("[9, 0]", ""));
        CHECK(of_folder(folder).at(0).refused.find("9.0") != std::string::npos);
        CHECK(code_of([&] { find_plugin("y", {folder.path.string()}); }) == Errc::incompatible);
    }
    SECTION("an older ABI") {
        folder.write("plugin.json", sidecar("[1, 2]", ""));
        CHECK(of_folder(folder).at(0).refused.find("build it again") != std::string::npos);
    }
    SECTION("a newer minor") {
        folder.write("plugin.json", sidecar("[2, 99]", ""));
        CHECK(of_folder(folder).at(0).refused.find("2.99") != std::string::npos);
    }
    SECTION("another LibTorch") {
        folder.write("plugin.json", sidecar("[2, 0]", "1.13+cxx03"));
        CHECK(of_folder(folder).at(0).refused.find("1.13+cxx03") != std::string::npos);
    }
    SECTION("no LibTorch at all fits any") {
        folder.write("plugin.json", sidecar("[2, 0]", ""));
        CHECK(of_folder(folder).at(0).refused.empty());
    }
    SECTION("a folder that others may write to") {
        folder.write("plugin.json", sidecar("[2, 0]", ""));
        chmod(folder.path.c_str(), 0777);
        CHECK(of_folder(folder).at(0).refused.find("others may write") != std::string::npos);
    }
}

TEST_CASE("a relative plugin folder is refused") {
    bool refused = false;
    const fs::path before = fs::current_path();
    const Folder folder;
    fs::create_directory(folder.path / "here");
    fs::current_path(folder.path);
    for (const PluginInfo& plugin : list_plugins({"here"})) {
        refused = refused || plugin.refused.find("absolute") != std::string::npos;
    }
    fs::current_path(before);
    CHECK(refused);
}

TEST_CASE("an unknown stage names those that there are") {
    std::string sentence;
    CHECK(code_of([] { find_plugin("no-such-stage"); }, &sentence) == Errc::not_found);
    CHECK(sentence.find("no-such-stage") != std::string::npos);
}

TEST_CASE("checksums are XXH3's, of data in one piece or several") {
    // From xxHash's own tests: an empty input with seed 0.
    CHECK(base::checksum("") == 0x2d06800538d394c2U);
    const std::string text(5000, 'x');
    base::Checksum sum;
    CHECK(sum.value() == base::checksum(""));
    sum.add(std::string_view(text).substr(0, 1234));
    sum.add(std::string_view(text).substr(1234));
    CHECK(sum.value() == base::checksum(text));
    const Folder folder;
    std::ofstream(folder.path / "file") << text;
    CHECK(base::file_checksum(folder.path / "file") == base::checksum(text));
    CHECK(base::file_checksum(folder.path / "file", 100) ==
          base::checksum(text.substr(0, 100) + text.substr(4900)));
    CHECK(base::file_checksum(folder.path / "nothing") == 0);
}
