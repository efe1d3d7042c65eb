// Renderings that adopt what an earlier one has made.
#include "messages.hpp"
#include "project/flickering_shots.hpp"
#include "run_program.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/ledger.hpp>
#include <oldfilm/project.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

/// Shots of 32, 32 and 64 frames.
struct RenderedFilm : Scratch {
    explicit RenderedFilm(std::string stage = "deflicker", std::string live = "strength")
        : stage_(std::move(stage)), live_(std::move(live)) {
        make_flickering_shots(path());
        ProjectOptions options;
        options.pipeline.add(stage_);
        project = Project::create(path() / "in.mkv", path() / "p", options);
    }
    RestoreResult render(const std::string& name, RestoreOptions options = {}) const {
        options.codec = options.codec.empty() ? "ffv1" : options.codec;
        options.overwrite = true;
        PipelineOptions machine;
        machine.device = "cpu";
        return restore(*project, path() / name, machine, options);
    }
    /// Stopped once the first segment is recorded, while the next one is made.
    void render_in_part(const std::string& name) const {
        const fs::path journal = path() / (name + ".oldfilm-job") / "journal";
        std::stop_source stop;
        const std::jthread watch([&](const std::stop_token& over) {
            while (!over.stop_requested() &&
                   content(journal).find("\"segment\"") == std::string::npos) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            stop.request_stop();
        });
        RestoreOptions options;
        options.stop = stop.get_token();
        CHECK_THROWS_WITH(render(name, options), Contains("run it again to resume"));
    }
    /// Renders what changed, which is all but `adopted` frames, and compares it with all of it
    /// rendered.
    void check(std::int64_t adopted, const RestoreOptions& options = {}) const {
        const RestoreResult changed = render("changed.mkv", options);
        CHECK(changed.resumed == adopted);
        RestoreOptions fresh = options;
        fresh.ignore_checkpoint = true;
        const RestoreResult all = render("all.mkv", fresh);
        CHECK(all.resumed == 0);
        CHECK(changed.frames_in == all.frames_in);
        CHECK(changed.frames_out == all.frames_out);
        CHECK(changed.stats.shots == all.stats.shots);
        CHECK(changed.stats.analysis == all.stats.analysis);
        CHECK(content(path() / "changed.mkv") == content(path() / "all.mkv"));
        CHECK(Ledger(path() / "p").totals().frames == 128);
    }
    void set(const std::string& id, double value) {
        ProjectShot shot = project->shot(id);
        shot.stages = {{.id = stage_, .enabled = true, .parameters = {{live_, value}}}};
        project->update(shot);
    }
    std::optional<Project> project;

  private:
    std::string stage_, live_;
};

} // namespace

TEST_CASE("a change of one shot renders that shot, to the same bytes") {
    RenderedFilm s;
    CHECK(s.render("first.mkv").resumed == 0);
    const std::string first = content(s.path() / "first.mkv");
    s.check(128); // nothing changed
    CHECK(content(s.path() / "changed.mkv") == first);
    s.set("s32", 0.3);
    s.check(96);
    CHECK(content(s.path() / "changed.mkv") != first);
    s.set("s0", 0.3);
    s.check(96);
    s.set("s64", 0.3);
    s.check(64);
}

TEST_CASE("a protected region renders its shot") {
    RenderedFilm s;
    s.render("first.mkv");
    s.project->set_regions({{.id = "r1",
                             .action = ProjectRegion::Action::protect,
                             .first = 40,
                             .last = 41,
                             .polygon = {{0, 0}, {20, 0}, {0, 20}},
                             .note = ""}});
    s.check(96);
    s.project->set_regions({});
    s.check(96);
}

TEST_CASE("segments keep their place when cuts before them change") {
    RenderedFilm s;
    s.render("first.mkv");
    s.project->split("s0", 16);
    s.check(96); // one segment more before the others, and one shot
    s.project->merge("s0");
    s.check(96);
    s.project->shift("s64", 70);
    s.check(32);
}

TEST_CASE("what makes all segments others adopts none") {
    RenderedFilm s;
    s.render("first.mkv");
    RestoreOptions lossy;
    lossy.codec = "h264";
    s.check(0, lossy);
    lossy.crf = 30;
    s.check(0, lossy);
    s.check(0); // the last rendering alone is stored
    std::ofstream(s.path() / "in.mkv", std::ios::app) << "x";
    s.project->relink(s.path() / "in.mkv", true);
    s.check(0);
}

TEST_CASE("stored segments that are damaged or gone are made again") {
    RenderedFilm s;
    s.render("first.mkv");
    const auto damage = [&](const std::string& prefix, bool remove) {
        for (const auto& entry : fs::directory_iterator(s.path() / "p" / "segments")) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with(prefix) && remove) {
                fs::remove(entry.path());
            } else if (name.starts_with(prefix)) {
                fs::resize_file(entry.path(), fs::file_size(entry.path()) - 1);
            }
        }
    };
    damage("film-32-", false);
    s.check(96);
    damage("film-0-", true);
    s.check(96);
    damage("index", false);
    std::ofstream(s.path() / "p" / "segments" / "index.json") << "{\"version\": 1}";
    s.check(0);
}

TEST_CASE("a rendering that was interrupted is resumed, and spoils what it replaced") {
    RenderedFilm s("scratch-removal", "sensitivity"); // slow enough to be stopped
    s.render("first.mkv");
    s.set("s0", 0.2);
    s.set("s32", 0.2);
    s.render_in_part("second.mkv");
    const RestoreResult resumed = s.render("second.mkv");
    CHECK(resumed.resumed >= 32);
    s.check(128);
    s.set("s0", 0.7);
    s.set("s32", 0.7);
    s.set("s64", 0.7);
    s.render_in_part("third.mkv");
    // As it was: the ledger describes the frames that were complete as they were rendered last.
    s.set("s0", 0.2);
    s.set("s32", 0.2);
    ProjectShot last = s.project->shot("s64");
    last.stages.clear();
    s.project->update(last);
    const RestoreResult again = s.render("fourth.mkv");
    CHECK(again.resumed < 128);
    CHECK(content(s.path() / "fourth.mkv") == content(s.path() / "second.mkv"));
}

TEST_CASE("a project that has changed since its rendering was interrupted starts over") {
    RenderedFilm s("scratch-removal", "sensitivity");
    s.render_in_part("out.mkv");
    s.set("s0", 0.2);
    std::string said;
    RestoreOptions options;
    options.log = collect(said);
    const RestoreResult changed = s.render("out.mkv", options);
    CHECK_THAT(said, Contains("the project has changed since its rendering was interrupted"));
    CHECK(changed.frames_out == 128);
    RestoreOptions fresh;
    fresh.ignore_checkpoint = true;
    s.render("all.mkv", fresh);
    CHECK(content(s.path() / "out.mkv") == content(s.path() / "all.mkv"));
}
