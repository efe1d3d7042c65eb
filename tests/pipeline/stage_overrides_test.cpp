// What stages do otherwise in single shots.
#include "pipeline/pulled.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;
using Catch::Contains;

namespace {

/// Adds `amount` to the mean of the frame before and this one, and makes `channels` channels.
class Add final : public sdk::Stage, public sdk::LiveParameters {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        channels_ = values.integer("channels");
        config.channels = static_cast<std::int32_t>(channels_);
        config.before = 1;
        if (values.flag("double")) {
            config.height = 2 * input.height;
        }
        change(values);
    }
    void change(const sdk::Values& values) override { amount_ = values.number("amount"); }
    void process(const sdk::Request& request) override {
        const at::Tensor mean =
            (sdk::picture(request.frame(0)) + sdk::picture(request.frame(1))) / 2;
        request.set_output(sdk::share((mean + amount_).expand({channels_, -1, -1}).contiguous()));
    }

  private:
    double amount_ = 0;
    std::int64_t channels_ = 1;
};

/// Doubles the rate with the mean of two frames.
class Doubled final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& config) override {
        config.rate = {32, 1};
    }
    void process(const sdk::Request& request) override {
        request.set_output(
            sdk::share((sdk::picture(request.frame(0)) + sdk::picture(request.frame(1))) / 2));
    }
};

StageSpec add(std::int64_t channels = 1) {
    static const oldfilm_plugin_description* description =
        sdk::describe<Add>({"org.oldfilm.add",
                            "add",
                            "1.0.0",
                            "adds",
                            {sdk::number("amount", 0.5, -1, 1, "added").live(),
                             sdk::integer("channels", 1, 1, 3, "of the output"),
                             sdk::flag("double", false, "twice the height")}});
    return {.id = "add", .parameters = {{"channels", channels}}, .description = description};
}

StageSpec doubled() {
    static const oldfilm_plugin_description* description =
        sdk::describe<Doubled>({"org.oldfilm.doubled", "doubled", "1.0.0", "doubles", {}});
    return {.id = "doubled", .parameters = {}, .description = description};
}

StreamFormat format() {
    return format_of(numbered(at::full({1, 4, 6}, 0.0), 0));
}

/// Of twelve frames that begin shots at 0, 4 and 8, all of one value, that of their number / 16.
std::vector<Frame> restored(const Pipeline& pipeline, const ShotOptions& shots) {
    PipelineOptions options;
    options.shots = shots;
    std::vector<at::Tensor> pictures;
    for (int i = 0; i < 12; ++i) {
        pictures.push_back(at::full({1, 4, 6}, i / 16.0));
    }
    return pulled(pipeline, options, pictures);
}

std::vector<double> values(const std::vector<Frame>& frames) {
    std::vector<double> all;
    for (const Frame& frame : frames) {
        all.push_back(16 * frame.picture().mean().item<double>());
    }
    return all;
}

ShotOptions shots_with(std::map<std::int64_t, std::vector<StageOverride>> overrides) {
    ShotOptions shots;
    shots.source = ShotOptions::Source::list;
    shots.first_frames = {4, 8};
    shots.overrides = std::move(overrides);
    return shots;
}

StageOverride off(const std::string& id) {
    return {.id = id, .enabled = false, .parameters = {}};
}

std::string refused(Pipeline pipeline, const ShotOptions& shots) {
    try {
        restored(std::move(pipeline), shots);
    } catch (const Error& error) {
        CHECK(error.code() == Errc::invalid_argument);
        return error.what();
    }
    FAIL("nothing was thrown");
    return "";
}

} // namespace

TEST_CASE("a stage that is off in a shot hands its frames on, and windows end there") {
    const auto made = values(restored(Pipeline().add(add()), shots_with({{4, {off("add")}}})));
    CHECK(made == std::vector<double>{8, 8.5, 9.5, 10.5, 4, 5, 6, 7, 16, 16.5, 17.5, 18.5});
}

TEST_CASE("live parameters hold for their shot only") {
    const StageOverride weak{
        .id = "org.oldfilm.add", .enabled = true, .parameters = {{"amount", 0.25}}};
    const StageOverride none{.id = "add", .enabled = true, .parameters = {{"amount", "0"}}};
    const auto made =
        values(restored(Pipeline().add(add()), shots_with({{0, {weak}}, {8, {none}}})));
    CHECK(made == std::vector<double>{4, 4.5, 5.5, 6.5, 12, 12.5, 13.5, 14.5, 8, 8.5, 9.5, 10.5});
}

TEST_CASE("overrides stand above changes while a run works") {
    PipelineOptions options;
    options.device = "cpu";
    const StageOverride weak{.id = "add", .enabled = true, .parameters = {{"amount", 0.25}}};
    options.shots = shots_with({{4, {weak}}});
    Run run = Pipeline(options).add(add()).start(format());
    run.change(0, {{"amount", 0.0}}, Rational(1, 16));
    std::vector<Frame> out;
    for (std::int64_t i = 0; i < 12; ++i) {
        while (!run.push(numbered(at::full({1, 4, 6}, 0.0), i))) {
            Frame got;
            if (run.next(got) == Run::State::frame) {
                out.push_back(got);
            }
        }
    }
    run.finish();
    for (Frame got; run.next(got) == Run::State::frame;) {
        out.push_back(got);
    }
    CHECK(values(out) == std::vector<double>{8, 0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 0});
}

TEST_CASE("gray frames of a shot where a stage is off become RGB where it makes RGB") {
    const auto made = restored(Pipeline().add(add(3)), shots_with({{4, {off("add")}}}));
    REQUIRE(made.size() == 12);
    for (const Frame& frame : made) {
        CHECK(frame.channels() == 3);
    }
    CHECK(values(made)[5] == 5);
}

TEST_CASE("a rate changer that is off in a shot repeats its frames") {
    const auto made = restored(Pipeline().add(doubled()), shots_with({{4, {off("doubled")}}}));
    CHECK(values(made) == std::vector<double>{0, 0.5, 1, 1.5, 2, 2.5, 3, 3,   4,  4,    5,  5,
                                              6, 6,   7, 7,   8, 8.5, 9, 9.5, 10, 10.5, 11, 11});
    CHECK(made[9].info().origin == Origin::held);
}

TEST_CASE("overrides that can't hold are refused") {
    const auto with = [](StageOverride one) { return shots_with({{4, {std::move(one)}}}); };
    CHECK_THAT(refused(Pipeline().add(add()), with(off("colorize"))),
               Contains("from frame 4") && Contains("colorize") && Contains("does not have"));
    CHECK_THAT(refused(Pipeline().add(add()),
                       with({.id = "add", .enabled = true, .parameters = {{"channels", 3}}})),
               Contains("\"channels\" is not live"));
    CHECK_THAT(refused(Pipeline().add(add()),
                       with({.id = "add", .enabled = true, .parameters = {{"amount", 3.0}}})),
               Contains("amount") && Contains("3"));
    StageSpec tall = add();
    tall.parameters["double"] = true;
    CHECK_THAT(refused(Pipeline().add(tall), with(off("add"))), Contains("changes the size"));
    CHECK_THAT(refused(Pipeline().add(add()), shots_with({{5, {off("add")}}})),
               Contains("no shot begins at frame 5"));
    ShotOptions shots = with(off("add"));
    shots.source = ShotOptions::Source::automatic;
    shots.first_frames.clear();
    CHECK_THAT(refused(Pipeline().add(add()), shots), Contains("set ShotOptions::source to list"));
}

TEST_CASE("a document holds overrides, and the plan too") {
    PipelineOptions options;
    options.device = "cpu";
    options.shots =
        shots_with({{0, {off("add")}},
                    {8, {{.id = "add", .enabled = true, .parameters = {{"amount", 0.25}}}}}});
    const auto document = nlohmann::json::parse(Pipeline(options).to_json());
    const auto expected = nlohmann::json::parse(R"([
        {"first": 0, "stages": {"add": false}}, 4, {"first": 8, "stages": {"add": {"amount": 0.25}}}])");
    CHECK(document.at("shots") == expected);
    ShotOptions back = Pipeline::from_json(document.dump()).options().shots;
    CHECK((back.overrides == options.shots.overrides));
    CHECK(back.first_frames == std::vector<std::int64_t>{0, 4, 8});
    const Plan plan = Pipeline(options).add(add()).plan(format());
    CHECK(nlohmann::json::parse(plan.to_json()).at("shots") == expected);
    for (const char* wrong :
         {R"([{"stages": {}}])", R"([{"first": 4, "stages": 3}])", R"([{"first": 4, "last": 5}])",
          R"([{"first": 4, "stages": {"add": 3}}])", R"(["4"])"}) {
        auto other = document;
        other["shots"] = nlohmann::json::parse(wrong);
        CHECK_THROWS_WITH(Pipeline::from_json(other.dump()), Contains("shots"));
    }
}
