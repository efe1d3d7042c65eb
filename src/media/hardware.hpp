#pragma once
/// \file
/// A device's video engines (on NVIDIA's GPUs NVDEC and NVENC), by way of FFmpeg's hardware
/// contexts. Only FFmpeg's public interface, so that this builds without CUDA; what isn't there is
/// found when it is asked for.

#include "media/surfaces.hpp"

#include <oldfilm/error.hpp>

#include <c10/core/Device.h>

#include <memory>
#include <optional>
#include <string>

namespace oldfilm::media {

/// The engine failed midway: what it was to decode must be decoded on the CPU.
class EngineFailure final : public Error {
  public:
    explicit EngineFailure(const std::string& sentence) : Error(Errc::unsupported, sentence) {}
};

/// What decodes into a device's memory; part of one decoder. The frames are those of FFmpeg's own
/// decoder, in the same order with the same times: only what fills them is another.
class VideoEngine {
  public:
    /// A frame that the engine has decoded.
    struct Decoded {
        Surface surface;
        AVPixelFormat format; ///< what FFmpeg's own decoder would have given
    };
    VideoEngine() = default;
    VideoEngine(const VideoEngine&) = delete;
    VideoEngine& operator=(const VideoEngine&) = delete;
    virtual ~VideoEngine() = default;
    [[nodiscard]] virtual at::Device device() const = 0;
    /// Has `codec`, which is not open yet, decode by the engine where that can be, and on the CPU
    /// where it can't. Where it is known that it can't: why.
    [[nodiscard]] virtual std::string attach(AVCodecContext& codec) = 0;
    /// What the engine has decoded; nothing where `frame` was decoded on the CPU. It lies there
    /// until the device's default stream goes on after `frame` was freed.
    [[nodiscard]] virtual std::optional<Decoded> decoded(const AVFrame& frame) = 0;
    /// Whether an error of the decoder's is the engine's, and not the film's.
    [[nodiscard]] static bool has_failed(int error);
};

/// FFmpeg's handle of the device, on which its work is queued on LibTorch's default stream. Null
/// where there is none, and `why`.
UniqueBuffer open_device(const c10::Device& device, std::string& why);

/// The device's decoders. Null where there are none, and `why`.
std::unique_ptr<VideoEngine> open_engine(const c10::Device& device, std::string& why);

/// What to do with what an engine must not be given; exposed for tests. `offered` ends with
/// AV_PIX_FMT_NONE; `surface` is chosen where it is offered and `wanted`, else what FFmpeg's own
/// decoder makes.
AVPixelFormat chosen_format(const AVPixelFormat* offered, AVPixelFormat surface, bool wanted);

} // namespace oldfilm::media
