#include "media/sampler.hpp"

#include "media/convert.hpp"

#include <utility>

namespace oldfilm::media {
namespace {

ReadOptions plain(const ReadOptions& read) {
    ReadOptions options;
    options.threads = read.threads;
    options.protocols = read.protocols;
    options.missing = read.missing;
    options.source_fps = read.source_fps;
    return options;
}

} // namespace

Sampler::Sampler(const MediaInfo& info, const ReadOptions& read)
    : info_(info), decoder_(info.path, plain(read)) {}

bool Sampler::seek(const Rational& seconds) {
    const bool is_sequence = decoder_.sequence() != nullptr;
    return decoder_.seek(is_sequence ? Rational((seconds * info_.frame_rate).floor()) *
                                           to_rational(decoder_.stream().time_base)
                                     : seconds);
}

std::optional<Frame> Sampler::next() {
    bool broken = false;
    const Decoded decoded = decoder_.next(broken);
    if (!decoded) {
        return std::nullopt;
    }
    const AVFrame& frame = *decoded.frame;
    FrameInfo info;
    info.time_base = decoder_.time_base();
    info.pts = frame.pts == AV_NOPTS_VALUE ? 0 : frame.pts;
    const Layout layout = layout_of(frame);
    return Frame(to_picture(frame, colors_.coded(frame), layout.planes == 1), info);
}

} // namespace oldfilm::media
