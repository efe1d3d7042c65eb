#include "media/encoder.hpp"

#include "device/device.hpp"
#include "media/encoder_settings.hpp"
#include "media/hardware.hpp"
#include "media/linear_light.hpp"
#include "media/original_samples.hpp"
#include "media/transparency.hpp"

#include <oldfilm/error.hpp>

extern "C" {
#include <libavutil/hwcontext.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

namespace oldfilm::media {
namespace {

[[noreturn]] void no_gpu_encoder(const Choice& choice, const std::string& why) {
    const std::string plain = choice.name.substr(0, choice.name.find('_'));
    throw Error(Errc::unsupported,
                fmt::format("{} needs an NVIDIA GPU with a video encoder (data-center chips have "
                            "none), and it could not be opened ({}); use --codec {}",
                            choice.name, why, plain));
}

} // namespace

Encoder::Encoder(const Choice& choice, const WriteOptions& options, Rational clock,
                 bool global_header, Hdr hdr)
    : choice_(choice), layout_(layout_of(choice.planes)), tags_(options.color),
      hdr_(std::move(hdr)), time_base_(clock), codec_(avcodec_alloc_context3(choice.encoder)) {
    if (!codec_) {
        throw std::bad_alloc();
    }
    codec_->log_level_offset =
        AV_LOG_INFO - AV_LOG_WARNING; // no page of statistics for each segment
    // Gray and RGB are written full range; YUV as its tags say, limited when they say nothing.
    const bool gray_or_rgb = layout_.rgb || layout_.planes == 1;
    if (options.pixel_format.empty()) {
        tags_.range = gray_or_rgb ? Range::full : Range::limited;
    }
    if (!layout_.rgb && layout_.planes == 3 && tags_.matrix == AVCOL_SPC_RGB) {
        tags_.matrix = AVCOL_SPC_UNSPECIFIED; // of the source, which was RGB
    }
    tags_ = completed(tags_, choice.planes, options.height, options.width);
    codec_->width = static_cast<int>(options.width);
    codec_->height = static_cast<int>(options.height);
    codec_->pix_fmt = choice.coded;
    codec_->time_base = to_av(time_base_);
    if (options.frame_rate.num() > 0) {
        codec_->framerate = to_av(options.frame_rate);
    }
    codec_->sample_aspect_ratio = to_av(options.sample_aspect);
    codec_->color_range = tags_.range == Range::full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    codec_->color_primaries = static_cast<AVColorPrimaries>(tags_.primaries);
    codec_->color_trc = static_cast<AVColorTransferCharacteristic>(
        layout_.real ? AVCOL_TRC_LINEAR : static_cast<int>(tags_.transfer));
    codec_->colorspace = static_cast<AVColorSpace>(tags_.matrix);
    if (layout_.log2_x > 0) {
        tags_.siting =
            tags_.siting == ChromaSiting::unspecified ? ChromaSiting::left : tags_.siting;
        codec_->chroma_sample_location = tags_.siting == ChromaSiting::center ? AVCHROMA_LOC_CENTER
                                         : tags_.siting == ChromaSiting::top_left
                                             ? AVCHROMA_LOC_TOPLEFT
                                             : AVCHROMA_LOC_LEFT;
    }
    codec_->thread_count = options.threads;
    if (global_header) {
        codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    }
    set_quality(*codec_, choice, options);
    set_hdr(*codec_, choice, hdr_);
    if (choice.on_gpu && !options.device.empty()) {
        use_device(options.device);
    }
    const int opened = avcodec_open2(codec_.get(), choice.encoder, nullptr);
    if (opened < 0 && choice.on_gpu) {
        no_gpu_encoder(choice, error_text(opened));
    }
    if (opened < 0) {
        throw Error(Errc::unsupported,
                    fmt::format("the encoder {} does not take {} x {} in {}: {}",
                                choice.encoder->name, options.width, options.height,
                                av_get_pix_fmt_name(choice.coded), error_text(opened)));
    }
}

/// SVT-AV1 (seen in 1.4) waits for ever when it is closed, or flushed, before it got a frame; an
/// encoder may have been opened for its description only.
Encoder::~Encoder() {
    if (has_frames_ || std::strcmp(choice_.encoder->name, "libsvtav1") != 0 ||
        avcodec_is_open(codec_.get()) == 0) {
        return;
    }
    const UniqueFrame frame(av_frame_alloc());
    if (frame) {
        frame->format = codec_->pix_fmt;
        frame->width = codec_->width;
        frame->height = codec_->height;
        frame->pts = 0;
    }
    if (frame && av_frame_get_buffer(frame.get(), 0) >= 0) {
        avcodec_send_frame(codec_.get(), frame.get());
    }
}

/// Frames are made in the memory of that device, where it is a GPU.
void Encoder::use_device(const std::string& name) {
    device_ = base::resolve_device(name);
    if (!device_.is_cuda()) {
        device_ = at::kCPU;
        return;
    }
    std::string why;
    const UniqueBuffer context = open_device(device_, why);
    if (!context) {
        no_gpu_encoder(choice_, why);
    }
    surfaces_.reset(av_hwframe_ctx_alloc(context.get()));
    if (!surfaces_) {
        throw std::bad_alloc();
    }
    auto& pool = *reinterpret_cast<AVHWFramesContext*>(surfaces_->data);
    pool.format = AV_PIX_FMT_CUDA;
    pool.sw_format = choice_.coded;
    pool.width = codec_->width;
    pool.height = codec_->height;
    check(av_hwframe_ctx_init(surfaces_.get()), "hold frames on " + device_.str());
    codec_->pix_fmt = pool.format;
    codec_->sw_pix_fmt = pool.sw_format;
    codec_->hw_frames_ctx = av_buffer_ref(surfaces_.get());
}

/// Whether the frame's coded samples mean what ours mean.
bool Encoder::same_coding(const Frame& frame) const {
    const ColorTags& from = frame.info().color;
    const bool same_matrix = layout_.planes == 1 || layout_.rgb || from.matrix == tags_.matrix;
    return same_matrix && from.range == tags_.range;
}

/// The frame's samples: the coded ones themselves where nothing changed.
UniqueFrame Encoder::frame_of(const Frame& frame) {
    const CodedSamples* coded = same_coding(frame) ? coded_samples(frame, layout_) : nullptr;
    if (coded != nullptr && frame.picture().is_same(frame.coded()->picture)) {
        return share(coded->samples->on_host());
    }
    UniqueFrame result = buffer_of(choice_.planes, frame.width(), frame.height());
    const Planes planes = samples_of(frame, at::kCPU, layout_, tags_, same_coding(frame));
    for (std::size_t i = 0; i < planes.size(); ++i) {
        copy_rows(planes[i], *result, static_cast<int>(i));
    }
    if (coded != nullptr && coded->samples->layout().by_fields) { // so are samples that are new
        copy_interlacing(coded->samples->on_host(), *result);
    }
    return result;
}

/// The frame's samples where and as a GPU's encoder wants them.
UniqueFrame Encoder::surface_with(const Frame& frame) {
    UniqueFrame result;
    if (surfaces_) {
        result = make_frame();
        check(av_hwframe_get_buffer(surfaces_.get(), result.get(), 0), "hold a frame on the GPU");
    } else {
        result = buffer_of(choice_.coded, frame.width(), frame.height());
    }
    fill(surface_of(*result, choice_.coded, device_),
         samples_of(frame, device_, layout_, tags_, same_coding(frame)), layout_);
    // The encoder knows nothing of LibTorch's streams: what is asked here is waited for. Frames of
    // the host were asked when they came there.
    if (!device_.is_cpu() && !std::isfinite(frame.picture().sum().item<double>())) {
        throw Error(Errc::stage_failed,
                    fmt::format("frame {} came from {} with non-finite values; this is a "
                                "defect of a stage or of its model: try them one by one",
                                frame.info().index, device_.str()));
    }
    return result;
}

/// The same samples in the order that the encoder wants them.
UniqueFrame Encoder::reordered(UniqueFrame frame) {
    if (choice_.coded == choice_.planes) {
        return frame;
    }
    const AVPixelFormat format = choice_.transparency ? choice_.opaque : choice_.coded;
    if (format != choice_.planes) {
        UniqueFrame result = buffer_of(format, frame->width, frame->height);
        if (!sws_) {
            sws_.reset(sws_getContext(frame->width, frame->height, choice_.planes, frame->width,
                                      frame->height, format, SWS_POINT | SWS_ACCURATE_RND, nullptr,
                                      nullptr, nullptr));
            if (!sws_) {
                throw Error(Errc::unsupported, fmt::format("samples cannot be brought to {}",
                                                           av_get_pix_fmt_name(format)));
            }
        }
        sws_scale(sws_.get(), frame->data, frame->linesize, 0, frame->height, result->data,
                  result->linesize);
        frame = std::move(result);
    }
    return choice_.transparency ? choice_.transparency->added_to(*frame) : std::move(frame);
}

void Encoder::encode(const Frame& frame, const Sink& sink) {
    UniqueFrame samples = choice_.on_gpu ? surface_with(frame) : reordered(frame_of(frame));
    const FrameInfo& info = frame.info();
    samples->pts = rescale(info.pts, info.time_base, time_base_);
#if LIBAVUTIL_VERSION_MAJOR >= 58
    samples->duration = rescale(info.duration, info.time_base, time_base_);
#else
    samples->pkt_duration = rescale(info.duration, info.time_base, time_base_);
#endif
    samples->pict_type = AV_PICTURE_TYPE_NONE; // the encoder decides, not the source
    // Some encoders read the tags here, not in their context.
    samples->color_range = codec_->color_range;
    samples->color_primaries = codec_->color_primaries;
    samples->color_trc = codec_->color_trc;
    samples->colorspace = codec_->colorspace;
    samples->chroma_location = codec_->chroma_sample_location;
    samples->sample_aspect_ratio = codec_->sample_aspect_ratio;
    hdr_.add_to(*samples);
    durations_[samples->pts] = rescale(info.duration, info.time_base, time_base_);
    check(avcodec_send_frame(codec_.get(), samples.get()), "encode a frame");
    has_frames_ = true;
    receive(sink);
}

void Encoder::drain(const Sink& sink) {
    if (!has_frames_) {
        return;
    }
    check(avcodec_send_frame(codec_.get(), nullptr), "finish encoding");
    receive(sink);
}

void Encoder::receive(const Sink& sink) {
    while (true) {
        const int got = avcodec_receive_packet(codec_.get(), packet_.get());
        if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) {
            return;
        }
        check(got, "encode a frame");
        // Not every encoder passes it on, and without it the last frame may fall off the edit list.
        const auto lasts = durations_.find(packet_->pts);
        if (lasts != durations_.end()) {
            packet_->duration = lasts->second;
            durations_.erase(lasts);
        }
        sink(*packet_);
        av_packet_unref(packet_.get());
    }
}

} // namespace oldfilm::media
