// Restorations that are broken off, and go on where they were.
#include "run_program.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>

using namespace oldfilm::test;
namespace fs = std::filesystem;

namespace {

/// Stages that are slow enough for a run to be stopped within the film.
const std::string slow = "--stage interpolate:fps=20 --stage stabilize --codec ffv1 ";
/// A stage for runs that nothing stops.
const std::string quick = "--stage deflicker --codec ffv1 ";

/// What the program says on standard error when it is done.
nlohmann::json done(const Outcome& outcome) {
    const std::size_t at = outcome.error.find(R"({"concealed)");
    INFO(outcome.error);
    REQUIRE(at != std::string::npos);
    return nlohmann::json::parse(outcome.error.substr(at, outcome.error.find('\n', at) - at));
}

/// A film of three shots, restored once without being disturbed.
struct Film : Scratch {
    explicit Film(std::string stages = slow) : how(std::move(stages)) {
        ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=16:duration=2 -f lavfi -i "
               "mandelbrot=size=96x64:rate=16 -f lavfi -i "
               "smptebars=size=96x64:rate=16,noise=alls=20:allf=t -f lavfi -i sine=duration=13 "
               "-filter_complex '[1:v]trim=duration=2[b];[2:v]trim=duration=9[c];"
               "[0:v][b][c]concat=n=3[v]' -map '[v]' -map 3:a -shortest -c:v ffv1 -c:a aac in.mkv",
               path());
        const Outcome undisturbed = restore("whole.mkv");
        REQUIRE(undisturbed.status == 0);
        seconds = undisturbed.seconds;
        whole = content(path() / "whole.mkv");
    }
    Outcome restore(const std::string& output, const std::string& more = "") const {
        return oldfilm::test::oldfilm(
            "restore in.mkv " + output + " " + how + "--progress json " + more, path());
    }
    /// Breaks a run off by a file-size limit (a full disk, as a program sees it) or by a signal.
    void broken_off(const std::string& by) const {
        const std::string line = OLDFILM_BINARY_DIR "/bin/oldfilm restore in.mkv out.mkv " + how;
        // Sooner when it was done before: the undisturbed run was slow because of something else.
        for (const double part : {0.6, 0.3, 0.15}) {
            fs::remove(path() / "out.mkv");
            run(by == "full" ? "ulimit -f 3000; " + line
                             : fmt::format("timeout -s {} {:.2f} {}", by, part * seconds, line) +
                                   " 2>stopped.log",
                path());
            if (!has("out.mkv")) {
                return;
            }
        }
        FAIL("every run was done before it could be broken off");
    }
    fs::path journal() const { return path() / "out.mkv.oldfilm-job/journal"; }

    std::string how;
    std::string whole;
    double seconds = 0; ///< that it takes undisturbed
};

/// A restoration that was broken off right after its segments were made, for tests of what is done
/// with them.
struct Begun : Film {
    Begun() : Film(quick) {
        broken_off("full");
        REQUIRE(fs::exists(journal()));
        CHECK((fs::status(path() / "out.mkv.oldfilm-job").permissions() & fs::perms::others_all) ==
              fs::perms::none);
        kept = path() / "kept";
        fs::copy(path() / "out.mkv.oldfilm-job", kept, fs::copy_options::recursive);
    }
    void restore_original_samples() const {
        fs::remove(path() / "out.mkv");
        fs::remove_all(path() / "out.mkv.oldfilm-job");
        fs::copy(kept, path() / "out.mkv.oldfilm-job", fs::copy_options::recursive);
    }
    fs::path kept;
};

} // namespace

TEST_CASE("A restoration that is broken off goes on, to the same bytes") {
    const Film s;
    for (const std::string by : {"TERM", "INT", "KILL", "full"}) {
        INFO(by);
        s.broken_off(by);
        const Outcome again = s.restore("out.mkv");
        INFO(again.error);
        REQUIRE(again.status == 0);
        CHECK((content(s.path() / "out.mkv") == s.whole));
        CHECK_FALSE(s.has("out.mkv.oldfilm-job"));
        if (by == "full") { // late enough for segments to be there
            CHECK(done(again).at("resumed") > 30);
            CHECK(again.error.find("resuming the interrupted restoration") != std::string::npos);
        }
        fs::remove(s.path() / "out.mkv");
    }
}

TEST_CASE("What is killed at four fifths does at most a quarter again") {
    const Scratch s;
    // Six shots of 48 frames.
    ffmpeg(
        "-f lavfi -i testsrc2=size=96x64:rate=16:duration=3 -f lavfi -i "
        "mandelbrot=size=96x64:rate=16 "
        "-f lavfi -i smptebars=size=96x64:rate=16 -f lavfi -i testsrc=size=96x64:rate=16 -f lavfi "
        "-i rgbtestsrc=size=96x64:rate=16 -f lavfi -i cellauto=size=96x64:rate=16 -filter_complex "
        "'[1:v]trim=duration=3[b];[2:v]trim=duration=3[c];[3:v]trim=duration=3[d];"
        "[4:v]trim=duration=3[e];[5:v]trim=duration=3[f];[0:v][b][c][d][e][f]concat=n=6,"
        "noise=alls=9:allf=t[v]' -map '[v]' -c:v ffv1 -pix_fmt yuv420p in.mkv",
        s.path());
    const std::string line = OLDFILM_BINARY_DIR
        "/bin/oldfilm restore in.mkv out.mkv --stage denoise --codec ffv1 --progress json ";
    run(line + "2>log & p=$!; until [ 0$(sed -n 's/.*\"frames_out\":\\([0-9]*\\).*/\\1/p' log | "
               "tail -n 1) -ge 230 ]; do sleep 0.02; done; kill -KILL $p; wait $p",
        s.path());
    REQUIRE_FALSE(s.has("out.mkv"));
    const Outcome again = oldfilm::test::oldfilm(
        "restore in.mkv out.mkv --stage denoise --codec ffv1 --progress json", s.path());
    REQUIRE(again.status == 0);
    CHECK(done(again).at("frames_in") == 288);
    CHECK(done(again).at("resumed") >= 230 - 288 / 4);
    // What was found before the end came is told with what was found since: one grain a shot.
    std::set<int> shots;
    std::istringstream lines(again.error);
    for (std::string text; std::getline(lines, text);) {
        const nlohmann::json event = nlohmann::json::parse(text);
        if (event.at("event") == "found") {
            CHECK(event.at("found").at("sigma").get<double>() > 0);
            CHECK(shots.insert(event.at("shot").get<int>()).second);
        }
    }
    CHECK(shots.size() == 6);
}

TEST_CASE("What was begun in another way is not gone on with") {
    const Begun s;
    const auto refused = [&](const std::string& more, const std::string& says) {
        const Outcome outcome = s.restore("out.mkv", more);
        INFO(more << "\n" << outcome.error);
        CHECK(outcome.status == 1);
        CHECK(outcome.error.find(says) != std::string::npos);
        CHECK_FALSE(s.has("out.mkv"));
    };
    refused("--precision float32", "precision");
    refused("--duration 6", "/settings/duration was null and is");
    refused("--stage denoise", "plan/stages");
    SECTION("the input was changed meanwhile") {
        std::ofstream(s.path() / "in.mkv", std::ios::app) << "more";
        refused("", "/input/bytes");
        CHECK(s.restore("out.mkv", "--fresh").status == 0);
    }
    SECTION("the input is gone for a while") {
        fs::rename(s.path() / "in.mkv", s.path() / "away.mkv");
        CHECK(s.restore("out.mkv").status == 1);
        fs::rename(s.path() / "away.mkv", s.path() / "in.mkv");
        CHECK(s.restore("out.mkv").status == 0);
        CHECK((content(s.path() / "out.mkv") == s.whole));
    }
    SECTION("starting over") {
        const Outcome outcome = s.restore("out.mkv", "--fresh");
        CHECK(done(outcome).at("resumed") == 0);
        CHECK((content(s.path() / "out.mkv") == s.whole));
    }
}

TEST_CASE("A damaged journal, or a damaged segment, costs work and nothing else") {
    const Begun s;
    const std::string text = content(s.kept / "journal");
    const auto lines = std::count(text.begin(), text.end(), '\n');
    REQUIRE(lines >= 3);
    // A run each for cuts around every line's end, and some within.
    std::vector<std::size_t> cuts{0, 1, 17, text.size() - 1, text.size() / 2};
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; ++at) {
        cuts.push_back(at);
        cuts.push_back(at + 1);
    }
    for (const std::size_t cut : cuts) {
        INFO("cut at " << cut << " of " << text.size());
        s.restore_original_samples();
        fs::resize_file(s.journal(), cut);
        REQUIRE(s.restore("out.mkv").status == 0);
        CHECK((content(s.path() / "out.mkv") == s.whole));
    }
    s.restore_original_samples();
    std::string flipped = text;
    flipped[text.size() / 2] ^= 1;
    std::ofstream(s.journal(), std::ios::binary) << flipped;
    CHECK(s.restore("out.mkv").status == 0);
    CHECK((content(s.path() / "out.mkv") == s.whole));

    s.restore_original_samples();
    const fs::path segment = s.path() / "out.mkv.oldfilm-job/film-000000.packets";
    std::string packets = content(segment);
    packets[packets.size() / 3] ^= 4;
    std::ofstream(segment, std::ios::binary) << packets;
    const Outcome outcome = s.restore("out.mkv");
    CHECK(outcome.status == 0);
    CHECK(done(outcome).at("resumed") == 0);
    CHECK((content(s.path() / "out.mkv") == s.whole));
}

TEST_CASE("Two runs on one output refuse each other; clean leaves alone what is at work") {
    const Film s;
    const std::string line = OLDFILM_BINARY_DIR "/bin/oldfilm restore in.mkv out.mkv " + s.how;
    const Outcome outcome = run(line +
                                    "2>first.log & first=$!\n"
                                    "until [ -e out.mkv.oldfilm-job/lock ]; do sleep 0.02; done\n" +
                                    line +
                                    "2>second.log; echo $?\n" OLDFILM_BINARY_DIR
                                    "/bin/oldfilm clean .\nwait $first; echo $?",
                                s.path());
    INFO(outcome.error << content(s.path() / "second.log"));
    CHECK(outcome.out == "1\n0\n");
    CHECK(content(s.path() / "second.log").find("another one is at work") != std::string::npos);
    CHECK((content(s.path() / "out.mkv") == s.whole));
}

TEST_CASE("clean removes what runs have left") {
    const Begun s;
    std::ofstream(s.path() / ".other.partial.mkv") << "some";
    std::ofstream(s.path() / ".profile.mkv") << "not ours";
    const Outcome outcome = oldfilm::test::oldfilm("clean .", s.path());
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "removed ./.other.partial.mkv\nremoved ./out.mkv.oldfilm-job\n");
    CHECK(s.has(".profile.mkv"));
    CHECK(s.has("in.mkv"));
    CHECK(oldfilm::test::oldfilm("clean nothing.mkv", s.path()).status == 2);
}

TEST_CASE("What goes along with a film is decided before the work, and the same when it goes on") {
    const Scratch folder;
    ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=10:duration=3 -f lavfi -i "
           "\"aevalsrc='0.8*exp(-pow((mod(t,0.5)-0.25)*1500,2))':s=48000:d=3\" -map 0 -map 1 "
           "-c:v mpeg4 -timecode 01:00:00:00 -c:a pcm_u8 in.mov",
           folder.path());
    const auto restore = [&](const std::string& more) {
        return oldfilm::test::oldfilm("restore in.mov " + more +
                                          " --stage deflicker --start 1 --progress json",
                                      folder.path());
    };
    const Outcome made = restore("out.mp4");
    INFO(made.error);
    REQUIRE(made.status == 0);
    CHECK(made.error.find("converted to alac") != std::string::npos);
    CHECK(run("ffprobe -v quiet -select_streams a -show_entries stream=codec_name -of csv=p=0 "
              "out.mp4",
              folder.path())
              .out == "alac\n");
    CHECK(run("ffprobe -v quiet -show_entries stream_tags=timecode -of csv=p=0 out.mp4 | sort -u",
              folder.path())
              .out.find("01:00:01:0\n") != std::string::npos); // ten frames a second
    // As many samples as the two seconds have, whatever segments the film was made in.
    CHECK(run("ffmpeg -v error -i out.mp4 -map 0:a -f s16le -ac 1 - | wc -c", folder.path()).out ==
          std::to_string(2 * 48000 * 2) + "\n");
    ffmpeg("-i in.mov -i in.mov -map 0 -map 1:v -c copy two.mov", folder.path());
    const Outcome refused = oldfilm::test::oldfilm(
        "restore two.mov two.mp4 --stage deflicker --progress json", folder.path());
    CHECK(refused.status == 2);
    CHECK(refused.error.find("--drop-streams") != std::string::npos);
    CHECK_FALSE(folder.has("two.mp4"));
    CHECK_FALSE(folder.has("two.mp4.oldfilm-job"));
}
