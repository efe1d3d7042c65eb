// Raw pictures in and out by way of the ffmpeg program, which drains its decoders to the last
// frame.
#pragma once

#include <opencv2/core/mat.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace agefilm {

/// Size of the first video stream of `path`, in pixels as coded. Throws std::runtime_error.
cv::Size videoSize(const std::string& path);

/// Reads a film's frames, one after the other, as 8-bit BGR.
class VideoReader {
  public:
    /// Skips `start` frames. Throws std::runtime_error if the film cannot be read.
    VideoReader(const std::string& path, int start);
    ~VideoReader();

    VideoReader(const VideoReader&) = delete;
    VideoReader& operator=(const VideoReader&) = delete;

    cv::Size size() const { return size_; }

    /// The next frame, or false after the last one. Throws if the film ends within a frame.
    bool read(cv::Mat& bgr);

  private:
    cv::Size size_;
    FILE* pipe_;
};

/// Writes 8-bit frames, gray or BGR, losslessly (FFV1) at a constant rate.
class VideoWriter {
  public:
    /// `fps` is a number or a fraction, as ffmpeg takes it; `type` is CV_8UC1 or CV_8UC3.
    VideoWriter(std::string path, cv::Size size, int type, const std::string& fps);
    ~VideoWriter();

    VideoWriter(const VideoWriter&) = delete;
    VideoWriter& operator=(const VideoWriter&) = delete;

    void write(const cv::Mat& picture);

    /// Completes the file; throws std::runtime_error if ffmpeg reports a failure.
    void close();

  private:
    std::string path_;
    cv::Size size_;
    int type_;
    FILE* pipe_;
};

} // namespace agefilm
