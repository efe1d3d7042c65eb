#include "device/single_thread.hpp"
#include "pipeline/door.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/memory_plan.hpp"
#include "pipeline/plan.hpp"
#include "pipeline/run_record.hpp"
#include "pipeline/scheduler.hpp"

#include <ATen/ops/sum.h>
#include <c10/core/DeviceGuard.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

namespace oldfilm {
namespace {

using Clock = std::chrono::steady_clock;
using Source = std::function<std::optional<Frame>()>;

} // namespace

/// Threads: the caller's (push, finish, next), the source's in pull mode, and the run thread, which
/// alone calls stages. They meet in the first and the last edge.
struct OLDFILM_HIDDEN Run::Impl {
    Impl(std::shared_ptr<const Plan::Impl> with, const pipeline::ResumePoint& where,
         pipeline::FrameObserver* observer, bool pulling);
    ~Impl() { chain->shared.cancelled = true; }

    void start(Source source);
    bool step();
    bool pull(const Source& source);
    /// A frame that was checked came, through either door, and there is room for it.
    void take(const Frame& frame);
    void expect_pushing() const;
    [[nodiscard]] Frame arrived(const PendingFrame& one);
    /// Whether finished frames come to the host, where the run is on another device.
    [[nodiscard]] bool to_host() const { return pulls && !plan->options().stay_on_device; }

    std::shared_ptr<const Plan::Impl> plan;
    pipeline::ResumePoint from;
    bool pulls;
    std::unique_ptr<StageChain> chain;
    RunRecord record;
    Graph graph;
    Door door;
    Clock::time_point begun = Clock::now();
    Scheduler scheduler; ///< the last: its threads use what is above
};

Run::Impl::Impl(std::shared_ptr<const Plan::Impl> with, const pipeline::ResumePoint& where,
                pipeline::FrameObserver* observer, bool pulling)
    : plan(std::move(with)), from(where), pulls(pulling), chain(plan->chain()),
      record(from.analysis), graph(*plan, *chain, from, observer, record, to_host()),
      door(plan->input(), plan->device()), scheduler(plan->options().profile.get()) {}

void Run::Impl::start(Source source) {
    scheduler.start_stepping(
        [this, on = std::make_shared<c10::OptionalDeviceGuard>()] {
            on->reset_device(plan->device()); // what is made without a device's name belongs there
            plan->use_threads();
        },
        [this] { return step(); });
    if (source) {
        scheduler.start_source([] { base::use_single_thread(); },
                               [this] { return !graph.in().full(); },
                               [this, source = std::move(source)] { return pull(source); });
    }
}

bool Run::Impl::step() {
    if (chain->shared.cancelled) {
        throw Error(Errc::cancelled, "the run was cancelled");
    }
    if (!graph.step()) {
        return false;
    }
    graph.note_step();
    keep_within(plan->options().memory, plan->memory_of_models() * plan->concurrency());
    return true;
}

bool Run::Impl::pull(const Source& source) {
    const auto copying = graph.transfers().copy_stream_guard(); // what it does on the device itself
    const std::optional<Frame> frame = source();
    if (frame) {
        door.check(*frame);
        take(*frame);
    } else {
        graph.in().close();
    }
    return frame.has_value();
}

void Run::Impl::take(const Frame& frame) {
    graph.transfers().receive(frame);
    graph.in().push(frame);
    door.let_in(frame);
    ++record.frames_in;
    scheduler.wake();
}

/// Non-finite values are found here, where the host has the frame: asking the device for them after
/// each stage would hold it up.
Frame Run::Impl::arrived(const PendingFrame& one) {
    const Profile::Span span(plan->options().profile.get(), Profile::Kind::copy, "",
                             one.frame().info().index);
    Frame frame = one.wait();
    ++record.downloads;
    if (!std::isfinite(frame.picture().sum().item<double>())) {
        throw Error(Errc::stage_failed,
                    fmt::format("frame {} came from {} with non-finite values (NaN or "
                                "infinite); this is a defect of a stage or of its model: try "
                                "them one by one, or on the CPU, which says whose it is",
                                frame.info().index, plan->device().str()));
    }
    return frame;
}

void Run::Impl::expect_pushing() const {
    if (pulls) {
        throw Error(Errc::invalid_argument, "the run pulls its frames from a source; give frames "
                                            "there, or start a run without one to push them");
    }
}

Run::Run(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Run::Run(Run&&) noexcept = default;
Run& Run::operator=(Run&&) noexcept = default; // what ran before ends with its `Impl`
Run::~Run() = default;

bool Run::push(const Frame& frame) {
    Impl& it = held(impl_, "run");
    it.scheduler.rethrow();
    it.expect_pushing();
    if (it.graph.in().closed()) {
        throw Error(Errc::invalid_argument, "the run was told that its film is over (finish), and "
                                            "takes no more frames; start another run for them");
    }
    it.door.check(frame);
    if (it.graph.in().full()) {
        return false;
    }
    it.take(frame);
    return true;
}

void Run::finish() {
    Impl& it = held(impl_, "run");
    it.expect_pushing();
    it.graph.in().close();
    it.scheduler.wake();
}

Run::State Run::next(Frame& frame) {
    Impl& it = held(impl_, "run");
    FrameBuffer& edge = it.graph.out();
    const auto available = [&] { return edge.begin() < edge.end(); };
    it.scheduler.wait_for([&] { return available() || edge.closed(); }, !it.pulls);
    if (!available()) {
        it.scheduler.rethrow();
        return edge.closed() ? State::end : State::starved;
    }
    frame = edge.at(edge.begin());
    const PendingFrame pending = it.graph.take_pending();
    edge.release_before(edge.begin() + 1);
    if (!it.plan->device().is_cpu()) {
        frame = it.to_host() ? it.arrived(pending) : pending.synchronize_with_caller();
    }
    ++it.record.frames_out;
    it.scheduler.wake();
    return State::frame;
}

std::optional<Frame> Run::next() {
    Frame frame;
    switch (next(frame)) {
    case State::frame:
        return frame;
    case State::end:
        return std::nullopt;
    case State::starved:
        break;
    }
    throw Error(Errc::invalid_argument,
                "nothing can come out before more frames are pushed; push them or call finish, "
                "or use next(Frame&), which says so");
}

void Run::cancel() noexcept {
    if (!impl_) {
        return;
    }
    impl_->chain->shared.cancelled = true;
    try {
        impl_->scheduler.end_with(
            std::make_exception_ptr(Error(Errc::cancelled, "the run was cancelled")));
    } catch (...) { // The flag is set; the run thread finds it at its next step.
        impl_->scheduler.wake();
    }
}

Progress Run::progress() const {
    const Impl& it = held(impl_, "run");
    Progress p;
    p.frames_in = it.record.frames_in;
    p.frames_out = it.record.frames_out;
    p.frames_total = it.plan->input().frames;
    p.seconds = std::chrono::duration<double>(Clock::now() - it.begun).count();
    const Rational in = it.plan->input().rate;
    const Rational out = it.plan->output().rate;
    // Frames that came out count, in units of the input's: those that are only buffered are not
    // done.
    const double factor = in.num() > 0 && out.num() > 0 ? (out / in).value() : 1;
    const double done = static_cast<double>(p.frames_out) / factor;
    p.fps = p.seconds > 0 ? done / p.seconds : 0;
    if (p.frames_total >= 0 && p.fps > 0) {
        p.eta = std::max(0.0, (static_cast<double>(p.frames_total) - done) / p.fps);
    }
    return p;
}

RunStats Run::stats() const {
    return held(impl_, "run").record.stats();
}

void Run::change(std::size_t number, const ParameterValues& values, Rational from) {
    Impl& it = held(impl_, "run");
    const std::vector<CheckedStage>& stages = it.plan->checked();
    if (number >= stages.size()) {
        throw Error(Errc::invalid_argument, fmt::format("there is no stage {}; the pipeline has {}",
                                                        number, stages.size()));
    }
    it.graph.changes(number).add(from, live_delta(stages[number].plugin, values));
}

const StreamFormat& Run::output() const {
    return held(impl_, "run").plan->output();
}

std::string Run::plan() const {
    return held(impl_, "run").plan->text();
}

Run pipeline::Access::start(const Plan& plan, Source source, const ResumePoint& from,
                            FrameObserver* observer) {
    auto impl = std::make_unique<Run::Impl>((held(plan.impl_, "plan"), plan.impl_), from, observer,
                                            static_cast<bool>(source));
    impl->start(std::move(source));
    return Run(std::move(impl));
}

std::int64_t pipeline::Access::first_frame_needed_for(const Run& run, std::int64_t frame,
                                                      std::int64_t shot_first) {
    const Run::Impl& it = held(run.impl_, "run");
    const Plan::Impl::Reach reach = it.plan->reach();
    return reach.to_the_cut ? shot_first
                            : it.graph.repeats().first_frame_needed_for(
                                  frame, shot_first, reach.pictures, reach.aligned);
}

Run pipeline::start(const Plan& plan, Source source, const ResumePoint& from,
                    FrameObserver* observer) {
    return Access::start(plan, std::move(source), from, observer);
}

std::int64_t pipeline::first_frame_needed_for(const Run& run, std::int64_t frame,
                                              std::int64_t shot_first) {
    return Access::first_frame_needed_for(run, frame, shot_first);
}

} // namespace oldfilm
