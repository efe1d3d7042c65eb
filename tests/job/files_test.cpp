// The files that a restoration takes, and those that it must not take or leave.
#include "job/restore.hpp"
#include "job/three_shots.hpp"
#include "run_program.hpp"
#include "tiny_model.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/restore.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

/// A model of superres that makes pictures twice as large.
void write_model(const fs::path& path, const std::string& version = "1.0.0") {
    fs::create_directories(path.parent_path());
    TinyModel tiny = enlarging_model();
    tiny.manifest =
        manifest("superres", fmt::format(R"({{"scale": 2, "size_multiple": 2, "receptive_field": 8,
                                             "channels": 1, "version": "{}"}})",
                                         version));
    write_package(path.string(), tiny);
}

std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        names.insert(fs::relative(entry.path(), folder).string());
    }
    return names;
}

struct Film : Scratch {
    Film() {
        test::ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=16 -frames:v 4 -c:v ffv1 in.mkv",
                     path());
    }
    [[nodiscard]] Outcome restore(const std::string& rest) const {
        return test::oldfilm("restore in.mkv " + rest, path());
    }
};

} // namespace

TEST_CASE("A job goes on only with the models that it was begun with, several of one name too") {
    const Scratch s;
    for (const char* folder : {"a", "b"}) {
        write_model(s.path() / folder / "default.pt");
    }
    // Three shots, so that the first ones' segments are there when it is stopped.
    make_three_shots(s.path());
    const std::string model = "superres:scale=2,model=" + s.path().string();
    const auto go_on = [&](std::int64_t stop_at) {
        Stopper stopper(stop_at);
        Pipeline pipeline;
        pipeline.add(model + "/a/default.pt").add(model + "/b/default.pt");
        RestoreOptions options;
        options.codec = "ffv1";
        options.stop = stopper.stop.get_token();
        return job::restore(s.path() / "in.mkv", s.path() / "out.mkv", pipeline, options, &stopper);
    };
    const auto begin = [&] {
        fs::remove_all(s.path() / "out.mkv");
        fs::remove_all(s.path() / "out.mkv.oldfilm-job");
        CHECK_THROWS_WITH(go_on(118), Contains("stopped on request"));
        REQUIRE(s.has("out.mkv.oldfilm-job/journal"));
    };
    for (const std::string name : {"a/default.pt", "b/default.pt"}) {
        INFO(name);
        begin();
        write_model(s.path() / name, "2.0.0");
        CHECK_THROWS_WITH(go_on(-1), Contains(name));
        CHECK_FALSE(s.has("out.mkv"));
        write_model(s.path() / name);
        CHECK(go_on(-1).resumed > 0);
    }
}

TEST_CASE("A model's bare name is not looked up in the working directory") {
    const Film s;
    write_model(s.path() / "hostile");
    write_model(s.path() / "hostile.pt");
    for (const char* name : {"hostile", "hostile.pt"}) {
        const Outcome outcome = s.restore(std::string("out.mkv --stage superres:model=") + name);
        INFO(outcome.error);
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.error, Contains("there is no model package"));
        CHECK_FALSE(s.has("out.mkv"));
    }
    // Nor is what a stage calls its own, where its installation lacks it.
    fs::create_directories(s.path() / "plugins");
    for (const char* part : {"superres.so", "superres.json"}) {
        fs::copy_file(fs::path(OLDFILM_BINARY_DIR) / "plugins" / part, s.path() / "plugins" / part);
    }
    write_model(s.path() / "models/superres/fidelity-x2.pt");
    write_model(s.path() / "fidelity");
    const Outcome own = s.restore("out.mkv --plugin-path plugins --stage superres");
    INFO(own.error);
    CHECK(own.status == 1);
    // Who writes a path, or names the folder, gets the file.
    CHECK(s.restore("path.mkv --stage superres:scale=2,model=./hostile.pt").status == 0);
    const Outcome listed =
        test::run("OLDFILM_MODEL_PATH=: " OLDFILM_BINARY_DIR
                  "/bin/oldfilm restore in.mkv out.mkv --stage superres:model=hostile",
                  s.path());
    CHECK(listed.status == 1); // an empty entry is no folder
    const Outcome named =
        test::run("OLDFILM_MODEL_PATH=$PWD " OLDFILM_BINARY_DIR
                  "/bin/oldfilm restore in.mkv out.mkv --stage superres:scale=2,model=hostile",
                  s.path());
    INFO(named.error);
    CHECK(named.status == 0);
}

TEST_CASE("Files that a pipeline document names lie beside it") {
    const Film s;
    const auto document = [&](const std::string& stage, const std::string& name,
                              const std::string& file) {
        write(s.path() / "there/pipeline.json",
              fmt::format(
                  R"({{"oldfilm": 1, "stages": [{{"id": "{}", "parameters": {{"{}": "{}"}}}}]}})",
                  stage, name, file));
    };
    const std::string line = "out.mkv --overwrite --pipeline there/pipeline.json";
    document("superres", "model", "models/mine.pt");
    write(s.path() / "models/mine.pt", "hostile");
    write_model(s.path() / "there/models/mine.pt");
    Outcome outcome = s.restore(line);
    INFO(outcome.error);
    CHECK(outcome.status == 0);
    outcome = s.restore("scaled.mkv --scale 2 --pipeline there/pipeline.json");
    INFO(outcome.error);
    CHECK(outcome.status == 0);

    fs::rename(s.path() / "there/models/mine.pt", s.path() / "models/mine.pt");
    outcome = s.restore(line);
    INFO(outcome.error);
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.error, Contains("there/models/mine.pt"));

    document("colorize", "hints", "hints.json");
    write(s.path() / "hints.json", "hostile");
    write(s.path() / "there/hints.json", "[]");
    outcome = s.restore(line);
    INFO(outcome.error);
    CHECK(outcome.status == 0);
    fs::rename(s.path() / "there/hints.json", s.path() / "hints.json");
    CHECK(s.restore(line).status != 0);
}

TEST_CASE("What is refused leaves nothing behind") {
    const Film s;
    write(s.path() / "text.pt", "no network\n");
    test::ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=16 -frames:v 4 -c:v libx264 in.mp4",
                 s.path());
    const std::set<std::string> before = names_in(s.path());
    for (const std::string arguments :
         {"one.png", "one.png --stage deflicker", "one.png --stage deflicker --device cpu,cpu",
          "out.mkv --stage deflicker --mask-out masks.png",
          "out.mkv --stage deflicker --mask-out masks.mp4",
          "out.webm --codec h264 --stage deflicker", "out.mp4 --codec prores --stage deflicker",
          "out.mkv --codec dpx --stage deflicker", "out.mkv --stage superres:model=missing",
          "out.mkv --stage superres:model=./text.pt", "out.mkv --stage deflicker --memory 100",
          "out.mkv --stage deflicker --device cuda:99", "out.mkv --stage deflicker --start 1000",
          "out.mkv --stage deflicker --device cpu,cpu --start 1000",
          "out.mkv --stage interpolate:fps=fast", "in.mp4"}) {
        const Outcome outcome = s.restore(arguments);
        INFO(arguments << "\n" << outcome.error);
        CHECK(outcome.status != 0);
        CHECK(names_in(s.path()) == before);
    }
}

TEST_CASE("inspect looks at what a file holds, not at its name") {
    const Film s;
    test::ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=25 -frames:v 4 -c:v mpeg2video film.ts",
                 s.path());
    write_model(s.path() / "model.pt");
    for (const char* name : {"film.pt", "film.pth", "film.so", "film.json", "film"}) {
        fs::copy_file(s.path() / "film.ts", s.path() / name);
    }
    for (const char* name : {"film.ts", "film.pt", "film.pth", "film.so", "film.json", "film"}) {
        const Outcome film = test::oldfilm(std::string("inspect ") + name, s.path());
        INFO(name << "\n" << film.error);
        CHECK(film.status == 0);
        CHECK_THAT(film.out, Contains("mpeg2video"));
    }
    for (const char* name : {"model.ts", "model.mkv", "model"}) {
        fs::copy_file(s.path() / "model.pt", s.path() / name);
        const Outcome model = test::oldfilm(std::string("inspect ") + name, s.path());
        INFO(name << "\n" << model.error);
        CHECK(model.status == 0);
        CHECK_THAT(model.out, Contains("superres"));
    }
    write(s.path() / "text.pt", "no network\n");
    const Outcome neither = test::oldfilm("inspect text.pt", s.path());
    CHECK(neither.status == 1);
    CHECK_THAT(neither.error, Contains("text.pt") && Contains("model"));
}
