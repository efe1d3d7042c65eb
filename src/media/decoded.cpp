#include "media/decoded.hpp"

#include "device/order.hpp"
#include "media/convert.hpp"

#include <utility>

namespace oldfilm::media {

std::optional<Decoded> take_surface(VideoEngine& engine, const AVFrame& frame) {
    const auto found = engine.decoded(frame);
    if (!found) {
        return std::nullopt;
    }
    Layout layout = layout_of(without_range(found->format));
    layout.by_fields = is_interlaced(frame);
    UniqueFrame described = make_frame();
    check(av_frame_copy_props(described.get(), &frame), "hold a frame");
    described->format = found->format;
    described->width = frame.width - static_cast<int>(frame.crop_left);
    described->height = frame.height - static_cast<int>(frame.crop_top);
    described->crop_left = described->crop_top = 0;
    const at::Device& device = engine.device();
    if (device.is_cpu()) {
        return Decoded{std::move(described),
                       std::make_shared<Samples>(planes_in(found->surface, layout), layout)};
    }
    // The engine works in the order of the default stream.
    order(default_stream(device), current_stream(device));
    auto samples = std::make_shared<Samples>(planes_in(found->surface, layout), layout);
    order(current_stream(device), default_stream(device));
    return Decoded{std::move(described), std::move(samples)};
}

} // namespace oldfilm::media
