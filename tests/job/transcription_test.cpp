// Subtitles of a transcription in the output of a restoration.
#include "job/three_shots.hpp"
#include "messages.hpp"
#include "run_program.hpp"

#include <oldfilm/cluster.hpp>
#include <oldfilm/error.hpp>
#include <oldfilm/restore.hpp>

#include <catch2/catch.hpp>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::test;
using Catch::Contains;

namespace {

/// Eight seconds.
struct SpokenFilm : Scratch {
    SpokenFilm() { make_three_shots(path()); }
    RestoreResult restore(const std::string& output, RestoreOptions options,
                          std::int64_t stop_at = -1) const {
        options.log = collect(messages, LogLevel::warning);
        return restored(path() / "in.mkv", path() / output, parse_stage("deflicker"),
                        std::move(options), "cpu", stop_at);
    }
    /// The first subtitles, as SRT.
    [[nodiscard]] std::string cues(const std::string& file) const {
        return run("ffmpeg -v error -i " + file + " -map 0:s:0 -f srt - | tr -d '\\r'", path()).out;
    }
    mutable std::vector<std::string> messages;
};

RestoreOptions transcribed(std::function<SubtitleTrack(const Transcriber::Request&)> how,
                           const std::string& settings = "{}") {
    RestoreOptions options;
    options.transcribe = Transcriber{settings, std::move(how)};
    return options;
}

SubtitleTrack two_cues(const Transcriber::Request&) {
    return {"eng", {{Rational(1), Rational(3), "One\nmore"}, {Rational(7), Rational(8), "Two"}}};
}

} // namespace

TEST_CASE("a transcription has the times of the output") {
    const SpokenFilm s;
    s.restore("whole.mkv", transcribed(two_cues));
    CHECK(s.cues("whole.mkv") == "1\n00:00:01,000 --> 00:00:03,000\nOne\nmore\n\n"
                                 "2\n00:00:07,000 --> 00:00:08,000\nTwo\n\n");
    RestoreOptions part = transcribed(two_cues);
    part.read.start = Rational(2);
    part.read.duration = Rational(4);
    s.restore("part.mkv", part);
    CHECK(s.cues("part.mkv") == "1\n00:00:00,000 --> 00:00:01,000\nOne\nmore\n\n");
    RestoreOptions slow = transcribed(two_cues);
    slow.read.source_fps = Rational(8);
    s.restore("slow.mkv", slow);
    CHECK(s.cues("slow.mkv") == "1\n00:00:02,000 --> 00:00:06,000\nOne\nmore\n\n"
                                "2\n00:00:14,000 --> 00:00:16,000\nTwo\n\n");
    CHECK(s.messages.empty());
}

TEST_CASE("a job that resumes resumes its transcription, and does not repeat it") {
    const SpokenFilm s;
    s.restore("whole.mkv", transcribed(two_cues));
    int begun = 0;
    const auto interrupted = [&begun](const Transcriber::Request& request) {
        CHECK(std::filesystem::exists(request.journal) == (begun > 0));
        if (++begun == 1) {
            std::ofstream(request.journal) << "half of it";
            throw Error(Errc::cancelled, "stopped on request");
        }
        return two_cues(request);
    };
    const RestoreOptions options = transcribed(interrupted, R"({"language": "en"})");
    CHECK_THROWS_WITH(s.restore("out.mkv", options), Contains("run it again to resume"));
    CHECK_THROWS_WITH(s.restore("out.mkv", options, 90), Contains("run it again to resume"));
    CHECK(begun == 2);
    CHECK_THROWS_WITH(s.restore("out.mkv", transcribed(two_cues, R"({"language": "de"})")),
                      Contains("/settings/transcribe/language"));
    CHECK_THROWS_WITH(s.restore("out.mkv", RestoreOptions()), Contains("/settings/transcribe"));
    CHECK(s.restore("out.mkv", options).resumed > 0);
    CHECK(begun == 2);
    CHECK(content(s.path() / "out.mkv") == content(s.path() / "whole.mkv"));
}

TEST_CASE("a film with nothing to transcribe has no subtitles, and a warning") {
    const SpokenFilm s;
    const auto refuse = [](const Transcriber::Request&) -> SubtitleTrack {
        throw Error(Errc::not_found, "no sound");
    };
    const auto find_nothing = [](const Transcriber::Request&) { return SubtitleTrack(); };
    s.restore("plain.mkv", RestoreOptions());
    for (const RestoreOptions& options : {transcribed(refuse), transcribed(find_nothing)}) {
        s.messages.clear();
        s.restore("out.mkv", options);
        REQUIRE(s.messages.size() == 1);
        CHECK_THAT(s.messages.front(), Contains("the output has no subtitles of them"));
        CHECK(content(s.path() / "out.mkv") == content(s.path() / "plain.mkv"));
    }
}

TEST_CASE("a transcription that fails leaves nothing behind") {
    const SpokenFilm s;
    const RestoreOptions options = transcribed([](const Transcriber::Request&) -> SubtitleTrack {
        throw Error(Errc::unsupported, "no engine");
    });
    CHECK_THROWS_WITH(s.restore("out.mkv", options), Contains("no engine"));
    CHECK_FALSE(s.has("out.mkv.oldfilm-job"));
}

TEST_CASE("a transcription without a place is refused before there is work") {
    const SpokenFilm s;
    const RestoreOptions options = transcribed([](const Transcriber::Request&) {
        FAIL("there was work");
        return SubtitleTrack();
    });
    CHECK_THROWS_WITH(s.restore("out.avi", options), Contains("name a .mkv, .mp4, .mov or .webm"));
    CHECK_THROWS_WITH(restore(s.path() / "in.mkv", s.path() / "out.y4m", Pipeline(), options),
                      Contains("name a .mkv, .mp4, .mov or .webm"));
    ClusterPlanOptions cluster;
    cluster.restore = options;
    CHECK_THROWS_WITH(ClusterJob::plan(s.path() / "in.mkv", s.path() / "job",
                                       Pipeline().add("deflicker"), cluster),
                      Contains("oldfilm transcribe"));
}
