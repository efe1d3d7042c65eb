#pragma once
/// \file
/// Packets of a restored film on their way into a file, together with what else the source holds.

#include "media/added_subtitles.hpp"
#include "media/encoder.hpp"
#include "media/other_streams.hpp"
#include "media/partial_files.hpp"
#include "media/picture_files.hpp"

#include <oldfilm/media.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm::media {

struct FreeOutput {
    void operator()(AVFormatContext* context) const noexcept;
};
using UniqueOutput = std::unique_ptr<AVFormatContext, FreeOutput>;

/// A film file, a sequence of picture files, or standard output ("-"). Grows under another name
/// beside its own and has its own only after `finish`; without that, what was written is removed.
/// The same packets give the same bytes. One thread at a time.
class Container {
  public:
    /// Checks what can be checked before there is a frame. Throws `Error`: invalid_argument, io.
    Container(std::string path, WriteOptions options, const Reader* source);
    ~Container() = default;
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;

    /// An encoder whose packets fit. `first_base`: time base of the film's first frame. Throws
    /// `Error` (unsupported).
    [[nodiscard]] std::unique_ptr<Encoder> encoder(Rational first_base) const;
    /// Throws `Error` (invalid_argument) where the output is one picture and the film has more.
    void check_room(std::int64_t frames) const;
    /// Whether the output tells when each frame is shown, and not that each lasts as long alone.
    [[nodiscard]] bool has_times() const;
    /// Describes the film; before the first packet.
    void open(const Encoder& encoder);
    [[nodiscard]] bool is_open() const { return opened_; }
    /// Takes the packet over. Its times are in the encoder's time base; decoding times increase.
    void write(AVPacket& packet);
    /// Sound, subtitles and the like up to `until` seconds of the film; all that is left with
    /// nothing.
    void copy_others(std::optional<Rational> until);
    /// Ends the file, syncs it and gives it its name; `before` is told the file (the first of
    /// pictures) that is about to get one. Where a file of that name appeared meanwhile, and must
    /// not be overwritten, throws `Error` (io) and leaves the partial file.
    void finish(const std::function<void(const std::filesystem::path&)>& before = {});
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const WriteOptions& options() const { return options_; }
    [[nodiscard]] const Choice& choice() const { return choice_; }

  private:
    [[nodiscard]] bool wants_global_header() const;
    void describe_film(AVStream& film, const Hdr& hdr);
    void describe_source(AVStream& film, const Reader::Impl& from);
    void open_output(const Encoder& encoder);
    void note_changes() const;
    void check_pictures() const;
    void close_output();
    void write_file(const AVPacket& packet);

    std::string path_;
    WriteOptions options_;
    const Reader* source_;
    Choice choice_;
    std::optional<PictureFiles> pictures_; ///< where that is what is written
    PartialFiles files_;
    UniqueOutput output_;
    StreamPlan plan_;
    std::unique_ptr<OtherStreams> others_;
    std::optional<AddedSubtitles> added_;
    AVRational clock_{0, 1}; ///< the encoder's time base
    int stream_ = 0;
    std::optional<std::int64_t> first_; ///< time of the first frame that was written
    bool opened_ = false;
};

} // namespace oldfilm::media
