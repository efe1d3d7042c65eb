// The command line: films in and out frame by frame, and bad input, each refused in one sentence
// without a trace of output.
#include "run_program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace oldfilm::test;

namespace {

/// One clear sentence, a status, and nothing under the output's name.
void refused(const std::string& arguments, const Scratch& s, int status, const std::string& says) {
    const Outcome outcome = oldfilm::test::oldfilm("restore " + arguments, s.path());
    INFO(arguments << "\n" << outcome.error);
    CHECK(outcome.status == status);
    CHECK(outcome.error.find(says) != std::string::npos);
    CHECK(std::count(outcome.error.begin(), outcome.error.end(), '\n') == 1);
    CHECK_FALSE(s.has("out.mkv"));
    for (const auto& entry : std::filesystem::directory_iterator(s.path())) {
        CHECK(entry.path().filename().string().find("out.mkv") == std::string::npos);
    }
}

void film(const Scratch& s, const std::string& options = "-c:v ffv1",
          const std::string& name = "in.mkv") {
    ffmpeg("-f lavfi -i testsrc=size=64x48:rate=16:duration=2 -pix_fmt yuv420p " + options + " " +
               name,
           s.path());
}

} // namespace

TEST_CASE("a pass without stages keeps every frame, its samples and its time") {
    const Scratch s;
    SECTION("B-frames") {
        film(s, "-c:v libx264 -bf 3 -g 12");
    }
    SECTION("variable frame rate") {
        film(s, "-vf \"select='not(eq(mod(n,5),3))'\" -fps_mode vfr -c:v libx264");
    }
    SECTION("with sound") {
        ffmpeg("-f lavfi -i testsrc=size=64x48:rate=16:duration=2 -f lavfi -i sine=duration=2 "
               "-pix_fmt yuv420p -c:v libx264 -c:a aac in.mkv",
               s.path());
    }
    const Outcome outcome = oldfilm::test::oldfilm("restore in.mkv out.mkv --stage none", s.path());
    INFO(outcome.error);
    REQUIRE(outcome.status == 0);
    CHECK_FALSE(checksums("in.mkv", s.path()).empty());
    CHECK(checksums("out.mkv", s.path()) == checksums("in.mkv", s.path()));
    CHECK(probe("out.mkv", "codec_name,pix_fmt", s.path()) == "ffv1,yuv420p");
}

TEST_CASE("inspect tells where shots begin") {
    const Scratch s;
    ffmpeg("-f lavfi -i testsrc=size=64x48:rate=16:duration=1 -f lavfi -i "
           "mandelbrot=size=64x48:rate=16 -filter_complex "
           "\"[1]trim=duration=1[b];[0][b]concat\" -c:v ffv1 -pix_fmt yuv444p in.mkv",
           s.path());
    const Outcome outcome = oldfilm::test::oldfilm("inspect in.mkv --shots --json", s.path());
    INFO(outcome.error);
    REQUIRE(outcome.status == 0);
    const auto shots = nlohmann::json::parse(outcome.out)["shots"];
    REQUIRE(shots.size() == 2);
    CHECK(shots[1]["frame"] == 16);
    CHECK(shots[1]["time"] == 1.0);
}

TEST_CASE("an edit list's film keeps its number of frames") {
    const Scratch s;
    film(s, "-c:v libx264 -bf 2", "whole.mp4");
    ffmpeg("-ss 0.7 -i whole.mp4 -c copy in.mp4", s.path());
    const std::string frames = probe("in.mp4", "nb_read_frames", s.path());
    REQUIRE(oldfilm::test::oldfilm("restore in.mp4 out.mkv --stage none", s.path()).status == 0);
    CHECK(probe("out.mkv", "nb_read_frames", s.path()) == frames);
}

TEST_CASE("scale and rate give exactly the frames that they must") {
    const Scratch s;
    film(s);
    const Outcome outcome = oldfilm::test::oldfilm(
        "restore in.mkv out.mkv --stage deflicker --scale 2 --fps 60 --duration 0.5", s.path());
    INFO(outcome.error);
    REQUIRE(outcome.status == 0);
    // 8 frames at 16 fps last half a second: 30 frames at 60 fps.
    CHECK(probe("out.mkv", "width,height,r_frame_rate,nb_read_frames", s.path()) ==
          "128,96,60/1,30");
    const Outcome preset =
        oldfilm::test::oldfilm("restore in.mkv showcase.mkv --preset showcase-video --scale 1.5 "
                               "--duration 0.1 --by-shot off",
                               s.path());
    INFO(preset.error);
    CHECK(preset.status == 0); // --scale replaces the 4K of the preset
    CHECK(probe("showcase.mkv", "width,height,r_frame_rate,nb_read_frames", s.path()) ==
          "96,72,60/1,8");
}

TEST_CASE("the mask film has the film's frames and size") {
    const Scratch s;
    film(s);
    const Outcome outcome = oldfilm::test::oldfilm(
        "restore in.mkv out.mkv --stage scratch-removal --stage superres --duration 0.5 "
        "--mask-out masks.mkv",
        s.path());
    INFO(outcome.error);
    REQUIRE(outcome.status == 0);
    CHECK(probe("masks.mkv", "codec_name,width,height,pix_fmt,nb_read_frames", s.path()) ==
          "ffv1,64,48,gray,8");
}

TEST_CASE("one frame, odd sizes and y4m pipes") {
    const Scratch s;
    ffmpeg("-f lavfi -i testsrc=size=33x17:rate=16 -frames:v 1 -c:v ffv1 in.mkv", s.path());
    const auto odd = oldfilm::test::oldfilm("restore in.mkv odd.mp4 --stage deflicker", s.path());
    INFO(odd.error);
    CHECK(odd.status == 0);
    CHECK(probe("odd.mp4", "width,height,pix_fmt,nb_read_frames", s.path()) == "33,17,yuv444p,1");
    film(s);
    const Outcome pipe = run("ffmpeg -v error -i in.mkv -f yuv4mpegpipe - | " OLDFILM_BINARY_DIR
                             "/bin/oldfilm restore - - --stage none > out.y4m",
                             s.path());
    INFO(pipe.error);
    CHECK(pipe.status == 0);
    CHECK(probe("out.y4m", "nb_read_frames", s.path()) == "32");
}

TEST_CASE("a film asked to be decoded on a GPU is the same where there is none") {
    const Scratch s;
    film(s, "-c:v libx264 -bf 3 -g 12");
    const std::string how = " --stage deflicker --device cpu --codec ffv1";
    REQUIRE(oldfilm::test::oldfilm("restore in.mkv cpu.mkv" + how, s.path()).status == 0);
    const Outcome gpu =
        oldfilm::test::oldfilm("restore in.mkv gpu.mkv --decode gpu" + how, s.path());
    INFO(gpu.error);
    REQUIRE(gpu.status == 0);
    CHECK(gpu.error.find("decoded on the CPU") != std::string::npos);
    CHECK(run("cmp cpu.mkv gpu.mkv", s.path()).status == 0);
    CHECK(oldfilm::test::oldfilm("restore in.mkv out.mkv --decode fast", s.path()).status == 2);
    if (run("ls /dev/nvidia0", s.path()).status != 0) {
        refused("in.mkv out.mkv --stage deflicker --codec h264_nvenc", s, 1, "--codec h264");
    }
}

TEST_CASE("progress as JSON lines") {
    const Scratch s;
    film(s);
    const Outcome outcome =
        oldfilm::test::oldfilm("restore in.mkv out.mkv --stage none --progress json", s.path());
    REQUIRE(outcome.status == 0);
    std::istringstream lines(outcome.error);
    nlohmann::json last;
    for (std::string line; std::getline(lines, line);) {
        last = nlohmann::json::parse(line);
    }
    CHECK(last.at("event") == "done");
    CHECK(last.at("frames_in") == 32);
    CHECK(last.at("frames_out") == 32);
}

TEST_CASE("bad films are refused") {
    const Scratch s;
    refused("missing.mkv out.mkv", s, 1, "does not exist");
    std::ofstream(s.path() / "empty.mkv").close();
    refused("empty.mkv out.mkv", s, 1, "empty");
    std::ofstream(s.path() / "text.mkv") << "not a film\n";
    refused("text.mkv out.mkv", s, 1, "not a film");
    ffmpeg("-f lavfi -i sine=duration=1 audio.mka", s.path());
    refused("audio.mka out.mkv", s, 1, "no video");
    film(s, "-c:v libx264", "whole.mp4");
    REQUIRE(run("head -c 600 whole.mp4 > cut.mp4", s.path()).status == 0);
    refused("cut.mp4 out.mkv", s, 1, "cut.mp4");
    ffmpeg("-f lavfi -i testsrc=size=64x48:rate=16 -frames:v 0 -c:v ffv1 none.mkv", s.path());
    refused("none.mkv out.mkv", s, 1, "none.mkv");
}

TEST_CASE("a size that changes midway is refused with its time") {
    const Scratch s;
    film(s, "-c:v mpeg2video", "a.ts");
    ffmpeg("-f lavfi -i testsrc=size=96x64:rate=16:duration=1 -c:v mpeg2video "
           "-output_ts_offset 2 b.ts",
           s.path());
    REQUIRE(run("cat a.ts b.ts > in.ts", s.path()).status == 0);
    refused("in.ts out.mkv --stage none", s, 1, "size changes");
}

TEST_CASE("outputs that cannot be are refused before any work") {
    const Scratch s;
    film(s);
    const std::string before = checksums("in.mkv", s.path());
    refused("in.mkv .", s, 2, "directory");
    refused("in.mkv in.mkv --overwrite", s, 2, "different files");
    refused("in.mkv nowhere/out.mkv", s, 1, "does not exist");
    refused("in.mkv /sys/out.mkv", s, 1, "/sys");
    refused("in.mkv out.mkv --codec vhs", s, 2, "codec");
    refused("in.mkv out.mkv --stage none --mask-out masks.mkv", s, 2, "mask");
    std::ofstream(s.path() / "there.mkv") << "precious";
    refused("in.mkv there.mkv --stage none", s, 2, "exists already");
    CHECK(std::filesystem::file_size(s.path() / "there.mkv") == 8);
    CHECK(checksums("in.mkv", s.path()) == before);
}

TEST_CASE("a disk that fills up ends in an error and leaves nothing") {
    const Scratch s;
    film(s);
    // A limit on the size of files stands in for a small disk.
    const Outcome outcome =
        run("ulimit -f 8; " OLDFILM_BINARY_DIR "/bin/oldfilm restore in.mkv out.mkv --stage none",
            s.path());
    CHECK(outcome.status == 1);
    CHECK(outcome.error.find("disk") != std::string::npos);
    for (const auto& entry : std::filesystem::directory_iterator(s.path())) {
        CHECK(entry.path().filename() == "in.mkv");
    }
}

TEST_CASE("damage in the middle is concealed, counted and reported") {
    const Scratch s;
    film(s, "-c:v ffv1 -level 3 -slices 4 -slicecrc 1 -g 1");
    std::fstream file(s.path() / "in.mkv", std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(s.path() / "in.mkv"));
    file.seekp(size / 2);
    file << std::string(64, '\x5a');
    file.close();
    const Outcome outcome = oldfilm::test::oldfilm("restore in.mkv out.mkv --stage none", s.path());
    INFO(outcome.error);
    CHECK(outcome.status == 3);
    CHECK(outcome.error.find("concealed") != std::string::npos);
    CHECK(probe("out.mkv", "nb_read_frames", s.path()) == "32");
    const Outcome strict =
        oldfilm::test::oldfilm("restore in.mkv strict.mkv --stage none --strict", s.path());
    INFO(strict.error);
    CHECK(strict.status == 1);
    CHECK_FALSE(s.has("strict.mkv"));
}

TEST_CASE("Ctrl-C stops in under two seconds and says what is left") {
    const Scratch s;
    ffmpeg("-f lavfi -i testsrc=size=640x480:rate=16:duration=20 -c:v ffv1 in.mkv", s.path());
    const Outcome outcome = run("exec timeout --preserve-status -s INT 3 " OLDFILM_BINARY_DIR
                                "/bin/oldfilm restore in.mkv out.mkv --stage superres:scale=4",
                                s.path());
    INFO(outcome.error);
    CHECK(outcome.status == 130);
    CHECK(outcome.seconds < 5); // three of them before the signal
    CHECK_FALSE(s.has("out.mkv"));
    // Where the processor is busy, the program does not wait for the network's next step.
    if (outcome.error.find("stopped in the middle of a frame") != std::string::npos) {
        return;
    }
    // One shot, and fewer frames than a segment has at most: none was finished.
    CHECK(outcome.error.find("no segment is complete yet") != std::string::npos);
    CHECK_FALSE(s.has("out.mkv.oldfilm-job"));
}
