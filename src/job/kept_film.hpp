#pragma once
/// \file
/// A restoration that survives its process: encoded in pieces, each on the disk before the journal
/// says so.

#include "job/boundaries.hpp"
#include "job/frame_queue.hpp"
#include "job/journal.hpp"
#include "media/segments.hpp"

#include <oldfilm/pipeline.hpp>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::job {

/// One of a job's films (the restored one, the masks) on a thread of its own, cut into pieces.
class PieceFilm {
  public:
    struct Ways {
        std::filesystem::path folder;
        std::string prefix;                                     ///< of the pieces' files
        std::function<std::int64_t(const Frame&)> piece;        ///< that a frame is part of
        std::function<Frame(const Frame&)> before;              ///< ahead of encoding; may be empty
        std::function<void(std::int64_t, media::LogSeal)> done; ///< a piece is on the disk
        std::int64_t first = 0; ///< pieces before it are done; their frames are dropped
        Rational base;          ///< time base of the film's first frame; 0 when not known yet
        Profile* profile = nullptr;
    };
    PieceFilm(const std::string& path, WriteOptions options, const Reader* source, Ways ways);

    [[nodiscard]] bool push(const Frame& frame) { return queue_.push(frame); }
    /// Waits until everything is written, and ends the last piece, which is `last`.
    void drain(std::int64_t last);
    [[nodiscard]] std::int64_t frames() const { return encoder_.frames(); }
    [[nodiscard]] Rational base() const { return ways_.base; }
    void publish(std::int64_t pieces);

  private:
    void write(const Frame& frame);
    void go_to(std::int64_t piece);
    [[nodiscard]] std::filesystem::path file_of(std::int64_t piece) const;

    Ways ways_;
    media::SegmentEncoder encoder_;
    std::optional<std::int64_t> current_;
    FrameQueue queue_;
};

/// What a job keeps on disk of its films, and where it stands. `see` is called from the lane, the
/// rest from the job's thread.
class KeptFilm {
  public:
    /// Takes the job folder of `output` and reads what an earlier run has left; nothing where
    /// `fresh`. Throws `Error`.
    KeptFilm(const std::string& output, bool fresh, Profile* profile);
    ~KeptFilm();
    KeptFilm(const KeptFilm&) = delete;
    KeptFilm& operator=(const KeptFilm&) = delete;

    [[nodiscard]] bool is_begun() const { return !journal_.lines().empty(); }
    /// What is left must have been made in the same way: throws `Error` (incompatible) with the
    /// first difference. Where no piece was finished it is forgotten.
    void check(const nlohmann::json& identity);
    void begin(const nlohmann::json& identity) { journal_.add({{"job", identity}}); }
    /// The side of tiles that memory was found to suffice for; 0 where it never ran out.
    [[nodiscard]] int tile() const;
    /// What follows is made in tiles of this side.
    void note_tile(int side) { journal_.add({{"tile", side}}); }
    [[nodiscard]] const StartPoint& start_point() const { return from_; }
    /// Frames of the input, and of the output, that are done.
    [[nodiscard]] std::int64_t frames_done() const { return done_frames_; }
    [[nodiscard]] std::int64_t outputs_done() const { return done_outputs_; }
    /// What was noted when all pieces were done; null before that.
    [[nodiscard]] const nlohmann::json& end() const { return end_; }

    void open_masks(const std::string& path, WriteOptions options,
                    std::function<Frame(const Frame&)> before);
    void open_film(const std::string& path, WriteOptions options, const Reader* source);
    /// The run that makes the frames.
    void watch(const Run& run) { run_ = &run; }
    /// A frame where it still has the source's size and rate.
    [[nodiscard]] bool see(const Frame& frame);
    /// Whether a frame of the output was made again only because later ones needed it.
    [[nodiscard]] bool is_done(const Frame& frame) const {
        return boundaries_->piece_at(frame.info().time()) < first_piece_;
    }
    [[nodiscard]] bool push(const Frame& frame) { return film_->push(frame); }
    /// Waits until everything that was pushed is written.
    void drain();
    /// Frames written, those of earlier runs included.
    [[nodiscard]] std::int64_t frames() const { return done_outputs_ + film_->frames(); }
    [[nodiscard]] std::int64_t mask_frames() const { return done_frames_ + masks_->frames(); }
    [[nodiscard]] bool any_mask() const { return any_mask_; }
    /// All is well: notes the end, and makes files of the pieces.
    void publish(const nlohmann::json& end);

  private:
    struct Piece {
        nlohmann::json line;
        media::LogSeal film;
        std::optional<media::LogSeal> mask;
    };
    void read();
    [[nodiscard]] bool is_whole(std::int64_t number, const Piece& piece) const;
    void take(const Piece& piece);
    void mask_done(std::int64_t piece, media::LogSeal seal);
    void film_done(std::int64_t piece, media::LogSeal seal);
    [[nodiscard]] nlohmann::json line_of(std::int64_t piece, media::LogSeal film);
    [[nodiscard]] Rational film_start() const;

    Journal journal_;
    Profile* profile_; ///< may be null
    StartPoint from_;
    nlohmann::json end_;
    std::int64_t first_piece_ = 0, done_frames_ = 0, done_outputs_ = 0;
    Rational film_base_, mask_base_;
    std::unique_ptr<Boundaries> boundaries_;
    const Run* run_ = nullptr;

    std::mutex mutex_; ///< guards what follows
    std::condition_variable changed_;
    std::map<std::int64_t, media::LogSeal> mask_seals_;
    std::map<std::int64_t, bool> marked_; ///< pieces in which something was repaired
    bool abandoned_ = false;
    bool any_mask_ = false;
    std::size_t shots_noted_ = 0, analysis_noted_ = 0;
    std::int64_t outputs_noted_ = 0;
    nlohmann::json last_line_; ///< of the last piece, which is noted together with the end

    std::unique_ptr<PieceFilm> masks_, film_;
};

} // namespace oldfilm::job
