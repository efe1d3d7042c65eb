// What is done where memory is little: budgets, networks that run out of it, films that lie about
// their size.
#include "media_files.hpp"
#include "messages.hpp"
#include "pipeline/run_spec.hpp"
#include "tiny_model.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/profile.hpp>
#include <oldfilm/restore.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace oldfilm;
using Catch::Contains;

namespace {

/// Bytes that Linux says can still be had.
std::int64_t available() {
    std::ifstream machine("/proc/meminfo");
    std::int64_t kib = 0;
    for (std::string word; machine >> word;) {
        if (word == "MemAvailable:") {
            machine >> kib;
            break;
        }
    }
    return kib * 1024;
}

struct Films {
    media_files::Folder folder;
    test::TempFolder models;
    std::string in = folder / "in.mkv";

    explicit Films(const std::string& size = "160x120") {
        media_files::ffmpeg("-f lavfi -i testsrc2=size=" + size +
                            ":rate=10 -frames:v 6 -pix_fmt yuv444p -c:v ffv1 " + in);
    }
    [[nodiscard]] std::string model(const std::string& name, std::int64_t bytes_per_pixel) const {
        test::TinyModel tiny = test::enlarging_model();
        tiny.manifest = test::manifest(
            "superres", fmt::format(R"({{"memory_per_pixel": {}, "scale": 2, "size_multiple": 2,
                                         "receptive_field": 8, "channels": 1}})",
                                    bytes_per_pixel));
        return test::write_package(models.file(name), tiny);
    }
    std::vector<std::string> enlarge(const std::string& out, const std::string& model,
                                     PipelineOptions options = {}) const {
        std::vector<std::string> warnings;
        Pipeline pipeline(std::move(options));
        pipeline.add(parse_stage("superres:scale=2,model=" + model));
        RestoreOptions restore_options;
        restore_options.codec = "ffv1";
        restore_options.log = test::collect(warnings);
        const RestoreResult result = restore(in, folder / out, pipeline, restore_options);
        CHECK(result.frames_out == 6);
        return warnings;
    }
};

} // namespace

TEST_CASE("a model that runs out of memory is given smaller tiles, and the run goes on") {
    const Films s;
    PipelineOptions options;
    options.tile = 300; // the whole frame
    // Too much for the frame and for tiles of 128, little enough for tiles of 64.
    const std::int64_t hungry = std::min<std::int64_t>(available() / 10'000, 1 << 30);
    CHECK(s.enlarge("plain.mkv", s.model("plain.pt", 0)).empty());
    const auto warnings = s.enlarge("small.mkv", s.model("hungry.pt", hungry), options);
    REQUIRE(warnings.size() == 3);
    CHECK_THAT(warnings.front(), Contains("memory ran out") && Contains("tiles of 256 pixels"));
    CHECK_THAT(warnings.back(), Contains("tiles of 64 pixels"));
    CHECK(media_files::psnr(s.folder / "small.mkv", s.folder / "plain.mkv") > 60);

    // Whoever asks for no size of tile is given one that fits what a model usually may take.
    CHECK(s.enlarge("chosen.mkv", s.model("hungry.pt", hungry)).empty());

    // The network that sees the whole picture can't be helped, and nothing is left of the attempt.
    CHECK_THROWS_WITH(s.enlarge("none.mkv", s.model("huge.pt", std::min<std::int64_t>(
                                                                   available() / 500, 1 << 30))),
                      Contains("needs") && Contains("GiB"));
    CHECK_FALSE(std::filesystem::exists(s.folder / "none.mkv"));
    CHECK_FALSE(std::filesystem::exists(s.folder / "none.mkv.oldfilm-job"));
}

TEST_CASE("a profile says where the time goes") {
    const Films s;
    PipelineOptions options;
    options.profile = std::make_shared<Profile>(true);
    s.enlarge("out.mkv", s.model("model.pt", 0), options);
    CHECK_THAT(options.profile->table(),
               Contains("superres") && Contains("(decode)") && Contains("(encode)"));
    std::map<std::string, std::vector<std::int64_t>> frames; // by category
    const auto trace = nlohmann::json::parse(options.profile->trace());
    for (const auto& event : trace.at("traceEvents")) {
        if (event.at("ph") == "X") {
            CHECK(event.at("dur").get<double>() >= 0);
            frames[event.at("cat")].push_back(event.at("args").at("frame"));
        }
    }
    CHECK(frames["stage"] == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5});
    CHECK(frames["model"].size() == 6);
    CHECK(Profile().trace().empty());
}

TEST_CASE("a budget makes tiles fit") {
    const Films s;
    PipelineOptions options;
    options.memory = 1LL << 30;
    // What is left beside the program and the frames is the models': tiles of some 12,000 pixels.
    const auto warnings = s.enlarge("budget.mkv", s.model("some.pt", 50'000), options);
    CHECK(warnings.empty());
    s.enlarge("plain.mkv", s.model("plain.pt", 0));
    CHECK(media_files::psnr(s.folder / "budget.mkv", s.folder / "plain.mkv") > 60);
    options.memory = 100 << 20;
    CHECK_THROWS_WITH(s.enlarge("none.mkv", s.model("some.pt", 0), options),
                      Contains("the memory budget is 100 MiB") &&
                          Contains("for LibTorch and its models"));

    // What the caller says that it holds counts; it is asked for the format that comes out.
    StreamFormat format;
    format.height = 120;
    format.width = 160;
    options.memory = 1LL << 30;
    std::int64_t height = 0;
    pipeline::PlanSpec spec;
    spec.reserved_bytes = [&](const StreamFormat& out) {
        height = out.height;
        return 700LL << 20;
    };
    Pipeline pipeline(options);
    pipeline.add(parse_stage("superres:scale=2,model=" + s.model("other.pt", 0)));
    CHECK_THROWS_WITH(pipeline::plan(pipeline, format, spec),
                      Contains("700 for decoding and encoding"));
    CHECK(height == 240);
}

TEST_CASE("a pipeline document names no files outside of its folder but by their absolute path") {
    const auto load = [](const std::string& model) {
        return Pipeline::from_json(fmt::format(
            R"({{"oldfilm": 1, "stages": [{{"id": "superres", "parameters": {{"model": "{}"}}}}]}})",
            model));
    };
    CHECK_THROWS_WITH(load("../../elsewhere.pt"), Contains("leads out of the folder"));
    CHECK_THROWS_WITH(load("models/../../elsewhere.pt"), Contains("absolute path"));
    CHECK_NOTHROW(load("/elsewhere.pt"));
    CHECK_NOTHROW(load("models/mine.pt"));
}

TEST_CASE("films that lie about their size are refused before memory is asked for") {
    const media_files::Folder folder;
    {
        std::ofstream file(folder / "wide.y4m", std::ios::binary);
        file << "YUV4MPEG2 W100000 H100000 F25:1 Ip A1:1 C420jpeg\nFRAME\n"
             << std::string(5000, 'x');
    }
    CHECK_THROWS_AS(Reader(folder / "wide.y4m"), Error);

    // A trillion frames, says the duration, and there are more than a first look counts.
    media_files::ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25 -frames:v 120 -c:v ffv1 " +
                        (folder / "long.mkv"));
    std::ifstream in(folder / "long.mkv", std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const std::size_t at = bytes.find("\x44\x89\x88");
    REQUIRE(at != std::string::npos);
    // 4e13 milliseconds as a big-endian double
    const std::string lie("\x42\xC2\x30\x9C\xE5\x40\x00\x00", 8);
    bytes.replace(at + 3, 8, lie);
    std::ofstream(folder / "long.mkv", std::ios::binary) << bytes;
    const Reader reader(folder / "long.mkv");
    CHECK(reader.info().frames > 900'000'000'000);
    CHECK_THROWS_WITH(restore(folder / "long.mkv", folder / "out.mkv", Pipeline()),
                      Contains("the disk has"));
    CHECK_FALSE(std::filesystem::exists(folder / "out.mkv"));
}
