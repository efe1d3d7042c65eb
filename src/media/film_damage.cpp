#include "media/film_damage.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace oldfilm::media {

void FilmDamage::check_strict(const std::string& what) const {
    // Which picture of a sequence it is shows when its frame doesn't come.
    if (options_.strict && sequence_ == nullptr) {
        throw Error(
            Errc::unreadable,
            fmt::format("{} is damaged ({}), and strict reading was asked for", path_, what));
    }
}

void FilmDamage::note(const std::string& what) {
    check_strict(what);
    broken_ = true;
    ++lost_;
}

void FilmDamage::note_corrupt_packet() {
    check_strict("a packet is marked as corrupt");
    broken_ = true;
}

void FilmDamage::note_hurt(const AVFrame& frame) {
    ++damaged_;
    if (sequence_ == nullptr) {
        check_strict("a frame could be decoded only in part");
        return;
    }
    const std::string named = fmt::format("{} could be decoded only in part",
                                          sequence_->file(frame.best_effort_timestamp).string());
    if (options_.strict) {
        throw Error(Errc::unreadable, named + ", and strict reading was asked for");
    }
    options_.log.warning(named);
}

void FilmDamage::note_packet(const AVFormatContext& input, const AVPacket& packet) {
    constexpr std::int64_t headers = 1024; // of blocks and clusters, with room to spare
    if (packet.pos < 0) {
        return;
    }
    const bool is_matroska = std::string_view(input.iformat->name).starts_with("matroska");
    if (is_matroska && bytes_end_ > 0 && packet.pos > bytes_end_ + headers) {
        note(fmt::format("{} bytes belong to nothing", packet.pos - bytes_end_));
    }
    bytes_end_ = std::max(bytes_end_, packet.pos + packet.size);
}

void FilmDamage::note_end(const AVFormatContext& input) {
    if (std::string_view(input.iformat->name) == "yuv4mpegpipe" && bytes_end_ > 0 &&
        avio_tell(input.pb) > bytes_end_) {
        note("the last frame is cut off");
    }
}

} // namespace oldfilm::media
