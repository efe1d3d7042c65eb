#include "pipeline/evidence.hpp"
#include "pipeline/node.hpp"
#include "pipeline/timed.hpp"

#include <numeric>
#include <utility>

namespace oldfilm {
namespace {

/// When the picture was taken: interpolation goes by that.
Rational taken(const FrameInfo& info) {
    return info.taken.value_or(info.time());
}

} // namespace

RateNode::RateNode(FrameBuffer& in, FrameBuffer& out, stage::Stage& stage, StageClock& clock,
                   Changes& changes, const StageOverrides::OfStage& overrides,
                   std::optional<Rational> start, ResumesAt resumes_at, bool keeps_evidence)
    : Node(in, out), stage_(stage), clock_(clock), changes_(changes), overrides_(overrides),
      rate_(stage.config().output.rate), each_(stage.config().each), start_(start),
      resumes_at_(std::move(resumes_at)), keeps_evidence_(keeps_evidence), next_(out.begin()),
      current_(in.begin()) {}

Rational RateNode::time_of(std::int64_t output) const {
    return *start_ + Rational(output) / rate_;
}

/// How long the last frame that comes in is seen: for as long as it lasts at the film's end, and
/// otherwise until the next shot.
Rational RateNode::held_until(const FrameInfo& last) const {
    return resumes_at_().value_or(last.time() + Rational(last.duration) * last.time_base);
}

void RateNode::begin() {
    if (!start_) {
        start_ = in_.at(current_).info().time();
    }
    source_before_ = in_.at(current_).info().source_index;
    // The coarsest clock on which the first frame and every step of the grid are whole ticks.
    const Rational step = rate_.inverse();
    const std::int64_t den = std::lcm(step.den(), start_->den());
    time_base_ =
        Rational(std::gcd((step * Rational(den)).num(), (*start_ * Rational(den)).num()), den);
}

/// Whether the output at `time` comes after `to`, which follows `from`. Cuts are where they are
/// shown; of frames that show one picture the last stands for all.
bool RateNode::is_past(const FrameInfo& from, const FrameInfo& to, const Rational& time) {
    if (from.shot != to.shot) {
        return to.time() <= time;
    }
    return taken(to) <= time || taken(to) == taken(from);
}

Frame RateNode::between(const Frame& a, const Frame& b, const Rational& time, double position) {
    const Timed timed(clock_, Profile::Kind::stage, next_);
    if (shot_ != a.info().shot) {
        stage_.reset();
        shot_ = a.info().shot;
        changes_.set_overrides(overrides_.in(*shot_).values);
    }
    if (const auto values = changes_.due(time)) {
        stage_.change(*values);
    }
    stage::Wanted wanted;
    wanted.index = next_;
    wanted.window = {a, b};
    wanted.position = position;
    std::vector<stage::Made> made = stage_.process({wanted});
    if (made.front().unchanged) {
        return a;
    }
    const Frame frame(std::move(made.front().picture), a.info());
    if (!keeps_evidence_) {
        return frame;
    }
    stage_.add_evidence(made);
    return pipeline::with_evidence(a, b, frame, made.front());
}

void RateNode::go_on() {
    const FrameInfo& info = in_.at(current_).info();
    const FrameInfo& next = in_.at(current_ + 1).info();
    source_before_ = info.shot == next.shot ? info.source_index : next.source_index;
    in_.release_before(++current_);
}

/// The film's frame that is seen at `time`. Pictures may be shown a little before or after they
/// were taken.
std::int64_t RateNode::source_at(const Rational& time, bool has_next) const {
    const FrameInfo& info = in_.at(current_).info();
    if (time < info.time()) {
        return source_before_;
    }
    if (has_next) {
        const FrameInfo& next = in_.at(current_ + 1).info();
        if (next.shot == info.shot && next.time() <= time) {
            return next.source_index;
        }
    }
    return info.source_index;
}

/// Hands on `frame`, made (`origin` is interpolated) or as it came, which is a repeat where the
/// frame before it was the same one.
void RateNode::give(const Frame& frame, FrameInfo info, Origin origin) {
    const bool again = last_.defined() && last_.is_same(frame.picture());
    last_ = frame.picture();
    info.index = next_++;
    info.taken.reset(); // they are evenly spaced now
    info.origin = again && origin == Origin::decoded ? Origin::held : origin;
    out_.push(frame.with_info(std::move(info)));
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
    return each_ == Rational(1) ? step_on_grid(end, closed) : step_each(end, closed);
}

bool RateNode::step_on_grid(std::int64_t end, bool closed) {
    if (time_base_.num() == 0) {
        begin();
    }
    const Rational time = time_of(next_);
    while (current_ + 1 < end &&
           is_past(in_.at(current_).info(), in_.at(current_ + 1).info(), time)) {
        go_on();
    }
    const Frame a = in_.at(current_);
    FrameInfo info = a.info();
    const bool has_next = current_ + 1 < end;
    if (!has_next && !closed) {
        return false;
    }
    if (!has_next && time >= held_until(info)) {
        over_ = true;
        return true;
    }
    info.source_index = source_at(time, has_next);
    info.time_base = time_base_;
    info.pts = (time / time_base_).round();
    info.duration = (rate_.inverse() / time_base_).round();
    const Rational at = taken(a.info());
    if (at >= time || !has_next || !moves(a, in_.at(current_ + 1))) {
        give(a, std::move(info), at == time ? Origin::decoded : Origin::held);
        return true;
    }
    const Frame b = in_.at(current_ + 1);
    const double position = ((time - at) / (taken(b.info()) - at)).value();
    give(between(a, b, time, position).with_coded(nullptr), std::move(info), Origin::interpolated);
    return true;
}

/// Whether frames are made between two that follow each other.
bool RateNode::moves(const Frame& a, const Frame& b) const {
    return a.info().shot == b.info().shot && b.info().origin != Origin::held &&
           overrides_.in(a.info().shot).enabled;
}

/// Outputs `each` frame, where the film has no rate: evenly between it and the next.
bool RateNode::step_each(std::int64_t end, bool closed) {
    const Rational place = Rational(next_) / each_;
    while (current_ < place.floor() && current_ + 1 < end) {
        go_on();
    }
    const bool has_next = current_ + 1 < end;
    if (!has_next && !closed) {
        return false;
    }
    if (current_ < place.floor()) {
        over_ = true;
        return true;
    }
    const Frame a = in_.at(current_);
    FrameInfo info = a.info();
    const Rational start = info.time();
    const Rational lasts =
        (has_next ? in_.at(current_ + 1).info().time() : held_until(info)) - start;
    const Rational position = place - Rational(current_);
    const Rational time = start + position * lasts;
    // A clock on which this output and the next are whole ticks.
    const Rational step = lasts / each_;
    const Rational fine = info.time_base / Rational(each_.num());
    const bool fits = (time / fine).den() == 1 && (step / fine).den() == 1;
    info.time_base = fits ? fine : Rational(1, std::lcm(time.den(), step.den()));
    info.pts = (time / info.time_base).num();
    info.duration = (step / info.time_base).num();
    if (position == Rational(0) || !has_next || !moves(a, in_.at(current_ + 1))) {
        give(a, std::move(info), position == Rational(0) ? Origin::decoded : Origin::held);
        return true;
    }
    const Frame made = between(a, in_.at(current_ + 1), time, position.value());
    give(made.with_coded(nullptr), std::move(info), Origin::interpolated);
    return true;
}

} // namespace oldfilm
