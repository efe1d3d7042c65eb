#include "media/hardware.hpp"

extern "C" {
#include <libavutil/hwcontext.h>
}

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace oldfilm::media {
namespace {

/// Decoders whose arithmetic is in whole numbers, laid down to the bit, so that every one that
/// keeps to its standard gives the same samples. MPEG-2's and MPEG-4's inverse transforms are not.
constexpr std::array exact_codecs{AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_VP8,
                                  AV_CODEC_ID_VP9};

/// AV_CUDA_USE_PRIMARY_CONTEXT: LibTorch's. Its header, libavutil/hwcontext_cuda.h, needs CUDA's.
constexpr int primary_context = 1;

/// Samples that a surface holds without loss, and that `planes_in` undoes.
bool fits_surface(AVPixelFormat format) {
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(format);
    if (d == nullptr || d->nb_components != 3 || (d->flags & AV_PIX_FMT_FLAG_RGB) != 0) {
        return false;
    }
    const int depth = d->comp[0].depth;
    return d->log2_chroma_w == d->log2_chroma_h && d->log2_chroma_w <= 1 &&
           (depth == 8 || depth == 10 || depth == 12);
}

/// NVDEC.
class CudaEngine final : public VideoEngine {
  public:
    CudaEngine(const at::Device& device, UniqueBuffer context)
        : device_(device), context_(std::move(context)) {}

    [[nodiscard]] at::Device device() const override { return device_; }

    [[nodiscard]] std::string attach(AVCodecContext& codec) override {
        const char* name = avcodec_get_name(codec.codec_id);
        if (std::find(exact_codecs.begin(), exact_codecs.end(), codec.codec_id) ==
            exact_codecs.end()) {
            return fmt::format("{} is not decoded on GPUs, or not to the same bits", name);
        }
        bool is_built = false;
        for (int i = 0; const AVCodecHWConfig* config = avcodec_get_hw_config(codec.codec, i);
             ++i) {
            is_built = is_built || (config->pix_fmt == AV_PIX_FMT_CUDA &&
                                    (config->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX));
        }
        if (!is_built) {
            return fmt::format("this FFmpeg was built without {} on {}", name, device_.str());
        }
        codec.hw_device_ctx = av_buffer_ref(context_.get());
        // Each thread takes one of some thirty surfaces; these are for what the CPU must decode.
        constexpr int threads = 4;
        codec.thread_count =
            codec.thread_count > 0 ? std::min(codec.thread_count, threads) : threads;
        codec.get_format = [](AVCodecContext* context, const AVPixelFormat* offered) {
            return chosen_format(offered, AV_PIX_FMT_CUDA, fits_surface(context->sw_pix_fmt));
        };
        codec_ = &codec;
        return "";
    }

    [[nodiscard]] std::optional<Decoded> decoded(const AVFrame& frame) override {
        if (frame.format != AV_PIX_FMT_CUDA || frame.hw_frames_ctx == nullptr) {
            return std::nullopt;
        }
        const auto* frames = reinterpret_cast<const AVHWFramesContext*>(frame.hw_frames_ctx->data);
        return Decoded{surface_of(frame, frames->sw_format, device_), codec_->sw_pix_fmt};
    }

  private:
    at::Device device_;
    UniqueBuffer context_;
    const AVCodecContext* codec_ = nullptr;
};

} // namespace

bool VideoEngine::has_failed(int error) {
    return error == AVERROR_EXTERNAL || error == AVERROR_UNKNOWN || error == AVERROR(ENOMEM);
}

UniqueBuffer open_device(const c10::Device& device, std::string& why) {
    if (!device.is_cuda()) {
        why = fmt::format("FFmpeg has no video engine of {}", device.str());
        return nullptr;
    }
    AVBufferRef* context = nullptr;
    const int made =
        av_hwdevice_ctx_create(&context, AV_HWDEVICE_TYPE_CUDA,
                               std::to_string(device.index()).c_str(), nullptr, primary_context);
    if (made < 0) {
        why = fmt::format("FFmpeg can't use {} ({})", device.str(), error_text(made));
    }
    return UniqueBuffer(context);
}

std::unique_ptr<VideoEngine> open_engine(const c10::Device& device, std::string& why) {
    UniqueBuffer context = open_device(device, why);
    return context ? std::make_unique<CudaEngine>(device, std::move(context)) : nullptr;
}

AVPixelFormat chosen_format(const AVPixelFormat* offered, AVPixelFormat surface, bool wanted) {
    AVPixelFormat own = AV_PIX_FMT_NONE;
    for (; *offered != AV_PIX_FMT_NONE; ++offered) {
        if (*offered == surface && wanted) {
            return surface;
        }
        const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(*offered);
        if (own == AV_PIX_FMT_NONE && (d->flags & AV_PIX_FMT_FLAG_HWACCEL) == 0) {
            own = *offered;
        }
    }
    return own;
}

} // namespace oldfilm::media
