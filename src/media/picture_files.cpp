#include "media/picture_files.hpp"

#include "media/dpx_header.hpp"
#include "media/reader.hpp"
#include "media/timecode.hpp"

namespace oldfilm::media {
namespace {

/// SMPTE ST 268's code for H.273's transfer or primaries, which it counts alike.
int dpx_code(int h273) {
    switch (h273) {
    case 1: // BT.709
        return 6;
    case 5: // BT.601, 625 lines
        return 7;
    case 6: // BT.601, 525 lines
        return 8;
    default:
        return 4; // unspecified video
    }
}

} // namespace

PictureFiles::PictureFiles(const std::string& path, const WriteOptions& options,
                           const Choice& choice, const Reader* source)
    : path_(path), sequence_(sequence_name(path)), dpx_(choice.name == "dpx"),
      rate_(options.frame_rate), transfer_(dpx_code(options.color.transfer)),
      primaries_(dpx_code(options.color.primaries)) {
    if (source == nullptr) {
        return;
    }
    const Reader::Impl& from = Reader::Impl::of(*source);
    if (const Sequence* numbered = from.decoder.sequence(); numbered != nullptr && sequence_) {
        first_ = numbered->first() + (from.options.start * numbered->rate()).ceil();
        sequence_->digits = sequence_->digits == 1 ? numbered->name().digits : sequence_->digits;
    }
    if (!dpx_) {
        return;
    }
    timecode_ = from.timecode_at(rate_, options.log);
    if (from.dpx && !from.dpx->by_ffmpeg) {
        transfer_ = from.dpx->transfer;
        primaries_ = from.dpx->primaries;
    }
}

std::filesystem::path PictureFiles::file(std::int64_t index) const {
    return sequence_ ? sequence_->file(first_ + index) : std::filesystem::path(path_);
}

std::vector<std::uint8_t> PictureFiles::contents(const AVPacket& packet, std::int64_t index) {
    const auto size = static_cast<std::size_t>(packet.size);
    if (!dpx_) {
        return {packet.data, packet.data + size};
    }
    DpxHeader header;
    header.rate = rate_;
    header.transfer = transfer_;
    header.primaries = primaries_;
    if (!timecode_.empty()) {
        header.timecode = converted_timecode(timecode_, rate_, index, rate_, {});
    }
    return with_dpx_header({packet.data, size}, header, first_ + index);
}

} // namespace oldfilm::media
