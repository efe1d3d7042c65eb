#pragma once
/// \file
/// Programs as a shell runs them, for tests of the command line.

#include <filesystem>
#include <string>

namespace oldfilm::test {

struct Outcome {
    int status = -1;        ///< exit status; 128 + signal when it was killed
    std::string out, error; ///< standard output and error
    double seconds = 0;
};

/// Runs a line in sh, in `folder`; killed (status 137) after two minutes.
Outcome run(const std::string& line, const std::filesystem::path& folder);
/// `oldfilm ARGUMENTS` of this build, in `folder`.
Outcome oldfilm(const std::string& arguments, const std::filesystem::path& folder);
/// `ffmpeg -v error -y ARGUMENTS`; throws when it fails, since a test's input is then missing.
void ffmpeg(const std::string& arguments, const std::filesystem::path& folder);
/// What ffprobe says of the video stream: `entries` as in -show_entries stream=..., frames counted.
std::string probe(const std::string& file, const std::string& entries,
                  const std::filesystem::path& folder);
/// Checksums of the decoded frames with their times, as ffmpeg's framemd5 has them.
std::string checksums(const std::string& file, const std::filesystem::path& folder);

/// The bytes of a file; none where it is not there.
std::string content(const std::filesystem::path& path);

/// A folder that goes away with its contents.
class Scratch {
  public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] bool has(const std::string& name) const {
        return std::filesystem::exists(path_ / name);
    }

  private:
    std::filesystem::path path_;
};

} // namespace oldfilm::test
