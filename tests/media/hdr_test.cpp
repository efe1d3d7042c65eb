// HDR10's mastering display and content light level, in containers and in what encoders make.
#include "media_files.hpp"
#include "messages.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace oldfilm;
using namespace media_files;

namespace {

const std::string entries = "side_data=red_x,red_y,green_x,green_y,blue_x,blue_y,white_point_x,"
                            "white_point_y,min_luminance,max_luminance,max_content,max_average";

/// The numbers of all side data, as decimals, in ffprobe's order.
std::vector<double> numbers(const std::string& file, const std::string& what) {
    std::vector<double> found;
    for (const std::string& line :
         probe(file, "-select_streams v:0 -read_intervals %+#1 " + what)) {
        for (std::size_t at = 0; at < line.size();) {
            const std::size_t end = std::min(line.find(',', at), line.size());
            const std::string field = line.substr(at, end - at);
            const std::size_t slash = field.find('/');
            if (!field.empty() && field.find_first_not_of("0123456789/") == std::string::npos) {
                found.push_back(slash == std::string::npos
                                    ? std::stod(field)
                                    : std::stod(field) / std::stod(field.substr(slash + 1)));
            }
            at = end + 1;
        }
    }
    std::sort(found.begin(), found.end()); // side data come in any order
    return found;
}

std::vector<double> in_stream(const std::string& file) {
    return numbers(file, "-show_entries stream_" + entries);
}

std::vector<double> in_frame(const std::string& file) {
    return numbers(file, "-show_entries frame_" + entries);
}

const std::vector<double> known{0.005, 0.046, 0.131, 0.17, 0.292, 0.3127,
                                0.329, 0.708, 0.797, 400,  1000,  1000};

void check(const std::vector<double>& found) {
    CAPTURE(found);
    REQUIRE(found.size() == known.size());
    for (std::size_t i = 0; i < known.size(); ++i) {
        CHECK(found[i] == Approx(known[i]).epsilon(2e-3).margin(1e-4));
    }
}

/// In the film's stream; in raw H.265 only in the pictures.
std::string hdr_film(const Folder& folder, const std::string& name) {
    const std::string file = folder / name;
    ffmpeg("-f lavfi -i testsrc2=size=128x96:rate=10:duration=0.5 -pix_fmt yuv420p10le "
           "-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -c:v libx265 "
           "-x265-params 'log-level=error:master-display=G(8500,39850)B(6550,2300)R(35400,14600)"
           "WP(15635,16450)L(10000000,50):max-cll=1000,400' " +
           file);
    return file;
}

} // namespace

TEST_CASE("HDR10's metadata go through containers and codecs") {
    const Folder folder;
    const std::string source = hdr_film(folder, "in.mkv");
    for (const auto& [codec, out] :
         std::vector<std::pair<std::string, std::string>>{{"h265", "h265.mkv"},
                                                          {"h265", "h265.mp4"},
                                                          {"h264", "h264.mp4"},
                                                          {"av1", "av1.mkv"},
                                                          {"av1", "av1.webm"},
                                                          {"ffv1", "ffv1.mkv"},
                                                          {"prores", "prores.mov"}}) {
        CAPTURE(codec, out);
        std::vector<std::string> warnings;
        WriteOptions options;
        options.codec = codec;
        options.log = test::collect(warnings);
        copy(source, folder / out, options);
        check(in_stream(folder / out));
        CHECK(but_samples(warnings).empty());
    }
    // The encoders that can have said it in the pictures too, which a player may only see.
    for (const std::string out : {"h265.mkv", "av1.mkv"}) {
        CAPTURE(out);
        const std::string raw = folder / (out == "h265.mkv" ? "raw.h265" : "raw.obu");
        ffmpeg("-i " + (folder / out) + " -map 0:v -c copy " + raw);
        check(in_frame(raw));
    }
    // FFmpeg 5.1 decodes no such message in H.264, but shows it.
    const std::string headers = shell("ffmpeg -nostdin -i " + (folder / "h264.mp4") +
                                      " -c copy -bsf:v trace_headers -f null - 2>&1");
    CHECK(headers.find("Mastering Display Colour Volume") != std::string::npos);
    CHECK(headers.find("Content Light Level") != std::string::npos);
}

TEST_CASE("HDR10's metadata are found in the pictures where the container has none") {
    const Folder folder;
    const std::string source = hdr_film(folder, "in.h265");
    copy(source, folder / "out.mkv");
    check(in_stream(folder / "out.mkv"));
}

TEST_CASE("HDR10's metadata that a container can't hold are named") {
    const Folder folder;
    std::vector<std::string> warnings;
    WriteOptions options;
    options.log = test::collect(warnings);
    copy(hdr_film(folder, "in.mkv"), folder / "out.avi", options);
    warnings = but_samples(warnings);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("HDR10") != std::string::npos);
}
