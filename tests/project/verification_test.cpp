// What a rendering changed, proved from the files, and one wrong sample found.
#include "run_program.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/ledger.hpp>
#include <oldfilm/project.hpp>
#include <oldfilm/provenance.hpp>
#include <oldfilm/verification.hpp>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

using namespace oldfilm;
using namespace oldfilm::test;
using Catch::Contains;

namespace {

/// 60 gray frames with specks in two of them, and a project that removes them.
struct Rendered : Scratch {
    explicit Rendered(const std::vector<std::string>& stages) {
        ffmpeg("-f lavfi -i mandelbrot=size=160x128:rate=16:end_scale=0.1 -vf "
               "'trim=end_frame=60,hue=s=0,drawbox=x=40:y=30:w=5:h=5:c=white:t=fill:enable="
               "eq(n\\,20)+eq(n\\,40),format=gray' -c:v ffv1 in.mkv",
               path());
        ProjectOptions options;
        for (const std::string& stage : stages) {
            options.pipeline.add(stage);
        }
        project = Project::create(film(), path() / "p", options);
    }
    [[nodiscard]] std::string film() const { return path() / "in.mkv"; }
    [[nodiscard]] std::string result() const { return path() / "out.mkv"; }
    void render(const std::string& codec = "ffv1") const {
        RestoreOptions options;
        options.codec = codec;
        options.overwrite = true;
        PipelineOptions machine;
        machine.device = "cpu";
        restore(*project, result(), machine, options);
    }
    [[nodiscard]] Verification verified() const { return verify(*project, film(), result()); }
    std::optional<Project> project;
};

/// A copy of `from` with one sample of frame `number` a code value lighter or darker.
void flip(const std::string& from, const std::string& to, std::int64_t number, std::int64_t y,
          std::int64_t x) {
    Reader reader(from);
    WriteOptions options;
    options.codec = "ffv1";
    options.pixel_format = reader.info().pixel_format;
    options.frame_rate = reader.info().frame_rate;
    options.width = reader.info().width;
    options.height = reader.info().height;
    options.channels = reader.info().channels;
    options.color = reader.info().color;
    options.metadata = {
        {"oldfilm_plan", run("ffprobe -v error -show_entries format_tags=OLDFILM_PLAN "
                             "-of default=nokey=1:noprint_wrappers=1 " +
                                 from,
                             "/")
                             .out}};
    Writer writer(to, options);
    while (const std::optional<Frame> frame = reader.next()) {
        at::Tensor picture = frame->picture().clone();
        if (frame->info().index == number) {
            const double value = picture[0][y][x].item<double>();
            picture[0][y][x] = value > 0.5 ? value - 1.0 / 255 : value + 1.0 / 255;
        }
        writer.write(frame->with_picture(picture));
    }
    writer.finish();
}

} // namespace

TEST_CASE("all that a repair changed is proved, and one flipped sample is found") {
    const Rendered film({"scratch-removal"});
    film.render();
    const Verification right = film.verified();
    CHECK(right.wrong.empty());
    CHECK(right.unproved.empty());
    CHECK(right.proved.size() == 3);
    CHECK(right.frames == 60);
    CHECK(right.samples == 60 * 160 * 128);
    CHECK(right.equal + right.repaired == right.samples);
    CHECK(right.repaired >= 40);
    const std::string flipped = film.path() / "flipped.mkv";
    flip(film.result(), flipped, 33, 100, 17);
    const Verification wrong = verify(*film.project, film.film(), flipped);
    REQUIRE(wrong.wrong.size() == 1);
    CHECK_THAT(wrong.wrong.front(), Contains("1 pixels") && Contains("frame 33, x 17, y 100"));
    const std::string command = "verify in.mkv out.mkv --project p";
    CHECK(test::oldfilm(command, film.path()).status == 0);
    CHECK(test::oldfilm("verify in.mkv flipped.mkv --project p", film.path()).status == 1);
    CHECK_THAT(test::oldfilm(command + " --json", film.path()).out, Contains("\"wrong\": []"));
}

TEST_CASE("a result of earlier decisions, another film and a loss are distinguished") {
    Rendered film({"scratch-removal"});
    film.render();
    RepairFilter all;
    const auto repairs = Ledger(film.path() / "p").list(all);
    REQUIRE_FALSE(repairs.empty());
    all.ids = {repairs.front().id};
    Ledger(film.path() / "p").decide(all, RepairDecision::rejected, "test");
    const Verification earlier = film.verified();
    REQUIRE(earlier.wrong.size() == 1);
    CHECK_THAT(earlier.wrong.front(), Contains("other regions"));
    film.render();
    CHECK(film.verified().wrong.empty());
    std::filesystem::copy_file(film.result(), film.path() / "other.mkv");
    const Verification other = verify(*film.project, film.path() / "other.mkv", film.result());
    CHECK_THAT(other.wrong.front(), Contains("has the checksum"));
    film.render("h264");
    const Verification coded = film.verified();
    CHECK(coded.wrong.empty());
    REQUIRE(coded.unproved.size() == 1);
    CHECK_THAT(coded.unproved.front(), Contains("with loss (h264)"));
    CHECK(test::oldfilm("verify in.mkv out.mkv --project p", film.path()).status == 3);
}

TEST_CASE("where a stage may change all of a picture, protected regions are proved alone") {
    Rendered film({"deflicker", "scratch-removal"});
    film.project->set_regions({{.id = "r1",
                                .action = ProjectRegion::Action::protect,
                                .first = 0,
                                .last = 59,
                                .polygon = {{10, 10}, {60, 10}, {60, 60}, {10, 60}},
                                .note = ""}});
    film.project->save();
    film.render();
    const Verification found = film.verified();
    CHECK(found.wrong.empty());
    REQUIRE(found.unproved.size() == 1);
    CHECK_THAT(found.unproved.front(), Contains("deflicker may change"));
    CHECK_THAT(found.proved.back(), Contains("protected from all stages"));
    const std::string flipped = film.path() / "flipped.mkv";
    flip(film.result(), flipped, 12, 30, 30);
    CHECK_THAT(verify(*film.project, film.film(), flipped).wrong.front(),
               Contains("frame 12, x 30, y 30"));
}

TEST_CASE("a manifest for C2PA names what was done to which film, with their digests") {
    const Rendered s({"deflicker", "scratch-removal:sensitivity=0.4"});
    CHECK_THROWS_WITH(c2pa_manifest(*s.project), Contains("no finished rendering"));
    s.render();
    const auto manifest = nlohmann::json::parse(c2pa_manifest(*s.project));
    CHECK(manifest.at("title") == "out.mkv");
    CHECK(manifest.at("format") == "video/x-matroska");
    CHECK(manifest.at("claim_generator_info").at(0).at("name") == "oldfilm");
    CHECK(manifest.at("ingredients").at(0).at("title") == "in.mkv");
    CHECK(manifest.at("ingredients").at(0).at("relationship") == "parentOf");
    const auto& actions = manifest.at("assertions").at(0);
    CHECK(actions.at("label") == "c2pa.actions.v2");
    const auto& list = actions.at("data").at("actions");
    REQUIRE(list.size() == 3);
    CHECK(list.at(0).at("action") == "c2pa.opened");
    CHECK(list.at(0).at("parameters").at("ingredientIds").at(0) == "source");
    CHECK(list.at(1).at("action") == "c2pa.color_adjustments");
    CHECK(list.at(2).at("action") == "c2pa.edited");
    CHECK(list.at(2)
              .at("digitalSourceType")
              .get<std::string>()
              .ends_with("/compositeWithTrainedAlgorithmicMedia"));
    CHECK(list.at(2).at("parameters").at("org.oldfilm.parameters").at("sensitivity") == 0.4);
    const auto& restoration = manifest.at("assertions").at(1).at("data");
    const auto digest = [](const std::string& path) {
        return run("sha256sum " + path, "/").out.substr(0, 64);
    };
    CHECK(restoration.at("source").at("sha256") == digest(s.film()));
    CHECK(restoration.at("result").at("sha256") == digest(s.result()));
    CHECK(restoration.at("project").at("sha256") == digest(s.path() / "p" / "project.json"));
    CHECK(restoration.at("ledger").at("frames") == 60);
    CHECK(restoration.at("files").size() >= 2); // a model, and its plugin
    std::stop_source stop;
    stop.request_stop();
    CHECK_THROWS_AS(c2pa_manifest(*s.project, stop.get_token()), Error);
    std::filesystem::resize_file(s.result(), 1000);
    CHECK_THROWS_WITH(c2pa_manifest(*s.project), Contains("has 1000 bytes"));
    std::filesystem::remove(s.result());
    CHECK_THROWS_WITH(c2pa_manifest(*s.project), Contains("is not there"));
}
