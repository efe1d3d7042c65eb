#include "media/cropping.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

namespace oldfilm::media {

std::string crop_filter(const std::string& path, const std::optional<FrameArea>& crop,
                        const AVFrame& first, int rotation) {
    if (!crop) {
        return {};
    }
    const FrameArea& area = *crop;
    const bool is_on_its_side = rotation % 180 != 0;
    const std::int64_t width = is_on_its_side ? first.height : first.width;
    const std::int64_t height = is_on_its_side ? first.width : first.height;
    const auto format = static_cast<AVPixelFormat>(first.format);
    const AVPixFmtDescriptor& layout = *av_pix_fmt_desc_get(format);
    const std::int64_t across = std::int64_t{1} << layout.log2_chroma_w;
    const std::int64_t down = std::int64_t{1} << layout.log2_chroma_h;
    const bool is_inside = area.left >= 0 && area.top >= 0 && area.width > 0 && area.height > 0 &&
                           area.left + area.width <= width && area.top + area.height <= height;
    if (!is_inside || area.left % across != 0 || area.top % down != 0 || area.width % across != 0 ||
        area.height % down != 0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the area to read must lie within the frames of {}, which are {} x "
                                "{}, with sides that are multiples of {} and {} pixels, found {} x "
                                "{} at {}, {}",
                                path, width, height, across, down, area.width, area.height,
                                area.left, area.top));
    }
    return fmt::format("crop={}:{}:{}:{}:exact=1,", area.width, area.height, area.left, area.top);
}

} // namespace oldfilm::media
