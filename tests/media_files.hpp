#pragma once
/// \file
/// Films for tests, made and judged by the ffmpeg and ffprobe programs, so that truth comes from
/// outside.

#include <oldfilm/media.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace media_files {

/// A folder of its own, removed at the end.
class Folder {
  public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return (path_ / name).string();
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// What the command writes to standard output; throws when it fails.
std::string shell(const std::string& command);
/// Runs ffmpeg, silent and overwriting.
void ffmpeg(const std::string& arguments);
/// A copy of `from` whose container tells players to turn it counterclockwise by `angle` (90, 180,
/// 270).
void turned_copy(const std::string& from, const std::string& to, int angle);
/// Whether FFmpeg's MP4 muxer writes PCM (ISO/IEC 23003-5), as of FFmpeg 6.
bool mp4_holds_pcm();
/// One value a line.
std::vector<std::string> probe(const std::string& file, const std::string& arguments);
/// Number of frames of the first video stream, all decoded.
std::int64_t counted(const std::string& file);
/// Presentation times of its frames, in seconds.
std::vector<double> times(const std::string& file);
/// A hash for each frame's samples, in `pixel_format`.
std::vector<std::string> hashes(const std::string& file, const std::string& pixel_format);
/// Mean PSNR (all planes) of `file` against `truth`; 100 for equal ones.
double psnr(const std::string& file, const std::string& truth);

std::vector<oldfilm::Frame> all(oldfilm::Reader& reader);
/// Reads `from`, writes all of it with `options`, its sizes and rate filled in, and finishes.
void copy(const std::string& from, const std::string& to, oldfilm::WriteOptions options = {},
          oldfilm::ReadOptions read = {});
/// The same; what it warns of.
std::vector<std::string> warnings_of_copy(const std::string& from, const std::string& to,
                                          oldfilm::WriteOptions options = {},
                                          oldfilm::ReadOptions read = {});
/// `options` completed by what the source is.
oldfilm::WriteOptions like(const oldfilm::MediaInfo& info, oldfilm::WriteOptions options = {});

/// Lines without those on the film's samples, which most outputs have in another format than test
/// films do.
std::vector<std::string> but_samples(std::vector<std::string> lines);

/// A file of the data that lies beside the project, or "" with a message when it is not there.
std::string data(const std::string& name);

} // namespace media_files
