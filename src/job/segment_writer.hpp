#pragma once
/// \file
/// What one run makes of a film, kept in segments.

#include "job/segmentation.hpp"
#include "job/segmented_film.hpp"
#include "pipeline/run_spec.hpp"

#include <oldfilm/pipeline.hpp>

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm::job {

/// Cuts what a run makes (the film, its masks) into segments on the disk, and says of each, when it
/// is whole, what is to be known about it. `see` is called from the run's worker, the rest from the
/// thread that takes the run's frames.
class SegmentWriter {
  public:
    struct Setup {
        std::filesystem::path folder;
        std::int64_t first = 0;     ///< segment to be made; those before it are done
        pipeline::ResumePoint from; ///< of the run
        /// First frames of all shots up to where the run is, by number; empty: as the run says.
        std::function<std::vector<std::int64_t>()> shots;
        /// Time base of the film's (the mask film's) first frame, for that of the first one here.
        std::function<Rational(Rational)> film_base, mask_base;
        std::function<void(const nlohmann::json& line)> note; ///< a segment is whole
        Profile* profile = nullptr;
    };
    /// `segmentation` are told each frame before it is seen here, and outlive this.
    SegmentWriter(Segmentation& segmentation, Setup setup);
    ~SegmentWriter();
    SegmentWriter(const SegmentWriter&) = delete;
    SegmentWriter& operator=(const SegmentWriter&) = delete;

    void open_masks(const std::string& path, WriteOptions options,
                    std::function<Frame(const Frame&)> before);
    void open_film(const std::string& path, WriteOptions options, const Reader* source);
    /// The run that makes the frames.
    void watch(const Run& run) { run_ = &run; }
    /// A frame where it still has the source's size and rate. False: the masks can't be written.
    [[nodiscard]] bool see(const Frame& frame);
    /// Whether a frame of the output was made again only because later ones needed it.
    [[nodiscard]] bool is_done(const Frame& frame) const {
        return segment_of(frame) < setup_.first;
    }
    [[nodiscard]] bool push(const Frame& frame) { return film_->push(frame); }
    /// Waits until everything that was pushed is written, and ends the last segment, which is
    /// `last`.
    void drain(std::int64_t last);

  private:
    [[nodiscard]] std::int64_t segment_of(const Frame& frame) const {
        return segmentation_.segment_at(frame.info().time(), frame.info().shot);
    }
    void mask_done(std::int64_t segment, media::LogSeal seal, std::int64_t frames);
    void film_done(std::int64_t segment, media::LogSeal seal, std::int64_t frames);
    [[nodiscard]] nlohmann::json line_of(std::int64_t segment, media::LogSeal film,
                                         std::int64_t frames);

    Segmentation& segmentation_;
    Setup setup_;
    const Run* run_ = nullptr;

    std::mutex mutex_; ///< guards what follows
    std::condition_variable changed_;
    std::map<std::int64_t, std::pair<media::LogSeal, std::int64_t>> masks_done_;
    std::set<std::int64_t> marked_; ///< segments in which something was repaired
    bool abandoned_ = false;
    std::optional<std::int64_t> last_; ///< segment, once it is known

    std::unique_ptr<SegmentedFilm> masks_, film_;
};

} // namespace oldfilm::job
