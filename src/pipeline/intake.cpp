#include "pipeline/node.hpp"
#include "pipeline/repeats.hpp"

#include <ATen/ops/equal.h>

#include <algorithm>
#include <utility>

namespace oldfilm {

bool Node::close_at_end(std::int64_t next) {
    if (closed_ || !in_.closed() || next < in_.end()) {
        return false;
    }
    out_.close();
    closed_ = true;
    return true;
}

Intake::Intake(FrameBuffer& in, FrameBuffer& out, at::Device device, const Transfers& transfers,
               std::atomic<std::int64_t>& uploads, const pipeline::ResumePoint& from,
               Repeats& repeats, const PipelineOptions& options,
               std::function<void(std::int64_t)> found_shot)
    : Node(in, out), device_(device), transfers_(transfers), uploads_(uploads), from_(from),
      repeats_(repeats), profile_(options.profile.get()), shots_(options.shots),
      regions_(options.regions), found_shot_(std::move(found_shot)),
      detector_(shots_.cut_threshold), next_(in.begin()) {}

/// Whether the next frame starts a shot.
bool Intake::starts_shot(std::int64_t end) {
    switch (shots_.source) {
    case ShotOptions::Source::none:
        return next_ == 0;
    case ShotOptions::Source::list:
        return next_ == 0 ||
               std::binary_search(shots_.first_frames.begin(), shots_.first_frames.end(), next_);
    case ShotOptions::Source::automatic:
        break;
    }
    return is_cut(end);
}

std::int64_t Intake::look_ahead() const {
    const bool looks = !from_.in_shots && shots_.source == ShotOptions::Source::automatic;
    return looks ? ShotDetector::look_ahead : 0;
}

/// Where it is known it is not decided again; the detector looks on all the same, since what it has
/// seen counts for what comes.
bool Intake::is_cut(std::int64_t end) {
    const Profile::Span span(profile_, Profile::Kind::shots, "", next_);
    const auto beside = transfers_.copy_stream_guard();
    std::vector<Thumbnail> ahead;
    for (std::int64_t n = next_; n < end && n <= next_ + ShotDetector::look_ahead; ++n) {
        auto known = thumbnails_.find(n);
        if (known == thumbnails_.end()) {
            known = thumbnails_.emplace(n, Thumbnail(in_.at(n).picture())).first;
        }
        ahead.push_back(known->second);
    }
    thumbnails_.erase(next_);
    const bool found = detector_.starts_shot(ahead) || next_ == 0;
    return next_ < from_.shots_until
               ? std::binary_search(from_.shots.begin(), from_.shots.end(), next_)
               : found;
}

/// Whether nothing else is decided, or known, about the next frame than about the one before it.
bool Intake::is_as_before(const Frame& frame) {
    const at::Tensor before = std::exchange(damage_, frame.damage());
    if (regions_change_at(next_, regions_) || before.defined() != damage_.defined()) {
        return false;
    }
    return !damage_.defined() || before.is_same(damage_) || at::equal(before, damage_);
}

bool Intake::step() {
    const bool closed = in_.closed(); // asked first: what is then there is all there will be
    const std::int64_t end = in_.end();
    if (next_ == end) {
        return close_at_end(next_);
    }
    if (out_.full() || (!closed && end <= next_ + look_ahead())) {
        return false;
    }
    if (from_.in_shots) {
        shot_ = in_.at(next_).info().shot;
    } else if (starts_shot(end)) {
        found_shot_(next_);
        ++shot_;
    }
    Frame frame = in_.at(next_);
    FrameInfo info = frame.info();
    info.index = info.source_index = next_;
    info.shot = shot_;
    const bool repeats = repeats_.see(info, is_as_before(frame));
    if (next_ < from_.frame || (repeats && handed_on_)) {
        if (next_ >= from_.frame) {
            repeats_.take_out(info);
        }
        in_.release_before(++next_);
        return true;
    }
    handed_on_ = true;
    if (frame.picture().device() != device_) {
        const Profile::Span span(profile_, Profile::Kind::copy, "", next_);
        frame = transfers_.upload(frame);
        ++uploads_;
    }
    out_.push(with_decided_damage(frame.with_info(info), next_, regions_));
    ++next_;
    in_.release_before(next_);
    return true;
}

Outlet::Outlet(FrameBuffer& in, FrameBuffer& out, std::function<PendingFrame(const Frame&)> send,
               std::function<void(PendingFrame)> sent)
    : Node(in, out), send_(std::move(send)), sent_(std::move(sent)), next_(in.begin()) {}

bool Outlet::step() {
    if (next_ == in_.end()) {
        return close_at_end(next_);
    }
    if (out_.full()) {
        return false;
    }
    PendingFrame sent = send_(in_.at(next_++));
    Frame frame = sent.frame();
    sent_(std::move(sent));
    out_.push(std::move(frame));
    in_.release_before(next_);
    return true;
}

} // namespace oldfilm
