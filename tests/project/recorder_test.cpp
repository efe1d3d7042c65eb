// What a rendering writes into the ledger of its project.
#include "project/database.hpp"
#include "project/ledger_schema.hpp"
#include "run_program.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/ledger.hpp>
#include <oldfilm/project.hpp>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include <map>
#include <numeric>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::test;
using Catch::Contains;

namespace {

/// 300 frames in two shots, cut at 40, with a speck in frames 20, 60 and 280, and a line in the
/// frames from 100 to 109.
struct DirtyFilm : Scratch {
    DirtyFilm() {
        ffmpeg("-f lavfi -i testsrc2=size=160x128:rate=16 -f lavfi -i "
               "mandelbrot=size=160x128:rate=16:end_scale=0.1 -filter_complex "
               "'[0:v]trim=end_frame=40,hue=s=0[a];[1:v]trim=end_frame=260,hue=s=0[b];"
               "[a][b]concat=n=2,drawbox=x=40:y=30:w=5:h=5:c=white:t=fill:enable="
               "eq(n\\,20)+eq(n\\,60)+eq(n\\,280),drawbox=x=100:y=0:w=2:h=128:c=white:t=fill:"
               "enable=between(n\\,100\\,109),format=gray[v]' -map '[v]' -c:v ffv1 in.mkv",
               path());
        ProjectOptions options;
        options.pipeline.add("scratch-removal");
        project = Project::create(path() / "in.mkv", folder(), options);
    }
    [[nodiscard]] std::string folder() const { return path() / "p"; }
    RestoreResult render(const std::string& name, std::int64_t stop_at = -1) const {
        std::stop_source stop;
        RestoreOptions options;
        options.codec = "ffv1";
        options.overwrite = true;
        options.mask_out = path() / "masks.mkv";
        options.stop = stop.get_token();
        options.progress = [&](const Progress& progress) {
            if (stop_at >= 0 && progress.frames_out >= stop_at) {
                stop.request_stop();
            }
        };
        PipelineOptions machine;
        machine.device = "cpu";
        return restore(*project, path() / name, machine, options);
    }
    [[nodiscard]] std::vector<Repair> repairs(const RepairFilter& filter = {}) const {
        return Ledger(folder()).list(filter);
    }
    [[nodiscard]] std::string csv() const {
        return test::oldfilm("ledger list p --csv", path()).out;
    }
    std::optional<Project> project;
};

/// Pixels of a mask film above 0, by frame.
std::map<std::int64_t, std::int64_t> marked(const std::string& path) {
    std::map<std::int64_t, std::int64_t> pixels;
    Reader reader(path);
    while (const std::optional<Frame> frame = reader.next()) {
        const auto count = (frame->picture() > 0).sum().item<std::int64_t>();
        if (count > 0) {
            pixels[frame->info().index] = count;
        }
    }
    return pixels;
}

} // namespace

TEST_CASE("the ledger has what the masks have, however often the film is rendered") {
    const DirtyFilm s;
    s.render("out.mkv");
    std::map<std::int64_t, std::int64_t> areas;
    for (const Repair& repair : s.repairs()) {
        areas[repair.frame] += repair.area;
        CHECK(repair.stage == "scratch-removal");
        CHECK(repair.mean_change.value_or(-1) > 0);
        CHECK(repair.decision == RepairDecision::automatic);
        CHECK(repair.source != RepairSource::unknown);
        CHECK(repair.shot == (repair.frame < 40 ? "s0" : "s40"));
    }
    CHECK(areas == marked(s.path() / "masks.mkv"));
    // The speck of frame 60 is there, and gone from the result.
    RepairFilter speck;
    speck.first = speck.last = 60;
    const std::vector<Repair> found = s.repairs(speck);
    const auto covers = [](const Repair& one) {
        return one.left <= 42 && one.left + one.width > 42 && one.top <= 32 &&
               one.top + one.height > 32;
    };
    const auto at = std::find_if(found.begin(), found.end(), covers);
    REQUIRE(at != found.end());
    CHECK(at->kind == RepairKind::dust);
    const RepairTotals totals = Ledger(s.folder()).totals();
    CHECK(totals.frames == 300);
    CHECK(totals.repairs == static_cast<std::int64_t>(s.repairs().size()));
    const double area =
        std::accumulate(areas.begin(), areas.end(), 0.0, [](double sum, const auto& one) {
            return sum + static_cast<double>(one.second);
        });
    CHECK(totals.share == Approx(area / (300.0 * 160 * 128)));

    // Where a repair changed nothing, and around it, the film is its own.
    CHECK(std::accumulate(totals.evidence.begin(), totals.evidence.end(), 0.0) == Approx(1));
    const auto share = [&](Evidence kind) {
        return totals.evidence.at(static_cast<std::size_t>(kind));
    };
    CHECK(share(Evidence::original) >= 1 - totals.share);
    CHECK(share(Evidence::recovered) > 0);
    CHECK(share(Evidence::resampled) + share(Evidence::recolored) + share(Evidence::filled) == 0);
    const auto by_shot = Ledger(s.folder()).totals_by_shot();
    CHECK(by_shot.at("s40").evidence == Ledger(s.folder()).totals("s40").evidence);
    CHECK(by_shot.at("s40").evidence.front() < 1);

    const std::string once = s.csv();
    s.render("again.mkv");
    CHECK(s.csv() == once);
}

TEST_CASE("a job that was interrupted leaves no row out, and none twice") {
    const DirtyFilm s;
    s.render("whole.mkv");
    const std::string whole = s.csv();
    std::filesystem::remove(s.path() / "p" / "ledger.sqlite");
    CHECK_THROWS_WITH(s.render("out.mkv", 60), Contains("run it again to resume"));
    // What is complete in the checkpoint is in the ledger, and nothing else.
    project::Database database = project::open_ledger(s.folder());
    project::Statement rendered(database, "SELECT count(*), max(frame) FROM frames");
    REQUIRE(rendered.step());
    const std::int64_t frames = rendered.integer(0);
    CHECK(frames >= 40);
    CHECK(frames < 300);
    CHECK(rendered.integer(1) == frames - 1);
    while (rendered.step()) {
    }
    const RestoreResult resumed = s.render("out.mkv");
    CHECK(resumed.resumed == frames);
    CHECK(s.csv() == whole);
    CHECK(checksums("out.mkv", s.path()) == checksums("whole.mkv", s.path()));
}

TEST_CASE("repairs are judged, and stay so when the film is rendered again") {
    const DirtyFilm s;
    s.render("out.mkv");
    Ledger ledger(s.folder());
    RepairFilter shot;
    shot.shot = "s40";
    const std::vector<Repair> in_shot = ledger.list(shot);
    REQUIRE(in_shot.size() > 1);
    CHECK(ledger.decide(shot, RepairDecision::accepted, "me") ==
          static_cast<std::int64_t>(in_shot.size()));
    RepairFilter one;
    one.ids = {in_shot.front().id};
    CHECK(ledger.decide(one, RepairDecision::rejected, "you") == 1);
    s.render("out.mkv");
    const Repair rejected = ledger.list(one).at(0);
    CHECK(rejected.decision == RepairDecision::rejected);
    CHECK(rejected.by == "you");
    CHECK_THAT(rejected.when, Contains("T") && Contains("Z"));
    CHECK(ledger.totals("s40").accepted == static_cast<std::int64_t>(in_shot.size()) - 1);
    CHECK(ledger.totals("s0").accepted == 0);
    const auto by_shot = ledger.totals_by_shot();
    CHECK(by_shot.size() == Project::open(s.folder()).shots().size());
    for (const auto& [id, totals] : by_shot) {
        const RepairTotals alone = ledger.totals(id);
        CHECK(totals.frames == alone.frames);
        CHECK(totals.repairs == alone.repairs);
        CHECK(totals.accepted == alone.accepted);
        CHECK(totals.rejected == alone.rejected);
        CHECK(totals.share == Approx(alone.share));
    }
    // Other shots: the same repairs.
    Project project = Project::open(s.folder());
    project.merge("s0");
    project.save();
    CHECK(Ledger(s.folder()).totals("s0").repairs == Ledger(s.folder()).totals().repairs);
}

TEST_CASE("a rejected repair gives the original back, and no other sample changes") {
    const DirtyFilm s;
    s.render("out.mkv");
    RepairFilter dust;
    dust.kind = RepairKind::dust;
    dust.most = 1;
    const std::vector<Repair> found = Ledger(s.folder()).list(dust);
    REQUIRE(found.size() == 1);
    RepairFilter one;
    one.ids = {found[0].id};
    CHECK(Ledger(s.folder()).decide(one, RepairDecision::rejected, "me") == 1);
    const RestoreResult again = s.render("again.mkv");
    CHECK(again.resumed > 0); // segments of other shots
    CHECK_FALSE(Ledger(s.folder()).list(one).at(0).present);

    Reader film(s.path() / "in.mkv");
    Reader before(s.path() / "out.mkv");
    Reader after(s.path() / "again.mkv");
    std::int64_t wrong = 0;
    while (const std::optional<Frame> original = film.next()) {
        const at::Tensor repaired = before.next().value().picture();
        at::Tensor expected = repaired.clone();
        if (original->info().index == found[0].frame) {
            const auto box = [&found](const at::Tensor& picture) {
                return picture.slice(1, found[0].top, found[0].top + found[0].height)
                    .slice(2, found[0].left, found[0].left + found[0].width);
            };
            CHECK_FALSE(box(repaired).equal(box(original->picture())));
            box(expected).copy_(box(original->picture()));
        }
        wrong += after.next().value().picture().equal(expected) ? 0 : 1;
    }
    CHECK(wrong == 0);
    s.render("third.mkv");
    CHECK(checksums("third.mkv", s.path()) == checksums("again.mkv", s.path()));
    // It is repaired again when nobody objects.
    Ledger(s.folder()).decide(one, RepairDecision::automatic, "");
    s.render("fourth.mkv");
    CHECK(checksums("fourth.mkv", s.path()) == checksums("out.mkv", s.path()));
    CHECK(Ledger(s.folder()).list(one).at(0).present);
}

TEST_CASE("oldfilm ledger lists, judges and exports") {
    const DirtyFilm s;
    s.render("out.mkv");
    const auto ledger = [&s](const std::string& arguments) {
        return test::oldfilm("ledger " + arguments, s.path());
    };
    const std::vector<Repair> all = s.repairs();
    const std::string id = std::to_string(all.front().id);
    CHECK_THAT(ledger("list p --most 1").out, Contains(" dust ") || Contains(" unknown ") ||
                                                  Contains(" hair ") || Contains(" stain "));
    CHECK_THAT(ledger("show p").out, Contains("300 frames"));
    CHECK(ledger("reject p " + id + " --by me").out == "1 rejected\n");
    CHECK_THAT(ledger("show p " + id).out, Contains("rejected by me at "));
    CHECK_THAT(ledger("list p --decision rejected --json").out,
               Contains("\"id\":" + id + ",") && Contains("\"by\":\"me\""));
    CHECK(ledger("reset p " + id).status == 0);
    CHECK(ledger("list p --decision rejected --json").out == "[]\n");
    CHECK(ledger("accept p --shot s40 --kind dust").status == 0);
    CHECK(ledger("accept p").status == 2); // all of them only if asked for
    CHECK(ledger("accept p --all").out == std::to_string(all.size()) + " accepted\n");
    CHECK(ledger("reject p 99999").status == 2);
    CHECK(ledger("list p --shot nothing").status == 2);
    REQUIRE(ledger("export p --csv all.csv --json all.json").status == 0);
    CHECK(test::run("grep -c scratch-removal all.csv", s.path()).out ==
          std::to_string(all.size()) + "\n");
    CHECK(test::run("grep -c scratch-removal all.json", s.path()).out ==
          std::to_string(all.size()) + "\n");
    CHECK(ledger("list nothing").status == 2);
}
