// Projects in their folders.
#include "project/flickering_shots.hpp"
#include "run_program.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/project.hpp>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::test;
using Catch::Contains;
namespace fs = std::filesystem;
using Numbers = std::vector<std::int64_t>;

namespace {

/// Shots of 32, 32 and 64 frames.
struct Film : Scratch {
    Film() { make_flickering_shots(path()); }
    [[nodiscard]] std::string folder() const { return path() / "p"; }
    [[nodiscard]] fs::path file() const { return path() / "p" / "project.json"; }
    [[nodiscard]] Project create(const std::string& stage = "deflicker") const {
        ProjectOptions options;
        options.pipeline.add(stage);
        return Project::create(path() / "in.mkv", folder(), options);
    }
    /// `from` becomes `to` in project.json; the error of opening it.
    [[nodiscard]] std::string error_with(const std::string& from, const std::string& to) const {
        const std::string before = content(file());
        std::string text = before;
        REQUIRE(text.find(from) != std::string::npos);
        text.replace(text.find(from), from.size(), to);
        std::ofstream(file()) << text;
        std::string error;
        try {
            static_cast<void>(Project::open(folder()));
        } catch (const Error& refused) {
            error = refused.what();
        }
        std::ofstream(file()) << before;
        return error;
    }
};

Numbers firsts(const Project& project) {
    Numbers all;
    for (const ProjectShot& shot : project.shots()) {
        all.push_back(shot.first);
    }
    return all;
}

} // namespace

TEST_CASE("a project is made of a film, and is the same when it is opened") {
    const Film s;
    const Project made = s.create();
    CHECK(firsts(made) == Numbers{0, 32, 64});
    CHECK(made.shots().back().last == 127);
    CHECK(made.source().path == "../in.mkv");
    CHECK(made.source().frames == 128);
    CHECK(made.source().rate == Rational(16));
    CHECK(made.source().bytes == static_cast<std::int64_t>(fs::file_size(s.path() / "in.mkv")));
    Project opened = Project::open(s.folder());
    CHECK(opened.to_json() == made.to_json());
    CHECK(opened.to_json() == content(s.file()));
    opened.check_source();
    CHECK(opened.pipeline().stages().size() == 1);
    CHECK(opened.pipeline().options().shots.first_frames == Numbers{0, 32, 64});
    CHECK_THROWS_WITH(s.create(), Contains("has a project already"));
    // A shot a line.
    CHECK_THAT(made.to_json(), Contains("\n    {\"id\": \"s32\", \"first\": 32, \"last\": 63, "));
    opened.save();
    CHECK(content(s.file()) == made.to_json());
    CHECK(std::distance(fs::directory_iterator(s.folder()), fs::directory_iterator()) == 1);
}

TEST_CASE("what is decided about a shot reaches the pipeline") {
    const Film s;
    Project project = s.create();
    ProjectShot shot = project.shot("s32");
    shot.stages = {{.id = "deflicker", .enabled = true, .parameters = {{"strength", 0.25}}}};
    shot.note = "a \"flag\"";
    project.update(shot);
    project.split("s64", 100);
    project.save();
    Project again = Project::open(s.folder());
    CHECK((again.shot("s32").stages == shot.stages)); // which Catch can't print
    CHECK(again.shot("s32").note == shot.note);
    CHECK(firsts(again) == Numbers{0, 32, 64, 100});
    const ShotOptions shots = again.pipeline().options().shots;
    CHECK(shots.first_frames == Numbers{0, 32, 64, 100});
    REQUIRE(shots.overrides.size() == 1);
    CHECK((shots.overrides.at(32) == shot.stages));
}

TEST_CASE("somebody else's change is not lost") {
    const Film s;
    Project one = s.create();
    Project other = Project::open(s.folder());
    other.merge("s0");
    other.save();
    one.split("s0", 3);
    CHECK_THROWS_WITH(one.save(), Contains("was changed by somebody else"));
    CHECK(firsts(Project::open(s.folder())) == Numbers{0, 64});
    other.split("s0", 3); // what was saved was read
    other.save();
}

TEST_CASE("errors in a project that was edited name line and column") {
    const Film s;
    static_cast<void>(s.create());
    CHECK_THAT(s.error_with("\"first\": 32", "\"begin\": 32"),
               Contains("project.json, line ") && Contains("(shots[1].begin)") &&
                   Contains("unknown member \"begin\"; known are id, first,"));
    CHECK_THAT(s.error_with("\"first\": 32", "\"first\": 33"),
               Contains("(shots[1].first): expected 32, since shots follow one another"));
    CHECK_THAT(s.error_with("\"id\": \"s32\"", "\"id\": \"s0\""),
               Contains("(shots[1].id): there are two shots \"s0\""));
    CHECK_THAT(s.error_with("\"last\": 127", "\"last\": 120"), Contains("must end with frame 127"));
    CHECK_THAT(s.error_with("\"id\": \"s32\"", "\"id\": \"s32\", \"stages\": {\"denoise\": 3}"),
               Contains("(shots[1].stages.denoise): expected false"));
    CHECK_THAT(s.error_with("\"frames\": 128", "\"frames\": \"128\""),
               Contains("(source.frames): expected an integer of at least 1, found \"128\""));
    CHECK_THAT(s.error_with("\"oldfilm_project\": 1", "\"oldfilm_project\": 2"),
               Contains("use a newer oldfilm"));
    CHECK_THAT(s.error_with("\"regions\": []", "\"regions\": [{\"id\": \"r\", \"action\": "
                                               "\"hide\", \"first\": 0, \"last\": 1}]"),
               Contains("expected one of \"protect\", \"repair\", \"ignore\""));
    CHECK_THAT(s.error_with("\"regions\": []",
                            "\"regions\": [{\"id\": \"r\", \"action\": \"protect\", \"first\": 0, "
                            "\"last\": 1, \"polygon\": [[0, 0], [48, 0], [49, 3]]}]"),
               Contains("the corner [49, 3] lies outside the picture of 48 x 32 pixels"));
    CHECK_THAT(s.error_with("\"shots\": [", "\"shots\": ["), Contains("")); // unchanged: no error
    CHECK_THAT(s.error_with("},", "}"), Contains("line 14") && Contains("not valid JSON"));
    CHECK_THROWS_WITH(Project::open(s.path()), Contains("oldfilm project new"));
}

TEST_CASE("a source that was moved or changed is refused, and linked again") {
    const Film s;
    Project project = s.create();
    fs::rename(s.path() / "in.mkv", s.path() / "moved.mkv");
    CHECK_THROWS_WITH(project.check_source(), Contains("oldfilm project relink"));
    CHECK_THROWS_WITH(restore(project, s.path() / "out.mkv"), Contains("oldfilm project relink"));
    project.relink(s.path() / "moved.mkv");
    CHECK(project.source().path == "../moved.mkv");
    project.check_source();
    project.save();
    std::ofstream(s.path() / "moved.mkv", std::ios::app) << "x";
    CHECK_THROWS_WITH(project.check_source(), Contains("is not the film that the project"));
    CHECK_THROWS_WITH(project.relink(s.path() / "moved.mkv"), Contains("another film"));
    project.relink(s.path() / "moved.mkv", true);
    project.check_source();
    ffmpeg("-f lavfi -i testsrc=size=64x48:rate=16:duration=1 -c:v ffv1 other.mkv", s.path());
    CHECK_THROWS_WITH(project.relink(s.path() / "other.mkv", true), Contains("make a new project"));
}

TEST_CASE("edit lists of a project are read as its shots") {
    const Film s;
    Project project = s.create();
    project.split("s64", 70);
    std::ofstream(s.path() / "list.edl") << project.to_edl();
    std::ofstream(s.path() / "list.otio") << project.to_otio();
    CHECK(read_shot_list(s.path() / "list.edl", Rational(16)) == Numbers{0, 32, 64, 70});
    CHECK(read_shot_list(s.path() / "list.otio", Rational(16)) == Numbers{0, 32, 64, 70});
    CHECK_THAT(project.to_edl(),
               Contains("002  AX       V     C        00:00:02:00 00:00:04:00 00:00:02:00 "
                        "00:00:04:00\n* FROM CLIP NAME: in.mkv\n"));
    const auto timeline = nlohmann::json::parse(project.to_otio());
    const auto& clips = timeline["tracks"]["children"][0]["children"];
    REQUIRE(clips.size() == 4);
    CHECK(clips[3]["metadata"]["oldfilm"]["id"] == "s70");
    CHECK(clips[3]["source_range"]["start_time"]["value"] == 70);
    project.set_cuts({0, 40});
    CHECK(firsts(project) == Numbers{0, 40});
}

TEST_CASE("a project is rendered with its shots and overrides") {
    const Film s;
    Project project = s.create();
    const auto render = [&](const std::string& name) {
        RestoreOptions options;
        options.codec = "ffv1";
        options.overwrite = true;
        PipelineOptions machine;
        machine.device = "cpu";
        return restore(project, s.path() / name, machine, options).stats.shots;
    };
    CHECK(render("plain.mkv") == Numbers{0, 32, 64});
    PipelineOptions cpu;
    cpu.device = "cpu";
    RestoreOptions lossless;
    lossless.codec = "ffv1";
    restore(s.path() / "in.mkv", s.path() / "film.mkv", Pipeline(cpu).add("deflicker"), lossless);
    CHECK(checksums("plain.mkv", s.path()) == checksums("film.mkv", s.path()));
    // Excluded: as the film has it.
    ProjectShot shot = project.shot("s32");
    shot.excluded = true;
    project.update(shot);
    render("excluded.mkv");
    const auto frames = [&](const std::string& name, const std::string& range) {
        return test::run("ffmpeg -v error -i " + name + " -vf trim=" + range +
                             " -f framemd5 - | awk '!/^#/ {print $NF}'",
                         s.path())
            .out;
    };
    const std::string inside = "start_frame=32:end_frame=64";
    const std::string after = "start_frame=64";
    CHECK(frames("excluded.mkv", inside) == frames("in.mkv", inside));
    CHECK(frames("plain.mkv", inside) != frames("in.mkv", inside));
    CHECK(frames("excluded.mkv", after) == frames("plain.mkv", after));

    RestoreOptions part;
    part.read.start = Rational(1);
    CHECK_THROWS_WITH(restore(project, s.path() / "part.mkv", {}, part),
                      Contains("all frames of its film"));
}

TEST_CASE("a project notes what it was rendered to") {
    const Film s;
    const Project project = s.create();
    CHECK_FALSE(last_rendering(project));
    RestoreOptions options;
    options.codec = "ffv1";
    PipelineOptions machine;
    machine.device = "cpu";
    restore(project, s.path() / "out.mkv", machine, options);
    const auto noted = last_rendering(project);
    REQUIRE(noted);
    CHECK(noted->output == s.path() / "out.mkv");
    CHECK(noted->bytes == static_cast<std::int64_t>(fs::file_size(s.path() / "out.mkv")));
    CHECK(noted->codec == "ffv1");
    CHECK_FALSE(noted->crf);
    CHECK_FALSE(noted->finished.empty());
    CHECK_THAT(content(s.path() / "p" / "rendering.json"), Contains("\"../out.mkv\""));
    // One that does not begin, since its output exists, leaves the note.
    options.codec = "h264";
    CHECK_THROWS(restore(project, s.path() / "out.mkv", machine, options));
    CHECK(last_rendering(project)->codec == "ffv1");
    // One that is stopped is noted as begun.
    std::stop_source stop;
    stop.request_stop();
    options.stop = stop.get_token();
    options.overwrite = true;
    CHECK_THROWS(restore(project, s.path() / "out.mkv", machine, options));
    CHECK(last_rendering(project)->finished.empty());
    std::ofstream(s.path() / "p" / "rendering.json") << "{\n\"output\": 3}";
    CHECK_THROWS_WITH(last_rendering(project), Contains("rendering.json, line 2"));
}

TEST_CASE("title cards are not colorized, and the project says why") {
    const Scratch s;
    ffmpeg(
        "-f lavfi -i mandelbrot=size=160x120:rate=16 -f lavfi -i color=black:size=160x120:rate=16 "
        "-filter_complex '[0:v]trim=end_frame=16,hue=s=0[a];[1:v]trim=end_frame=16[b];"
        "[a][b]concat=n=2[v]' -map '[v]' -c:v ffv1 in.mkv",
        s.path());
    ProjectOptions options;
    options.pipeline.add("deflicker").add("colorize");
    const Project project = Project::create(s.path() / "in.mkv", s.path() / "p", options);
    REQUIRE(project.shots().size() == 2);
    CHECK(project.shots()[0].stages.empty());
    REQUIRE(project.shots()[1].stages.size() == 1);
    CHECK(project.shots()[1].kind == PictureKind::black);
    CHECK_FALSE(project.shots()[1].stages[0].enabled);
    REQUIRE(project.decisions().size() == 1);
    CHECK(project.decisions()[0].shot == project.shots()[1].id);
    CHECK_THAT(project.decisions()[0].reason, Contains("black"));
}
