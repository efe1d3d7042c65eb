#include "stage/flow.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_lazy_clone.h>
#include <ATen/ops/from_blob.h>
#include <c10/util/intrusive_ptr.h>
#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <utility>

#ifdef OLDFILM_WITH_OPENCV
#include <opencv2/core.hpp>
#include <opencv2/video/tracking.hpp>
#endif

namespace oldfilm::stage {
namespace {

/// So many pairs are cached, or fewer of large pictures, for which few stages ask twice: at least
/// the window's of the stage at work.
constexpr std::size_t most_pairs = 16;
constexpr std::size_t fewest_pairs = 4;
constexpr std::int64_t cached_bytes = std::int64_t{256} << 20;
constexpr std::size_t cached_lumas = 16;

constexpr std::int64_t pair_bytes(std::int64_t pixels) {
    return pixels * 2 * static_cast<std::int64_t>(sizeof(float));
}

std::size_t cached_pairs(std::int64_t pixels) {
    return std::clamp(
        static_cast<std::size_t>(cached_bytes / std::max<std::int64_t>(pair_bytes(pixels), 1)),
        fewest_pairs, most_pairs);
}

using WeakPicture = c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;

WeakPicture weak(const at::Tensor& picture) {
    return WeakPicture(picture.getIntrusivePtr());
}

/// While a weak reference stands, no other tensor can have the address.
bool is(const WeakPicture& known, const at::Tensor& picture) {
    return !known.expired() && known._unsafe_get_target() == picture.unsafeGetTensorImpl();
}

/// A flow that is known, as one that may be written to. On a device a copy costs nothing to speak
/// of, and allocators know which streams use it only where memory is not shared.
at::Tensor for_caller(const at::Tensor& flow) {
    return flow.is_cpu() ? at::_lazy_clone(flow) : flow.clone();
}

struct Pair {
    WeakPicture from, to;
    FlowDetail detail;
    at::Tensor flow;
};

/// A picture as the search sees it.
struct Luma {
    WeakPicture of;
    at::Tensor gray;
};

void check(const at::Tensor& from, const at::Tensor& to) {
    const auto fits = [](const at::Tensor& picture) {
        return picture.defined() && picture.dim() == 3 && picture.scalar_type() == at::kFloat &&
               (picture.size(0) == 1 || picture.size(0) == 3) && picture.numel() > 0;
    };
    if (!fits(from) || !fits(to) || from.size(1) != to.size(1) || from.size(2) != to.size(2) ||
        from.device() != to.device()) {
        throw Error(
            Errc::format_mismatch,
            "optical flow expected two float32 pictures of one size on one device, C x H x W with "
            "C = 1 or 3, found others; convert them first");
    }
}

#ifdef OLDFILM_WITH_OPENCV

/// Below this side the search has no coarse scale to begin at.
constexpr int least_side = 64;

/// H x W of 8 bits on the CPU.
at::Tensor luma(const at::Tensor& picture) {
    at::Tensor gray = picture.size(0) == 1
                          ? picture[0]
                          : picture[0] * 0.299F + picture[1] * 0.587F + picture[2] * 0.114F;
    return gray.mul(255.0F).round_().clamp_(0.0F, 255.0F).to(at::kByte).cpu().contiguous();
}

cv::Mat at_least(const cv::Mat& picture) {
    const int below = std::max(0, least_side - picture.rows);
    const int right = std::max(0, least_side - picture.cols);
    if (below == 0 && right == 0) {
        return picture;
    }
    cv::Mat padded;
    cv::copyMakeBorder(picture, padded, 0, below, 0, right, cv::BORDER_REPLICATE);
    return padded;
}

class Search {
  public:
    Search() {
        // Half of the steps that the middle preset takes, and less than half of its smoothing:
        // half of the time for 0.02 dB of interpolate (docs/performance.md). The coarse search has
        // the preset's: with less of it scratch-removal misses a twentieth of the demo's damage.
        full_->setFinestScale(0);
        full_->setPatchStride(4);
        full_->setGradientDescentIterations(12);
        full_->setVariationalRefinementIterations(2);
    }

    /// `a` and `b` as `luma` gives them.
    at::Tensor operator()(const at::Tensor& a, const at::Tensor& b, FlowDetail detail) {
        const auto view = [](const at::Tensor& gray) {
            return cv::Mat(static_cast<int>(gray.size(0)), static_cast<int>(gray.size(1)), CV_8UC1,
                           gray.data_ptr<std::uint8_t>());
        };
        cv::Mat found;
        (detail == FlowDetail::full ? full_ : half_)
            ->calc(at_least(view(a)), at_least(view(b)), found);
        const at::Tensor flow = at::from_blob(found.data, {found.rows, found.cols, 2},
                                              at::TensorOptions().dtype(at::kFloat));
        // A copy: `found` goes out of scope.
        return flow.slice(0, 0, a.size(0))
            .slice(1, 0, a.size(1))
            .permute({2, 0, 1})
            .clone(at::MemoryFormat::Contiguous);
    }

  private:
    cv::Ptr<cv::DISOpticalFlow> half_ =
        cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM);
    cv::Ptr<cv::DISOpticalFlow> full_ =
        cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM);
};

#else

at::Tensor luma(const at::Tensor& picture) {
    return picture;
}

class Search {
  public:
    at::Tensor operator()(const at::Tensor& /*a*/, const at::Tensor& /*b*/, FlowDetail /*detail*/) {
        throw Error(
            Errc::unsupported,
            "optical flow needs OpenCV, and this build of oldfilm is without it; build it with "
            "-DOLDFILM_OPENCV_STAGES=ON");
    }
};

#endif

} // namespace

struct FlowService::Impl {
    std::mutex mutex;
    std::list<Pair> pairs; ///< the last used first
    std::list<Luma> lumas; ///< likewise: a picture comes to the host once for all of its pairs
    Search search;

    at::Tensor gray(const at::Tensor& picture) {
        lumas.remove_if([](const Luma& known) { return known.of.expired(); });
        const auto hit = std::find_if(lumas.begin(), lumas.end(),
                                      [&](const Luma& known) { return is(known.of, picture); });
        if (hit != lumas.end()) {
            lumas.splice(lumas.begin(), lumas, hit);
        } else {
            lumas.push_front({weak(picture), luma(picture)});
            if (lumas.size() > cached_lumas) {
                lumas.pop_back();
            }
        }
        return lumas.front().gray;
    }

    const at::Tensor* find(const at::Tensor& from, const at::Tensor& to, FlowDetail detail) {
        pairs.remove_if([](const Pair& pair) { return pair.from.expired() || pair.to.expired(); });
        const auto hit = std::find_if(pairs.begin(), pairs.end(), [&](const Pair& pair) {
            return is(pair.from, from) && is(pair.to, to) && pair.detail == detail;
        });
        if (hit == pairs.end()) {
            return nullptr;
        }
        pairs.splice(pairs.begin(), pairs, hit);
        return &pairs.front().flow;
    }
};

FlowService::FlowService() : impl_(std::make_unique<Impl>()) {}
FlowService::~FlowService() = default;

std::int64_t FlowService::most_bytes(std::int64_t pixels) {
    // Bytes a pixel for OpenCV's pyramids, gradients and fields: a guess on the safe side.
    constexpr std::int64_t search = 32;
    return static_cast<std::int64_t>(cached_pairs(pixels)) * pair_bytes(pixels) +
           pixels * (static_cast<std::int64_t>(cached_lumas) + search);
}

at::Tensor FlowService::flow(const at::Tensor& from, const at::Tensor& to, FlowDetail detail) {
    check(from, to);
    const std::scoped_lock lock(impl_->mutex);
    const at::NoGradGuard no_grad;
    if (const at::Tensor* known = impl_->find(from, to, detail)) {
        return for_caller(*known);
    }
    const at::Tensor a = impl_->gray(from);
    const at::Tensor b = impl_->gray(to);
    at::Tensor flow = impl_->search(a, b, detail);
    if (!from.is_cpu()) { // pinned, it goes up without a wait
        flow = flow.pin_memory().to(from.device(), /*non_blocking=*/true);
    }
    impl_->pairs.push_front({weak(from), weak(to), detail, flow});
    if (impl_->pairs.size() > cached_pairs(from.size(1) * from.size(2))) {
        impl_->pairs.pop_back();
    }
    return for_caller(flow);
}

} // namespace oldfilm::stage
