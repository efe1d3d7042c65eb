// Stages, parameters, models and plugins that do not fit, as the command line meets them.
#include "run_program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <functional>

using namespace oldfilm::test;

namespace {

const std::string contract_plugins = OLDFILM_BINARY_DIR "/tests/plugins";

struct Film : Scratch {
    Film() {
        ffmpeg("-f lavfi -i testsrc=size=64x48:rate=16:duration=0.5 -c:v ffv1 in.mkv", path());
    }
};

void refused(const Film& s, const std::string& options, int status, const std::string& says) {
    const Outcome outcome = oldfilm::test::oldfilm("restore in.mkv out.mkv " + options, s.path());
    INFO(options << "\n" << outcome.error);
    CHECK(outcome.status == status);
    CHECK(outcome.error.find(says) != std::string::npos);
    CHECK_FALSE(s.has("out.mkv"));
}

/// A copy of the well-behaved plugin in a folder of its own, its sidecar changed.
std::string copied(const Film& s, const std::function<void(nlohmann::json&)>& change) {
    const auto folder = s.path() / "plugins";
    std::filesystem::create_directory(folder);
    const auto never = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(contract_plugins + "/test-good.so", folder / "test-good.so", never);
    std::ifstream original(contract_plugins + "/test-good.json");
    nlohmann::json sidecar = nlohmann::json::parse(original);
    change(sidecar);
    std::ofstream(folder / "test-good.json") << sidecar.dump();
    return folder.string();
}

} // namespace

TEST_CASE("wrong usage") {
    const Film s;
    refused(s, "--stage nope", 2, "no stage \"nope\"");
    refused(s, "--stage superres:foo=1", 2, "no parameter \"foo\"");
    refused(s, "--stage superres:scale=99", 2, "1.5 to 8");
    refused(s, "--stage superres:scale=abc", 2, "must be a number");
    refused(s, "--preset nope", 2, "silent-film");
    refused(s, "--fps fast", 2, "--fps");
    refused(s, "--start soon", 2, "--start");
    refused(s, "--memory lots", 2, "--memory");
    refused(s, "--stage none --scale 2", 2, "--scale");
    refused(s, "--crf 900", 2, "--crf");
    CHECK(oldfilm::test::oldfilm("", s.path()).status == 2);
    CHECK(oldfilm::test::oldfilm("restore --help", s.path()).status == 0);
}

TEST_CASE("models that do not fit") {
    const Film s;
    const std::string models = OLDFILM_BINARY_DIR "/plugins/models/";
    const std::string stage = "--stage superres:model=" + s.path().string();
    refused(s, stage + "/missing.pt", 1, "missing.pt");
    std::ofstream(s.path() / "text.pt") << "no network\n";
    refused(s, stage + "/text.pt", 1, "another kind");
    REQUIRE(run("head -c 2000 " + models + "superres/fidelity-x4.pt > cut.pt", s.path()).status ==
            0);
    refused(s, stage + "/cut.pt", 1, "cut short");
    refused(s, "--stage superres:model=" + models + "scratch-removal/default.pt", 1,
            "'scratch-removal'");
}

TEST_CASE("plugins that break their contract") {
    const Film s;
    const std::string path = "--plugin-path " + contract_plugins + " --stage test-";
    refused(s, path + "throws-in-create", 1, "never starts");
    refused(s, path + "throws-in-process", 1, "no frame pleases");
    refused(s, path + "wrong-shape", 1, "test-wrong-shape");
    refused(s, path + "nan", 1, "test-nan");
    refused(s, path + "no-picture", 1, "test-no-picture");
    CHECK(oldfilm::test::oldfilm("restore in.mkv out.mkv " + path + "good", s.path()).status == 0);
}

TEST_CASE("plugins that cannot fit are refused with the reason, and listed") {
    const Film s;
    std::string folder, says;
    SECTION("another ABI") {
        folder = copied(s, [](nlohmann::json& sidecar) { sidecar["abi"] = {99, 0}; });
        says = "99.0";
    }
    SECTION("another LibTorch") {
        folder = copied(
            s, [](nlohmann::json& sidecar) { sidecar["plugins"][0]["runtime"] = "1.0+cxx11"; });
        says = "1.0+cxx11";
    }
    SECTION("no sidecar") {
        folder = copied(s, [](nlohmann::json&) {});
        std::filesystem::remove(folder + "/test-good.json");
        says = "sidecar";
    }
    refused(s, "--plugin-path " + folder + " --stage test-good", 1, says);
    const Outcome list = oldfilm::test::oldfilm("plugins --plugin-path " + folder, s.path());
    CHECK(list.status == 0);
    CHECK(list.out.find("refused") != std::string::npos);
    CHECK(list.out.find(says) != std::string::npos);
}

TEST_CASE("a library without the plugin's symbol") {
    const Film s;
    const std::string folder = copied(s, [](nlohmann::json&) {});
    REQUIRE(
        run("cp $(ls " OLDFILM_BINARY_DIR "/lib/liboldfilm_base.so) plugins/test-good.so", s.path())
            .status == 0);
    refused(s, "--plugin-path " + folder + " --stage test-good", 1, "oldfilm_plugin");
}

TEST_CASE("listing starts at once and loads no LibTorch") {
    const Scratch s;
    const Outcome list = run("LD_DEBUG=libs " OLDFILM_BINARY_DIR "/bin/oldfilm plugins", s.path());
    CHECK(list.status == 0);
    CHECK(list.out.find("superres") != std::string::npos);
    CHECK(list.error.find("libtorch") == std::string::npos);
    CHECK(oldfilm::test::oldfilm("plugins", s.path()).seconds < 0.2);
    const Outcome one = oldfilm::test::oldfilm("plugins superres --json", s.path());
    CHECK(nlohmann::json::parse(one.out).at("id") == "org.oldfilm.superres");
}
