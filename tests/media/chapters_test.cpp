// Chapters in the part of a film that is made, at its speed, in each container.
#include "media_files.hpp"
#include "messages.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace oldfilm;
using namespace media_files;

namespace {

struct Chapter {
    double start, end;
    std::string title;
};

void check_chapters(const std::string& file, const std::vector<Chapter>& expected) {
    CAPTURE(file);
    const auto lines = probe(file, "-show_entries chapter=start_time,end_time:chapter_tags=title");
    REQUIRE(lines.size() == expected.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
        CAPTURE(lines[i]);
        std::istringstream line(lines[i]);
        std::string start;
        std::string end;
        std::string title;
        std::getline(std::getline(std::getline(line, start, ','), end, ','), title);
        CHECK(std::stod(start) == Approx(expected[i].start).margin(2e-3));
        CHECK(std::stod(end) == Approx(expected[i].end).margin(2e-3));
        CHECK(title == expected[i].title);
    }
}

std::string film(const Folder& folder, const std::string& name) {
    std::ofstream(folder / "meta.txt")
        << ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n"
           "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2500\ntitle=Two\n"
           "[CHAPTER]\nTIMEBASE=1/1000\nSTART=2500\nEND=4000\ntitle=Three\n";
    const std::string file = folder / name;
    ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=10:duration=4 -i " + (folder / "meta.txt") +
           " -map 0 -map_metadata 1 -c:v mpeg4 " + file);
    return file;
}

} // namespace

TEST_CASE("Chapters are shifted, clipped and scaled with the film") {
    const Folder folder;
    for (const std::string name : {"in.mkv", "in.mp4"}) {
        const std::string source = film(folder, name);
        for (const std::string out : {"out.mkv", "out.mp4", "out.mov"}) {
            CAPTURE(name, out);
            std::vector<std::string> warnings;
            WriteOptions options;
            options.codec = "h264";
            options.overwrite = true;
            options.log = test::collect(warnings);
            copy(source, folder / out, options);
            check_chapters(folder / out, {{0, 1, "One"}, {1, 2.5, "Two"}, {2.5, 4, "Three"}});
            ReadOptions part;
            part.start = Rational(3, 2);
            part.duration = Rational(2);
            copy(source, folder / out, options, part);
            check_chapters(folder / out, {{0, 1, "Two"}, {1, 2, "Three"}});
            ReadOptions slower;
            slower.source_fps = Rational(5);
            slower.start = Rational(3); // at that speed
            copy(source, folder / out, options, slower);
            check_chapters(folder / out, {{0, 2, "Two"}, {2, 5, "Three"}});
            CHECK(warnings.empty()); // of a "data stream" too, which MP4 has for chapters
        }
    }
}

TEST_CASE("Chapters that a container can't hold are named") {
    const Folder folder;
    const std::string source = film(folder, "in.mkv");
    for (const std::string out : {"out.avi", "out.y4m", "out%02d.png"}) {
        CAPTURE(out);
        std::vector<std::string> warnings;
        WriteOptions options;
        options.log = test::collect(warnings);
        copy(source, folder / out, options);
        warnings = but_samples(warnings);
        REQUIRE(warnings.size() == 1);
        CHECK(warnings[0].find("3 chapters") != std::string::npos);
    }
}
