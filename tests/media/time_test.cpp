// Frame-exactness: as many frames as the file holds, each at its own time.
#include "media_files.hpp"

#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>

using namespace oldfilm;
using namespace media_files;

namespace {

constexpr const char* picture = "-f lavfi -i testsrc2=size=96x64:rate=25:duration=3 ";

/// Count, order and times of our frames are those that ffprobe tells.
void check_exact(const std::string& file, double tolerance) {
    CAPTURE(file);
    Reader reader(file);
    std::vector<double> truth = times(file);
    // A film begins at 0, wherever its container's clock does.
    const double begin = std::stod(probe(file, "-show_entries format=start_time").at(0));
    for (double& time : truth) {
        time -= std::max(begin, 0.0);
    }
    std::int64_t index = 0;
    Rational last;
    double worst = 0;
    while (const std::optional<Frame> frame = reader.next()) {
        const FrameInfo& info = frame->info();
        REQUIRE(info.index == index);
        REQUIRE((index == 0 || info.time() > last));
        REQUIRE(info.duration > 0);
        REQUIRE(static_cast<std::size_t>(index) < truth.size());
        worst =
            std::max(worst, std::abs(info.time().value() - truth[static_cast<std::size_t>(index)]));
        last = info.time();
        ++index;
    }
    CHECK(worst <= tolerance);
    CHECK(index == counted(file));
    CHECK(reader.concealed() == 0);
}

} // namespace

TEST_CASE("B-frames, variable rates, edit lists and start offsets keep frames and times") {
    const Folder folder;
    const std::string film = folder / "film.mp4";
    ffmpeg(std::string(picture) + "-f lavfi -i sine=duration=3 -c:v libx264 -bf 3 -g 20 " + film);
    SECTION("B-frames and sound in MP4") {
        check_exact(film, 1e-6);
    }
    SECTION("edit list") {
        const std::string file = folder / "edit.mp4";
        ffmpeg("-ss 1.3 -i " + film + " -c copy " + file);
        REQUIRE(counted(file) < 75);
        check_exact(file, 1e-6);
    }
    SECTION("start offset") {
        const std::string file = folder / "offset.mkv";
        ffmpeg("-i " + film + " -c copy -output_ts_offset 2.5 " + file);
        check_exact(file, 1.1e-3);
    }
    SECTION("variable rate, Matroska and MP4") {
        for (const char* name : {"vfr.mkv", "vfr.mp4"}) {
            const std::string file = folder / name;
            ffmpeg(std::string(picture) +
                   "-vf \"select='not(eq(mod(n,7),3))*not(eq(mod(n,11),5))'\" -fps_mode vfr "
                   "-c:v libx264 -bf 2 " +
                   file);
            check_exact(file, 1.1e-3);
        }
    }
    SECTION("transport stream, AVI, bare H.264, H.265, VP9") {
        for (const char* tail :
             {"-c:v mpeg2video -bf 2 film.ts", "-c:v mjpeg film.avi",
              "-c:v libx264 -bf 0 film.h264", "-c:v libx265 -x265-params log-level=none film.mkv",
              "-c:v libvpx-vp9 film.webm", "-c:v mpeg4 -bf 2 bf.avi"}) {
            const std::string words = tail;
            const std::string name = words.substr(words.rfind(' ') + 1);
            const std::string file = folder / name;
            ffmpeg(picture + words.substr(0, words.rfind(' ') + 1) + file);
            Reader reader(file);
            CAPTURE(file);
            CHECK(static_cast<std::int64_t>(all(reader).size()) == counted(file));
            CHECK(reader.info().frame_rate == Rational(25));
        }
    }
}

TEST_CASE("A coarse clock gives exact times") {
    const Folder folder;
    for (const std::string rate : {"16", "24000/1001", "30000/1001", "18", "50"}) {
        const std::string file = folder / "film.mkv"; // Matroska counts milliseconds
        ffmpeg("-f lavfi -i testsrc2=size=32x32:rate=" + rate + " -frames:v 40 -c:v ffv1 " + file);
        Reader reader(file);
        const Rational r = Rational::parse(rate);
        CAPTURE(rate);
        CHECK(reader.info().frame_rate == r);
        const std::vector<Frame> frames = all(reader);
        REQUIRE(frames.size() == 40);
        for (std::size_t k = 0; k < frames.size(); ++k) {
            const FrameInfo& info = frames[k].info();
            CHECK(info.time() == Rational(static_cast<std::int64_t>(k)) / r);
            CHECK(Rational(info.duration) * info.time_base == r.inverse());
        }
    }
}

TEST_CASE("A coarse clock gives exact times from a start that lies off the grid too") {
    const Folder folder;
    const std::string alone = folder / "late.mkv";
    const std::string beside = folder / "beside.mkv"; // sound that begins first
    ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=30000/1001:duration=3 -c:v ffv1 "
           "-output_ts_offset 0.003 " +
           alone);
    ffmpeg("-copyts -i " + alone +
           " -f lavfi -i sine=duration=3 -map 0 -map 1 -c:v copy -c:a flac " + beside);
    for (const auto& [file, start] :
         {std::pair(alone, Rational(0)), std::pair(beside, Rational(3, 1000))}) {
        CAPTURE(file);
        Reader reader(file);
        std::int64_t n = 0;
        std::int64_t wrong = 0;
        while (const std::optional<Frame> frame = reader.next()) {
            const FrameInfo& info = frame->info();
            wrong += info.time() == start + Rational(n * 1001, 30000) ? 0 : 1;
            CHECK(Rational(info.duration) * info.time_base == Rational(1001, 30000));
            ++n;
        }
        CHECK(wrong == 0);
        CHECK(n == counted(file));
    }
}

TEST_CASE("A film can be played at its true speed, and in part") {
    const Folder folder;
    const std::string file = folder / "film.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=32x32:rate=25 -frames:v 50 -c:v ffv1 " + file);
    SECTION("true speed") {
        ReadOptions options;
        options.source_fps = Rational(16);
        Reader reader(file, options);
        const std::vector<Frame> frames = all(reader);
        REQUIRE(frames.size() == 50);
        CHECK(frames[49].info().time() == Rational(49, 16));
        CHECK(reader.info().frame_rate == Rational(16));
    }
    SECTION("a part") {
        ReadOptions options;
        options.start = Rational(1, 2);
        options.duration = Rational(1);
        Reader reader(file, options);
        const std::vector<Frame> frames = all(reader);
        REQUIRE(frames.size() == 25);
        CHECK(frames[0].info().index == 0);
        // Frame 13, at 0.52 s, is the first one in the part.
        CHECK(frames[0].info().time() == Rational(13, 25) - Rational(1, 2));
        Reader whole(file);
        CHECK(frames[0].picture().equal(all(whole)[13].picture()));
    }
    SECTION("a speed of nothing is refused") {
        ReadOptions options;
        options.source_fps = Rational(0);
        CHECK_THROWS_AS(Reader(file, options), Error);
    }
}

TEST_CASE("Real clips give all their frames") {
    for (const char* name :
         {"clips/coast.mp4", "clips/h264_10bits.mp4", "clips/h265_10bits.mp4",
          "clips/av1_video.mkv", "clips/bt709_full_range.mp4", "clips/nasa_13013.mp4",
          "films/the-great-train-robbery.mkv", "films/within-our-gates.mkv"}) {
        const std::string file = data(name);
        if (!file.empty()) {
            check_exact(file, 1.1e-3);
        }
    }
}
