#include "media/segments.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace oldfilm::media {
namespace {

/// Decoding times for packets in decoding order, whatever their encoders gave: the presentation
/// times in their own order, later by as many frames as pictures come before their turn. They
/// increase across segments too.
std::vector<std::int64_t> decoding_times(const std::vector<std::int64_t>& shown) {
    std::vector<std::int64_t> sorted = shown;
    std::sort(sorted.begin(), sorted.end());
    std::int64_t delay = 0;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto turn = std::lower_bound(sorted.begin(), sorted.end(), shown[i]) - sorted.begin();
        delay = std::max(delay, static_cast<std::int64_t>(i) - turn);
    }
    const std::int64_t step = sorted.size() > 1 ? sorted[1] - sorted[0] : 1;
    std::vector<std::int64_t> times(shown.size());
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const std::int64_t turn = static_cast<std::int64_t>(i) - delay;
        times[i] =
            turn >= 0 ? sorted[static_cast<std::size_t>(turn)] : sorted.front() + turn * step;
    }
    return times;
}

} // namespace

SegmentEncoder::SegmentEncoder(const std::string& path, WriteOptions options, const Reader* source)
    : container_(path, std::move(options), source) {}

bool SegmentEncoder::can_store(const std::string& path, const WriteOptions& options) {
    return path != "-" && choose_codec(path, options).name != "y4m";
}

void SegmentEncoder::begin(const std::filesystem::path& log, Rational first_base) {
    log_.emplace(log);
    encoder_.reset();
    first_base_ = first_base;
}

void SegmentEncoder::write(const Frame& frame) {
    checks_.check(frame);
    if (!encoder_) {
        encoder_ = container_.encoder(first_base_);
    }
    container_.check_room(++frames_); // found here, not when all work is done
    encoder_->encode(frame, [&](AVPacket& packet) { log_->write(packet); });
}

LogSeal SegmentEncoder::end() {
    if (encoder_) { // a segment may be without a frame
        encoder_->drain([&](AVPacket& packet) { log_->write(packet); });
        encoder_.reset();
    }
    const LogSeal seal = log_->seal();
    log_.reset();
    return seal;
}

void SegmentEncoder::assemble(const std::vector<std::filesystem::path>& logs, Rational first_base,
                              const std::function<void(const std::filesystem::path&)>& before) {
    const std::unique_ptr<Encoder> like = container_.encoder(first_base);
    std::vector<std::int64_t> shown;
    for (const auto& log : logs) {
        const std::vector<std::int64_t> times = packet_times(log);
        shown.insert(shown.end(), times.begin(), times.end());
    }
    const std::vector<std::int64_t> decoded = decoding_times(shown);
    container_.open(*like);
    auto next = decoded.begin();
    for (const auto& log : logs) {
        read_packets(log, [&](AVPacket& packet) {
            packet.dts = *next++;
            const Rational until = Rational(packet.dts) * like->time_base();
            container_.write(packet);
            container_.copy_others(until);
        });
    }
    container_.finish(before);
}

} // namespace oldfilm::media
