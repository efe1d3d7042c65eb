#pragma once
/// \file
/// What lies between two edges of a pipeline. Nodes run on the run thread, one step at a time.

#include "frame/frame_buffer.hpp"
#include "frame/streams.hpp"
#include "pipeline/changes.hpp"
#include "pipeline/regions.hpp"
#include "pipeline/run_spec.hpp"
#include "pipeline/shots.hpp"
#include "pipeline/stage_overrides.hpp"
#include "stage/stage.hpp"

#include <oldfilm/frame.hpp>
#include <oldfilm/pipeline.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm {

class Node {
  public:
    Node(FrameBuffer& in, FrameBuffer& out) : in_(in), out_(out) {}
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    virtual ~Node() = default;
    /// Does the next piece of work if its input is there and its output has room; false if not.
    virtual bool step() = 0;

  protected:
    /// The input is over and all of it was handed on: closes the output. False when that isn't so
    /// yet.
    bool close_at_end(std::int64_t next);
    FrameBuffer& in_;
    FrameBuffer& out_;

  private:
    bool closed_ = false;
};

class Repeats;

/// Numbers frames, finds shots (where the frames don't say theirs), takes repeats out, brings
/// frames to the device. Hands on those from `from.frame` on.
class Intake final : public Node {
  public:
    Intake(FrameBuffer& in, FrameBuffer& out, at::Device device, const Transfers& transfers,
           std::atomic<std::int64_t>& uploads, const pipeline::ResumePoint& from, Repeats& repeats,
           const PipelineOptions& options, std::function<void(std::int64_t first)> found_shot);
    bool step() override;

  private:
    [[nodiscard]] bool starts_shot(std::int64_t end);
    /// The same by the pictures, where that is not known.
    [[nodiscard]] bool is_cut(std::int64_t end);
    [[nodiscard]] bool is_as_before(const Frame& frame);
    /// Frames after the next one that `starts_shot` looks at.
    [[nodiscard]] std::int64_t look_ahead() const;

    at::Device device_;
    const Transfers& transfers_;
    std::atomic<std::int64_t>& uploads_;
    const pipeline::ResumePoint& from_;
    Repeats& repeats_;
    Profile* profile_;
    const ShotOptions& shots_;
    const std::vector<Region>& regions_;
    std::function<void(std::int64_t)> found_shot_;
    ShotDetector detector_;
    std::map<std::int64_t, Thumbnail> thumbnails_;
    std::int64_t next_;
    std::int32_t shot_ = -1; ///< the first frame starts shot 0
    bool handed_on_ = false; ///< a frame, which another can repeat
    at::Tensor damage_;      ///< of the frame before
};

/// Sends finished frames on their way to who takes them; for devices other than the CPU.
class Outlet final : public Node {
  public:
    /// `sent` is told of each frame before it is pushed.
    Outlet(FrameBuffer& in, FrameBuffer& out, std::function<PendingFrame(const Frame&)> send,
           std::function<void(PendingFrame)> sent);
    bool step() override;

  private:
    std::function<PendingFrame(const Frame&)> send_;
    std::function<void(PendingFrame)> sent_;
    std::int64_t next_;
};

/// What the pipeline wants to know from stages while they run.
struct StageClock {
    std::string label;
    Profile* profile = nullptr; ///< may be null
    double seconds = 0;         ///< in the stage's calls; the run thread writes
};

/// One output for each input frame.
class FrameNode final : public Node {
  public:
    /// What a stage finds in a shot, and what it found in an earlier run (empty: not known).
    struct Findings {
        std::function<void(std::int32_t shot, const std::string& json)> tell;
        std::function<std::string(std::int32_t shot)> known;
    };
    FrameNode(FrameBuffer& in, FrameBuffer& out, stage::Stage& stage, StageClock& clock,
              Changes& changes, const StageOverrides::OfStage& overrides, Protection protection,
              Findings findings, bool keeps_evidence);
    bool step() override;
    /// Frames that the input edge must be able to hold.
    static std::size_t capacity(const stage::Config& config);
    /// Frames that an edge holds at most, between nodes of which either may be no stage's (null):
    /// what the consumer's window needs while the producer makes a batch. Nodes take turns on one
    /// thread, so that more would wait for nothing.
    static std::size_t between(const stage::Config* producer, const stage::Config* consumer);

  private:
    /// The last frame of `number`'s shot that is at most `number + ahead`; nothing when more must
    /// come first.
    [[nodiscard]] std::optional<std::int64_t> reach(std::int64_t number, std::int64_t ahead) const;
    [[nodiscard]] Frame numbered(std::int64_t number) const;
    bool begin_shot(const Frame& first);
    void analyze_shot(std::int32_t shot, std::int64_t last);
    void apply_changes(const Frame& frame);
    bool pass_on(const Frame& frame);
    /// How many of the next `most` frames come before a live parameter changes.
    [[nodiscard]] std::int64_t before_change(std::int64_t most) const;
    void process(std::int64_t count, std::int64_t last);
    [[nodiscard]] Frame finished(const Frame& frame, stage::Made& made) const;

    stage::Stage& stage_;
    StageClock& clock_;
    Changes& changes_;
    const StageOverrides::OfStage& overrides_;
    Protection protection_;
    Findings findings_;
    bool keeps_evidence_;
    std::int64_t next_;
    std::int64_t shot_first_ = 0;
    std::int64_t shot_index_ = 0; ///< of that frame
    std::optional<std::int32_t> shot_;
    bool enabled_ = true; ///< in this shot
};

/// Outputs on the exact grid of another rate: originals where they fall on it, made ones between,
/// held ones before a cut and at the end. Where the film's times are irregular, so many for each
/// frame, evenly spaced until the next. What moves goes by when frames were taken; cuts are where
/// they are shown.
class RateNode final : public Node {
  public:
    /// When the film resumes after the last frame that comes in; asked once all are there.
    using ResumesAt = std::function<std::optional<Rational>()>;
    /// `start`: the film's first time, where it isn't that of the first frame that comes in.
    RateNode(FrameBuffer& in, FrameBuffer& out, stage::Stage& stage, StageClock& clock,
             Changes& changes, const StageOverrides::OfStage& overrides,
             std::optional<Rational> start, ResumesAt resumes_at, bool keeps_evidence);
    bool step() override;

  private:
    void begin();
    bool step_on_grid(std::int64_t end, bool closed);
    bool step_each(std::int64_t end, bool closed);
    [[nodiscard]] Rational time_of(std::int64_t output) const;
    [[nodiscard]] Rational held_until(const FrameInfo& last) const;
    [[nodiscard]] static bool is_past(const FrameInfo& from, const FrameInfo& to,
                                      const Rational& time);
    [[nodiscard]] bool moves(const Frame& a, const Frame& b) const;
    Frame between(const Frame& a, const Frame& b, const Rational& time, double position);
    void go_on();
    [[nodiscard]] std::int64_t source_at(const Rational& time, bool has_next) const;
    void give(const Frame& frame, FrameInfo info, Origin origin);

    stage::Stage& stage_;
    StageClock& clock_;
    Changes& changes_;
    const StageOverrides::OfStage& overrides_;
    Rational rate_;
    Rational each_; ///< outputs for each frame that comes in, where there is no rate; else 1
    std::optional<Rational> start_;
    ResumesAt resumes_at_;
    bool keeps_evidence_;
    Rational time_base_; ///< 0 before the first frame
    std::optional<std::int32_t> shot_;
    std::int64_t next_;              ///< output
    std::int64_t current_;           ///< input frame at or before the output's time
    std::int64_t source_before_ = 0; ///< source of the one before it, within the shot
    bool over_ = false;
    at::Tensor last_; ///< picture that was handed on last
};

} // namespace oldfilm
