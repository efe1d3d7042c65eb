#include "pipeline/graph.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>

namespace oldfilm {
namespace {

bool same_grid(const StreamFormat& a, const stage::Config& b) {
    return a.height == b.output.height && a.width == b.output.width && !b.changes_rate;
}

std::map<std::pair<std::size_t, std::int32_t>, std::string>
found_before(const std::vector<std::string>& analysis) {
    std::map<std::pair<std::size_t, std::int32_t>, std::string> found;
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

Graph::Graph(const Plan::Impl& plan, StageChain& chain, const pipeline::ResumePoint& from,
             pipeline::FrameObserver* observer, RunRecord& record, bool to_host)
    : plan_(plan), chain_(chain), from_(from), observer_(observer), record_(record),
      transfers_(plan.device()), found_(found_before(from.analysis)) {
    End end{.edge = &add_edge(ShotDetector::look_ahead + 1, from.in_shots ? from.frame : 0),
            .folded = &add_repeats(),
            .format = plan.input(),
            .number = from.frame,
            .rates = {},
            .tapped = observer == nullptr};
    add_intake(end);
    for (std::size_t i = 0; i < chain.stages.size(); ++i) {
        add_stage(end, i);
    }
    if (!end.tapped) {
        add_tap(end, nullptr);
    }
    if (end.folded != nullptr) {
        add_unfold(end, nullptr);
    }
    if (!plan.device().is_cpu()) {
        add_outlet(end, to_host);
    }
}

FrameBuffer& Graph::add_edge(std::size_t capacity, std::int64_t first) {
    return *edges_.emplace_back(std::make_unique<FrameBuffer>(capacity, first));
}

Repeats& Graph::add_repeats() {
    return *repeats_.emplace_back(std::make_unique<Repeats>());
}

/// What the stage needs of the edge before it, where no tap stands between; the end takes a frame
/// at a time.
const stage::Config* Graph::needed(const End& end, std::size_t stage) const {
    if (stage == chain_.stages.size()) {
        return nullptr;
    }
    const stage::Config& config = chain_.stages[stage]->config();
    return !end.tapped && !same_grid(end.format, config) ? nullptr : &config;
}

void Graph::add_intake(End& end) {
    FrameBuffer& out = add_edge(FrameNode::between(nullptr, needed(end, 0)), end.number);
    nodes_.push_back(std::make_unique<Intake>(
        *end.edge, out, plan_.device(), transfers_, record_.uploads, from_, *end.folded,
        plan_.options(), [this](std::int64_t frame) { record_.add_shot(frame); }));
    end.edge = &out;
}

void Graph::add_stage(End& end, std::size_t number) {
    stage::Stage& stage = *chain_.stages[number];
    const stage::Config& config = stage.config();
    if (!end.tapped && !same_grid(end.format, config)) {
        add_tap(end, &config);
    }
    if (config.changes_rate && end.folded != nullptr) {
        add_unfold(end, &config);
    } else if (!config.changes_rate && end.folded == nullptr) {
        add_fold(end, &config);
    }
    end.format = config.output;
    if (plan_.options().evidence) {
        stage.keep_evidence();
    }
    clocks_.push_back(std::make_unique<StageClock>());
    clocks_.back()->label = stage.plugin().name;
    clocks_.back()->profile = plan_.options().profile.get();
    changes_.push_back(std::make_unique<Changes>(plan_.checked()[number].values));
    if (config.changes_rate) {
        add_rate_node(end, number);
        return;
    }
    FrameBuffer& out = add_edge(FrameNode::between(&config, needed(end, number + 1)), end.number);
    nodes_.push_back(std::make_unique<FrameNode>(
        *end.edge, out, stage, *clocks_.back(), *changes_.back(), plan_.overrides().of(number),
        protection(number), findings(number), plan_.options().evidence));
    end.edge = &out;
}

void Graph::add_rate_node(End& end, std::size_t number) {
    stage::Stage& stage = *chain_.stages[number];
    const stage::Config& config = stage.config();
    // A cut at `time` is on this edge at its first frame that isn't before it.
    const auto on_edge = [start = from_.film_start, rates = end.rates](Rational time) {
        for (const Rational& rate : rates) {
            time = start + Rational(((time - start) * rate).ceil()) / rate;
        }
        return time;
    };
    if (from_.frame > 0) {
        end.number = config.each != Rational(1)
                         ? (Rational(end.number) * config.each).ceil()
                         : ((on_edge(from_.time) - from_.film_start) * config.output.rate).ceil();
    }
    FrameBuffer& out = add_edge(FrameNode::between(&config, needed(end, number + 1)), end.number);
    nodes_.push_back(std::make_unique<RateNode>(
        *end.edge, out, stage, *clocks_.back(), *changes_.back(), plan_.overrides().of(number),
        from_.frame > 0 ? std::optional(from_.film_start) : std::nullopt,
        [this, on_edge] {
            const auto time = from_.resumes_at ? from_.resumes_at() : std::nullopt;
            return time ? std::optional(on_edge(*time)) : std::nullopt;
        },
        plan_.options().evidence));
    if (config.each == Rational(1)) {
        end.rates.push_back(config.output.rate);
    }
    end.edge = &out;
}

void Graph::add_tap(End& end, const stage::Config* consumer) {
    FrameBuffer& out = add_edge(FrameNode::between(nullptr, consumer), end.number);
    Repeats& shown = add_repeats();
    nodes_.push_back(std::make_unique<Tap>(*end.edge, out, *end.folded, shown, *observer_));
    end.edge = &out;
    end.folded = &shown;
    end.tapped = true;
}

void Graph::add_fold(End& end, const stage::Config* consumer) {
    end.folded = &add_repeats();
    FrameBuffer& out = add_edge(FrameNode::between(nullptr, consumer), end.number);
    nodes_.push_back(std::make_unique<Fold>(*end.edge, out, *end.folded));
    end.edge = &out;
}

void Graph::add_unfold(End& end, const stage::Config* consumer) {
    FrameBuffer& out = add_edge(FrameNode::between(nullptr, consumer), end.number);
    nodes_.push_back(std::make_unique<Unfold>(*end.edge, out, *std::exchange(end.folded, nullptr)));
    end.edge = &out;
}

void Graph::add_outlet(End& end, bool to_host) {
    nodes_.push_back(std::make_unique<Outlet>(
        *end.edge, add_edge(2, end.number),
        [this, to_host](const Frame& frame) {
            return to_host ? transfers_.download(frame) : transfers_.send(frame);
        },
        [this](PendingFrame one) {
            const std::lock_guard lock(mutex_);
            pending_.push_back(std::move(one));
        }));
}

Protection Graph::protection(std::size_t number) const {
    return {plan_.options().regions, plan_.checked()[number], plan_.input().width,
            plan_.input().height};
}

FrameNode::Findings Graph::findings(std::size_t number) {
    return {.tell =
                [this, number](std::int32_t shot, const std::string& json) {
                    record_.add_analysis(fmt::format(
                        R"({{"number": {}, "stage": {}, "shot": {}, "found": {}}})", number,
                        nlohmann::json(chain_.stages[number]->plugin().name).dump(), shot, json));
                },
            .known =
                [this, number](std::int32_t shot) {
                    const auto known = found_.find({number, shot});
                    return known == found_.end() ? std::string() : known->second;
                }};
}

bool Graph::step() {
    for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
        if ((*node)->step()) {
            return true;
        }
    }
    return false;
}

void Graph::note_step() const {
    std::int64_t frames = 0;
    std::int64_t bytes = 0;
    for (const auto& edge : edges_) {
        frames += edge->size();
        bytes += edge->bytes();
    }
    if (const auto& profile = plan_.options().profile) {
        profile->add_memory(frames, bytes);
    }
    std::vector<double> seconds;
    seconds.reserve(clocks_.size());
    for (const auto& clock : clocks_) {
        seconds.push_back(clock->seconds);
    }
    record_.note_step(frames, bytes, std::move(seconds));
}

PendingFrame Graph::take_pending() {
    const std::lock_guard lock(mutex_);
    if (pending_.empty()) {
        return {};
    }
    PendingFrame one = std::move(pending_.front());
    pending_.pop_front();
    return one;
}

} // namespace oldfilm
