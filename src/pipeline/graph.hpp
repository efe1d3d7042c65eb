#pragma once
/// \file
/// A run's edges and the nodes between them.

#include "frame/frame_buffer.hpp"
#include "frame/streams.hpp"
#include "pipeline/changes.hpp"
#include "pipeline/node.hpp"
#include "pipeline/plan.hpp"
#include "pipeline/repeats.hpp"
#include "pipeline/run_record.hpp"
#include "pipeline/run_spec.hpp"
#include "pipeline/stage_chain.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm {

/// What a plan's stages are at work in: Intake, then a node for each stage, with what takes
/// duplicate frames out and puts them back, observers and the way to the host between them. Edges
/// hold what their consumer's window needs and what their producer makes at once. On the run's
/// thread, where nothing else is said.
class Graph {
  public:
    /// All of them outlive this; `observer` may be null. Frames come to the host with `to_host`,
    /// where the run is on another device.
    Graph(const Plan::Impl& plan, StageChain& chain, const pipeline::ResumePoint& from,
          pipeline::FrameObserver* observer, RunRecord& record, bool to_host);

    /// The node nearest the end that can work does, so that as few frames as possible are alive.
    /// False when none can.
    bool step();
    /// Notes what the edges hold.
    void note_step() const;
    /// The edges that frames come in at and go out of; for any thread.
    [[nodiscard]] FrameBuffer& in() { return *edges_.front(); }
    [[nodiscard]] FrameBuffer& out() { return *edges_.back(); }
    /// What is pending of the next frame that goes out; for any thread.
    [[nodiscard]] PendingFrame take_pending();
    [[nodiscard]] const Transfers& transfers() const { return transfers_; }
    /// Of the stage `number`; for any thread.
    [[nodiscard]] Changes& changes(std::size_t number) { return *changes_[number]; }
    /// The duplicate frames of the film; for any thread.
    [[nodiscard]] const Repeats& repeats() const { return *repeats_.front(); }

  private:
    /// Where the next node is put.
    struct End {
        FrameBuffer* edge;
        Repeats* folded; ///< what is taken out of the frames on the edge; may be null
        StreamFormat format;
        std::int64_t number;         ///< of the first frame on an edge
        std::vector<Rational> rates; ///< that the film was brought to on the way here
        bool tapped;
    };
    FrameBuffer& add_edge(std::size_t capacity, std::int64_t first);
    Repeats& add_repeats();
    [[nodiscard]] const stage::Config* needed(const End& end, std::size_t stage) const;
    void add_intake(End& end);
    void add_stage(End& end, std::size_t number);
    void add_rate_node(End& end, std::size_t number);
    void add_tap(End& end, const stage::Config* consumer);
    void add_fold(End& end, const stage::Config* consumer);
    void add_unfold(End& end, const stage::Config* consumer);
    void add_outlet(End& end, bool to_host);
    [[nodiscard]] Protection protection(std::size_t number) const;
    [[nodiscard]] FrameNode::Findings findings(std::size_t number);

    const Plan::Impl& plan_;
    StageChain& chain_;
    const pipeline::ResumePoint& from_;
    pipeline::FrameObserver* observer_;
    RunRecord& record_;
    Transfers transfers_;
    /// What stages found in an earlier run, by stage and shot.
    std::map<std::pair<std::size_t, std::int32_t>, std::string> found_;
    std::vector<std::unique_ptr<FrameBuffer>> edges_;
    std::vector<std::unique_ptr<Repeats>> repeats_; ///< the first: of the film
    std::vector<std::unique_ptr<StageClock>> clocks_;
    std::vector<std::unique_ptr<Changes>> changes_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::mutex mutex_;                 ///< guards what follows
    std::deque<PendingFrame> pending_; ///< of the frames in the last edge; none on the CPU
};

} // namespace oldfilm
