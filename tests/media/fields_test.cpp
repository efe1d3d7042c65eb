// Films of two fields a frame: chroma by fields, and combing that flags don't tell.
#include "media_files.hpp"
#include "messages.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <regex>

using namespace oldfilm;
using namespace media_files;

namespace {

/// A moving pattern in color, or in gray; `x` and `y` pixels a second.
std::string pan(int rate, int x, int y, bool color, double seconds = 2) {
    const std::string luma = fmt::format(
        "128+50*sin((X+{0}*T)/7+2*cos((Y+{1}*T)/11))+40*sin((X+{0}*T)/23+(Y+{1}*T)/9)", x, y);
    const std::string more = fmt::format(
        ":cb='128+90*sin((X+{0}*T)/9+(Y+{1}*T)/13)':cr='128+90*cos((X+{0}*T)/11-(Y+{1}*T)/17)'", x,
        y);
    return fmt::format("-f lavfi -i \"nullsrc=s=96x64:r={}:d={},format=yuv444p,geq=lum='{}'{}\" ",
                       rate, seconds, luma, color ? more : ":cb=128:cr=128");
}

std::vector<std::string> said_of(const std::string& file, bool deinterlace = false) {
    std::vector<std::string> said;
    ReadOptions options;
    options.deinterlace = deinterlace;
    options.log = test::collect(said);
    const Reader reader(file, options);
    return said;
}

/// Frames that FFmpeg's idet takes for combed.
int combed(const std::string& file) {
    const std::string text = shell("ffmpeg -nostdin -i '" + file + "' -vf idet -f null - 2>&1");
    int most = 0; // FFmpeg 7 prints the counts of filters that it made and didn't use, too
    const std::regex counts("Single frame detection: TFF: *([0-9]+) BFF: *([0-9]+)");
    for (std::sregex_iterator found(text.begin(), text.end(), counts), end; found != end; ++found) {
        most = std::max(most, std::stoi((*found)[1]) + std::stoi((*found)[2]));
    }
    return most;
}

} // namespace

TEST_CASE("Chroma of interlaced film is that of its fields") {
    const Folder folder;
    // A quarter of the pattern's period from field to field.
    const std::string fields = pan(50, 180, 0, true, 0.4) + "-vf interlace=scan=tff:lowpass=0";
    ffmpeg(fields + " -c:v ffv1 " + folder / "truth.mkv");
    ffmpeg(fields + ",scale=interl=1,format=yuv420p -c:v ffv1 " + folder / "film.mkv");
    const auto flags =
        probe(folder / "film.mkv", "-select_streams v:0 -show_entries frame=interlaced_frame");
    REQUIRE(flags.at(0) == "1");
    ffmpeg("-i " + folder / "truth.mkv" + " -pix_fmt rgb24 -c:v ffv1 " + folder / "rgb.mkv");
    ffmpeg("-i " + folder / "film.mkv" +
           " -vf scale=interl=1:flags=bilinear+accurate_rnd+full_chroma_int -pix_fmt rgb24 -c:v "
           "ffv1 " +
           folder / "theirs.mkv");
    WriteOptions options;
    options.codec = "png";
    copy(folder / "film.mkv", folder / "%03d.png", options);
    ffmpeg("-i " + folder / "%03d.png" + " -c:v ffv1 " + folder / "ours.mkv");
    const double ours = psnr(folder / "ours.mkv", folder / "rgb.mkv");
    const double theirs = psnr(folder / "theirs.mkv", folder / "rgb.mkv");
    CAPTURE(ours, theirs);
    CHECK(ours > theirs - 0.5);
}

TEST_CASE("A film that is combed against its flags is said to be, and deinterlaced") {
    const Folder folder;
    for (const std::string order : {"tff", "bff"}) {
        CAPTURE(order);
        const std::string file = folder / (order + ".mkv");
        ffmpeg(pan(50, 150, 0, false) + "-vf interlace=scan=" + order +
               ":lowpass=0,format=yuv420p,setfield=prog -c:v ffv1 " + file);
        REQUIRE(probe(file, "-select_streams v:0 -show_entries frame=interlaced_frame").at(0) ==
                "0");
        REQUIRE(combed(file) > 40);
        CHECK(Reader(file).info().interlaced);
        const auto said = said_of(file);
        REQUIRE(said.size() == 1);
        CHECK(said[0].find("combed, though its flags say progressive") != std::string::npos);
        CHECK(said[0].find("--deinterlace") != std::string::npos);
        const auto acted = said_of(file, true);
        REQUIRE(acted.size() == 1);
        CHECK(acted[0].find(order == "tff" ? "top field first" : "bottom field first") !=
              std::string::npos);
        WriteOptions options;
        options.codec = "ffv1";
        ReadOptions read;
        read.deinterlace = true;
        const std::string output = folder / (order + "-out.mkv");
        copy(file, output, options, read);
        CHECK(counted(output) == counted(file));
        CHECK(combed(output) == 0);
    }
}

TEST_CASE("Progressive film is never taken for combed") {
    const Folder folder;
    const std::string file = folder / "film.mkv";
    const auto quiet = [&](const std::string& arguments) {
        CAPTURE(arguments);
        ffmpeg(arguments + " -pix_fmt yuv420p -c:v ffv1 " + file);
        CHECK_FALSE(Reader(file).info().interlaced);
        CHECK(said_of(file).empty());
    };
    for (const auto& [x, y] :
         {std::pair{30, 0}, std::pair{150, 0}, std::pair{400, 0}, std::pair{0, 25},
          std::pair{0, 50}, std::pair{0, 75}, std::pair{25, 130}}) {
        quiet(pan(25, x, y, false));
        quiet(pan(25, x, y, false) + "-vf noise=alls=20:allf=t");
    }
    quiet("-f lavfi -i testsrc2=s=160x120:r=25:d=3"); // which idet takes for interlaced
    quiet("-f lavfi -i testsrc=s=160x120:r=25:d=3");
    quiet("-f lavfi -i mandelbrot=s=160x120:r=25 -t 3");
    quiet("-f lavfi -i cellauto=s=160x120:r=25 -t 3");
    quiet("-f lavfi -i life=s=160x120:r=25:mold=10 -t 3");
}
