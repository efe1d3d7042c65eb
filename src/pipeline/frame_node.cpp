#include "pipeline/evidence.hpp"
#include "pipeline/node.hpp"
#include "pipeline/timed.hpp"

#include <ATen/ops/maximum.h>

#include <algorithm>
#include <utility>

namespace oldfilm {

FrameNode::FrameNode(FrameBuffer& in, FrameBuffer& out, stage::Stage& stage, StageClock& clock,
                     Changes& changes, const StageOverrides::OfStage& overrides,
                     Protection protection, Findings findings, bool keeps_evidence)
    : Node(in, out), stage_(stage), clock_(clock), changes_(changes), overrides_(overrides),
      protection_(std::move(protection)), findings_(std::move(findings)),
      keeps_evidence_(keeps_evidence), next_(in.begin()) {}

std::size_t FrameNode::capacity(const stage::Config& config) {
    if (config.changes_rate) {
        return 2; // the frames before and after a moment
    }
    // A window that stays inside the shot needs the frame before its own, should the shot end here.
    const int inside = config.edges == OLDFILM_INSIDE ? 1 : 0;
    // When a shot is analyzed, what was before it is gone.
    return static_cast<std::size_t>(
        std::max(config.before + inside + config.batch + config.after, config.analysis_frames));
}

std::size_t FrameNode::between(const stage::Config* producer, const stage::Config* consumer) {
    const std::size_t needed = consumer == nullptr ? 1 : capacity(*consumer);
    return needed + static_cast<std::size_t>(producer == nullptr ? 1 : producer->batch) - 1;
}

std::optional<std::int64_t> FrameNode::reach(std::int64_t number, std::int64_t ahead) const {
    const bool closed = in_.closed();
    const std::int64_t end = in_.end();
    const std::int32_t shot = in_.at(number).info().shot;
    std::int64_t last = number;
    while (last < number + ahead) {
        if (last + 1 >= end) {
            return closed ? std::optional(last) : std::nullopt;
        }
        if (in_.at(last + 1).info().shot != shot) {
            return last;
        }
        ++last;
    }
    return last;
}

/// The frame as stages see it: numbers go on without gaps where repeats are taken out.
Frame FrameNode::numbered(std::int64_t number) const {
    const Frame frame = in_.at(number);
    FrameInfo info = frame.info();
    info.index = shot_index_ + number - shot_first_;
    return frame.with_info(std::move(info));
}

bool FrameNode::begin_shot(const Frame& first) {
    in_.release_before(next_); // windows never cross a cut
    const std::int32_t shot = first.info().shot;
    const StageOverrides::InShot& overrides = overrides_.in(shot);
    const int wanted = overrides.enabled ? stage_.config().analysis_frames : 0;
    const std::optional<std::int64_t> last = reach(next_, std::max(wanted - 1, 0));
    if (!last) {
        return false;
    }
    enabled_ = overrides.enabled;
    shot_first_ = next_;
    shot_index_ = first.info().index;
    shot_ = shot;
    if (!enabled_) {
        return true;
    }
    const Timed timed(clock_, Profile::Kind::analysis, next_);
    stage_.reset();
    changes_.set_overrides(overrides.values);
    apply_changes(first); // the analysis goes by them too
    if (wanted > 0) {
        analyze_shot(shot, *last);
    }
    return true;
}

/// Frames to `last`, unless an earlier run has done that.
void FrameNode::analyze_shot(std::int32_t shot, std::int64_t last) {
    const std::string known = findings_.known(shot);
    if (!known.empty()) {
        stage_.restore_analysis(known);
        return;
    }
    for (std::int64_t n = next_; n <= last; ++n) {
        stage_.analyze(numbered(n));
    }
    findings_.tell(shot, stage_.finish_analysis());
}

void FrameNode::apply_changes(const Frame& frame) {
    if (const auto values = changes_.due(frame.info().time())) {
        stage_.change(*values);
    }
}

/// In a shot where the stage is off.
bool FrameNode::pass_on(const Frame& frame) {
    if (!out_.has_room(1)) {
        return false;
    }
    const int channels = stage_.config().output.channels;
    out_.push(
        channels == frame.channels()
            ? frame
            : frame.with_picture(frame.picture().expand({channels, -1, -1})).with_coded(nullptr));
    in_.release_before(++next_);
    return true;
}

bool FrameNode::step() {
    if (next_ == in_.end()) {
        return close_at_end(next_);
    }
    const stage::Config& config = stage_.config();
    const Frame first = in_.at(next_);
    if (shot_ != first.info().shot) {
        return begin_shot(first);
    }
    if (!enabled_) {
        return pass_on(first);
    }
    // Batches are counted from the shot's start, so that what is in one never depends on timing.
    std::int64_t ahead = config.batch - 1 + config.after;
    if (config.edges == OLDFILM_INSIDE) {
        ahead = std::max(ahead, shot_first_ + config.before + config.after - next_);
    }
    const std::optional<std::int64_t> last = reach(next_, ahead);
    if (!last) {
        return false;
    }
    apply_changes(first);
    const std::int64_t left = config.batch - (next_ - shot_first_) % config.batch;
    const std::int64_t count = before_change(std::min(left, *last - next_ + 1));
    if (!out_.has_room(count)) {
        return false;
    }
    process(count, *last);
    if (config.edges == OLDFILM_REPEAT) {
        in_.release_before(next_ - config.before);
    } else if (next_ > *last && *last < next_ - count + ahead) {
        in_.release_before(next_); // the shot is over
    } else {
        in_.release_before(std::min(next_, *last - config.after) - config.before);
    }
    return true;
}

std::int64_t FrameNode::before_change(std::int64_t most) const {
    const std::optional<Rational> change = changes_.next();
    std::int64_t count = 1;
    while (count < most && !(change && *change <= in_.at(next_ + count).info().time())) {
        ++count;
    }
    return count;
}

void FrameNode::process(std::int64_t count, std::int64_t last) {
    const stage::Config& config = stage_.config();
    std::vector<stage::Wanted> wanted;
    for (std::int64_t n = next_; n < next_ + count; ++n) {
        stage::Wanted& one = wanted.emplace_back();
        one.index = numbered(n).info().index;
        const std::int64_t start = stage::window_start(config, n, shot_first_, last);
        one.center = static_cast<std::size_t>(n - start);
        for (std::int64_t i = start; i <= start + config.before + config.after; ++i) {
            one.window.push_back(numbered(std::clamp(i, shot_first_, last)));
        }
    }
    std::vector<stage::Made> made;
    {
        const Timed timed(clock_, Profile::Kind::stage, next_);
        made = stage_.process(wanted);
        if (keeps_evidence_) {
            stage_.add_evidence(made);
        }
    }
    for (std::size_t i = 0; i < made.size(); ++i) {
        out_.push(finished(in_.at(next_ + static_cast<std::int64_t>(i)), made[i]));
    }
    next_ += count;
}

Frame FrameNode::finished(const Frame& frame, stage::Made& made) const {
    if (made.unchanged) {
        return frame;
    }
    Frame result = frame.with_picture(std::move(made.picture));
    if (made.mask.defined()) {
        result = result.with_mask(result.mask().defined() ? at::maximum(result.mask(), made.mask)
                                                          : made.mask);
    }
    result = protection_.applied(frame, std::move(result));
    if (keeps_evidence_) {
        result = pipeline::with_evidence(frame, result, made);
    }
    const bool same_format = result.channels() == frame.channels() &&
                             result.height() == frame.height() && result.width() == frame.width();
    return same_format ? result : result.with_coded(nullptr); // no coded sample fits another size
}

} // namespace oldfilm
