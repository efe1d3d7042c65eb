#include "media/continuity.hpp"

namespace oldfilm::media {
namespace {

// A sound packet or two may come early or late; a splice takes the clock elsewhere. FFmpeg's own
// program draws the line at 10 s forward, where a film may just have a hole.
constexpr std::int64_t most_backward = 500'000;
constexpr std::int64_t most_forward = 10'000'000;

} // namespace

Continuity::Continuity(const AVFormatContext& input)
    : input_(input), can_jump_((input.iformat->flags & AVFMT_TS_DISCONT) != 0) {}

bool Continuity::apply(AVPacket& packet) {
    if (!can_jump_ || packet.dts == AV_NOPTS_VALUE) {
        return false;
    }
    const AVRational base = input_.streams[packet.stream_index]->time_base;
    std::int64_t time = av_rescale_q(packet.dts, base, AV_TIME_BASE_Q) + shift_;
    const auto expected = next_.find(packet.stream_index);
    bool jumped = false;
    if (expected != next_.end() &&
        (time < expected->second - most_backward || time > expected->second + most_forward)) {
        shift_ += expected->second - time;
        time = expected->second;
        jumped = true;
    }
    std::int64_t lasts = av_rescale_q(packet.duration, base, AV_TIME_BASE_Q);
    if (const auto last = last_.find(packet.stream_index);
        lasts == 0 && last != last_.end() && !jumped) {
        lasts = time - last->second;
    }
    last_[packet.stream_index] = time;
    next_[packet.stream_index] = time + lasts;
    const std::int64_t ticks = av_rescale_q(shift_, AV_TIME_BASE_Q, base);
    packet.dts += ticks;
    if (packet.pts != AV_NOPTS_VALUE) {
        packet.pts += ticks;
    }
    return jumped;
}

} // namespace oldfilm::media
