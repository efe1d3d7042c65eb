// Shots as users say them: options, documents, and the lists of other programs.
#include "run_program.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

using namespace oldfilm;
using Catch::Contains;
using Numbers = std::vector<std::int64_t>;

namespace {

/// First frames of the shots that a run without stages finds in 20 frames, of which 8 begins
/// another picture; in push mode.
Numbers shots_of(const ShotOptions& shots) {
    at::manual_seed(3);
    PipelineOptions options;
    options.device = "cpu";
    options.shots = shots;
    StreamFormat format;
    format.channels = 1;
    format.height = 48;
    format.width = 64;
    format.rate = 16;
    Run run = Pipeline(options).start(format);
    const auto scene = [] {
        return at::upsample_bilinear2d(at::rand({1, 1, 6, 8}), {48, 64}, false)[0];
    };
    const at::Tensor a = scene();
    const at::Tensor b = scene();
    Numbers first;
    std::int32_t shot = -1;
    const auto take = [&] {
        Frame got;
        if (run.next(got) != Run::State::frame) {
            return false;
        }
        if (got.info().shot != shot) {
            shot = got.info().shot;
            first.push_back(got.info().index);
        }
        return true;
    };
    for (std::int64_t i = 0; i < 20; ++i) {
        FrameInfo info;
        info.pts = i;
        info.duration = 1;
        info.time_base = Rational(1, 16);
        const Frame frame(i < 8 ? a : b, info);
        while (!run.push(frame)) {
            take();
        }
    }
    run.finish();
    while (take()) {
    }
    return first;
}

ShotOptions listed(Numbers first) {
    ShotOptions shots;
    shots.source = ShotOptions::Source::list;
    shots.first_frames = std::move(first);
    return shots;
}

struct Lists : test::Scratch {
    [[nodiscard]] Numbers read(const std::string& text, const Rational& rate = 25) const {
        const std::string path = this->path() / "list";
        std::ofstream(path) << text;
        return read_shot_list(path, rate);
    }
};

nlohmann::json clip(double frames, double rate) {
    const nlohmann::json duration = {
        {"OTIO_SCHEMA", "RationalTime.1"}, {"value", frames}, {"rate", rate}};
    return {{"OTIO_SCHEMA", "Clip.2"},
            {"source_range", {{"OTIO_SCHEMA", "TimeRange.1"}, {"duration", duration}}}};
}

/// An array, of one item too, which braces alone do not make.
nlohmann::json list(const std::vector<nlohmann::json>& items) {
    nlohmann::json array = nlohmann::json::array();
    for (const nlohmann::json& item : items) {
        array.push_back(item);
    }
    return array;
}

nlohmann::json track(const nlohmann::json& items, const std::string& kind = "Video") {
    return {{"OTIO_SCHEMA", "Track.1"}, {"kind", kind}, {"children", items}};
}

std::string timeline(const nlohmann::json& tracks) {
    return nlohmann::json{{"OTIO_SCHEMA", "Timeline.1"},
                          {"tracks", {{"OTIO_SCHEMA", "Stack.1"}, {"children", tracks}}}}
        .dump();
}

} // namespace

TEST_CASE("shots are detected, left out, or as they are listed") {
    CHECK(shots_of({}) == Numbers{0, 8});
    ShotOptions none;
    none.source = ShotOptions::Source::none;
    CHECK(shots_of(none) == Numbers{0});
    CHECK(shots_of(listed({0, 5, 11})) == Numbers{0, 5, 11});
    CHECK(shots_of(listed({7, 400})) == Numbers{0, 7});
    ShotOptions blind;
    blind.cut_threshold = 1.9; // unrelated pictures are about 1 apart
    CHECK(shots_of(blind) == Numbers{0});
}

TEST_CASE("invalid shots are refused with what was expected") {
    ShotOptions threshold;
    threshold.cut_threshold = 2;
    CHECK_THROWS_WITH(shots_of(threshold), Contains("below 2, found 2"));
    CHECK_THROWS_WITH(shots_of(listed({0, 9, 9})), Contains("found 9 after 9"));
    CHECK_THROWS_WITH(shots_of(listed({-1, 9})), Contains("from 0, found -1"));
    ShotOptions both = listed({4});
    both.source = ShotOptions::Source::none;
    CHECK_THROWS_WITH(shots_of(both), Contains("source to list"));
}

TEST_CASE("a document holds shots, and the plan says what is not detected") {
    const auto document = [](const std::string& more) {
        return Pipeline::from_json(R"({"oldfilm": 1, "stages": [])" + more + "}");
    };
    CHECK(document("").options().shots == ShotOptions{});
    CHECK(document(R"(, "shots": "none")").options().shots.source == ShotOptions::Source::none);
    const Pipeline pipeline = document(R"(, "shots": [0, 12, 40])");
    CHECK(pipeline.options().shots == listed({0, 12, 40}));
    CHECK(Pipeline::from_json(pipeline.to_json()).options().shots == listed({0, 12, 40}));
    CHECK(document(R"(, "cut_threshold": 0.3)").options().shots.cut_threshold == 0.3);
    CHECK_THROWS_WITH(document(R"(, "shots": "all")"), Contains("\"auto\", \"none\" or an array"));
    CHECK_THROWS_WITH(document(R"(, "shots": [1.5])"), Contains("has 1.5 in \"shots\""));

    StreamFormat format;
    format.channels = 1;
    format.height = format.width = 16;
    const auto plan = [&](const Pipeline& of) {
        return nlohmann::json::parse(of.plan(format).to_json());
    };
    CHECK(plan(pipeline).at("shots") == nlohmann::json({0, 12, 40}));
    CHECK(plan(document(R"(, "cut_threshold": 0.3)")).at("cut_threshold") == 0.3);
    CHECK_FALSE(plan(document("")).contains("shots"));
    CHECK_FALSE(plan(document("")).contains("cut_threshold"));
}

TEST_CASE("lists of first frames") {
    const Lists s;
    CHECK(s.read("0\n12\n\n40 # the train\r\n# over\n") == Numbers{0, 12, 40});
    CHECK(s.read(R"({"width": 64, "shots": [{"frame": 0, "time": 0}, {"frame": 31}]})") ==
          Numbers{0, 31});
    CHECK(s.read("12", 0) == Numbers{12}); // of an irregular rate, too
    CHECK_THROWS_WITH(s.read("0\n12 frames\n"), Contains("line 2") && Contains("12 frames"));
    CHECK_THROWS_WITH(s.read("0\n-3\n"), Contains("line 2"));
    CHECK_THROWS_WITH(s.read("5\n5\n"), Contains("found frame 5 after 5"));
    CHECK_THROWS_WITH(s.read("# nothing\n"), Contains("lists no shot"));
    CHECK_THROWS_WITH(s.read("{\"a\": "), Contains("is not JSON of a kind"));
    CHECK_THROWS_WITH(s.read("{\"a\": 1}"), Contains("OpenTimelineIO"));
    CHECK_THROWS_WITH(s.read(R"({"shots": [{"time": 1}]})"), Contains("found {\"time\":1}"));
    CHECK_THROWS_WITH(read_shot_list(s.path() / "gone", 25), Contains("cannot be read"));
}

TEST_CASE("an edit decision list is read by its record times") {
    const Lists s;
    const std::string head = "TITLE: REEL 1\nFCM: NON-DROP FRAME\n\n";
    const std::string first =
        "001  AX       V     C        00:00:00:00 00:00:04:00 01:00:00:00 01:00:04:00\n"
        "* FROM CLIP NAME: train.mov\n"
        "002  AX       AA    C        00:00:00:00 00:00:04:00 01:00:00:00 01:00:04:00\n";
    CHECK(
        s.read(head + first +
               "003  AX       V     C        00:10:00:00 00:10:01:05 01:00:04:00 01:00:05:05\n") ==
        Numbers{0, 100});
    // A dissolve: an event of no length, and one with the length of the transition.
    CHECK(
        s.read(head + first +
               "003  AX       V     C        00:10:00:00 00:10:00:00 01:00:04:00 01:00:04:00\n"
               "003  BX       B     D    024 00:10:00:00 00:10:01:05 01:00:04:00 01:00:05:05\n") ==
        Numbers{0, 100});
    // Drop-frame: a minute has 1798 frames, but for every tenth.
    const std::string drops = "FCM: DROP FRAME\n"
                              "001  AX V C 00:00:00;00 00:01:00;02 01:00:00;00 01:01:00;02\n"
                              "002  AX V C 00:00:00;00 00:01:00;02 01:01:00;02 01:10:00;00\n"
                              "003  AX V C 00:00:00;00 00:01:00;02 01:10:00;00 01:10:10;00\n";
    CHECK(s.read(drops, Rational(30000, 1001)) == Numbers{0, 1800, 17982});
    CHECK_THROWS_WITH(s.read(head + "001 AX V C 00:00:00:00 00:00:01:00 00:00:00:29 00:00:02:00\n"),
                      Contains("line 4") && Contains("25 frames a second"));
    CHECK_THROWS_WITH(
        s.read(head + first + "003 AX V C 00:00:00:00 00:00:01:00 00:00:00:00 00:00:02:00\n"),
        Contains("sort the list"));
    CHECK_THROWS_WITH(s.read(head + first, 0), Contains("irregular"));
}

TEST_CASE("a timeline of OpenTimelineIO with one video track") {
    const Lists s;
    const nlohmann::json items = list({clip(100, 25), clip(12, 25), clip(30, 25)});
    const nlohmann::json bare = {{"OTIO_SCHEMA", "Clip.2"}, {"name", "a"}};
    CHECK(s.read(timeline(list({track(items), track(list({clip(9, 25)}), "Audio")}))) ==
          Numbers{0, 100, 112});
    CHECK(s.read(track(items).dump()) == Numbers{0, 100, 112});
    // Transitions lie over clips; other rates are other times, and 23.976 is 24000/1001.
    const nlohmann::json transition = {{"OTIO_SCHEMA", "Transition.1"}};
    CHECK(s.read(timeline(list({track(list({clip(100, 50), transition, clip(12, 25)}))}))) ==
          Numbers{0, 50});
    CHECK(s.read(timeline(list({track(list({clip(200000, 23.976), clip(5, 23.976)}))})),
                 Rational(24000, 1001)) == Numbers{0, 200000});
    CHECK_THROWS_WITH(s.read(timeline(list({track(items), track(items)}))), Contains("found 2"));
    CHECK_THROWS_WITH(s.read(timeline(list({track(list({bare}))}))),
                      Contains("the clip \"a\" must have"));
    CHECK_THROWS_WITH(s.read(timeline(list({track(items)})), 0), Contains("irregular"));
    CHECK_THROWS_WITH(s.read(timeline(list({track(list({clip(1e300, 25), clip(2, 25)}))}))),
                      Contains("clip 2 would begin after"));
    nlohmann::json odd = bare;
    odd["media_references"] = {{"a", 1}};
    odd["active_media_reference_key"] = 3;
    CHECK_THROWS_WITH(s.read(timeline(list({track(list({odd}))}))),
                      Contains("is not JSON of a kind that is known"));
}
