#pragma once
/// \file
/// A film as it is decoded, and how much of it there was.

#include "job/mask_source.hpp"

#include <oldfilm/media.hpp>
#include <oldfilm/profile.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace oldfilm::job {

/// Read on one thread; `reader`, `info` and `frames` are for any.
class Source {
  public:
    Source(const std::string& path, ReadOptions options, Profile* profile)
        : reader_(path, std::move(options)), profile_(profile) {}
    /// Frames come with the damage of the film of masks `path`. `before`: frames of the film that
    /// come before the first one that is read. Throws as `MaskSource` does.
    void add_masks(const std::string& path, std::int64_t before) {
        masks_.emplace(path, reader_, before);
    }

    std::optional<Frame> next() {
        std::optional<Frame> frame;
        {
            const Profile::Span span(profile_, Profile::Kind::decode, "", frames_);
            frame = reader_.next();
            if (frame && masks_) {
                frame = masks_->next(*frame);
            }
        }
        if (frame) {
            const FrameInfo& info = frame->info();
            if (frames_ == 0) {
                first_ = info.time();
            }
            end_ = info.time() + Rational(info.duration) * info.time_base;
            ++frames_;
        }
        return frame;
    }
    /// Goes past what is before frame `index`, which is at or after the next one.
    void skip_to(std::int64_t index) {
        const Profile::Span span(profile_, Profile::Kind::decode, "", frames_);
        while (frames_ < index && reader_.skip()) {
            if (masks_) {
                masks_->skip();
            }
            ++frames_;
        }
    }

    /// The same without decoding what is before it. False if that is not possible; the source is
    /// then of no use any more.
    [[nodiscard]] bool seek_to(std::int64_t index) {
        const Profile::Span span(profile_, Profile::Kind::decode, "", frames_);
        if (!reader_.seek(index)) {
            return false;
        }
        for (; frames_ < index; ++frames_) {
            if (masks_) {
                masks_->skip();
            }
        }
        return true;
    }

    [[nodiscard]] const Reader& reader() const { return reader_; }
    [[nodiscard]] const MediaInfo& info() const { return reader_.info(); }
    [[nodiscard]] std::int64_t frames() const { return frames_; }
    /// Seconds that the frames so far cover. After the end only.
    [[nodiscard]] Rational covered() const { return end_ - first_; }

  private:
    Reader reader_;
    std::optional<MaskSource> masks_;
    Profile* profile_; ///< may be null
    std::atomic<std::int64_t> frames_ = 0;
    Rational first_, end_;
};

} // namespace oldfilm::job
