#include "pipeline/node.hpp"

#include <ATen/ops/maximum.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace oldfilm {
namespace {

/// Adds the time of its life to a clock.
class Timed {
  public:
    Timed(StageClock& clock, Profile::Kind kind, std::int64_t frame)
        : clock_(clock), span_(clock.profile, kind, clock.label, frame),
          start_(std::chrono::steady_clock::now()) {}
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;
    ~Timed() {
        clock_.seconds +=
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    StageClock& clock_;
    Profile::Span span_;
    std::chrono::steady_clock::time_point start_;
};

} // namespace

void Changes::add(Rational from, std::vector<ParameterValue> values) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace_back(from, std::move(values));
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
}

std::optional<std::vector<ParameterValue>> Changes::due(Rational time) {
    const std::lock_guard lock(mutex_);
    std::optional<std::vector<ParameterValue>> latest;
    while (!waiting_.empty() && waiting_.front().first <= time) {
        latest = std::move(waiting_.front().second);
        waiting_.pop_front();
    }
    return latest;
}

FrameNode::FrameNode(FrameBuffer& in, FrameBuffer& out, stage::Stage& stage, StageClock& clock,
                     Changes& changes, Findings findings)
    : Node(in, out), stage_(stage), clock_(clock), changes_(changes),
      findings_(std::move(findings)), next_(in.begin()) {}

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

bool FrameNode::begin_shot(const Frame& first) {
    in_.release_before(next_); // windows never cross a cut
    const int wanted = stage_.config().analysis_frames;
    const std::optional<std::int64_t> last = reach(next_, std::max(wanted - 1, 0));
    if (!last) {
        return false;
    }
    const Timed timed(clock_, Profile::Kind::analysis, next_);
    stage_.reset();
    if (wanted > 0) {
        const std::string known = findings_.known(first.info().shot);
        if (!known.empty()) {
            stage_.restore_analysis(known);
        } else {
            for (std::int64_t n = next_; n <= *last; ++n) {
                stage_.analyze(in_.at(n));
            }
            findings_.tell(first.info().shot, stage_.finish_analysis());
        }
    }
    shot_ = first.info().shot;
    shot_first_ = next_;
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
    // Batches are counted from the shot's start, so that what is in one never depends on timing.
    std::int64_t ahead = config.batch - 1 + config.after;
    if (config.edges == OLDFILM_INSIDE) {
        ahead = std::max(ahead, shot_first_ + config.before + config.after - next_);
    }
    const std::optional<std::int64_t> last = reach(next_, ahead);
    if (!last) {
        return false;
    }
    const std::int64_t count = std::min<std::int64_t>(config.batch, *last - next_ + 1);
    if (!out_.has_room(count)) {
        return false;
    }
    process(count, *last);
    if (config.edges == OLDFILM_REPEAT) {
        in_.release_before(next_ - config.before);
    } else if (next_ > *last && *last < next_ - count + ahead) {
        in_.release_before(next_); // the shot is over
    } else {
        in_.release_before(*last - config.before - config.after);
    }
    return true;
}

void FrameNode::process(std::int64_t count, std::int64_t last) {
    const stage::Config& config = stage_.config();
    std::vector<stage::Wanted> wanted;
    for (std::int64_t n = next_; n < next_ + count; ++n) {
        stage::Wanted& one = wanted.emplace_back();
        one.index = n;
        const std::int64_t start = stage::window_start(config, n, shot_first_, last);
        one.centre = static_cast<std::size_t>(n - start);
        for (std::int64_t i = start; i <= start + config.before + config.after; ++i) {
            one.window.push_back(in_.at(std::clamp(i, shot_first_, last)));
        }
    }
    std::vector<stage::Made> made;
    {
        const Timed timed(clock_, Profile::Kind::stage, next_);
        if (const auto values = changes_.due(in_.at(next_).info().time())) {
            stage_.change(*values);
        }
        made = stage_.process(wanted);
    }
    for (std::size_t i = 0; i < made.size(); ++i) {
        out_.push(finished(wanted[i].window[wanted[i].centre], made[i]));
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
    const bool same_format = result.channels() == frame.channels() &&
                             result.height() == frame.height() && result.width() == frame.width();
    return same_format ? result : result.with_coded(nullptr); // no coded sample fits another size
}

RateNode::RateNode(FrameBuffer& in, FrameBuffer& out, stage::Stage& stage, StageClock& clock,
                   Changes& changes, std::optional<Rational> start, GoesOn goes_on)
    : Node(in, out), stage_(stage), clock_(clock), changes_(changes),
      rate_(stage.config().output.rate), start_(start), goes_on_(std::move(goes_on)),
      next_(out.begin()), current_(in.begin()) {}

Rational RateNode::time_of(std::int64_t output) const {
    return *start_ + Rational(output) / rate_;
}

/// How long the last frame that comes in is seen: for as long as it lasts at the film's end, and
/// otherwise until the next shot.
Rational RateNode::held_until(const FrameInfo& last) const {
    return goes_on_().value_or(last.time() + Rational(last.duration) * last.time_base);
}

void RateNode::begin() {
    if (!start_) {
        start_ = in_.at(current_).info().time();
    }
    // The coarsest clock on which the first frame and every step of the grid are whole ticks.
    const Rational step = rate_.inverse();
    const std::int64_t den = std::lcm(step.den(), start_->den());
    time_base_ =
        Rational(std::gcd((step * Rational(den)).num(), (*start_ * Rational(den)).num()), den);
}

FrameInfo RateNode::info_of(std::int64_t output, const FrameInfo& like, Origin origin) const {
    FrameInfo info = like;
    info.index = output;
    info.time_base = time_base_;
    info.pts = (time_of(output) / time_base_).round();
    info.duration = (rate_.inverse() / time_base_).round();
    info.origin = origin;
    return info;
}

Frame RateNode::between(const Frame& a, const Frame& b, Rational time) {
    const Timed timed(clock_, Profile::Kind::stage, next_);
    if (const auto values = changes_.due(time)) {
        stage_.change(*values);
    }
    if (shot_ != a.info().shot) {
        stage_.reset();
        shot_ = a.info().shot;
    }
    stage::Wanted wanted;
    wanted.index = next_;
    wanted.window = {a, b};
    wanted.position = ((time - a.info().time()) / (b.info().time() - a.info().time())).value();
    std::vector<stage::Made> made = stage_.process({wanted});
    return made.front().unchanged ? a : Frame(std::move(made.front().picture), a.info());
}

bool RateNode::step() {
    const bool closed = in_.closed();
    const std::int64_t end = in_.end();
    if (over_ || (closed && end == current_)) {
        over_ = true;
        return close_at_end(end);
    }
    if (end == current_ || out_.full()) {
        return false;
    }
    if (time_base_.num() == 0) {
        begin();
    }
    const Rational time = time_of(next_);
    while (current_ + 1 < end && in_.at(current_ + 1).info().time() <= time) {
        ++current_;
        in_.release_before(current_);
    }
    const Frame a = in_.at(current_);
    const FrameInfo& info = a.info();
    const bool has_next = current_ + 1 < end;
    if (!has_next && !closed) {
        return false;
    }
    if (!has_next && time >= held_until(info)) {
        over_ = true;
        return true;
    }
    if (info.time() == time) {
        out_.push(a.with_info(info_of(next_, info, info.origin)));
    } else if (!has_next || in_.at(current_ + 1).info().shot != info.shot) {
        out_.push(a.with_info(info_of(next_, info, Origin::held)));
    } else {
        const Frame made = between(a, in_.at(current_ + 1), time);
        out_.push(made.with_coded(nullptr).with_info(info_of(next_, info, Origin::interpolated)));
    }
    ++next_;
    return true;
}

} // namespace oldfilm
