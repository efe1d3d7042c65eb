#pragma once
/// \file
/// One film, cut into segments on the disk as it is encoded.

#include "job/first_time_base.hpp"
#include "job/frame_queue.hpp"
#include "job/output_film.hpp"
#include "job/segmentation.hpp"
#include "media/segments.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace oldfilm::job {

/// One of a job's films on a thread of its own, cut into segments. Frames of segments that are done
/// are dropped: they were made again only because later ones needed them.
class SegmentedFilm final : private FrameConsumer {
  public:
    /// A segment that is on the disk, with so many frames.
    struct Sealed {
        media::LogSeal seal;
        std::int64_t frames = 0;
    };
    struct Setup {
        std::filesystem::path folder;
        std::int64_t first_segment = 0; ///< the first one to be made
        bool has_first_frame = false;   ///< of the film, unless an earlier run saw it
        Profile* profile = nullptr;
    };
    /// All of them outlive this.
    SegmentedFilm(const OutputFilm& film, const Segmentation& segmentation, FirstTimeBase& first,
                  Setup setup);

    [[nodiscard]] bool push(const Frame& frame) { return queue_.push(frame); }
    /// Waits until everything is written, and ends the last segment, which is `last`.
    void drain(std::int64_t last);
    /// A segment, once it is complete; given once. From any thread.
    [[nodiscard]] bool is_sealed(std::int64_t segment) const;
    [[nodiscard]] Sealed take(std::int64_t segment);
    /// Time base of the film's first frame; 0 when no frame came yet. From any thread.
    [[nodiscard]] Rational base() const;

  private:
    void consume(const Frame& frame) override;
    void go_to(std::int64_t segment);
    void end_segment();

    FilmOf of_;
    std::string prefix_;
    const Segmentation& segmentation_;
    FirstTimeBase& first_base_;
    Setup setup_;
    media::SegmentEncoder encoder_;
    std::optional<std::int64_t> current_;
    std::int64_t frames_before_ = 0; ///< the segment at work

    mutable std::mutex mutex_; ///< guards what follows
    Rational base_;
    std::map<std::int64_t, Sealed> sealed_;

    FrameQueue queue_; ///< the last: its thread uses what is above
};

} // namespace oldfilm::job
