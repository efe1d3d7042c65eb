// Films of masks that another program made.
#include "job/mask_source.hpp"
#include "job/three_shots.hpp"
#include "run_program.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/evidence.hpp>
#include <oldfilm/restore.hpp>
#include <oldfilm/sdk/draft/damage.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string>
#include <utility>

using namespace oldfilm;
using namespace oldfilm::test;
using Catch::Contains;

namespace {

/// Makes what is known to be damaged black, and says so.
class Blacken final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format&, const sdk::Values&, sdk::Config&) override {}
    void process(const sdk::Request& request) override {
        const at::Tensor damage = sdk::draft::damage(host(), request.center());
        if (!damage.defined()) {
            request.pass_through();
            return;
        }
        request.set_output(sdk::share(at::where(damage > 0, 0.0, sdk::picture(request.center()))));
        request.set_mask(sdk::share((damage > 0).to(at::kFloat)));
    }
};

StageSpec blacken() {
    static const oldfilm_plugin_description* description =
        sdk::describe<Blacken>({"org.oldfilm.blacken", "blacken", "1.0.0", "blackens", {}});
    return {.id = "blacken", .parameters = {}, .description = description};
}

/// 128 frames in three shots; `masks.mkv` has a white column that moves with the frames.
struct MaskedFilm : Scratch {
    MaskedFilm() {
        make_three_shots(path());
        ffmpeg("-i in.mkv -pix_fmt gray -c:v ffv1 gray.mkv", path());
        ffmpeg("-f lavfi -i color=black:size=48x32:rate=16:duration=8 -vf "
               "format=gray,geq=lum='255*eq(X\\,mod(N\\,48))' -c:v ffv1 masks.mkv",
               path());
    }
    RestoreResult restore(const std::string& output, RestoreOptions options,
                          const std::string& device = "cpu", std::int64_t stop_at = -1) const {
        return restored(path() / "gray.mkv", path() / output, blacken(), std::move(options), device,
                        stop_at);
    }
    [[nodiscard]] RestoreOptions masked(const std::string& masks = "masks.mkv") const {
        RestoreOptions options;
        options.mask_in = path() / masks;
        return options;
    }
    /// The columns that are black in all rows of the frames.
    [[nodiscard]] std::vector<std::int64_t> black_columns(const std::string& film) const {
        Reader reader(path() / film);
        std::vector<std::int64_t> found;
        while (const auto frame = reader.next()) {
            const at::Tensor black = (frame->picture() == 0).all(0).all(0);
            for (const std::int64_t x : {frame->info().index % 48, std::int64_t{7}}) {
                if (black[x].item<bool>()) {
                    found.push_back(x);
                    break;
                }
            }
        }
        return found;
    }
};

} // namespace

TEST_CASE("masks belong to their frames, on any number of devices, and when a job resumes") {
    const MaskedFilm s;
    CHECK(s.restore("one.mkv", s.masked()).frames_out == 128);
    const auto columns = s.black_columns("one.mkv");
    REQUIRE(columns.size() == 128);
    for (std::int64_t i = 0; i < 128; ++i) {
        CHECK(columns[static_cast<std::size_t>(i)] == i % 48);
    }
    s.restore("two.mkv", s.masked(), "cpu,cpu");
    CHECK(checksums("one.mkv", s.path()) == checksums("two.mkv", s.path()));
    CHECK_THROWS_AS(s.restore("resumed.mkv", s.masked(), "cpu", 90), Error);
    CHECK(s.restore("resumed.mkv", s.masked()).resumed > 0);
    CHECK(checksums("one.mkv", s.path()) == checksums("resumed.mkv", s.path()));
}

TEST_CASE("a job is not resumed with other masks") {
    const MaskedFilm s;
    CHECK_THROWS_AS(s.restore("out.mkv", s.masked(), "cpu", 90), Error);
    CHECK_THROWS_WITH(s.restore("out.mkv", RestoreOptions()), Contains("mask_in"));
}

TEST_CASE("masks are counted from the film's first frame, wherever the part begins") {
    const MaskedFilm s;
    RestoreOptions part = s.masked();
    part.read.start = Rational(2);
    part.read.duration = Rational(1);
    s.restore("part.mkv", part);
    Reader reader(s.path() / "part.mkv");
    const auto first = reader.next();
    CHECK((first->picture() == 0).all(0).all(0)[32].item<bool>());
}

TEST_CASE("one picture is the mask of all frames") {
    const MaskedFilm s;
    ffmpeg("-f lavfi -i color=black:size=48x32 -vf format=gray,geq=lum='255*eq(X\\,7)' -frames:v 1 "
           "mask.png",
           s.path());
    s.restore("all.mkv", s.masked("mask.png"));
    CHECK(s.black_columns("all.mkv").size() == 128);
}

TEST_CASE("the evidence film has the color of what was done where it was done") {
    const MaskedFilm s;
    RestoreOptions options = s.masked();
    options.evidence_out = s.path() / GENERATE("evidence.mkv", "evidence.avi");
    CHECK_THROWS_AS(s.restore("out.mkv", options, "cpu", 90), Error);
    CHECK(s.restore("out.mkv", options).resumed > 0);
    Reader film(s.path() / "gray.mkv");
    Reader restored(s.path() / "out.mkv");
    Reader evidence(options.evidence_out);
    REQUIRE(evidence.info().channels == 3);
    const auto color = palette_color(Evidence::synthesized);
    std::int64_t frames = 0;
    while (const auto frame = evidence.next()) {
        const auto before = film.next();
        const auto after = restored.next();
        CHECK(frame->info().time() == after->info().time());
        const at::Tensor changed = (before->picture() != after->picture())[0];
        for (std::int64_t channel = 0; channel < 3; ++channel) {
            const at::Tensor code = frame->picture()[channel].mul(255).round();
            const double expected = color[static_cast<std::size_t>(channel)];
            CHECK((code == changed * expected).all().item<bool>());
        }
        ++frames;
    }
    CHECK(frames == 128);
}

TEST_CASE("an evidence film that cannot be is refused before the work begins") {
    const MaskedFilm s;
    RestoreOptions options = s.masked();
    options.evidence_out = s.path() / "out.mkv";
    CHECK_THROWS_WITH(s.restore("out.mkv", options), Contains("different files"));
    options.evidence_out = s.path() / "evidence.mp4";
    CHECK_THROWS_WITH(s.restore("out.mkv", options), Contains("FFV1"));
    options.evidence_out = s.path() / "evidence.mkv";
    CHECK_THROWS_WITH(restore(s.path() / "gray.mkv", s.path() / "out.mkv", Pipeline(), options),
                      Contains("no stages"));
    CHECK_FALSE(s.has("out.mkv"));
}

TEST_CASE("masks that do not fit are refused") {
    const MaskedFilm s;
    ffmpeg("-i masks.mkv -vf scale=24:16 -c:v ffv1 small.mkv", s.path());
    CHECK_THROWS_WITH(s.restore("out.mkv", s.masked("small.mkv")), Contains("48 x 32"));
    ffmpeg("-i masks.mkv -frames:v 100 -c:v ffv1 short.mkv", s.path());
    CHECK_THROWS_WITH(s.restore("out.mkv", s.masked("short.mkv")), Contains("ends after 100"));
    CHECK_THROWS_WITH(s.restore("out.mkv", s.masked("none.mkv")), Contains("none.mkv"));
    RestoreOptions options = s.masked();
    options.read.film_frames = true;
    CHECK_THROWS_WITH(s.restore("out.mkv", options), Contains("cadence"));
    options = s.masked();
    options.mask_out = options.mask_in;
    CHECK_THROWS_WITH(s.restore("out.mkv", options), Contains("different files"));
}
