// Frames tell where each of their samples comes from.
#include "pipeline/pulled.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/evidence.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/sdk/draft/evidence.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;
using Catch::Contains;

namespace {

constexpr std::int64_t rows = 4;
constexpr std::int64_t columns = 6;

/// Adds 0.25 to columns [first, last); `scale` times the size.
template <class Base>
class Raise : public Base {
  public:
    using Base::Base;
    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        first_ = values.integer("first");
        last_ = values.integer("last");
        scale_ = values.integer("scale");
        config.height = input.height * scale_;
        config.width = input.width * scale_;
    }
    void process(const sdk::Request& request) override {
        at::Tensor picture = sdk::picture(request.center()).clone();
        picture.slice(2, first_, last_).add_(0.25);
        if (scale_ > 1) {
            picture = picture.repeat_interleave(scale_, 1).repeat_interleave(scale_, 2);
        }
        request.set_output(sdk::share(std::move(picture)));
    }

  protected:
    std::int64_t first_ = 0, last_ = 0, scale_ = 1;
};

class Silent final : public Raise<sdk::Stage> {
    using Raise::Raise;
};

class Recolors final : public Raise<sdk::Stage>,
                       public sdk::draft::ChangesOf<sdk::draft::EvidenceKind::recolored> {
    using Raise::Raise;
};

/// Says that its whole picture is of the evidence `first` on its left half, and `last` on its
/// right.
class Halves final : public sdk::Stage, public sdk::draft::Evidence {
  public:
    using Stage::Stage;
    void configure(const sdk::Format&, const sdk::Values& values, sdk::Config&) override {
        left_ = values.integer("first");
        right_ = values.integer("last");
    }
    void process(const sdk::Request& request) override {
        request.set_output(sdk::share(sdk::picture(request.center()) + 0.5));
    }
    sdk::draft::OutputEvidence evidence(std::size_t /*request*/) override {
        CHECK(keeps_evidence());
        at::Tensor plane = at::full({1, rows, columns}, left_, at::kByte);
        plane.slice(2, columns / 2).fill_(right_);
        return {.plane = sdk::share(plane)};
    }

  private:
    std::int64_t left_ = 0, right_ = 0;
};

/// Halves the time between frames.
class Doubles final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& input, const sdk::Values&, sdk::Config& config) override {
        config.rate = {input.rate.num * 2, input.rate.den};
    }
    void process(const sdk::Request& request) override {
        request.set_output(sdk::share(sdk::picture(request.frame(0)).clone()));
    }
};

template <class S>
StageSpec stage(const char* name, std::int64_t first = 0, std::int64_t last = 0,
                std::int64_t scale = 1) {
    static const std::string id = std::string("org.oldfilm.") + name;
    static const oldfilm_plugin_description* description = sdk::describe<S>(
        {id.c_str(),
         name,
         "1.0.0",
         "for a test",
         {sdk::integer("first", 0, 0, 99, "a column"), sdk::integer("last", 0, 0, 99, "a column"),
          sdk::integer("scale", 1, 1, 4, "the size")}});
    return {.id = name,
            .parameters = {{"first", first}, {"last", last}, {"scale", scale}},
            .description = description};
}

std::vector<Frame> made_by(const Pipeline& pipeline, bool evidence = true,
                           std::vector<Region> regions = {}) {
    PipelineOptions options;
    options.shots.source = ShotOptions::Source::none;
    options.evidence = evidence;
    options.regions = std::move(regions);
    return pulled(pipeline, options, std::vector<at::Tensor>(3, at::zeros({1, rows, columns})));
}

/// The first row, a digit for each sample.
std::string row_of(const Frame& frame) {
    std::string row;
    for (std::int64_t x = 0; x < frame.width(); ++x) {
        row += std::to_string(frame.evidence()[0][0][x].item<int>());
    }
    return row;
}

} // namespace

TEST_CASE("what a stage changes is synthesized unless it says otherwise, and the rest original") {
    const auto silent = made_by(Pipeline().add(stage<Silent>("silent", 1, 3)));
    CHECK(row_of(silent.front()) == "055000");
    CHECK(row_of(silent.back()) == "055000");
    const auto recolored = made_by(Pipeline().add(stage<Recolors>("recolors", 1, 3)));
    CHECK(row_of(recolored.front()) == "022000");
}

TEST_CASE("a stage may say it sample by sample") {
    CHECK(row_of(made_by(Pipeline().add(stage<Halves>("halves", 3, 4)))[1]) == "333444");
}

TEST_CASE("of several stages the kind farthest from the film counts") {
    const auto out = made_by(Pipeline()
                                 .add(stage<Recolors>("recolors", 0, 4))
                                 .add(stage<Silent>("silent", 3, 5))
                                 .add(stage<Recolors>("recolors", 4, 6)));
    CHECK(row_of(out[1]) == "222552");
}

TEST_CASE("where the size changes, all samples are new and keep the marks of the old ones") {
    const auto out = made_by(
        Pipeline().add(stage<Silent>("silent", 1, 2)).add(stage<Recolors>("recolors", 0, 0, 2)));
    REQUIRE(out.front().width() == 2 * columns);
    CHECK(row_of(out.front()) == "225522222222");
}

TEST_CASE("frames between two are synthesized, and those of the film stay what they are") {
    const auto out =
        made_by(Pipeline().add(stage<Recolors>("recolors", 0, 2)).add(stage<Doubles>("doubles")));
    REQUIRE(out.size() == 6);
    CHECK(row_of(out[2]) == "220000");
    CHECK(row_of(out[3]) == "555555");
    CHECK(row_of(out[4]) == "220000");
}

TEST_CASE("protected samples are original") {
    const auto out =
        made_by(Pipeline().add(stage<Silent>("silent", 0, 6)), true,
                {{.first = 1, .last = 1, .polygon = box_polygon(2, 0, 2, rows), .stages = {}}});
    CHECK(row_of(out[0]) == "555555");
    CHECK(row_of(out[1]) == "550055");
}

TEST_CASE("without a wish for evidence frames carry none") {
    const auto out = made_by(Pipeline().add(stage<Recolors>("recolors", 1, 3)), false);
    CHECK_FALSE(out.front().evidence().defined());
    const auto with = made_by(Pipeline().add(stage<Recolors>("recolors", 1, 3)));
    CHECK(at::equal(out.front().picture(), with.front().picture()));
}

TEST_CASE("a kind that there is not is the stage's defect") {
    CHECK_THROWS_WITH(made_by(Pipeline().add(stage<Halves>("halves", 1, 9))),
                      Contains("the evidence 9; expected 0 to 5"));
}

TEST_CASE("evidence is uint8 of the picture's size") {
    const Frame frame = numbered(at::zeros({1, rows, columns}), 0);
    CHECK_THROWS_WITH(frame.with_evidence(at::zeros({1, rows, columns})), Contains("uint8"));
    CHECK_THROWS_WITH(frame.with_evidence(at::zeros({1, 1, 1}, at::kByte)), Contains("1 x 4 x 6"));
    const Frame with = frame.with_evidence(at::zeros({1, rows, columns}, at::kByte));
    CHECK(with.bytes() == frame.bytes() + rows * columns);
    CHECK_FALSE(with.with_picture(at::zeros({1, 2, 2})).evidence().defined());
}

TEST_CASE("kinds have names and colors of their own") {
    CHECK(to_string(Evidence::recovered) == std::string("recovered"));
    for (int a = 0; a < evidence_kinds; ++a) {
        for (int b = 0; b < a; ++b) {
            CHECK(palette_color(static_cast<Evidence>(a)) !=
                  palette_color(static_cast<Evidence>(b)));
        }
    }
}
