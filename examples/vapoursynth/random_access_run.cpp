#include "random_access_run.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace vsplugin {

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Frame;
using oldfilm::FrameInfo;
using oldfilm::Rational;
using oldfilm::Run;

namespace {

/// Frames so little ahead are restored too, rather than skipped by another run, whose stages must
/// be created and must see some frames first.
constexpr std::int64_t near = 16;

} // namespace

RandomAccessRun::RandomAccessRun(oldfilm::Pipeline pipeline, const oldfilm::StreamFormat& format,
                                 std::int64_t frames, ShotMap shots, std::int64_t ahead)
    : pipeline_(std::move(pipeline)), plan_(pipeline_.plan(format)), grid_(format, plan_.output()),
      frames_(frames), shots_(std::move(shots)), ahead_(ahead) {}

std::int64_t RandomAccessRun::oldest() const {
    return part_ ? part_->source : waiting_first_;
}

void RandomAccessRun::reset() {
    part_.reset();
    waiting_.clear();
}

void RandomAccessRun::seek(std::int64_t number) {
    if (part_ && !covers(number)) {
        reset();
    }
}

/// Whether the run will return the output, and not much later than one that begins now.
bool RandomAccessRun::covers(std::int64_t number) const {
    if (number < std::max(part_->next_out, part_->valid_from)) {
        return false;
    }
    const std::int64_t source = grid_.source_of(number);
    return (source < shots_.known() ? start_for(source) : source) <= part_->next_in + near;
}

/// Where a run must begin that returns what is made of `frame`.
std::int64_t RandomAccessRun::start_for(std::int64_t frame) const {
    const std::int64_t shot_first = shots_.first_of(frame);
    return plan_.first_frame_needed_for(frame, shot_first);
}

/// Begins a run that returns the output, unless its shot is not known yet.
bool RandomAccessRun::begin(std::int64_t number) {
    const std::int64_t source = grid_.source_of(number);
    if (source >= shots_.known()) {
        return false;
    }
    const std::int64_t shot_first = shots_.first_of(source);
    const std::int64_t first = start_for(source);
    const std::int64_t valid_from = first <= shot_first ? grid_.outputs(shot_first) : number;
    const auto& whole = shots_.found_by_runs();
    const bool finds_cuts = first == 0 && whole;
    part_.emplace(Part{.run = finds_cuts ? run_with(*whole) : run_from(first),
                       .first = first,
                       .stand_ins = 0,
                       .next_in = first,
                       .next_out = 0,
                       .valid_from = valid_from,
                       .shots_until = finds_cuts ? frames_ : shots_.known(),
                       .time = Rational(first),
                       .source = first});
    forget_before(first);
    return true;
}

/// A run that knows all cuts that are known. One lies between the stand-ins and frame `first`.
Run RandomAccessRun::run_from(std::int64_t first) const {
    std::vector<std::int64_t> cuts = shots_.firsts_after(first);
    if (first > 0) {
        cuts.insert(cuts.begin(), first);
    }
    if (cuts.empty()) {
        return plan_.start();
    }
    oldfilm::ShotOptions shots;
    shots.source = oldfilm::ShotOptions::Source::list;
    shots.first_frames = std::move(cuts);
    return run_with(shots);
}

Run RandomAccessRun::run_with(const oldfilm::ShotOptions& shots) const {
    oldfilm::PipelineOptions options = pipeline_.options();
    options.shots = shots;
    return pipeline_.with_options(std::move(options)).start(plan_.input());
}

/// Of those that wait.
void RandomAccessRun::forget_before(std::int64_t frame) {
    if (frame < waiting_first_) {
        waiting_.clear();
    }
    while (!waiting_.empty() && waiting_first_ < frame) {
        waiting_.pop_front();
        ++waiting_first_;
    }
    if (waiting_.empty()) {
        waiting_first_ = frame;
    }
}

RandomAccessRun::Range RandomAccessRun::wanted(std::int64_t number) {
    if (!part_ && !begin(number)) {
        return {shots_.next(), std::min(shots_.next() + ahead_, frames_)};
    }
    const std::int64_t next = waiting_first_ + std::ssize(waiting_);
    return {next, std::min(waiting_first_ + ahead_, frames_)};
}

void RandomAccessRun::give(std::int64_t number, const Frame& frame, bool cut) {
    if (number == shots_.next()) {
        shots_.see(frame, cut);
    }
    if (number != waiting_first_ + std::ssize(waiting_)) {
        waiting_.clear();
        waiting_first_ = number;
    }
    waiting_.push_back(frame);
    if (std::ssize(waiting_) > ahead_) { // frames that are only looked at for cuts
        waiting_.pop_front();
        ++waiting_first_;
    }
}

bool RandomAccessRun::work(std::int64_t number, const Sink& sink) {
    for (;;) {
        if (!part_ && !begin(number)) {
            return false;
        }
        feed();
        Frame frame;
        switch (part_->run.next(frame)) {
        case Run::State::frame: {
            const std::int64_t made = part_->next_out;
            Restored restored = taken(frame);
            if (made >= part_->valid_from) {
                sink(std::move(restored));
            }
            if (made == number) {
                return true;
            }
            break;
        }
        case Run::State::starved:
            if (!feed()) { // it was full before, and has room now
                return false;
            }
            break;
        case Run::State::end:
            if (part_->next_in == frames_) {
                throw Error(Errc::internal, "the run ended before frame " + std::to_string(number) +
                                                "; this is a defect of oldfilm, please report it");
            }
            part_.reset(); // another begins with the shot that follows
            break;
        }
    }
}

Restored RandomAccessRun::taken(const Frame& frame) {
    const std::int64_t source = frame.info().source_index;
    const std::int64_t number = part_->next_out++;
    const std::int64_t shot_first = shots_.first_of(source);
    part_->source = std::max(source, part_->first);
    return {.frame = frame,
            .number = number,
            .source = source,
            .shot = shots_.shot_of(source),
            .cut = shot_first > 0 && number == grid_.outputs(shot_first)};
}

/// Passes on what waits, as far as shots are known and the run has room. Returns false if nothing
/// changed.
bool RandomAccessRun::feed() {
    bool fed = feed_stand_ins();
    while (!part_->ended && part_->stand_ins == part_->first) {
        const std::int64_t next = part_->next_in;
        const bool is_over = next == frames_ || (next >= part_->shots_until &&
                                                 next < shots_.known() && shots_.is_first(next));
        if (is_over) {
            part_->run.finish();
            part_->ended = fed = true;
        } else if (waiting_.empty() || next >= std::max(part_->shots_until, shots_.known()) ||
                   !push(waiting_.front())) {
            break;
        } else {
            forget_before(++part_->next_in);
            fed = true;
        }
    }
    return fed;
}

bool RandomAccessRun::feed_stand_ins() {
    if (part_->stand_ins == part_->first) {
        return false;
    }
    const oldfilm::StreamFormat& format = plan_.input();
    const at::Tensor black =
        at::zeros({1, 1, 1}, at::kFloat).expand({format.channels, format.height, format.width});
    FrameInfo info;
    info.time_base = format.rate.num() > 0 ? format.rate.inverse() : Rational(1);
    info.duration = 1;
    bool fed = false;
    for (; part_->stand_ins < part_->first; ++part_->stand_ins) {
        info.pts = part_->stand_ins;
        info.origin = info.pts == 0 ? oldfilm::Origin::decoded : oldfilm::Origin::held;
        if (!part_->run.push(Frame(black, info))) {
            break;
        }
        fed = true;
    }
    return fed;
}

bool RandomAccessRun::push(const Frame& frame) {
    if (plan_.input().rate.num() > 0) {
        return part_->run.push(frame);
    }
    FrameInfo info = frame.info();
    const Rational lasts = Rational(info.duration) * info.time_base;
    info.time_base = Rational(1, std::lcm(part_->time.den(), lasts.den()));
    info.pts = (part_->time / info.time_base).num();
    info.duration = (lasts / info.time_base).num();
    const bool taken = part_->run.push(frame.with_info(info));
    if (taken) {
        part_->time = part_->time + lasts;
    }
    return taken;
}

} // namespace vsplugin
