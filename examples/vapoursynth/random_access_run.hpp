#pragma once
/// \file
/// Restores the frames of a clip in any order.

#include "grid.hpp"
#include "shot_map.hpp"

#include <oldfilm/pipeline.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

namespace vsplugin {

/// A frame that came out.
struct Restored {
    oldfilm::Frame frame;
    std::int64_t number = 0; ///< in the output
    std::int64_t source = 0; ///< the clip's frame that it was made of
    std::int32_t shot = 0;   ///< number of the shot, from 0
    bool cut = false;        ///< a shot begins with it, other than the first one
};

/// A pipeline that is asked for frames by their numbers. Frames that follow each other come from
/// one run, which is a stream. For any other frame, another run begins at
/// `Plan::first_frame_needed_for`; the result is the same to the bit (see Note [Determinism] in
/// pipeline.hpp). Stages may go by the number of a frame (hints do, and the seed of grain), and a
/// run counts its frames: stand-ins, which repeat one black picture, so that stages see it once,
/// take the place of the frames before. A run also ends where a shot begins that was not known when
/// the run began. Holds no frames but those that stages see and a few that come next. One thread at
/// a time.
///
/// Call `seek` with the frame that is wanted, then in turn `wanted`, `give` for each of these
/// frames, and `work`, until that returns true.
class RandomAccessRun {
  public:
    /// Frames of the clip from `first` up to, and without, `end`.
    struct Range {
        std::int64_t first = 0, end = 0;
    };
    using Sink = std::function<void(Restored)>;

    /// `pipeline` must have `ShotOptions::Source::none`. `ahead`: how many frames of the clip may
    /// wait, at least 4. Throws `Error` as `Pipeline::plan` does.
    RandomAccessRun(oldfilm::Pipeline pipeline, const oldfilm::StreamFormat& format,
                    std::int64_t frames, ShotMap shots, std::int64_t ahead);

    [[nodiscard]] const oldfilm::StreamFormat& output() const { return plan_.output(); }
    /// How many frames come out.
    [[nodiscard]] std::int64_t outputs() const { return grid_.outputs(frames_); }
    /// The first frame that may still come out as a source, of those that were given.
    [[nodiscard]] std::int64_t oldest() const;

    /// Output `number` is wanted next.
    void seek(std::int64_t number);
    /// Frames of the clip that are needed; empty if all that fits is there.
    [[nodiscard]] Range wanted(std::int64_t number);
    /// A frame of the clip, in the order of `wanted`. `cut`: what its properties say of a cut. For
    /// an irregular clip, its `duration` counts, and not its `pts`.
    void give(std::int64_t number, const oldfilm::Frame& frame, bool cut);
    /// Restores until output `number` is passed to `sink`, after others that were made on the way;
    /// returns false if more frames are needed first. Throws `Error` as `Run::next` does.
    bool work(std::int64_t number, const Sink& sink);
    /// Ends the run, such as after an error. The next frame begins another one.
    void reset();

  private:
    struct Part {
        oldfilm::Run run;
        std::int64_t first;       ///< frame of the clip that it began with
        std::int64_t stand_ins;   ///< that it got in place of the frames before
        std::int64_t next_in;     ///< frame of the clip that it takes next
        std::int64_t next_out;    ///< number of the output that it returns next
        std::int64_t valid_from;  ///< outputs before saw too little
        std::int64_t shots_until; ///< cuts before this frame it knows, or finds itself
        oldfilm::Rational time;   ///< of frame `next_in`, in seconds; irregular clips only
        std::int64_t source = 0;  ///< of the last output
        bool ended = false;       ///< it gets no more frames
    };

    [[nodiscard]] bool covers(std::int64_t number) const;
    [[nodiscard]] std::int64_t start_for(std::int64_t frame) const;
    bool begin(std::int64_t number);
    [[nodiscard]] oldfilm::Run run_with(const oldfilm::ShotOptions& shots) const;
    [[nodiscard]] oldfilm::Run run_from(std::int64_t first) const;
    bool feed();
    bool feed_stand_ins();
    bool push(const oldfilm::Frame& frame);
    void forget_before(std::int64_t frame);
    [[nodiscard]] Restored taken(const oldfilm::Frame& frame);

    oldfilm::Pipeline pipeline_;
    oldfilm::Plan plan_;
    Grid grid_;
    std::int64_t frames_;
    ShotMap shots_;
    std::int64_t ahead_;
    std::optional<Part> part_;
    std::int64_t waiting_first_ = 0; ///< number of the first one that waits
    std::deque<oldfilm::Frame> waiting_;
};

} // namespace vsplugin
