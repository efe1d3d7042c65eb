#include "media/slice_checksums.hpp"

extern "C" {
#include <libavutil/crc.h>
#include <libavutil/intreadwrite.h>
}

namespace oldfilm::media {
namespace {

constexpr int footer = 8; // bytes: 3 of the slice's size, 1 of its state, 4 of its checksum

/// Whether the packet is a chain of slices, each with a checksum that is right.
bool is_whole(const AVPacket& packet) {
    const AVCRC* table = av_crc_get_table(AV_CRC_32_IEEE);
    int end = packet.size;
    while (end > 0) {
        const int size = end < footer ? packet.size : AV_RB24(packet.data + end - footer) + footer;
        if (size > end ||
            av_crc(table, 0, packet.data + end - size, static_cast<std::size_t>(size)) != 0) {
            return false;
        }
        end -= size;
    }
    return packet.size > 0;
}

} // namespace

SliceChecksums::SliceChecksums(const AVCodecParameters& codec)
    : may_have_(codec.codec_id == AV_CODEC_ID_FFV1 && codec.extradata_size > 0) {}

bool SliceChecksums::are_wrong(const AVPacket& packet) {
    if (!may_have_) {
        return false;
    }
    const bool whole = is_whole(packet);
    has_ = has_ || whole;
    return has_ && !whole;
}

} // namespace oldfilm::media
