#include "media/planar_frames.hpp"

#include "media/convert.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <utility>

namespace oldfilm::media {

UniqueFrame PlanarFrames::convert(UniqueFrame frame) {
    const auto format = static_cast<AVPixelFormat>(frame->format);
    if (direct_ == AV_PIX_FMT_NONE) {
        direct_ = direct_format(format);
        if (!is_picture_ && (av_pix_fmt_desc_get(format)->flags & AV_PIX_FMT_FLAG_ALPHA) != 0) {
            log_.warning(
                fmt::format("{} has transparency, which a film has not; it is left out", path_));
        }
    }
    if (format == direct_ && (frame->linesize[0] > 0 || frame->data[0] == nullptr)) {
        frame->format = without_range(format);
        if (frame->format != format) {
            frame->color_range = AVCOL_RANGE_JPEG;
        }
        return frame;
    }
    if (format == AV_PIX_FMT_GBRAPF32LE) {
        frame->format = direct_; // the same planes but one; swscale would round and clip them
        frame->data[3] = nullptr;
        frame->linesize[3] = 0;
        return frame;
    }
    return scaled(*frame);
}

UniqueFrame PlanarFrames::scaled(const AVFrame& frame) {
    const auto format = static_cast<AVPixelFormat>(frame.format);
    UniqueFrame copy = make_frame();
    copy->format = direct_;
    copy->width = frame.width;
    copy->height = frame.height;
    check(av_frame_get_buffer(copy.get(), 0), "hold a frame");
    check(av_frame_copy_props(copy.get(), &frame), "hold a frame");
    if (!sws_) {
        sws_.reset(
            sws_getContext(frame.width, frame.height, format, copy->width, copy->height, direct_,
                           SWS_POINT | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_FULL_CHR_H_INT,
                           nullptr, nullptr, nullptr));
        if (!sws_) {
            throw Error(
                Errc::unsupported,
                fmt::format("the pixel format {} of {} is not supported; convert the film first",
                            av_get_pix_fmt_name(format), path_));
        }
        const int* table = sws_getCoefficients(SWS_CS_DEFAULT);
        sws_setColorspaceDetails(sws_.get(), table, 1, table, 1, 0, 1 << 16,
                                 1 << 16); // the same range on both sides
    }
    sws_scale(sws_.get(), frame.data, frame.linesize, 0, frame.height, copy->data, copy->linesize);
    return copy;
}

} // namespace oldfilm::media
