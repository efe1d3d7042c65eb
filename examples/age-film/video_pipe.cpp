#include "video_pipe.hpp"

#include <stdexcept>
#include <utility>

namespace agefilm {
namespace {

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? std::string{"'\\''"} : std::string{c};
    }
    return out + "'";
}

// ffmpeg reads a leading dash as an option and a colon as a protocol: name files plainly.
std::string asFile(const std::string& path) {
    return quoted("file:" + path);
}

FILE* start(const std::string& command, const char* mode) {
    FILE* pipe = popen(command.c_str(), mode);
    if (pipe == nullptr) {
        throw std::runtime_error("could not start ffmpeg; install it and try again");
    }
    return pipe;
}

} // namespace

cv::Size videoSize(const std::string& path) {
    FILE* pipe = start("ffprobe -v error -select_streams v:0 -show_entries stream=width,height "
                       "-of csv=p=0:s=x " +
                           asFile(path),
                       "r");
    cv::Size size;
    const int found = std::fscanf(pipe, "%dx%d", &size.width, &size.height);
    pclose(pipe);
    if (found != 2) {
        throw std::runtime_error("found no video in " + path +
                                 "; name a film that ffprobe can read");
    }
    return size;
}

VideoReader::VideoReader(const std::string& path, int start_frame) : size_(videoSize(path)) {
    const std::string from = std::to_string(start_frame);
    pipe_ = start("ffmpeg -nostdin -v error -noautorotate -i " + asFile(path) +
                      " -map 0:v:0 -vf trim=start_frame=" + from +
                      " -fps_mode passthrough -sws_flags accurate_rnd+full_chroma_int+bicubic"
                      " -f rawvideo -pix_fmt bgr24 -",
                  "r");
}

VideoReader::~VideoReader() {
    pclose(pipe_);
}

bool VideoReader::read(cv::Mat& bgr) {
    bgr.create(size_, CV_8UC3);
    const size_t wanted = bgr.total() * bgr.elemSize();
    const size_t got = std::fread(bgr.data, 1, wanted, pipe_);
    if (got != 0 && got != wanted) {
        throw std::runtime_error("the film ended within a frame; expected " +
                                 std::to_string(wanted) + " bytes, found " + std::to_string(got));
    }
    return got == wanted;
}

VideoWriter::VideoWriter(std::string path, cv::Size size, int type, const std::string& fps)
    : path_(std::move(path)), size_(size), type_(type) {
    const bool gray = type == CV_8UC1;
    const std::string extent = std::to_string(size.width) + "x" + std::to_string(size.height);
    pipe_ = start("ffmpeg -v error -y -f rawvideo -color_range pc -pix_fmt " +
                      std::string{gray ? "gray" : "bgr24"} + " -s " + extent + " -r " +
                      quoted(fps) + " -i - -c:v ffv1 -level 3 -g 1 -color_range pc -pix_fmt " +
                      std::string{gray ? "gray" : "bgr0"} + " -f matroska " + asFile(path_),
                  "w");
}

VideoWriter::~VideoWriter() {
    if (pipe_ != nullptr) {
        pclose(pipe_);
    }
}

void VideoWriter::write(const cv::Mat& picture) {
    CV_Assert(picture.size() == size_ && picture.type() == type_);
    const cv::Mat packed = picture.isContinuous() ? picture : picture.clone();
    const size_t bytes = packed.total() * packed.elemSize();
    if (std::fwrite(packed.data, 1, bytes, pipe_) != bytes) {
        throw std::runtime_error("could not write " + path_ + "; see ffmpeg's message above");
    }
}

void VideoWriter::close() {
    const int status = pclose(std::exchange(pipe_, nullptr));
    if (status != 0) {
        throw std::runtime_error("could not complete " + path_ + "; see ffmpeg's message above");
    }
}

} // namespace agefilm
