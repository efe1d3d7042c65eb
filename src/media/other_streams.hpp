#pragma once
/// \file
/// Sound, subtitles, chapters, attachments and metadata on their way from the source to the output.

#include "media/continuity.hpp"
#include "media/ffmpeg.hpp"

#include <oldfilm/media.hpp>

#include <functional>
#include <map>
#include <optional>

namespace oldfilm::media {

/// Reads the source by itself, so that copying never waits for decoding. One thread at a time.
class OtherStreams {
  public:
    /// Adds the streams that `output`'s container can hold; a warning names each one that it
    /// cannot.
    OtherStreams(const std::string& path, const ReadOptions& read, AVFormatContext& output,
                 std::function<void(const std::string&)> warn);
    /// Writes packets up to `until` seconds of the film's time; all that are left with nothing.
    void copy(std::optional<Rational> until);

  private:
    void add(AVStream& stream, const std::string& kind);
    void copy_chapters();
    bool write(AVPacket& packet);

    AVFormatContext& output_;
    ReadOptions read_;
    std::function<void(const std::string&)> warn_;
    UniqueInput input_;
    Continuity continuity_;
    std::map<int, int> targets_; ///< source stream to output stream
    Rational shift_;             ///< seconds that are taken off each time
    UniquePacket waiting_ = make_packet();
    bool has_waiting_ = false;
    bool over_ = false;
};

} // namespace oldfilm::media
