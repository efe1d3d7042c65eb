#include "media/color_watch.hpp"

#include "media/convert.hpp"
#include "media/linear_light.hpp"

#include <fmt/format.h>

#include <utility>

namespace oldfilm::media {
namespace {

/// What a device is asked of a frame is heard so many frames later, when it is there.
constexpr std::size_t frames_until_heard = 2;

} // namespace

ColorTags ColorWatch::coded(const AVFrame& frame) const {
    ColorTags tags = completed(tags_of(frame), decoder_.source_format(), frame.height, frame.width);
    if (transfer_is_made_up_ && tags.transfer == AVCOL_TRC_LINEAR) {
        tags.transfer = AVCOL_TRC_UNSPECIFIED;
    }
    return tags;
}

ColorTags ColorWatch::checked(const AVFrame& frame, Rational time) {
    const ColorTags color = coded(frame);
    const bool coded_alike = color.matrix == info_.color.matrix && color.range == info_.color.range;
    const bool seen_alike =
        color.primaries == info_.color.primaries &&
        picture_tags(color, layout_of(static_cast<AVPixelFormat>(frame.format))).transfer ==
            info_.color.transfer;
    if (!(coded_alike && seen_alike) && !std::exchange(tags_warned_, true)) {
        log_.warning(fmt::format("{}: the color tags change at {:.3f} s; {}", info_.path,
                                 time.value(),
                                 seen_alike ? "frames are brought to the first ones"
                                            : "primaries and transfer stay as the first ones say, "
                                              "restore that part by itself (--start)"));
    }
    return color;
}

void ColorWatch::check_gray(const Decoded& decoded, Rational time) {
    if (info_.channels != 1 || color_warned_ || !log_) {
        return;
    }
    if (!decoded.samples) {
        if (!chroma_says_nothing(*decoded.frame)) {
            found_color(time);
        }
        return;
    }
    const Planes planes = decoded.samples->on(decoded.samples->device());
    if (planes.size() == 3) {
        asked_.push_back({PendingDownload(color_counts(planes, decoded.samples->layout())),
                          planes[1].numel(), time});
    }
    poll(frames_until_heard);
}

void ColorWatch::poll(std::size_t most_waiting) {
    while (asked_.size() > most_waiting) {
        const Asked& one = asked_.front();
        const at::Tensor counts = one.counts.wait();
        for (int plane = 0; plane < 2; ++plane) {
            if (is_color(counts[plane][0].item<std::int64_t>(),
                         counts[plane][1].item<std::int64_t>(), one.samples)) {
                found_color(one.time);
            }
        }
        asked_.pop_front();
    }
}

void ColorWatch::found_color(Rational time) {
    if (!std::exchange(color_warned_, true)) {
        log_.warning(fmt::format("{} was taken for monochrome, and has color at {:.3f} s, which "
                                 "is left out; restore that part by itself (--start)",
                                 info_.path, time.value()));
    }
}

} // namespace oldfilm::media
