#include "media_files.hpp"

#include "messages.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace media_files {

namespace fs = std::filesystem;

Folder::Folder() {
    std::string name = (fs::temp_directory_path() / "oldfilm-media-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary folder");
    }
    path_ = name;
    oldfilm::quiet_ffmpeg();
}

Folder::~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::string shell(const std::string& command) {
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) {
        throw std::runtime_error("cannot run " + command);
    }
    std::string text;
    std::array<char, 4096> block{};
    while (const std::size_t got = fread(block.data(), 1, block.size(), pipe)) {
        text.append(block.data(), got);
    }
    if (pclose(pipe) != 0) {
        throw std::runtime_error("failed: " + command);
    }
    return text;
}

void ffmpeg(const std::string& arguments) {
    shell("ffmpeg -v error -nostdin -y " + arguments);
}

void turned_copy(const std::string& from, const std::string& to, int angle) {
    // FFmpeg 7 no longer reads the tag, and 5.1 has no such option.
    static const bool has_option =
        shell("ffmpeg -hide_banner -h full 2>/dev/null").find("-display_rotation") !=
        std::string::npos;
    const std::string option = has_option ? "-display_rotation " + std::to_string(angle) + " " : "";
    const std::string tag = has_option ? "" : " -metadata:s:v rotate=" + std::to_string(angle);
    ffmpeg(option + "-i " + from + " -c copy" + tag + " " + to);
}

bool mp4_holds_pcm() {
    const Folder folder;
    try {
        ffmpeg("-f lavfi -i anullsrc -t 0.1 -c:a pcm_s16le " + (folder / "pcm.mp4"));
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

std::vector<std::string> probe(const std::string& file, const std::string& arguments) {
    std::istringstream text(shell("ffprobe -v quiet " + arguments + " -of csv=p=0 '" + file + "'"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) {
        while (!line.empty() && line.back() == ',') {
            line.pop_back();
        }
        if (!line.empty()) {
            lines.push_back(line);
        }
    }
    return lines;
}

std::int64_t counted(const std::string& file) {
    return std::stoll(
        probe(file, "-select_streams v:0 -count_frames -show_entries stream=nb_read_frames").at(0));
}

std::vector<double> times(const std::string& file) {
    std::vector<double> result;
    for (const std::string& line :
         probe(file, "-select_streams v:0 -show_entries frame=best_effort_timestamp_time")) {
        result.push_back(std::stod(line));
    }
    return result;
}

std::vector<std::string> hashes(const std::string& file, const std::string& pixel_format) {
    std::istringstream text(shell("ffmpeg -v error -nostdin -i '" + file +
                                  "' -map 0:v:0 -fps_mode passthrough -pix_fmt " + pixel_format +
                                  " -f framemd5 -"));
    std::vector<std::string> result;
    for (std::string line; std::getline(text, line);) {
        if (!line.starts_with("#")) {
            result.push_back(line.substr(line.rfind(',') + 1));
        }
    }
    return result;
}

double psnr(const std::string& file, const std::string& truth) {
    const std::string text = shell("ffmpeg -nostdin -i '" + file + "' -i '" + truth +
                                   "' -lavfi '[0:v]setpts=N[a];[1:v]setpts=N[b];[a][b]psnr' "
                                   "-f null - 2>&1");
    std::smatch found;
    REQUIRE(std::regex_search(text, found, std::regex("average:([0-9.]+|inf)")));
    return found[1] == "inf" ? 100 : std::stod(found[1]);
}

std::vector<oldfilm::Frame> all(oldfilm::Reader& reader) {
    std::vector<oldfilm::Frame> frames;
    while (std::optional<oldfilm::Frame> frame = reader.next()) {
        frames.push_back(std::move(*frame));
    }
    return frames;
}

oldfilm::WriteOptions like(const oldfilm::MediaInfo& info, oldfilm::WriteOptions options) {
    options.width = info.width;
    options.height = info.height;
    options.channels = info.channels;
    options.bits = info.bits;
    options.frame_rate = info.frame_rate;
    options.color = info.color;
    options.sample_aspect = info.sample_aspect;
    return options;
}

void copy(const std::string& from, const std::string& to, oldfilm::WriteOptions options,
          oldfilm::ReadOptions read) {
    oldfilm::Reader reader(from, std::move(read));
    oldfilm::Writer writer(to, like(reader.info(), std::move(options)), &reader);
    while (const std::optional<oldfilm::Frame> frame = reader.next()) {
        writer.write(*frame);
    }
    writer.finish();
}

std::vector<std::string> but_samples(std::vector<std::string> lines) {
    std::erase_if(
        lines, [](const std::string& line) { return line.starts_with("the film's samples are "); });
    return lines;
}

std::vector<std::string> warnings_of_copy(const std::string& from, const std::string& to,
                                          oldfilm::WriteOptions options,
                                          oldfilm::ReadOptions read) {
    std::vector<std::string> warnings;
    options.log = oldfilm::test::collect(warnings);
    copy(from, to, std::move(options), std::move(read));
    return warnings;
}

std::string data(const std::string& name) {
    const char* named = std::getenv("OLDFILM_DATA");
    const fs::path folder =
        named != nullptr ? fs::path(named) : fs::path(OLDFILM_SOURCE_DIR) / "../shared/data";
    const fs::path file = folder / name;
    if (!fs::exists(file)) {
        WARN("skipped: " << file << " is not there (OLDFILM_DATA names the folder)");
        return "";
    }
    return file.string();
}

} // namespace media_files
