// What is decided shot by shot in a job: a gray shot, a title card, an amber and a blue shot.
#include "analysis/generator.hpp"
#include "job/restore.hpp"
#include "job/three_shots.hpp"
#include "media_files.hpp"
#include "messages.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/error.hpp>
#include <oldfilm/restore.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace media_files;
using Catch::Contains;

namespace {

constexpr int frames_each = 16;

std::vector<at::Tensor> film() {
    oldfilm::test::Generator make(11, 192, 256);
    std::vector<at::Tensor> all;
    const auto add = [&all](const std::vector<at::Tensor>& shot, const auto& color) {
        for (const at::Tensor& picture : shot) {
            all.push_back(color(picture));
        }
    };
    const auto gray = [](const at::Tensor& picture) { return picture.expand({3, -1, -1}); };
    const auto tinted = [](const Tint::Color& color) {
        return [color](const at::Tensor& picture) {
            return oldfilm::test::Generator::tinted(picture, color, false);
        };
    };
    add(make.shot(frames_each), gray);
    add(make.title_card(frames_each), gray);
    add(make.shot(frames_each), tinted({1, 0.8, 0.5}));
    add(make.shot(frames_each), tinted({0.5, 0.6, 1}));
    return all;
}

void write(const std::string& path, const std::vector<at::Tensor>& pictures) {
    WriteOptions options;
    options.codec = "ffv1";
    options.pixel_format = "gbrp";
    options.frame_rate = 16;
    options.width = pictures.front().size(2);
    options.height = pictures.front().size(1);
    Writer writer(path, options);
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        FrameInfo info;
        info.pts = static_cast<std::int64_t>(i);
        info.duration = 1;
        info.time_base = Rational(1, 16);
        writer.write(Frame(pictures[i].clamp(0, 1).contiguous(), info));
    }
    writer.finish();
}

std::vector<at::Tensor> read(const std::string& path) {
    Reader reader(path);
    std::vector<at::Tensor> pictures;
    while (const auto frame = reader.next()) {
        pictures.push_back(frame->picture());
    }
    return pictures;
}

/// Stands for colorize: red is all it knows.
class Red final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& config) override {
        config.channels = 3;
    }
    void process(const sdk::Request& request) override {
        at::Tensor red = sdk::picture(request.center()).expand({3, -1, -1}).clone();
        red.narrow(0, 1, 2).mul_(0.25);
        request.set_output(sdk::share(std::move(red)));
    }
};

StageSpec colorize() {
    static const oldfilm_plugin_description* description =
        sdk::describe<Red>({"org.oldfilm.colorize", "colorize", "1.0.0", "red", {}});
    return {.id = "colorize", .parameters = {}, .description = description};
}

/// Stands for denoise.
class Smooth final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& /*values*/,
                   sdk::Config& /*config*/) override {}
    void process(const sdk::Request& request) override {
        const at::Tensor picture = sdk::picture(request.center());
        request.set_output(sdk::share(picture.mean().expand_as(picture).contiguous()));
    }
};

StageSpec smooth() {
    static const oldfilm_plugin_description* description =
        sdk::describe<Smooth>({"org.oldfilm.smooth", "smooth", "1.0.0", "one tone", {}});
    return {.id = "smooth", .parameters = {}, .description = description};
}

PipelineOptions on_cpu() {
    PipelineOptions options;
    options.device = "cpu";
    return options;
}

double difference(const at::Tensor& a, const at::Tensor& b) {
    return 255 * (a - b).abs().max().item<double>();
}

std::string plan_of(const std::string& file) {
    return probe(file, "-show_entries format_tags=OLDFILM_PLAN").front();
}

} // namespace

TEST_CASE("colorize is decided shot by shot, reported, and the same on two devices") {
    const Folder folder;
    const std::vector<at::Tensor> pictures = film();
    write(folder / "in.mkv", pictures);
    std::string messages;
    RestoreOptions options;
    options.codec = "ffv1";
    options.decide_by_shot = {"colorize"};
    options.log = oldfilm::test::collect(messages);
    restore(folder / "in.mkv", folder / "out.mkv", Pipeline(on_cpu()).add(colorize()), options);
    CHECK_THAT(messages, Contains("colorize is off in 3 of 4 shots") && Contains("title card 1") &&
                             Contains("tinted 2"));
    const std::vector<at::Tensor> made = read(folder / "out.mkv");
    REQUIRE(made.size() == pictures.size());
    for (std::size_t i = 0; i < made.size(); ++i) {
        CHECK((difference(made[i], pictures[i].clamp(0, 1)) > 20) == (i < frames_each));
    }
    PipelineOptions two = on_cpu();
    two.device = "cpu,cpu";
    restore(folder / "in.mkv", folder / "two.mkv", Pipeline(two).add(colorize()), options);
    const std::vector<at::Tensor> other = read(folder / "two.mkv");
    for (std::size_t i = 0; i < made.size(); ++i) {
        CHECK(at::equal(made[i], other[i]));
    }
    // Without that, all shots are restored alike.
    options.decide_by_shot.clear();
    restore(folder / "in.mkv", folder / "all.mkv", Pipeline(on_cpu()).add(colorize()), options);
    CHECK(difference(read(folder / "all.mkv")[frames_each], pictures[frames_each]) > 20);
}

TEST_CASE("a tint is measured in each shot, and given back there") {
    const Folder folder;
    write(folder / "in.mkv", film());
    RestoreOptions options;
    options.codec = "ffv1";
    options.decide_by_shot = {"org.oldfilm.tint"};
    Pipeline pipeline(on_cpu());
    pipeline.add("tint:mode=remove").add("tint");
    restore(folder / "in.mkv", folder / "out.mkv", pipeline, options);
    const std::vector<at::Tensor> made = read(folder / "out.mkv");
    const std::vector<at::Tensor> source = read(folder / "in.mkv");
    for (std::size_t i = 0; i < made.size(); ++i) {
        const at::Tensor off = (made[i] - source[i]).abs().flatten() * 255;
        INFO("frame " << i);
        if (i < 2 * frames_each) {
            CHECK(at::equal(made[i], source[i]));
        } else {
            CHECK(std::get<0>(off.sort())[off.numel() * 99 / 100].item<double>() <= 2.01);
        }
    }
}

TEST_CASE("an interrupted job takes its decisions from the run before") {
    const Folder folder;
    write(folder / "in.mkv", film());
    Pipeline pipeline(on_cpu());
    pipeline.add(colorize());
    RestoreOptions options;
    options.codec = "ffv1";
    options.decide_by_shot = {"colorize"};
    restore(folder / "in.mkv", folder / "whole.mkv", pipeline, options);
    oldfilm::test::Stopper stopper(3 * frames_each + 4);
    options.stop = stopper.stop.get_token();
    CHECK_THROWS_AS(
        job::restore(folder / "in.mkv", folder / "out.mkv", pipeline, options, &stopper), Error);
    const std::string facts = (folder / "out.mkv") + ".oldfilm-job/facts.json";
    REQUIRE(std::ifstream(facts).good());
    options.stop = {};
    std::string messages;
    options.log = oldfilm::test::collect(messages);
    const RestoreResult result = restore(folder / "in.mkv", folder / "out.mkv", pipeline, options);
    CHECK(result.resumed > 0);
    CHECK(messages.find("looking at all shots") == std::string::npos);
    CHECK_THAT(messages, Contains("colorize is off in 3 of 4 shots"));
    CHECK(plan_of(folder / "out.mkv") == plan_of(folder / "whole.mkv"));
    const std::vector<at::Tensor> made = read(folder / "out.mkv");
    const std::vector<at::Tensor> whole = read(folder / "whole.mkv");
    REQUIRE(made.size() == whole.size());
    for (std::size_t i = 0; i < made.size(); ++i) {
        CHECK(at::equal(made[i], whole[i]));
    }
}

TEST_CASE("overrides follow the facts, and need those of all shots") {
    FilmFacts facts;
    facts.shots.resize(3);
    facts.shots[1].first = 10;
    facts.shots[1].kind = PictureKind::leader;
    facts.shots[2].first = 20;
    facts.shots[2].coloring = Coloring::color;
    const auto overrides = overrides_for(facts, Pipeline(on_cpu()).add(colorize()));
    REQUIRE(overrides.size() == 2);
    CHECK_FALSE(overrides.at(10).at(0).enabled);
    CHECK_FALSE(overrides.at(20).at(0).enabled);
    CHECK(overrides_for(facts, Pipeline(on_cpu())).empty());
    facts.sampled = true;
    CHECK_THROWS_WITH(overrides_for(facts, Pipeline(on_cpu())), Contains("AnalysisOptions::full"));
}

TEST_CASE("grain that was taken away is given back as it was") {
    const Folder folder;
    oldfilm::test::Generator make(3, 192, 256);
    const at::Tensor flat = at::full({3, 192, 256}, 0.5);
    std::vector<at::Tensor> pictures;
    for (int i = 0; i < 12; ++i) {
        pictures.push_back(flat + make.grain(i < 6 ? 0.01 : 0.03));
    }
    write(folder / "in.mkv", pictures);
    RestoreOptions options;
    options.codec = "ffv1";
    options.decide_by_shot = {"grain"};
    PipelineOptions run = on_cpu();
    run.shots.source = ShotOptions::Source::list;
    run.shots.first_frames = {6};
    Pipeline pipeline(run);
    pipeline.add(smooth()).add("grain:amount=0.5");
    restore(folder / "in.mkv", folder / "out.mkv", pipeline, options);
    AnalysisOptions all;
    all.full = true;
    all.shots = run.shots;
    const FilmFacts facts = analyze_film(folder / "out.mkv", all);
    REQUIRE(facts.shots.size() == 2);
    CHECK(facts.shots[0].grain_sigma == Approx(0.005 * 255).epsilon(0.1));
    CHECK(facts.shots[1].grain_sigma == Approx(0.015 * 255).epsilon(0.1));
}
