#include "detect.hpp"

#include "search_picture.hpp"

#include <oldfilm/sdk/failure.hpp>

#include <opencv2/imgproc.hpp>

#include <filesystem>

namespace oldfilm::stages {
namespace {

const char* const second_name = "haarcascade_frontalface_default.xml";
/// Windows of the second cascade that must see the face. False alarms of the first gave up to 5 on
/// films and photographs, faces 9 and more.
constexpr int least_votes = 8;

std::string installed_cascade() {
    const char* const name = "haarcascade_frontalface_alt2.xml";
    for (const char* folder :
         {OLDFILM_CASCADES, "/usr/share/opencv4/haarcascades",
          "/usr/local/share/opencv4/haarcascades", "/usr/share/opencv/haarcascades",
          "/usr/share/OpenCV/haarcascades"}) {
        const std::filesystem::path path = std::filesystem::path(folder) / name;
        std::error_code ignored;
        if (std::filesystem::exists(path, ignored)) {
            return path.string();
        }
    }
    throw sdk::Failure(
        std::string("face-enhance looked for OpenCV's ") + name +
            " in /usr/share/opencv4/haarcascades and beside OpenCV, and found none; install "
            "Debian's opencv-data, or name the file with cascade=FILE",
        sdk::Status::invalid);
}

} // namespace

Detector::Detector(const std::string& cascade) {
    const std::string path = cascade.empty() ? installed_cascade() : cascade;
    bool is_loaded = false;
    try {
        is_loaded = cascade_.load(path);
    } catch (const cv::Exception&) { // OpenCV throws for files that are no XML
    }
    if (!is_loaded) {
        throw sdk::Failure("cascade \"" + path +
                               "\" cannot be read as a cascade; give an XML file such as OpenCV's "
                               "haarcascade_frontalface_alt2.xml",
                           sdk::Status::invalid);
    }
    const std::filesystem::path second = std::filesystem::path(path).parent_path() / second_name;
    std::error_code ignored;
    if (std::filesystem::exists(second, ignored)) {
        second_.load(second.string());
    }
}

bool Detector::is_confirmed(const cv::Mat& picture, const cv::Rect& face) {
    if (second_.empty()) {
        return true;
    }
    constexpr double seen_side = 96; // of the face, enlarged or reduced for the second look
    const int margin = face.width * 35 / 100;
    const cv::Rect around(face.x - margin, face.y - margin, face.width + 2 * margin,
                          face.height + 2 * margin);
    const double scale = seen_side / face.width;
    cv::Mat part;
    cv::resize(picture(around & cv::Rect(0, 0, picture.cols, picture.rows)), part, {}, scale, scale,
               scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    std::vector<cv::Rect> found;
    std::vector<int> votes;
    second_.detectMultiScale(part, found, votes, 1.1, 1, 0, {64, 64});
    return std::any_of(votes.begin(), votes.end(), [](int n) { return n >= least_votes; });
}

std::vector<Box> Detector::find(const at::Tensor& luma) {
    const SearchPicture search(luma, least_side);
    if (!search.luma.defined()) {
        return {};
    }
    const at::Tensor reduced = search.luma.mul(255.0).round_().to(at::kByte).cpu().contiguous();
    const cv::Mat picture(static_cast<int>(reduced.size(2)), static_cast<int>(reduced.size(3)),
                          CV_8UC1, reduced.data_ptr());
    std::vector<cv::Rect> found;
    // Coarser steps and fewer votes than usual: as many faces in 0.6 of the time, and the second
    // looks again.
    cascade_.detectMultiScale(picture, found, 1.15, 3, 0, {least_side, least_side});
    std::vector<Box> boxes;
    for (const cv::Rect& rect : found) {
        if (is_confirmed(picture, rect)) {
            boxes.push_back(
                {rect.x / search.scale, rect.y / search.scale, rect.width / search.scale});
        }
    }
    // OpenCV's threads report in any order.
    std::sort(boxes.begin(), boxes.end(),
              [](const Box& a, const Box& b) { return std::pair(a.y, a.x) < std::pair(b.y, b.x); });
    return boxes;
}

} // namespace oldfilm::stages
