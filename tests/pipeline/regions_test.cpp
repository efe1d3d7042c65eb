// What a person decides for a part of the picture holds, whatever stages do.
#include "pipeline/pulled.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/sdk/draft/damage.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;
using Catch::Contains;

namespace {

/// Adds 0.5 and says that all was repaired; twice the size where asked.
class Lift final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        doubles_ = values.flag("double");
        config.height = input.height * (doubles_ ? 2 : 1);
        config.width = input.width * (doubles_ ? 2 : 1);
    }
    void process(const sdk::Request& request) override {
        at::Tensor lifted = sdk::picture(request.center()) + 0.5;
        if (doubles_) {
            lifted = lifted.repeat_interleave(2, 1).repeat_interleave(2, 2);
        } else {
            request.set_mask(sdk::share(at::ones({1, lifted.size(1), lifted.size(2)})));
        }
        request.set_output(sdk::share(std::move(lifted)));
    }

  private:
    bool doubles_ = false;
};

StageSpec lift(bool doubles = false) {
    static const oldfilm_plugin_description* description = sdk::describe<Lift>(
        {"org.oldfilm.lift", "lift", "1.0.0", "lifts", {sdk::flag("double", false, "the size")}});
    return {.id = "lift", .parameters = {{"double", doubles}}, .description = description};
}

/// Of four black frames.
std::vector<Frame> restored(const Pipeline& pipeline, std::vector<Region> regions) {
    PipelineOptions options;
    options.shots.source = ShotOptions::Source::none;
    options.regions = std::move(regions);
    return pulled(pipeline, options, std::vector<at::Tensor>(4, at::zeros({1, 6, 8})));
}

/// Shows the damage that it receives, as 0.5 more or less than gray.
class ShowDamage final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format&, const sdk::Values&, sdk::Config& config) override {
        config.before = 1;
    }
    void process(const sdk::Request& request) override {
        const at::Tensor damage = sdk::draft::damage(host(), request.center());
        CHECK(sdk::draft::damage(host(), request.frame(0)).defined() ==
              (damage.defined() && request.index() != 1)); // each frame its own
        if (damage.defined()) {
            request.set_output(sdk::share(damage));
        } else {
            request.pass_through();
        }
    }
};

StageSpec show_damage() {
    static const oldfilm_plugin_description* description =
        sdk::describe<ShowDamage>({"org.oldfilm.show", "show", "1.0.0", "shows", {}});
    return {.id = "show", .parameters = {}, .description = description};
}

/// Rows of the picture, `.` for what is black.
std::vector<std::string> drawn(const Frame& frame) {
    std::vector<std::string> rows;
    for (std::int64_t y = 0; y < frame.height(); ++y) {
        std::string& row = rows.emplace_back();
        for (std::int64_t x = 0; x < frame.width(); ++x) {
            row += frame.picture()[0][y][x].item<double>() == 0 ? '.' : '#';
        }
    }
    return rows;
}

} // namespace

TEST_CASE("a box is as it was in its frames, and no repair of the mask") {
    const auto out =
        restored(Pipeline().add(lift()),
                 {{.first = 1, .last = 2, .polygon = box_polygon(2, 1, 3, 2), .stages = {}}});
    const std::vector<std::string> all(6, "########");
    const std::vector<std::string> boxed{"########", "##...###", "##...###",
                                         "########", "########", "########"};
    CHECK(drawn(out[0]) == all);
    CHECK(drawn(out[1]) == boxed);
    CHECK(drawn(out[2]) == boxed);
    CHECK(drawn(out[3]) == all);
    CHECK(at::equal(out[1].mask().gt(0), out[1].picture().gt(0)));
    CHECK(out[0].mask().sum().item<double>() == 48);
}

TEST_CASE("a polygon covers the pixels whose centers are inside, even-odd") {
    const auto out =
        restored(Pipeline().add(lift()),
                 {{.first = 0, .last = 0, .polygon = {{0, 0}, {6, 0}, {0, 6}}, .stages = {}}});
    CHECK(drawn(out[0]) == std::vector<std::string>{".....###", "....####", "...#####", "..######",
                                                    ".#######", "########"});
    const auto outside =
        restored(Pipeline().add(lift()),
                 {{.first = 0, .last = 9, .polygon = box_polygon(-5, 4, 100, 100), .stages = {}}});
    CHECK(drawn(outside[3]) == std::vector<std::string>{"########", "########", "########",
                                                        "########", "........", "........"});
}

TEST_CASE("regions count for the stages that they name, and follow a change of size") {
    const Region box{.first = 0, .last = 3, .polygon = box_polygon(0, 0, 2, 1), .stages = {"lift"}};
    // Enlarged samples are other ones; the second stage leaves them alone.
    const auto out = restored(Pipeline().add(lift(true)).add(lift()), {box});
    CHECK(out[0].picture()[0][1][3].item<double>() == 0.5);
    CHECK(out[0].picture()[0][1][4].item<double>() == 1.0);
    CHECK(out[0].picture()[0][2][0].item<double>() == 1.0);
    Region other = box;
    other.stages = {"denoise"};
    CHECK_THROWS_WITH(restored(Pipeline().add(lift()), {other}), Contains("denoise"));
    other = box;
    other.polygon.resize(2);
    CHECK_THROWS_WITH(restored(Pipeline().add(lift()), {other}), Contains("three corners"));
}

TEST_CASE("a document holds regions, and the plan too") {
    PipelineOptions options;
    options.device = "cpu";
    options.regions = {
        {.first = 3, .last = 7, .polygon = box_polygon(1, 2, 3, 4), .stages = {"lift"}}};
    const auto document = nlohmann::json::parse(Pipeline(options).to_json());
    CHECK((Pipeline::from_json(document.dump()).options().regions == options.regions));
    const Plan plan =
        Pipeline(options).add(lift()).plan(format_of(numbered(at::zeros({1, 6, 8}), 0)));
    CHECK(nlohmann::json::parse(plan.to_json()).at("regions") == document.at("regions"));
    auto boxed = document;
    boxed["regions"] = nlohmann::json::parse(
        R"([{"first": 3, "last": 7, "box": [1, 2, 3, 4], "stages": ["lift"]}])");
    CHECK((Pipeline::from_json(boxed.dump()).options().regions == options.regions));
    boxed["regions"] = nlohmann::json::parse(R"([{"first": 3}])");
    CHECK_THROWS_WITH(Pipeline::from_json(boxed.dump()), Contains("\"box\""));
}

TEST_CASE("damage that is known reaches the stages of the same size") {
    const Region repair{.first = 1,
                        .last = 3,
                        .polygon = box_polygon(0, 0, 4, 6),
                        .stages = {},
                        .action = RegionAction::repair};
    const Region ignore{.first = 1,
                        .last = 3,
                        .polygon = box_polygon(0, 0, 8, 2),
                        .stages = {},
                        .action = RegionAction::ignore};
    PipelineOptions options;
    options.shots.source = ShotOptions::Source::none;
    options.regions = {repair, ignore};
    std::vector<Frame> film;
    for (std::int64_t i = 0; i < 4; ++i) {
        const Frame frame = numbered(at::zeros({1, 6, 8}), i);
        film.push_back(i == 0 ? frame : frame.with_damage(at::ones({1, 6, 8})));
    }
    const std::vector<Frame> out = pulled(Pipeline().add(show_damage()), options, film);
    CHECK(out[0].picture().abs().sum().item<double>() == 0);
    // The film's own, and the regions above it, the later one above the other.
    at::Tensor expected = at::ones({1, 6, 8});
    expected.slice(1, 0, 2).fill_(-1);
    CHECK(at::equal(out[1].picture(), expected));
    CHECK(at::equal(out[3].picture(), expected));
    // Of enlarged pictures nothing is known.
    options.regions = {};
    const std::vector<Frame> enlarged = pulled(Pipeline().add(lift(true)), options, film);
    CHECK_FALSE(enlarged[3].damage().defined());
    CHECK(enlarged[3].height() == 12);
}

TEST_CASE(
    "a frame that shows the same as the one before is another where another thing is decided") {
    PipelineOptions options;
    options.shots.source = ShotOptions::Source::none;
    options.regions = {{.first = 2, .last = 2, .polygon = box_polygon(0, 0, 8, 6), .stages = {}}};
    std::vector<Frame> film;
    for (std::int64_t i = 0; i < 6; ++i) {
        Frame frame = numbered(at::zeros({1, 6, 8}), i);
        FrameInfo info = frame.info();
        info.origin = i == 0 ? Origin::decoded : Origin::held;
        film.push_back(frame.with_info(info));
    }
    const std::vector<Frame> out = pulled(Pipeline().add(lift()), options, film);
    REQUIRE(out.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(out[i].picture().sum().item<double>() == (i == 2 ? 0 : 24));
    }
    options.regions = {};
    for (std::size_t i = 3; i < 6; ++i) {
        film[i] = film[i].with_damage(at::ones({1, 6, 8}));
    }
    const std::vector<Frame> shown = pulled(Pipeline().add(show_damage()), options, film);
    CHECK(shown[2].picture().sum().item<double>() == 0);
    CHECK(shown[3].picture().sum().item<double>() == 48);
    CHECK(shown[5].picture().sum().item<double>() == 48);
}

TEST_CASE("regions with damage are in documents, and count for all stages") {
    PipelineOptions options;
    options.device = "cpu";
    options.regions = {{.first = 3,
                        .last = 7,
                        .polygon = box_polygon(1, 2, 3, 4),
                        .stages = {},
                        .action = RegionAction::ignore}};
    const auto document = nlohmann::json::parse(Pipeline(options).to_json());
    CHECK(document.at("regions")[0].at("action") == "ignore");
    CHECK((Pipeline::from_json(document.dump()).options().regions == options.regions));
    auto other = document;
    other["regions"][0]["action"] = "paint";
    CHECK_THROWS_WITH(Pipeline::from_json(other.dump()), Contains("\"ignore\", found \"paint\""));
    Region named = options.regions.front();
    named.stages = {"lift"};
    CHECK_THROWS_WITH(restored(Pipeline().add(lift()), {named}), Contains("leave the stages out"));
    CHECK_THROWS_WITH(numbered(at::zeros({1, 6, 8}), 0).with_damage(at::ones({1, 5, 8})),
                      Contains("1 x 6 x 8"));
}
