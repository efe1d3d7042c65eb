// Image sequences: what is missing, numbers, names, and what DPX headers say.
#include "media_files.hpp"
#include "messages.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>

using namespace oldfilm;
using namespace media_files;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

/// Gray pictures, each of one value of its own, so that it shows which is where.
void pictures(const std::string& pattern, int count, const std::string& rest = "", int first = 1) {
    ffmpeg("-f lavfi -i \"nullsrc=size=64x48:rate=25,format=gray,geq=lum='40+10*N'\" -frames:v " +
           std::to_string(count) + " " + rest + " -start_number " + std::to_string(first) + " '" +
           pattern + "'");
}

std::string message_of(const std::string& path, const ReadOptions& options = {}) {
    try {
        Reader reader(path, options);
        all(reader);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

void empty_file(const std::string& path) {
    std::ofstream(path, std::ios::trunc);
}

/// Overwrites the middle of the file.
void spoil(const std::string& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(path) / 2));
    for (int i = 0; i < 40; ++i) { // what is alike may be a code that is valid
        file.put(static_cast<char>((i * 73 + 41) % 251));
    }
}

void put(const std::string& path, int place, const std::string& bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(place);
    file << bytes;
}

std::string get(const std::string& path, int place, std::size_t count) {
    std::ifstream file(path, std::ios::binary);
    file.seekg(place);
    std::string bytes(count, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(count));
    return bytes;
}

double level(const Frame& frame) {
    return frame.picture().mean().item<double>();
}

/// A picture with the header that scanners write: FFmpeg's own is shorter.
void make_scan(const std::string& path, float rate, const std::string& timecode, char transfer) {
    std::string file = get(path, 0, fs::file_size(path));
    const std::string samples = file.substr(1664);
    file.resize(1664);
    file += std::string(384, '\xFF') + samples;
    const auto place = [&](std::size_t at, const std::string& bytes) {
        file.replace(at, bytes.size(), bytes);
    };
    const auto number = [](std::uint32_t value) { // little endian, as FFmpeg writes here
        return std::string(reinterpret_cast<const char*>(&value), 4);
    };
    const bool big = file.starts_with("SDPX");
    const auto turned = [&](std::string bytes) {
        if (big) {
            std::reverse(bytes.begin(), bytes.end());
        }
        return bytes;
    };
    std::uint32_t bits = 0;
    std::memcpy(&bits, &rate, 4);
    place(4, turned(number(2048)));
    place(808, turned(number(2048)));
    place(16, turned(number(static_cast<std::uint32_t>(file.size()))));
    place(160, std::string("scanner") + std::string(93, '\0'));
    place(801, std::string(1, transfer));
    place(1724, turned(number(bits)));
    const std::uint32_t coded = static_cast<std::uint32_t>(std::stoul(timecode, nullptr, 16));
    place(1920, turned(number(coded)));
    std::ofstream(path, std::ios::binary) << file;
}

} // namespace

TEST_CASE("Bad pictures of a sequence are all listed before the work, or stood in for") {
    struct Kind {
        std::string extension, options;
        std::vector<std::string> faults{"empty", "gone", "header", "cut"};
    };
    for (const Kind& kind : std::vector<Kind>{{"dpx", ""},
                                              {"png", ""},
                                              {"tif", ""},
                                              {"tif", "-compression_algo deflate"},
                                              {"jpg", "-q:v 2"},
                                              {"jp2", ""},
                                              {"j2k", "-format j2k"},
                                              {"exr", "-pix_fmt grayf32le"}}) {
        CAPTURE(kind.extension, kind.options);
        const Folder folder;
        const std::string pattern = folder / ("f%04d." + kind.extension);
        const auto file = [&](int number) {
            return folder / ("f000" + std::to_string(number) + "." + kind.extension);
        };
        pictures(pattern, 9, kind.options);
        REQUIRE(message_of(pattern).empty());
        empty_file(file(8));
        fs::remove(file(3));
        put(file(5), 0, std::string(16, 'x'));
        fs::resize_file(file(6), fs::file_size(file(6)) * 3 / 4);
        const std::string refused = message_of(pattern);
        for (const int number : {3, 5, 6, 8}) {
            CHECK_THAT(refused, Contains(file(number)));
        }
        CHECK_THAT(refused, Contains("--missing"));
        CHECK_THAT(refused, !Contains(file(4)));

        ReadOptions options;
        options.missing = MissingPictures::hold;
        std::string said;
        options.log = test::collect(said);
        Reader reader(pattern, options);
        const std::vector<Frame> frames = all(reader);
        REQUIRE(frames.size() == 9);
        CHECK(reader.info().frames == 9);
        CHECK(reader.concealed() == 4);
        CHECK_THAT(said, Contains(file(8)));
        for (int i = 0; i < 9; ++i) {
            CHECK(frames[static_cast<std::size_t>(i)].info().time() == Rational(i, 25));
        }
        CHECK(frames[2].picture().equal(frames[1].picture()));
        CHECK(frames[5].picture().equal(frames[3].picture()));
        CHECK(frames[7].picture().equal(frames[6].picture()));
        CHECK(level(frames[3]) > level(frames[1]));

        options.missing = MissingPictures::black;
        Reader black(pattern, options);
        const std::vector<Frame> dark = all(black);
        REQUIRE(dark.size() == 9);
        CHECK(std::abs(level(dark[2])) < 1e-6);
        CHECK(dark[3].picture().equal(frames[3].picture()));

        options.strict = true;
        CHECK_THAT(message_of(pattern, options), Contains(file(3)));
    }
}

TEST_CASE("A sequence's first and last pictures are stood in for too, and all broken is refused") {
    const Folder folder;
    pictures(folder / "f%02d.png", 5);
    for (const int number : {1, 2, 5}) {
        empty_file(folder / ("f0" + std::to_string(number) + ".png"));
    }
    ReadOptions options;
    options.missing = MissingPictures::hold;
    Reader reader(folder / "f%02d.png", options);
    const std::vector<Frame> frames = all(reader);
    REQUIRE(frames.size() == 5);
    CHECK(reader.concealed() == 3);
    CHECK(frames[0].picture().equal(frames[2].picture()));
    CHECK(frames[1].picture().equal(frames[2].picture()));
    CHECK(frames[4].picture().equal(frames[3].picture()));
    empty_file(folder / "f03.png");
    empty_file(folder / "f04.png");
    CHECK_THAT(message_of(folder / "f%02d.png", options), Contains("5 of the 5"));
}

TEST_CASE("A picture that is broken inside is named when it is decoded, and concealed") {
    const Folder folder;
    for (const std::string extension : {"png", "jpg"}) {
        CAPTURE(extension);
        const std::string pattern = folder / ("f%02d." + extension);
        ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=25 -frames:v 6 " + pattern);
        spoil(folder / ("f04." + extension));
        std::string said;
        ReadOptions options;
        options.log = test::collect(said);
        Reader reader(pattern, options);
        CHECK(all(reader).size() == 6);
        CHECK(reader.concealed() == 1);
        CHECK_THAT(said, Contains("f04." + extension));
        options.strict = true;
        CHECK_THAT(message_of(pattern, options), Contains("f04." + extension));
    }
}

TEST_CASE("A hole in the numbers is two films, whatever stands in") {
    const Folder folder;
    pictures(folder / "f%05d.png", 2, "", 1);
    pictures(folder / "f%05d.png", 2, "", 1000);
    ReadOptions options;
    options.missing = MissingPictures::hold;
    CHECK_THAT(message_of(folder / "f%05d.png", options),
               Contains("2 is followed by 1000") && Contains("another folder"));
}

TEST_CASE(
    "Frame numbers of any length are found and preserved, by pattern, folder or one of them") {
    const Folder folder;
    fs::create_directory(folder / "scan");
    fs::create_directory(folder / "out");
    pictures(folder / "p%d.dpx", 3);
    for (int i = 0; i < 3; ++i) {
        fs::rename(folder / ("p" + std::to_string(i + 1) + ".dpx"),
                   folder / ("scan/reel2_008640000" + std::to_string(i) + ".dpx"));
    }
    for (const std::string path : {"scan/reel2_%010d.dpx", "scan"}) {
        Reader reader(folder / path);
        CHECK(all(reader).size() == 3);
        CHECK(reader.info().path == folder / "scan/reel2_%010d.dpx");
        WriteOptions over;
        over.overwrite = true;
        copy(folder / path, folder / "out/r%d.dpx", over);
    }
    CHECK(fs::exists(folder / "out/r0086400000.dpx"));
    CHECK(fs::exists(folder / "out/r0086400002.dpx"));
    CHECK(hashes(folder / "out/r0086400001.dpx", "gray16le") ==
          hashes(folder / "scan/reel2_0086400001.dpx", "gray16le"));
    ReadOptions later;
    later.start = Rational(2, 25);
    copy(folder / "scan", folder / "out/s%04d.png", {}, later);
    CHECK(fs::exists(folder / "out/s86400002.png"));

    std::string said;
    ReadOptions options;
    options.log = test::collect(said);
    Reader one(folder / "scan/reel2_0086400001.dpx", options);
    CHECK(all(one).size() == 1);
    CHECK_THAT(said, Contains("one of 3") && Contains(folder / "scan/reel2_%010d.dpx"));

    pictures(folder / "scan/other%d.png", 2);
    CHECK_THAT(message_of(folder / "scan"), Contains("reel2_%010d.dpx") && Contains("other%d.png"));
    pictures(folder / "n%d.png", 3, "", 9); // 9, 10, 11
    Reader grown(folder / "n%d.png");
    CHECK(all(grown).size() == 3);
}

TEST_CASE("A % that is no pattern is a name") {
    const Folder folder;
    fs::create_directory(folder / "50% off %03d reel");
    pictures(folder / "f%04d.png", 3);
    for (int i = 1; i <= 3; ++i) {
        fs::rename(folder / ("f000" + std::to_string(i) + ".png"),
                   folder / ("50% off %03d reel/100% 000" + std::to_string(i) + ".png"));
    }
    for (const std::string name : {"100% %04d.png", "100%% %04d.png"}) {
        Reader reader(folder / ("50% off %03d reel/" + name));
        CHECK(all(reader).size() == 3);
    }
    copy(folder / "50% off %03d reel", folder / "100%done.mkv");
    Reader film(folder / "100%done.mkv");
    CHECK(all(film).size() == 3);
    copy(folder / "100%done.mkv", folder / "50% off %03d reel/out%%%d.png");
    CHECK(fs::exists(folder / "50% off %03d reel/out%1.png"));
    CHECK(fs::exists(folder / "50% off %03d reel/out%3.png"));
    // A picture with just this name.
    fs::copy(folder / "50% off %03d reel/out%1.png", folder / "a%d.png");
    Reader picture(folder / "a%d.png");
    CHECK(all(picture).size() == 1);
    CHECK_THAT(message_of(folder / "a%d_%d.png"), Contains("one number"));
}

TEST_CASE("Rate, timecode and transfer in DPX headers are used, and written") {
    const Folder folder;
    fs::create_directory(folder / "out");
    pictures(folder / "s%04d.dpx", 4, "", 50);
    for (int i = 0; i < 4; ++i) {
        make_scan(folder / ("s005" + std::to_string(i) + ".dpx"), 24, "0102030" + std::to_string(i),
                  1);
    }
    std::string said;
    ReadOptions options;
    options.log = test::collect(said);
    Reader reader(folder / "s%04d.dpx", options);
    CHECK(reader.info().frame_rate == Rational(24));
    CHECK(reader.info().timecode == "01:02:03:00");
    CHECK(reader.info().film_transfer == "printing density");
    CHECK_THAT(reader.info().to_json(), Contains("printing density"));
    CHECK_THAT(said, Contains("printing density"));
    CHECK_THAT(said, !Contains("25 fps"));

    copy(folder / "s%04d.dpx", folder / "out/%04d.dpx");
    const std::string second = folder / "out/0051.dpx";
    const bool big = get(second, 0, 4) == "SDPX";
    CHECK(get(second, 801, 1) == "\x01");
    CHECK(get(second, 1920, 4) == std::string(big ? "\x01\x02\x03\x01" : "\x01\x03\x02\x01"));
    Reader back(folder / "out/%04d.dpx");
    CHECK(back.info().frame_rate == Rational(24));
    CHECK(back.info().timecode == "01:02:03:00");
    CHECK(hashes(second, "gray16le") == hashes(folder / "s0051.dpx", "gray16le"));

    WriteOptions prores;
    prores.codec = "prores";
    copy(folder / "s%04d.dpx", folder / "out.mov", prores);
    CHECK(probe(folder / "out.mov", "-select_streams v -show_entries stream_tags=timecode").at(0) ==
          "01:02:03:00");
    CHECK(
        probe(folder / "out.mov", "-select_streams v -show_entries stream=avg_frame_rate").at(0) ==
        "24/1");
    said.clear();
    options.source_fps = Rational(16);
    Reader slower(folder / "s%04d.dpx", options);
    CHECK(slower.info().frame_rate == Rational(16));

    pictures(folder / "p%d.png", 2);
    options.source_fps.reset();
    Reader plain(folder / "p%d.png", options);
    CHECK(plain.info().frame_rate == Rational(25));
    CHECK_THAT(said, Contains("25 fps") && Contains("--source-fps"));
}

TEST_CASE("Outputs that hold no times say so of a film with irregular ones") {
    const Folder folder;
    ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=25 -frames:v 30 -vf "
           "\"select='not(eq(mod(n,7),3))*not(eq(mod(n,5),2))'\" -fps_mode vfr -c:v ffv1 " +
           (folder / "in.mkv"));
    // Matroska with a frame's usual duration, which FFmpeg takes for the rate, and MP4 without.
    ffmpeg("-i " + (folder / "in.mkv") + " -c:v libx264 -fps_mode vfr " + (folder / "in.mp4"));
    for (const std::string from : {"in.mkv", "in.mp4"}) {
        for (const std::string name : {"p%03d.png", "out.y4m", "out.mkv"}) {
            std::string said;
            WriteOptions options;
            options.overwrite = true;
            options.log = test::collect(said);
            copy(folder / from, folder / name, options);
            CAPTURE(from, name, said);
            CHECK((said.find("times are lost") != std::string::npos) == (name != "out.mkv"));
        }
    }
    const std::string rate = probe(folder / "out.y4m", "-show_entries stream=r_frame_rate").at(0);
    CHECK(rate != "90000/1");
    CHECK(rate != "1000/1");
}
