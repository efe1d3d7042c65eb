#include "base/hidden.hpp"
#include "base/single_thread.hpp"
#include "device/device.hpp"
#include "device/streams.hpp"
#include "pipeline/door.hpp"
#include "pipeline/memory_plan.hpp"
#include "pipeline/node.hpp"
#include "pipeline/plan.hpp"
#include "pipeline/repeats.hpp"
#include "pipeline/spec.hpp"
#include "stage/library.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/sum.h>
#include <c10/core/DeviceGuard.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <future>
#include <map>
#include <numeric>
#include <thread>
#include <utility>

namespace oldfilm {
namespace {

using Clock = std::chrono::steady_clock;
using Source = std::function<std::optional<Frame>()>;

bool same_grid(const StreamFormat& a, const stage::Config& b) {
    return a.height == b.output.height && a.width == b.output.width && !b.changes_rate;
}

/// What stages found in an earlier run, by stage and shot.
using Found = std::map<std::pair<std::size_t, std::int32_t>, std::string>;

Found found_before(const std::vector<std::string>& analysis) {
    Found found;
    for (const std::string& one : analysis) {
        try {
            const auto entry = nlohmann::json::parse(one);
            found[{entry.at("number").get<std::size_t>(), entry.at("shot").get<std::int32_t>()}] =
                entry.at("found").dump();
        } catch (const nlohmann::json::exception& error) {
            throw Error(Errc::invalid_argument,
                        fmt::format("an earlier run's analysis can't be taken back, expected an "
                                    "entry of RunStats::analysis, found \"{}\" ({}); begin anew",
                                    one, error.what()));
        }
    }
    return found;
}

} // namespace

/// Threads: the caller's (push, finish, next), the source's in pull mode, and the worker, which
/// alone calls stages. They meet in the first and the last edge; `mutex` and `changed` guard only
/// waiting.
struct OLDFILM_HIDDEN Run::Impl {
    /// The worker idles until something came in or went out, or it is to end.
    void wake() {
        {
            const std::lock_guard lock(mutex);
            ++events;
        }
        changed.notify_all();
    }

    FrameBuffer& add_edge(std::size_t capacity, std::int64_t first) {
        return *edges.emplace_back(std::make_unique<FrameBuffer>(capacity, first));
    }
    Repeats& add_repeats() { return *repeats.emplace_back(std::make_unique<Repeats>()); }
    [[nodiscard]] FrameNode::Findings findings(std::size_t number);

    ~Impl();
    /// A frame came, through either door, and there is room for it.
    void take(const Frame& frame);
    void build(const StreamFormat& input);
    void make_stages();
    void lane_loop();
    void source_loop(const Source& source);
    bool step();
    void end_with(std::exception_ptr reason);
    void rethrow() const;
    void expect_pushing() const;
    void watch_memory();
    [[nodiscard]] Frame arrived(const PendingFrame& one);
    /// Whether finished frames come to the host, where the run is on another device.
    [[nodiscard]] bool to_host() const { return pulls && !options.stay_on_device; }

    StreamFormat format, result;
    ResumePoint from;
    Found found;
    std::vector<CheckedStage> checked;
    mutable std::once_flag planned;
    mutable std::string plan; ///< what the run began with, once it was asked for
    std::optional<Door> door;
    PipelineOptions options;
    stage::Shared shared;
    std::vector<std::unique_ptr<stage::Stage>> stages;
    std::vector<std::unique_ptr<FrameBuffer>> edges;
    std::vector<std::unique_ptr<Repeats>> repeats; ///< the first: of the film
    std::vector<std::unique_ptr<StageClock>> clocks;
    std::vector<std::unique_ptr<Changes>> changes;
    std::vector<std::unique_ptr<Node>> nodes;
    bool pulls = false;
    int threads = 0; ///< of LibTorch's that the worker has

    mutable std::mutex mutex; ///< guards what follows
    std::condition_variable changed;
    std::uint64_t events = 0;
    /// The count of events after which the worker found nothing to do; it idles while that is the
    /// latest.
    std::optional<std::uint64_t> idle_since;
    bool stopping = false;
    std::exception_ptr failure;
    std::vector<std::string> analysis;
    std::vector<std::int64_t> shots;
    std::int64_t peak_frames = 0, peak_bytes = 0;
    std::vector<double> seconds;
    std::deque<PendingFrame> sent; ///< of the frames in the last edge; none on the CPU

    std::optional<Transfers> transfers;
    std::atomic<std::int64_t> uploads{0}, downloads{0};
    std::atomic<std::int64_t> frames_in{0}, frames_out{0};
    Clock::time_point start = Clock::now();
    std::thread worker, puller;
};

void Run::Impl::build(const StreamFormat& input) {
    format = input;
    found = found_before(from.analysis);
    if (shared.device.is_cpu() && options.concurrency > 1) {
        base::use_threads(std::max(1, at::get_num_threads() / options.concurrency));
    }
    threads = at::get_num_threads();
    shared.precision = options.precision;
    shared.tile = options.tile;
    shared.profile = options.profile.get();

    if (options.memory > 0) {
        // What models may take follows from what stages hold, which they tell when they have
        // theirs.
        make_stages();
        shared.memory = memory_for_models(options, input, stages);
    }
    shared.log = options.log; // what is to be said is said once
    make_stages();
    StreamFormat current = stages.empty() ? input : stages.back()->config().output;
    result = current;
    if (!stages.empty() && (result.rate != input.rate || result.frames_each != Rational(1))) {
        result.frames = -1;
    }

    // Edges hold what their consumer's window needs and what their producer makes at once.
    FrameBuffer* edge = &add_edge(ShotDetector::look_ahead + 1, from.in_shots ? from.frame : 0);
    std::int64_t number = from.frame; // of the first frame on an edge
    bool tapped = !options.tap;
    Repeats* folded = &add_repeats(); // what is taken out of the frames on an edge; may be null
    // What the stage `i` needs of the edge before it, where no tap stands between; the end takes
    // a frame at a time.
    const auto needed = [&](std::size_t i) {
        const bool is_tapped_there =
            !tapped && (i == stages.size() || !same_grid(current, stages[i]->config()));
        return is_tapped_there || i == stages.size() ? nullptr : &stages[i]->config();
    };
    const auto tap_before = [&](const stage::Config* consumer) {
        FrameBuffer& out = add_edge(FrameNode::between(nullptr, consumer), number);
        Repeats& shown = add_repeats();
        nodes.push_back(std::make_unique<Tap>(*edge, out, *folded, shown, options.tap));
        edge = &out;
        folded = &shown;
        tapped = true;
    };
    const auto unfold_before = [&](const stage::Config* consumer) {
        FrameBuffer& out = add_edge(FrameNode::between(nullptr, consumer), number);
        nodes.push_back(std::make_unique<Unfold>(*edge, out, *std::exchange(folded, nullptr)));
        edge = &out;
    };
    current = input;
    FrameBuffer& first = add_edge(FrameNode::between(nullptr, needed(0)), number);
    transfers.emplace(shared.device);
    door.emplace(format, shared.device);
    nodes.push_back(std::make_unique<Intake>(*edge, first, shared.device, *transfers, uploads, from,
                                             *folded, options.profile.get(),
                                             [this](std::int64_t frame) {
                                                 const std::lock_guard lock(mutex);
                                                 shots.push_back(frame);
                                             }));
    edge = &first;
    std::vector<Rational> rates; // that the film was brought to on the way to an edge
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const stage::Config& config = stages[i]->config();
        // A cut at `time` is on this edge at its first frame that isn't before it.
        const auto on_edge = [start = from.film_start, rates](Rational time) {
            for (const Rational& rate : rates) {
                time = start + Rational(((time - start) * rate).ceil()) / rate;
            }
            return time;
        };
        if (!tapped && !same_grid(current, config)) {
            tap_before(&config);
        }
        if (config.changes_rate && folded != nullptr) {
            unfold_before(&config);
        } else if (!config.changes_rate && folded == nullptr) {
            folded = &add_repeats();
            FrameBuffer& out = add_edge(FrameNode::between(nullptr, &config), number);
            nodes.push_back(std::make_unique<Fold>(*edge, out, *folded));
            edge = &out;
        }
        current = config.output;
        if (config.changes_rate && from.frame > 0) {
            number = config.each != Rational(1)
                         ? (Rational(number) * config.each).ceil()
                         : ((on_edge(from.time) - from.film_start) * config.output.rate).ceil();
        }
        FrameBuffer& out = add_edge(FrameNode::between(&config, needed(i + 1)), number);
        clocks.push_back(std::make_unique<StageClock>());
        clocks.back()->label = stages[i]->plugin().name;
        clocks.back()->profile = options.profile.get();
        changes.push_back(std::make_unique<Changes>(checked[i].values));
        if (config.changes_rate) {
            nodes.push_back(std::make_unique<RateNode>(
                *edge, out, *stages[i], *clocks.back(), *changes.back(),
                from.frame > 0 ? std::optional(from.film_start) : std::nullopt, [this, on_edge] {
                    const auto time = from.resumes_at ? from.resumes_at() : std::nullopt;
                    return time ? std::optional(on_edge(*time)) : std::nullopt;
                }));
            if (config.each == Rational(1)) {
                rates.push_back(config.output.rate);
            }
        } else {
            nodes.push_back(std::make_unique<FrameNode>(*edge, out, *stages[i], *clocks.back(),
                                                        *changes.back(), findings(i)));
        }
        edge = &out;
    }
    if (!tapped) {
        tap_before(nullptr);
    }
    if (folded != nullptr) {
        unfold_before(nullptr);
    }
    if (!shared.device.is_cpu()) {
        nodes.push_back(std::make_unique<Outlet>(
            *edge, add_edge(2, number),
            [this](const Frame& frame) {
                return to_host() ? transfers->download(frame) : transfers->send(frame);
            },
            [this](PendingFrame one) {
                const std::lock_guard lock(mutex);
                sent.push_back(std::move(one));
            }));
    }
    seconds.resize(stages.size());
}

void Run::Impl::make_stages() {
    stages.clear();
    StreamFormat current = format;
    for (const CheckedStage& one : checked) {
        const auto& description = one.spec.description != nullptr ? *one.spec.description
                                                                  : stage::load_plugin(one.plugin);
        if (options.concurrency > 1 && description.threading == OLDFILM_ONE_THREAD) {
            throw Error(Errc::incompatible,
                        fmt::format("the stage {} can't work on two frames at a time, which "
                                    "several devices would have it do; use one device",
                                    one.plugin.name));
        }
        const std::string folder =
            one.plugin.library.empty()
                ? ""
                : std::filesystem::path(one.plugin.library).parent_path().string();
        auto made = std::make_unique<stage::Stage>(description, folder, shared, one.files);
        current = made->configure(current, one.values).output;
        stages.push_back(std::move(made));
    }
}

FrameNode::Findings Run::Impl::findings(std::size_t number) {
    return {.tell =
                [this, number](std::int32_t shot, const std::string& json) {
                    const std::lock_guard lock(mutex);
                    analysis.push_back(fmt::format(
                        R"({{"number": {}, "stage": {}, "shot": {}, "found": {}}})", number,
                        nlohmann::json(stages[number]->plugin().name).dump(), shot, json));
                },
            .known =
                [this, number](std::int32_t shot) {
                    const auto known = found.find({number, shot});
                    return known == found.end() ? std::string() : known->second;
                }};
}

/// The stage nearest the end that can work does, so that as few frames as possible are alive.
bool Run::Impl::step() {
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
        if ((*node)->step()) {
            return true;
        }
    }
    return false;
}

/// Values that are no numbers are found here, where the host has the frame: asking the device for
/// them after each stage would hold it up.
Frame Run::Impl::arrived(const PendingFrame& one) {
    const Profile::Span span(options.profile.get(), Profile::Kind::copy, "",
                             one.frame().info().index);
    Frame frame = one.wait();
    ++downloads;
    if (!std::isfinite(frame.picture().sum().item<double>())) {
        throw Error(Errc::stage_failed,
                    fmt::format("frame {} came from {} with values that are no numbers (NaN or "
                                "infinite); this is a defect of a stage or of its model: try "
                                "them one by one, or on the CPU, which says whose it is",
                                frame.info().index, shared.device.str()));
    }
    return frame;
}

void Run::Impl::watch_memory() {
    std::int64_t frames = 0;
    std::int64_t bytes = 0;
    for (const auto& edge : edges) {
        frames += edge->size();
        bytes += edge->bytes();
    }
    if (options.profile) {
        options.profile->add_memory(frames, bytes);
    }
    const std::lock_guard lock(mutex);
    peak_frames = std::max(peak_frames, frames);
    peak_bytes = std::max(peak_bytes, bytes);
    for (std::size_t i = 0; i < clocks.size(); ++i) {
        seconds[i] = clocks[i]->seconds;
    }
}

void Run::Impl::lane_loop() {
    try {
        while (true) {
            std::uint64_t seen = 0;
            {
                const std::lock_guard lock(mutex);
                if (stopping) {
                    return;
                }
                seen = events;
            }
            if (shared.cancelled) {
                throw Error(Errc::cancelled, "the run was cancelled");
            }
            if (step()) {
                watch_memory();
                keep_within(options.memory, shared.memory * std::max(options.concurrency, 1));
                wake();
                continue;
            }
            std::unique_lock lock(mutex);
            if (events == seen) {
                idle_since = seen;
                changed.notify_all(); // `next` may be waiting to learn that nothing more comes
                const Profile::Span span(options.profile.get(), Profile::Kind::wait, "");
                changed.wait(lock, [&] { return events != seen || stopping; });
            }
        }
    } catch (const std::bad_alloc&) {
        end_with(std::make_exception_ptr(Error(
            Errc::out_of_memory,
            "there is not enough memory for this pipeline; use a smaller scale or fewer stages")));
    } catch (...) {
        end_with(std::current_exception());
    }
}

void Run::Impl::source_loop(const Source& source) {
    base::use_single_thread();
    const auto beside = transfers->copy_stream_guard(); // what it does on the device itself
    try {
        while (true) {
            {
                std::unique_lock lock(mutex);
                changed.wait(lock, [&] { return stopping || failure || !edges.front()->full(); });
                if (stopping || failure) {
                    return;
                }
            }
            std::optional<Frame> frame = source();
            if (!frame) {
                edges.front()->close();
                wake();
                return;
            }
            take(*frame);
        }
    } catch (...) {
        end_with(std::current_exception());
    }
}

void Run::Impl::take(const Frame& frame) {
    door->check(frame);
    transfers->receive(frame);
    edges.front()->push(frame);
    door->let_in(frame);
    ++frames_in;
    wake();
}

void Run::Impl::end_with(std::exception_ptr reason) {
    {
        const std::lock_guard lock(mutex);
        if (!failure) {
            failure = std::move(reason);
        }
        stopping = true;
        ++events;
    }
    changed.notify_all();
}

void Run::Impl::rethrow() const {
    const std::lock_guard lock(mutex);
    if (failure) {
        std::rethrow_exception(failure);
    }
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

Run::Impl::~Impl() {
    shared.cancelled = true;
    {
        const std::lock_guard lock(mutex);
        stopping = true;
        ++events;
    }
    changed.notify_all();
    for (std::thread* thread : {&puller, &worker}) {
        if (thread->joinable()) {
            thread->join();
        }
    }
}

bool Run::push(const Frame& frame) {
    Impl& it = held(impl_, "run");
    it.rethrow();
    it.expect_pushing();
    if (it.edges.front()->closed()) {
        throw Error(Errc::invalid_argument, "the run was told that its film is over (finish), and "
                                            "takes no more frames; start another run for them");
    }
    it.door->check(frame);
    if (it.edges.front()->full()) {
        return false;
    }
    it.take(frame);
    return true;
}

void Run::finish() {
    Impl& it = held(impl_, "run");
    it.expect_pushing();
    it.edges.front()->close();
    it.wake();
}

Run::State Run::next(Frame& frame) {
    Impl& it = held(impl_, "run");
    FrameBuffer& edge = *it.edges.back();
    std::unique_lock lock(it.mutex);
    const auto available = [&] { return edge.begin() < edge.end(); };
    it.changed.wait(lock, [&] {
        return it.failure || available() || edge.closed() ||
               (!it.pulls && it.idle_since == it.events);
    });
    if (available()) {
        frame = edge.at(edge.begin());
        PendingFrame sent;
        if (!it.sent.empty()) {
            sent = std::move(it.sent.front());
            it.sent.pop_front();
        }
        lock.unlock();
        edge.release_before(edge.begin() + 1);
        if (!it.shared.device.is_cpu()) {
            frame = it.to_host() ? it.arrived(sent) : sent.synchronize_with_caller();
        }
        ++it.frames_out;
        it.wake();
        return State::frame;
    }
    if (it.failure) {
        std::rethrow_exception(it.failure);
    }
    return edge.closed() ? State::end : State::starved;
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
    impl_->shared.cancelled = true;
    try {
        impl_->end_with(std::make_exception_ptr(Error(Errc::cancelled, "the run was cancelled")));
    } catch (...) { // The flag is set; the worker finds it at its next step.
        impl_->changed.notify_all();
    }
}

Progress Run::progress() const {
    const Impl& it = held(impl_, "run");
    Progress p;
    p.frames_in = it.frames_in;
    p.frames_out = it.frames_out;
    p.frames_total = it.format.frames;
    p.seconds = std::chrono::duration<double>(Clock::now() - it.start).count();
    const Rational in = it.format.rate;
    const Rational out = it.result.rate;
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
    const Impl& it = held(impl_, "run");
    RunStats stats;
    stats.uploads = it.uploads;
    stats.downloads = it.downloads;
    const std::lock_guard lock(it.mutex);
    stats.peak_frames = it.peak_frames;
    stats.peak_bytes = it.peak_bytes;
    stats.stage_seconds = it.seconds;
    stats.analysis = it.from.analysis;
    stats.analysis.insert(stats.analysis.end(), it.analysis.begin(), it.analysis.end());
    stats.shots = it.shots;
    return stats;
}

std::int64_t Run::first_frame_needed_for(std::int64_t frame, std::int64_t shot_first) const {
    const Impl& it = held(impl_, "run");
    std::int64_t reach = 0; // frames before, counted on the way from the last stage to the first
    std::int64_t aligned = 1;
    for (auto stage = it.stages.rbegin(); stage != it.stages.rend(); ++stage) {
        const stage::Config& config = (*stage)->config();
        if (!config.changes_rate) {
            reach += config.before + config.warm_up;
            if (config.edges == OLDFILM_INSIDE) {
                reach += config.after; // as far as a shot's last frame sees
            }
            aligned = std::lcm<std::int64_t>(aligned, config.batch); // batches count from the cut
            continue;
        }
        if (aligned > 1 || reach > 0) {
            return shot_first; // on another grid than the input's; a cut is one on every grid
        }
        reach = 2; // the frame before, and what was handed on ahead of it
    }
    return impl_->repeats.front()->first_frame_needed_for(frame, shot_first, reach, aligned);
}

void Run::change(std::size_t number, const ParameterValues& values, Rational from) {
    Impl& it = held(impl_, "run");
    if (number >= it.checked.size()) {
        throw Error(Errc::invalid_argument, fmt::format("there is no stage {}; the pipeline has {}",
                                                        number, it.checked.size()));
    }
    const CheckedStage& one = it.checked[number];
    const std::vector<Parameter>& table = one.plugin.parameters;
    const std::vector<ParameterValue> checked = check_parameters(one.plugin.name, table, values);
    Changes::Delta delta;
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (!values.contains(table[i].name)) {
            continue;
        }
        if (!table[i].live) {
            throw Error(Errc::invalid_argument,
                        fmt::format("stage {}: parameter \"{}\" may not change while running; "
                                    "start another run",
                                    one.plugin.name, table[i].name));
        }
        delta[i] = checked[i];
    }
    it.changes[number]->add(from, std::move(delta));
}

const StreamFormat& Run::output() const {
    return held(impl_, "run").result;
}

std::string Run::plan() const {
    const Impl& it = held(impl_, "run");
    std::call_once(it.planned,
                   [&it] { it.plan = plan_text(it.checked, it.stages, it.shared, it.threads); });
    return it.plan;
}

Run Pipeline::start(const StreamFormat& input, Source source, const ResumePoint& from) const {
    if ((input.channels != 1 && input.channels != 3) || input.height <= 0 || input.width <= 0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("a stream must have 1 or 3 channels and a size, found {} x {} x {}",
                                input.channels, input.height, input.width));
    }
    const Impl& described = held(impl_, "pipeline");
    auto impl = std::make_unique<Run::Impl>();
    impl->checked = described.stages;
    impl->options = described.options;
    impl->shared.models = described.models;
    impl->from = from;
    impl->pulls = static_cast<bool>(source);
    Run::Impl& it = *impl;
    Run run(std::move(impl));
    // Models are made ready where they will run, so that one thread has LibTorch's team.
    const auto built = std::make_shared<std::promise<void>>();
    it.worker = std::thread([&it, built, input] {
        c10::OptionalDeviceGuard on; // what is made without a device's name belongs to the run's
        try {
            it.shared.device = resolve_device(it.options.device);
            on.reset_device(it.shared.device);
            it.build(input);
        } catch (...) {
            built->set_exception(std::current_exception());
            return;
        }
        built->set_value();
        it.lane_loop();
    });
    built->get_future().get();
    if (source) {
        it.puller = std::thread([&it, pull = std::move(source)] { it.source_loop(pull); });
    }
    return run;
}

} // namespace oldfilm
