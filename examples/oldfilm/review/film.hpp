#pragma once
/// \file
/// Frames of a film by their numbers.

#include <oldfilm/frame.hpp>
#include <oldfilm/media.hpp>

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace cli::review {

/// Keeps the frames that were asked for last, up to a limit in bytes. Thread-safe; one frame is
/// decoded at a time.
class Film {
  public:
    /// Throws `oldfilm::Error` as `Reader` does.
    Film(std::string path, oldfilm::ReadOptions options);

    /// Frame `number`, from 0, on the CPU. Throws `oldfilm::Error`: not_found if the film has no
    /// such frame; as `Reader::next` does.
    oldfilm::Frame frame(std::int64_t number);
    [[nodiscard]] const oldfilm::MediaInfo& info() const { return info_; }
    [[nodiscard]] const oldfilm::StreamFormat& format() const { return format_; }

  private:
    oldfilm::Frame decoded(std::int64_t number);
    void open();
    void go_to(std::int64_t number);
    void keep(std::int64_t number, const oldfilm::Frame& frame);

    std::string path_;
    oldfilm::ReadOptions options_;
    oldfilm::MediaInfo info_;
    oldfilm::StreamFormat format_;
    std::mutex mutex_; ///< guards what follows
    std::optional<oldfilm::Reader> reader_;
    std::int64_t next_ = 0; ///< frame that the reader returns next
    bool can_seek_ = true;
    std::map<std::int64_t, oldfilm::Frame> cached_;
    std::list<std::int64_t> by_use_; ///< numbers of cached frames, the last one that was used first
    std::int64_t bytes_ = 0;         ///< of cached frames
};

} // namespace cli::review
