#include "project/components.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ATen.h>

#ifdef OLDFILM_WITH_OPENCV
#include <opencv2/imgproc.hpp>
#endif

namespace oldfilm::project {

#ifdef OLDFILM_WITH_OPENCV
namespace {

/// H x W.
at::Tensor luma_of(const at::Tensor& picture) {
    if (picture.size(0) == 1) {
        return picture[0];
    }
    return 0.299 * picture[0] + 0.587 * picture[1] + 0.114 * picture[2];
}

/// |luma - luma as decoded|, H x W on the CPU; undefined if the latter is unknown.
at::Tensor changes_of(const Frame& frame) {
    const auto& coded = frame.coded();
    if (!coded || !coded->picture.defined() ||
        coded->picture.sizes().slice(1) != frame.picture().sizes().slice(1)) {
        return {};
    }
    const at::Tensor before = luma_of(coded->picture.to(frame.picture().device()));
    return (luma_of(frame.picture()) - before).abs().to(at::kCPU).contiguous();
}

/// Sums of `values` by label.
std::vector<double> sums(const cv::Mat& labels, int count, const at::Tensor& values) {
    std::vector<double> all(static_cast<std::size_t>(count));
    const auto* value = values.const_data_ptr<float>();
    for (int y = 0; y < labels.rows; ++y) {
        const int* label = labels.ptr<int>(y);
        for (int x = 0; x < labels.cols; ++x) {
            all[static_cast<std::size_t>(label[x])] += static_cast<double>(*value++);
        }
    }
    return all;
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
    const at::Tensor changes = changes_of(frame);
    const std::vector<double> changed =
        changes.defined() ? sums(labels, count, changes) : std::vector<double>();
    for (int label = 1; label < count; ++label) { // 0 is what is not repaired
        Repair& repair = repairs.emplace_back();
        repair.frame = frame.info().index;
        repair.left = stats.at<int>(label, cv::CC_STAT_LEFT);
        repair.top = stats.at<int>(label, cv::CC_STAT_TOP);
        repair.width = stats.at<int>(label, cv::CC_STAT_WIDTH);
        repair.height = stats.at<int>(label, cv::CC_STAT_HEIGHT);
        repair.area = stats.at<int>(label, cv::CC_STAT_AREA);
        if (changes.defined()) {
            repair.mean_change =
                changed[static_cast<std::size_t>(label)] / static_cast<double>(repair.area);
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
