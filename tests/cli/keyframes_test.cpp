// `oldfilm keyframes`: one frame a shot to be painted, which colorize takes unchanged.
#include "run_program.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>

using namespace oldfilm::test;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

/// Two shots of 8 frames, with black between them.
void write_film(const Scratch& s) {
    ffmpeg("-f lavfi -i testsrc2=size=128x96:rate=16:duration=0.5 "
           "-f lavfi -i color=black:size=128x96:rate=16:duration=0.5 "
           "-f lavfi -i mandelbrot=size=128x96:rate=16 -filter_complex "
           "'[2]trim=end_frame=8,setsar=1[m];[0][1][m]concat=n=3:v=1,format=gray' -c:v ffv1 in.mkv",
           s.path());
    std::ofstream(s.path() / "shots.txt") << "0\n8\n16\n";
}

} // namespace

TEST_CASE("keyframes writes a frame a shot, and keeps what a person painted") {
    const Scratch s;
    write_film(s);
    const std::string command = "keyframes in.mkv painted --shots shots.txt";
    const Outcome first = oldfilm::test::oldfilm(command + " --gray", s.path());
    INFO(first.error);
    REQUIRE(first.status == 0);
    CHECK_THAT(first.out, Contains("frames       8 to 15      none: black"));
    std::vector<fs::path> written;
    for (const auto& entry : fs::directory_iterator(s.path() / "painted")) {
        written.push_back(entry.path());
    }
    REQUIRE(written.size() == 2);

    std::ofstream(written[0]) << "a person's work";
    fs::remove(written[1]);
    const Outcome second = oldfilm::test::oldfilm(command, s.path());
    INFO(second.error);
    REQUIRE(second.status == 0);
    CHECK_THAT(second.out, Contains(written[0].filename().string() + " (was there, kept)"));
    CHECK(fs::file_size(written[0]) == 15);
    CHECK(fs::exists(written[1]));

    fs::remove(written[0]);
    const Outcome colored = oldfilm::test::oldfilm(
        "restore in.mkv out.mkv --codec ffv1 --stage colorize:keyframes=painted", s.path());
    INFO(colored.error);
    CHECK(colored.status == 0);
}

TEST_CASE("keyframes says what is wrong") {
    const Scratch s;
    write_film(s);
    CHECK(oldfilm::test::oldfilm("keyframes nowhere.mkv painted", s.path()).status != 0);
    const Outcome black = oldfilm::test::oldfilm("keyframes shots.txt painted", s.path());
    CHECK(black.status != 0);
    std::ofstream(s.path() / "taken") << "a file";
    const Outcome taken = oldfilm::test::oldfilm("keyframes in.mkv taken --gray", s.path());
    CHECK(taken.status != 0);
    CHECK_THAT(taken.error, Contains("taken"));
}
