#pragma once
/// \file
/// A restoration that survives its process: encoded in segments, each on the disk before the
/// journal says so.

#include "job/journal.hpp"
#include "job/output_film.hpp"
#include "job/segment.hpp"
#include "job/segment_recorder.hpp"
#include "job/segmentation.hpp"
#include "pipeline/run_spec.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/pipeline.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::job {

/// What a job keeps on disk of its films, and where it stands. For the job's thread, where nothing
/// else is said.
class Checkpoint final : public SegmentRecorder {
  public:
    /// Takes the job folder of `output` and reads what an earlier run has left; nothing where
    /// `ignore_checkpoint`. Throws `Error`: io, incompatible (another version of oldfilm left it).
    Checkpoint(const std::string& output, bool ignore_checkpoint);
    ~Checkpoint() override;

    [[nodiscard]] bool is_begun() const { return !journal_.lines().empty(); }
    /// What is left must have been made in the same way: throws `Error` (incompatible) with the
    /// first difference. Where no segment was finished it is forgotten.
    void check(const nlohmann::json& identity);
    /// Whether segments are left that were made in another way.
    [[nodiscard]] bool differs(const nlohmann::json& identity) const;
    /// Forgets what is left.
    void start_over();
    void begin(const nlohmann::json& identity);
    /// Adds segments that need not be made: their files are in the folder. In order, for a job that
    /// has just begun. The film's last one has an end, if it is among them.
    void adopt(std::vector<Segment> segments);
    /// Whether segments are there that come after some to be made.
    [[nodiscard]] bool has_segments_ahead() const { return !ahead_.empty(); }
    /// The side of tiles that memory was found to suffice for; 0 where it never ran out.
    [[nodiscard]] int tile() const noexcept { return tile_; }
    /// What follows is made in tiles of this side.
    void note_tile(int side);
    /// What `note_transcription` was last called with, by this run or an earlier one; else null.
    [[nodiscard]] nlohmann::json transcription() const;
    /// How far the transcription is: an empty object where it has begun, null where it failed.
    void note_transcription(const nlohmann::json& transcription);

    /// Whether an earlier run has left anything that this one need not make.
    [[nodiscard]] bool has_segments() const { return first_segment_ > 0 || !ahead_.empty(); }
    /// What an earlier run had done when this one began.
    [[nodiscard]] const pipeline::ResumePoint& resume_point() const { return from_; }
    [[nodiscard]] std::int64_t first_segment() const { return first_segment_; } ///< to be made
    [[nodiscard]] std::int64_t frames_done() const { return done_frames_; }     ///< of the input
    [[nodiscard]] std::int64_t outputs_done() const { return done_outputs_; }
    /// Whether anything is on the disk that another run need not make, of this run or an earlier
    /// one: a segment, or a transcription that has begun. From any thread.
    [[nodiscard]] bool is_resumable() const;
    /// What was recorded when all segments were done; empty before that.
    [[nodiscard]] const std::optional<Segment::End>& end() const { return end_; }
    /// For a run from the resume point on.
    [[nodiscard]] std::unique_ptr<Segmentation> segmentation() const;
    [[nodiscard]] const std::filesystem::path& folder() const override { return journal_.folder(); }

    /// Records a segment that is complete. From any thread, in any order; the film's last one is
    /// recorded with the end.
    void add(const Segment& segment) override;
    std::optional<Ahead> adopt_ahead(std::int64_t segment) override;
    /// Of all segments that were noted, those of earlier runs among them: frames written, and
    /// whether anything was repaired.
    [[nodiscard]] std::int64_t frames() const { return outputs_; }
    [[nodiscard]] std::int64_t mask_frames() const { return mask_frames_; }
    [[nodiscard]] bool any_mask() const { return any_mask_; }
    /// Time bases of the films' first frames, as noted; 0 where none was yet.
    [[nodiscard]] Rational film_base() const { return film_base_; }
    [[nodiscard]] Rational mask_base() const { return mask_base_; }

    /// All is well: records the end, and makes files of the segments. `before_removal` (may be
    /// empty) receives all segments before their files go.
    void publish(const Segment::End& end, const OutputFilms& films,
                 const std::function<void(const std::vector<Segment>&)>& before_removal);

  private:
    void read();
    [[nodiscard]] std::map<std::int64_t, Segment> recorded() const;
    [[nodiscard]] Error refusal(const std::string& found) const;
    void read_lines();
    [[nodiscard]] bool is_whole(const Segment& segment) const;
    void take(const Segment& segment);
    void count(const Segment& segment);
    void assemble(const OutputFilm& output, Rational base);

    Journal journal_;
    pipeline::ResumePoint from_;
    std::optional<Segment::End> end_;
    std::vector<std::int64_t> starts_; ///< of the segments that are done, and of the next
    std::int64_t first_segment_ = 0, done_frames_ = 0, done_outputs_ = 0;
    int tile_ = 0;

    mutable std::mutex mutex_;              ///< guards what follows
    std::map<std::int64_t, Segment> ahead_; ///< segments after some to be made
    Segment last_;                          ///< of the film: recorded together with the end
    std::int64_t segments_ = 0, outputs_ = 0, mask_frames_ = 0;
    bool any_mask_ = false;
    Rational film_base_, mask_base_;
};

} // namespace oldfilm::job
