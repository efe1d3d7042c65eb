#include "media/surface_fixtures.hpp"

#include "device/order.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/StreamGuard.h>

#include <random>
#include <stdexcept>
#include <utility>

namespace oldfilm::testing {
namespace {

using namespace media;

int get(const AVFrame& frame, const Layout& layout, int plane, int x, int y) {
    const std::uint8_t* row = frame.data[plane] + std::ptrdiff_t{y} * frame.linesize[plane];
    return layout.bytes == 1 ? row[x] : reinterpret_cast<const std::uint16_t*>(row)[x];
}

void set(AVFrame& frame, int bytes, int plane, int x, int y, int value) {
    std::uint8_t* row = frame.data[plane] + std::ptrdiff_t{y} * frame.linesize[plane];
    if (bytes == 1) {
        row[x] = static_cast<std::uint8_t>(value);
    } else {
        reinterpret_cast<std::uint16_t*>(row)[x] = static_cast<std::uint16_t>(value);
    }
}

/// Width and height of a plane.
std::pair<int, int> size_of(const AVFrame& frame, const Layout& layout, int plane) {
    const bool chroma = plane > 0 && !layout.rgb;
    return {AV_CEIL_RSHIFT(frame.width, chroma ? layout.log2_x : 0),
            AV_CEIL_RSHIFT(frame.height, chroma ? layout.log2_y : 0)};
}

class StandIn final : public VideoEngine {
  public:
    StandIn(const at::Device& device, int fails_at, std::string refusal)
        : device_(device), fails_at_(fails_at), refusal_(std::move(refusal)) {}

    [[nodiscard]] at::Device device() const override { return device_; }
    [[nodiscard]] std::string attach(AVCodecContext& /*codec*/) override { return refusal_; }

    [[nodiscard]] std::optional<Decoded> decoded(const AVFrame& frame) override {
        if (count_++ == fails_at_) {
            throw EngineFailure("the stand-in broke down; decode it on the CPU");
        }
        const auto own = static_cast<AVPixelFormat>(frame.format);
        host_ = surface_frame(frame);
        const Surface here = surface_of(*host_, surface_format(without_range(own)), at::kCPU);
        if (device_.is_cpu()) {
            return Decoded{here, own};
        }
        const c10::StreamGuard on(default_stream(device_));
        Surface there;
        for (std::size_t i = 0; i < here.planes.size(); ++i) {
            const at::Tensor& plane = here.planes[i];
            if (memory_.size() <= i) {
                memory_.push_back(at::empty(plane.sizes(), plane.options().device(device_)));
            }
            memory_[i].copy_(plane.contiguous().pin_memory(), /*non_blocking=*/true);
            there.planes.push_back(at::for_blob(memory_[i].data_ptr(), memory_[i].sizes())
                                       .options(memory_[i].options())
                                       .target_device(device_)
                                       .make_tensor());
        }
        return Decoded{there, own};
    }

  private:
    at::Device device_;
    int fails_at_;
    std::string refusal_;
    int count_ = 0;
    UniqueFrame host_;
    Planes memory_; ///< the one surface
};

} // namespace

UniqueFrame noise(AVPixelFormat format, int width, int height, std::uint64_t seed) {
    const Layout layout = layout_of(format);
    UniqueFrame frame = buffer_of(format, width, height);
    std::mt19937_64 random(seed);
    for (int plane = 0; plane < layout.planes; ++plane) {
        const auto [w, h] = size_of(*frame, layout, plane);
        for (int y = 0; y < h; ++y) {
            for (int x = 0; x < w; ++x) {
                set(*frame, layout.bytes, plane, x, y,
                    static_cast<int>(random() % (1ULL << layout.bits)));
            }
        }
    }
    return frame;
}

AVPixelFormat surface_format(AVPixelFormat format) {
    switch (format) {
    case AV_PIX_FMT_YUV420P:
        return AV_PIX_FMT_NV12;
    case AV_PIX_FMT_YUV420P10LE:
        return AV_PIX_FMT_P010LE;
    case AV_PIX_FMT_YUV420P12LE:
        return AV_PIX_FMT_P016LE;
    case AV_PIX_FMT_YUV444P:
        return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUV444P10LE:
        return AV_PIX_FMT_YUV444P16LE;
    default:
        throw std::invalid_argument("no engine has such samples");
    }
}

UniqueFrame surface_frame(const AVFrame& planar) {
    const Layout layout = layout_of(without_range(static_cast<AVPixelFormat>(planar.format)));
    const AVPixelFormat format = surface_format(layout.format);
    UniqueFrame surface = buffer_of(format, planar.width, planar.height);
    const bool interleaved = layout.log2_x == 1;
    const int factor = layout.bytes == 1 ? 1 : 1 << (16 - layout.bits);
    for (int plane = 0; plane < 3; ++plane) {
        const auto [w, h] = size_of(planar, layout, plane);
        for (int y = 0; y < h; ++y) {
            for (int x = 0; x < w; ++x) {
                const int value = get(planar, layout, plane, x, y) * factor;
                if (plane > 0 && interleaved) {
                    set(*surface, layout.bytes, 1, 2 * x + plane - 1, y, value);
                } else {
                    set(*surface, layout.bytes, plane, x, y, value);
                }
            }
        }
    }
    return surface;
}

std::unique_ptr<VideoEngine> stand_in(const at::Device& device, int fails_at, std::string refusal) {
    return std::make_unique<StandIn>(device, fails_at, std::move(refusal));
}

} // namespace oldfilm::testing
