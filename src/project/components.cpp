#include "project/components.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/evidence.hpp>

#include <ATen/ATen.h>

#ifdef OLDFILM_WITH_OPENCV
#include <opencv2/imgproc.hpp>
#endif

#include <cmath>

namespace oldfilm::project {

#ifdef OLDFILM_WITH_OPENCV
namespace {

/// Luma of a picture on the CPU, sample by sample.
class Luma {
  public:
    explicit Luma(const at::Tensor& picture)
        : picture_(picture.to(at::kCPU)), samples_(picture_.accessor<float, 3>()) {}
    [[nodiscard]] float at(int y, int x) const {
        return samples_.size(0) == 1 ? samples_[0][y][x]
                                     : 0.299F * samples_[0][y][x] + 0.587F * samples_[1][y][x] +
                                           0.114F * samples_[2][y][x];
    }

  private:
    at::Tensor picture_;
    at::TensorAccessor<float, 3> samples_;
};

/// The picture as decoded, if it is known and has the frame's size.
at::Tensor decoded_picture(const Frame& frame) {
    const auto& coded = frame.coded();
    const bool is_known = coded && coded->picture.defined() &&
                          coded->picture.sizes().slice(1) == frame.picture().sizes().slice(1);
    return is_known ? coded->picture : at::Tensor();
}

/// Where most of the pixels of `label` that changed come from.
RepairSource source_of(const cv::Mat& labels, int label, const Repair& repair,
                       const at::Tensor& evidence) {
    if (!evidence.defined()) {
        return RepairSource::unknown;
    }
    const auto kinds = evidence.accessor<std::uint8_t, 3>()[0];
    std::int64_t recovered = 0;
    std::int64_t synthesized = 0;
    for (auto y = static_cast<int>(repair.top); y < repair.top + repair.height; ++y) {
        const int* row = labels.ptr<int>(y);
        for (auto x = static_cast<int>(repair.left); x < repair.left + repair.width; ++x) {
            const auto kind = static_cast<Evidence>(kinds[y][x]);
            recovered += row[x] == label && kind == Evidence::recovered ? 1 : 0;
            synthesized += row[x] == label && kind == Evidence::synthesized ? 1 : 0;
        }
    }
    if (recovered + synthesized == 0) {
        return RepairSource::unknown;
    }
    return recovered > synthesized ? RepairSource::neighbors : RepairSource::network;
}

/// Over the pixels of `label`, which are in the repair's box.
double mean_change(const cv::Mat& labels, int label, const Repair& repair, const Luma& before,
                   const Luma& now) {
    double sum = 0;
    for (auto y = static_cast<int>(repair.top); y < repair.top + repair.height; ++y) {
        const int* row = labels.ptr<int>(y);
        for (auto x = static_cast<int>(repair.left); x < repair.left + repair.width; ++x) {
            sum += row[x] == label ? std::abs(now.at(y, x) - before.at(y, x)) : 0;
        }
    }
    return sum / static_cast<double>(repair.area);
}

} // namespace

bool can_find_repairs() noexcept {
    return true;
}

std::vector<Repair> repairs_of(const Frame& frame) {
    if (!frame.mask().defined()) {
        return {};
    }
    at::Tensor mask = (frame.mask()[0] > 0).to(at::kCPU).to(at::kByte).contiguous();
    const cv::Mat pixels(static_cast<int>(mask.size(0)), static_cast<int>(mask.size(1)), CV_8U,
                         mask.data_ptr());
    cv::Mat labels;
    cv::Mat stats;
    cv::Mat centers;
    const int count = cv::connectedComponentsWithStats(pixels, labels, stats, centers, 8, CV_32S);
    std::vector<Repair> repairs;
    if (count <= 1) {
        return repairs;
    }
    const at::Tensor decoded = decoded_picture(frame);
    const at::Tensor evidence = frame.evidence().defined() ? frame.evidence().cpu() : at::Tensor();
    const Luma now(frame.picture());
    const Luma before(decoded.defined() ? decoded : frame.picture());
    for (int label = 1; label < count; ++label) { // 0 is what is not repaired
        Repair& repair = repairs.emplace_back();
        repair.frame = frame.info().index;
        repair.left = stats.at<int>(label, cv::CC_STAT_LEFT);
        repair.top = stats.at<int>(label, cv::CC_STAT_TOP);
        repair.width = stats.at<int>(label, cv::CC_STAT_WIDTH);
        repair.height = stats.at<int>(label, cv::CC_STAT_HEIGHT);
        repair.area = stats.at<int>(label, cv::CC_STAT_AREA);
        repair.source = source_of(labels, label, repair, evidence);
        if (decoded.defined()) {
            repair.mean_change = mean_change(labels, label, repair, before, now);
        }
    }
    return repairs;
}
#else
bool can_find_repairs() noexcept {
    return false;
}

std::vector<Repair> repairs_of(const Frame& /*frame*/) {
    throw Error(Errc::unsupported, "this build has no OpenCV, which finds repairs in masks; build "
                                   "with -DOLDFILM_OPENCV_STAGES=ON");
}
#endif

} // namespace oldfilm::project
