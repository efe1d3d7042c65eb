// Films that are shown at another pace than they were taken at: duplicates, pulldown by flags,
// times that vary.
#include "media_files.hpp"
#include "messages.hpp"

#include <oldfilm/restore.hpp>

#include <ATen/ops/equal.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <map>
#include <set>

using namespace oldfilm;
using namespace media_files;

namespace {

/// A moving pattern whose place is exact at any rate.
std::string pan(const std::string& rate, int seconds, const std::string& more = "") {
    return fmt::format(
        "-f lavfi -i "
        "\"nullsrc=s=96x64:r={}:d={},format=gray,geq=lum='128+50*sin((X+96*T)/7+2*cos(Y/"
        "11))+40*sin((X+96*T)/23+Y/9)+30*cos((X+96*T)*Y/900)'{}\" ",
        rate, seconds, more);
}

/// What is done to `film`, by the command line's words.
RestoreResult restored(const std::string& film, const std::string& output,
                       const std::vector<std::string>& stages, RestoreOptions options = {}) {
    PipelineOptions run;
    run.device = "cpu";
    run.plugin_path = {OLDFILM_BINARY_DIR "/plugins"};
    Pipeline pipeline(run);
    for (const std::string& stage : stages) {
        pipeline.add(stage);
    }
    return restore(film, output, pipeline, options);
}

/// FFmpeg's MPEG-2 encoder repeats no fields; what it wrote for 24 frames a second is marked as
/// 2:3 pulldown, in the bits of ISO 13818-2, 6.2.2.3 and 6.2.3.1.
std::string soft_telecined(const Folder& folder) {
    const std::string plain = folder / "plain.m2v";
    ffmpeg(pan("24", 4) +
           "-vf 'setpts=N/(30000/1001)/TB,format=yuv420p' -r 30000/1001 "
           "-c:v mpeg2video -bf 0 -q:v 2 -f mpeg2video " +
           plain);
    std::ifstream in(plain, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const std::string extension("\0\0\1\xb5", 4);
    constexpr std::array<std::pair<bool, bool>, 4> cycle{
        {{true, true}, {false, false}, {false, true}, {true, false}}}; // top first, repeated
    std::size_t pictures = 0;
    for (std::size_t at = bytes.find(extension); at != std::string::npos;
         at = bytes.find(extension, at + 4)) {
        const int kind = static_cast<unsigned char>(bytes[at + 4]) >> 4;
        if (kind == 1) { // of the sequence: pictures are no longer all progressive
            bytes[at + 5] = static_cast<char>(bytes[at + 5] & ~8);
        } else if (kind == 8) { // of a picture
            const auto [top, repeat] = cycle[pictures++ % cycle.size()];
            bytes[at + 7] =
                static_cast<char>((bytes[at + 7] & ~0x82) | (top ? 0x80 : 0) | (repeat ? 2 : 0));
            bytes[at + 8] = static_cast<char>(bytes[at + 8] | 0x80);
        }
    }
    REQUIRE(pictures == 96);
    std::ofstream(folder / "soft.m2v", std::ios::binary) << bytes;
    return folder / "soft.m2v";
}

std::vector<Frame> read(const std::string& file) {
    Reader reader(file);
    return all(reader);
}

} // namespace

TEST_CASE("Duplicates are known, and when their film was taken") {
    const Folder folder;
    struct Kind {
        const char *film, *shown, *codec;
        int own;
    };
    for (const Kind& kind : {Kind{"24", "30", "-c:v ffv1", 24}, Kind{"16", "25", "-c:v ffv1", 16},
                             Kind{"18", "25", "-c:v ffv1", 18}, Kind{"24", "60", "-c:v ffv1", 24},
                             Kind{"24000/1001", "30000/1001", "-c:v ffv1", 24},
                             Kind{"24", "30", "-pix_fmt yuv420p -c:v libx264", 24},
                             Kind{"16", "25", "-pix_fmt yuv420p -c:v mpeg4 -q:v 3", 16}}) {
        CAPTURE(kind.film, kind.shown, kind.codec);
        const std::string file = folder / "film.mkv";
        ffmpeg(pan(kind.film, 4) + "-vf fps=" + kind.shown + " " + kind.codec + " " + file);
        // Truth: which frame of the film each one shows, by their times.
        std::vector<std::int64_t> shows;
        const double ratio =
            Rational::parse(kind.film).value() / Rational::parse(kind.shown).value();
        Reader reader(file);
        const Rational film = reader.info().film_rate;
        CHECK(film == Rational::parse(kind.film));
        std::int64_t own = -1;
        std::int64_t n = 0;
        const std::vector<std::string> truth = hashes(folder / "film.mkv", "gray");
        while (const std::optional<Frame> frame = reader.next()) {
            // FFmpeg shows frame k from the shown place that is nearest to its time on.
            own += n == 0 || std::floor((n + 0.5) * ratio - 1e-9) > own ? 1 : 0;
            const bool again = n > 0 && shows.back() == own;
            shows.push_back(own);
            CAPTURE(n);
            CHECK((frame->info().origin == Origin::held) == again);
            REQUIRE(frame->info().taken);
            CHECK(*frame->info().taken == Rational(own) / film);
            CHECK(frame->info().time() == Rational(n) / Rational::parse(kind.shown));
            ++n;
        }
        CHECK(n == counted(file));
    }
}

TEST_CASE("The film's own frames are read alone, at its own rate") {
    const Folder folder;
    struct Kind {
        const char *film, *shown, *codec;
    };
    for (const Kind& kind : {Kind{"24", "30", "-c:v ffv1"}, Kind{"16", "25", "-c:v ffv1"},
                             Kind{"18", "25", "-c:v ffv1"}, Kind{"24", "60", "-c:v ffv1"},
                             Kind{"24000/1001", "30000/1001", "-c:v ffv1"},
                             Kind{"16", "25", "-pix_fmt yuv420p -c:v mpeg4 -q:v 3"}}) {
        CAPTURE(kind.film, kind.shown, kind.codec);
        const std::string file = folder / "film.mkv";
        ffmpeg(pan(kind.film, 4) + "-vf fps=" + kind.shown + " " + kind.codec + " " + file);
        ffmpeg(pan(kind.film, 4) + "-c:v ffv1 " + (folder / "own.mkv"));
        ReadOptions options;
        options.film_frames = true;
        Reader reader(file, options);
        CHECK(reader.info().frame_rate == Rational::parse(kind.film));
        CHECK(reader.info().film_rate.num() == 0);
        const std::vector<Frame> truth = read(folder / "own.mkv");
        const std::vector<Frame> found = all(reader);
        REQUIRE(found.size() == truth.size());
        CHECK(std::abs(reader.format().frames - static_cast<std::int64_t>(truth.size())) <= 1);
        for (std::size_t i = 0; i < found.size(); ++i) {
            CHECK(found[i].info().index == static_cast<std::int64_t>(i));
            CHECK(found[i].info().time() ==
                  Rational(static_cast<std::int64_t>(i)) / Rational::parse(kind.film));
            CHECK(found[i].info().origin == Origin::decoded);
            if (std::string(kind.codec) == "-c:v ffv1") {
                CHECK(at::equal(found[i].picture(), truth[i].picture()));
            }
        }
        RestoreOptions restoring;
        restoring.read.film_frames = true;
        restoring.overwrite = true;
        restored(file, folder / "out.mkv", {"interpolate:fps=2x"}, restoring);
        Reader out(folder / "out.mkv");
        CHECK(std::abs(out.info().frame_rate.value() - 2 * Rational::parse(kind.film).value()) <
              1e-3);
    }
    ReadOptions both;
    both.film_frames = true;
    both.source_fps = Rational(18);
    CHECK_THROWS_WITH(Reader(folder / "film.mkv", both), Catch::Contains("--source-fps"));
    // A still within the film lasts as long as before, and nothing of a film without duplicates
    // goes.
    std::vector<std::string> messages;
    ReadOptions plain;
    plain.film_frames = true;
    plain.log = oldfilm::test::collect(messages, LogLevel::warning);
    Reader reader(folder / "own.mkv", plain);
    CHECK(all(reader).size() == 64);
    REQUIRE(messages.size() == 1);
    CHECK_THAT(messages.front(), Catch::Contains("no duplicates in a cadence"));
    ffmpeg(pan("16", 6) + "-vf loop=loop=30:size=1:start=40,setpts=N/16/TB,fps=25 -c:v ffv1 " +
           (folder / "still.mkv"));
    plain.log = {};
    Reader still(folder / "still.mkv", plain);
    const std::vector<Frame> frames = all(still);
    CHECK(std::abs(static_cast<int>(frames.size()) - (6 * 16 + 30)) <= 1);
    for (std::size_t i = 1; i < frames.size(); ++i) {
        // The clock of the film may be set anew where a still ends, by less than a shown frame.
        const Rational step = frames[i].info().time() - frames[i - 1].info().time();
        CHECK(step >= Rational(1, 16));
        CHECK(step < Rational(1, 16) + Rational(1, 25) * Rational(2));
    }
}

TEST_CASE("A film without duplicates has none, and stands still only where it does") {
    const Folder folder;
    const std::string file = folder / "film.mkv";
    ffmpeg(pan("25", 3) + "-c:v ffv1 " + file);
    for (const Frame& frame : read(file)) {
        CHECK(frame.info().origin == Origin::decoded);
        CHECK_FALSE(frame.info().taken);
    }
    // Slow enough for neighbors to differ by a code here and there.
    ffmpeg("-f lavfi -i \"nullsrc=s=96x64:r=25:d=3,format=gray,geq=lum='128+X/4+T'\" -c:v ffv1 " +
           file);
    const auto truth = hashes(file, "gray");
    const auto slow = read(file);
    REQUIRE(slow.size() == truth.size());
    for (std::size_t i = 1; i < slow.size(); ++i) {
        CHECK((slow[i].info().origin == Origin::held) == (truth[i] == truth[i - 1]));
    }
    // A still, then motion at the film's full rate.
    ffmpeg(pan("25", 3) + "-vf loop=loop=40:size=1:start=20,setpts=N/25/TB -c:v ffv1 " + file);
    const auto shown = hashes(file, "gray");
    const auto frames = read(file);
    REQUIRE(frames.size() == shown.size());
    CHECK(Reader(file).info().film_rate == Rational(0));
    int held = 0;
    for (std::size_t i = 1; i < frames.size(); ++i) {
        CHECK((frames[i].info().origin == Origin::held) == (shown[i] == shown[i - 1]));
        held += frames[i].info().origin == Origin::held ? 1 : 0;
    }
    CHECK(held >= 37); // FFmpeg's releases repeat the frame 37 to 40 times
}

TEST_CASE("Stages see the film's own frames, and equal frames stay equal") {
    const Folder folder;
    const std::string own = folder / "own.mkv";
    const std::string shown = folder / "shown.mkv";
    ffmpeg(pan("24", 3, ",noise=alls=6:allf=t:all_seed=5") + "-c:v ffv1 " + own);
    ffmpeg("-i " + own + " -vf fps=30 -c:v ffv1 " + shown);
    const std::vector<std::string> coming = hashes(shown, "gray");
    RestoreOptions options;
    options.codec = "ffv1";
    for (const char* stage : {"stabilize", "denoise", "deflicker"}) {
        CAPTURE(stage);
        restored(own, folder / "own-out.mkv", {stage}, options);
        const RestoreResult made = restored(shown, folder / "out.mkv", {stage}, options);
        CHECK(made.frames_out == 90);
        const auto truth = hashes(folder / "own-out.mkv", "gray");
        const auto found = hashes(folder / "out.mkv", "gray");
        REQUIRE(found.size() == coming.size());
        CHECK(times(folder / "out.mkv") == times(shown));
        std::size_t k = 0;
        int changed = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            k += i > 0 && coming[i] != coming[i - 1] ? 1 : 0;
            changed += found[i] != truth.at(k) ? 1 : 0; // as if the film had come at 24
        }
        CHECK(changed == 0);
        std::filesystem::remove(folder / "own-out.mkv");
        std::filesystem::remove(folder / "out.mkv");
    }
}

TEST_CASE("Interpolation goes over duplicates evenly") {
    const Folder folder;
    const std::string own = folder / "own.mkv";
    const std::string shown = folder / "shown.mkv";
    RestoreOptions options;
    options.codec = "ffv1";
    for (const auto& [film, rate, to] :
         {std::tuple{"24", "30", "48"}, std::tuple{"16", "25", "32"}}) {
        CAPTURE(film, rate);
        ffmpeg(pan(film, 3) + "-c:v ffv1 " + own);
        ffmpeg("-i " + own + " -vf fps=" + rate + " -c:v ffv1 " + shown);
        const std::string stage = fmt::format("interpolate:fps={}", to);
        restored(own, folder / "own-out.mkv", {stage}, options);
        restored(shown, folder / "out.mkv", {stage}, options);
        CHECK(hashes(folder / "out.mkv", "gray") == hashes(folder / "own-out.mkv", "gray"));
        std::filesystem::remove(folder / "own-out.mkv");
        std::filesystem::remove(folder / "out.mkv");
    }
}

TEST_CASE("A still stays still until the film goes on") {
    const Folder folder;
    const std::string film = folder / "film.mkv";
    ffmpeg(pan("12", 3) + "-vf loop=loop=20:size=1:start=10,setpts=N/12/TB -c:v ffv1 " + film);
    RestoreOptions options;
    options.codec = "ffv1";
    restored(film, folder / "out.mkv", {"interpolate:fps=2x", "denoise"}, options);
    const auto coming = hashes(film, "gray");
    const auto found = hashes(folder / "out.mkv", "gray");
    REQUIRE(found.size() == 2 * coming.size());
    int still = 0;
    for (std::size_t i = 0; i + 1 < coming.size(); ++i) {
        const bool same = coming[i] == coming[i + 1];
        still += same ? 1 : 0;
        CHECK((found[2 * i] == found[2 * i + 1]) == same);
        CHECK((found[2 * i + 1] == found[2 * i + 2]) == same);
    }
    CHECK(still == 20);
}

TEST_CASE("A speed that counts duplicates as frames is said to stretch the film") {
    const Folder folder;
    const std::string file = folder / "film.mkv";
    ffmpeg(pan("24", 3) + "-vf fps=30 -c:v ffv1 " + file);
    std::vector<std::string> said;
    ReadOptions options;
    options.source_fps = Rational(24);
    options.log = test::collect(said);
    const Reader reader(file, options);
    REQUIRE(said.size() == 1);
    CHECK(said[0].find("4 frames of the film in 5") != std::string::npos);
    CHECK(said[0].find("1.25 times as long") != std::string::npos);
}

TEST_CASE("Pulldown by flags is undone: the film's frames at the film's rate") {
    const Folder folder;
    const std::string coded = soft_telecined(folder);
    for (const char* name : {"soft.m2v", "soft.mkv", "soft.mpg", "soft.ts"}) {
        CAPTURE(name);
        const std::string file = folder / name;
        if (file != coded) {
            ffmpeg("-fflags +genpts -i " + coded + " -c copy " + file);
        }
        CHECK(counted(file) == 96);
        Reader reader(file);
        CHECK(reader.info().frame_rate == Rational(24000, 1001));
        CHECK(reader.info().frames == 96);
        const std::vector<Frame> frames = all(reader);
        REQUIRE(frames.size() == 96);
        for (std::size_t k = 0; k < frames.size(); ++k) {
            const FrameInfo& info = frames[k].info();
            CHECK(info.time() - frames[0].info().time() ==
                  Rational(static_cast<std::int64_t>(k) * 1001, 24000));
            CHECK(Rational(info.duration) * info.time_base == Rational(1001, 24000));
            CHECK(info.origin == Origin::decoded);
        }
    }
    RestoreOptions options;
    options.codec = "ffv1";
    const std::string doubled = folder / "doubled.mkv";
    restored(folder / "soft.mkv", doubled, {"interpolate:fps=2x"}, options);
    CHECK(counted(doubled) == 192);
    // FFmpeg reads Matroska's duration of a frame, in nanoseconds, as a fraction up to 30000.
    const std::string rate =
        probe(doubled, "-select_streams v:0 -show_entries stream=r_frame_rate").at(0);
    CHECK(Rational::parse(rate).value() == Approx(48000.0 / 1001).epsilon(1e-6));
    const std::string plain = folder / "plain.y4m";
    options.codec.clear();
    restored(folder / "soft.mkv", plain, {}, options);
    CHECK(counted(plain) == 96);
    CHECK(shell("head -n 1 " + plain).find(" F24000:1001 ") != std::string::npos);
}

TEST_CASE("Interpolation by a factor goes between frames whose times vary") {
    const Folder folder;
    const std::string film = folder / "film.mp4";
    ffmpeg(pan("25", 2) +
           "-vf \"select='not(eq(mod(n,7),3))*not(eq(mod(n,11),5))',format=yuv420p\" "
           "-fps_mode vfr -c:v libx264 -bf 2 -video_track_timescale 25000 " +
           film);
    const std::vector<double> in = times(film);
    REQUIRE(Reader(film).info().frame_rate == Rational(0));
    RestoreOptions options;
    options.codec = "h264";
    for (const int factor : {2, 3}) {
        const std::string output = folder / fmt::format("out{}.mp4", factor);
        const RestoreResult made =
            restored(film, output, {fmt::format("interpolate:fps={}x", factor)}, options);
        CHECK(made.frames_out == factor * std::ssize(in));
        const std::vector<double> out = times(output);
        REQUIRE(out.size() == in.size() * static_cast<std::size_t>(factor));
        for (std::size_t i = 0; i + 1 < in.size(); ++i) {
            for (std::size_t j = 0; j < static_cast<std::size_t>(factor); ++j) {
                const double part = static_cast<double>(j) / factor;
                CHECK(std::abs(out[i * factor + j] - (in[i] + part * (in[i + 1] - in[i]))) < 1e-5);
            }
        }
    }
    // Every frame of the film is still there, and what lies between is none of them.
    const std::string lossless = folder / "out.mkv";
    options.codec = "ffv1";
    restored(film, lossless, {"interpolate:fps=2x"}, options);
    const auto truth = hashes(film, "gray");
    const auto found = hashes(lossless, "gray");
    for (std::size_t i = 0; i < truth.size(); ++i) {
        CHECK(found[2 * i] == truth[i]);
        CHECK((i + 1 == truth.size() || found[2 * i + 1] != truth[i]));
    }
}
