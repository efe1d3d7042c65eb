#include "keyframe_files.hpp"

#include "lab.hpp"

#include <oldfilm/sdk/failure.hpp>
#include <oldfilm/sdk/resize.hpp>

#include <ATen/ops/from_blob.h>
#include <ATen/ops/ones_like.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>

#ifdef OLDFILM_WITH_OPENCV
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#endif

namespace oldfilm::stages {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& what) {
    throw sdk::Failure(what, sdk::Status::invalid);
}

bool is_picture(const fs::path& path) {
    std::string ending = path.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::array<const char*, 6> known{".png", ".tif", ".tiff", ".jpg", ".jpeg", ".webp"};
    return std::any_of(known.begin(), known.end(), [&](const char* one) { return ending == one; });
}

bool parse_time(const std::string& stem, double& time) {
    unsigned hours = 0, minutes = 0;
    double seconds = 0;
    int used = 0;
    if (std::sscanf(stem.c_str(), "%2u-%2u-%lf%n", &hours, &minutes, &seconds, &used) != 3 ||
        static_cast<std::size_t>(used) != stem.size() || minutes > 59 || seconds < 0 ||
        seconds >= 60) {
        return false;
    }
    time = 3600.0 * hours + 60.0 * minutes + seconds;
    return true;
}

#ifdef OLDFILM_WITH_OPENCV

/// R, G, B and opacity in [0, 1], 1 x 4 x H x W.
at::Tensor read_rgba(const std::string& path) {
    cv::Mat picture = cv::imread(path, cv::IMREAD_UNCHANGED);
    if (picture.empty()) {
        refuse("keyframe \"" + path +
               "\" cannot be read as a picture; give a PNG, TIFF, JPEG or WebP file");
    }
    const int code = picture.channels() == 1   ? cv::COLOR_GRAY2RGBA
                     : picture.channels() == 3 ? cv::COLOR_BGR2RGBA
                                               : cv::COLOR_BGRA2RGBA;
    const double most = picture.depth() == CV_8U ? 255 : picture.depth() == CV_16U ? 65535 : 1;
    picture.convertTo(picture, CV_32F, 1.0 / most);
    cv::cvtColor(picture, picture, code);
    return at::from_blob(picture.data, {picture.rows, picture.cols, 4})
        .permute({2, 0, 1})
        .unsqueeze(0)
        .clone(at::MemoryFormat::Contiguous); // the pixels go with `picture`
}

#else

at::Tensor read_rgba(const std::string& path) {
    refuse("keyframe \"" + path +
           "\": this build was made without OpenCV and reads no pictures; leave keyframes out");
}

#endif

void check_aspect(const std::string& path, const at::Tensor& picture, std::int64_t height,
                  std::int64_t width) {
    const auto h = static_cast<double>(picture.size(2));
    const auto w = static_cast<double>(picture.size(3));
    const double expected = w * static_cast<double>(height) / static_cast<double>(width);
    if (std::abs(h - expected) > std::max(1.0, 0.01 * expected)) {
        refuse("keyframe \"" + path + "\" is " + std::to_string(picture.size(3)) + "x" +
               std::to_string(picture.size(2)) + "; expected the aspect of the frames, " +
               std::to_string(width) + "x" + std::to_string(height) +
               ": paint over a frame as `oldfilm keyframes` writes it");
    }
}

Keyframe reduced(const at::Tensor& rgba, std::int64_t height, std::int64_t width) {
    const at::Tensor rgb = rgba.narrow(1, 0, 3).contiguous();
    const at::Tensor alpha = rgba.narrow(1, 3, 1);
    Keyframe key;
    key.known = sdk::resize_bilinear(alpha, height, width).clamp(0.0, 1.0);
    key.opaque = key.known.min().item<float>() > 0.99F;
    key.luma =
        lightness(luminance(sdk::resize_bilinear(rgb, height, width))).div_(100.0).clamp_(0.0, 1.0);
    // Reduced as Lab, and by opacity: what is transparent tints no edge.
    key.ab =
        sdk::resize_bilinear(chroma(rgb).mul_(alpha), height, width).div(key.known.clamp_min(1e-3));
    return key;
}

/// Two names of one frame; a frame's time is not known here.
void check_distinct(const std::vector<Keyframe>& keys) {
    std::map<std::pair<std::int64_t, double>, std::string> seen;
    for (const Keyframe& key : keys) {
        const auto [other, fresh] =
            seen.emplace(std::pair(key.name.frame, key.name.time), key.file);
        if (!fresh) {
            refuse("keyframes \"" + other->second + "\" and \"" + key.file +
                   "\" are for one frame; expected one picture a frame: remove one of them");
        }
    }
}

} // namespace

bool KeyframeName::is(const sdk::FrameView& view) const {
    if (frame >= 0) {
        return view.index() == frame;
    }
    if (time < 0) {
        return false;
    }
    constexpr double rounding = 0.0006; // names have milliseconds
    const oldfilm_rational tick = view.time_base();
    const double length = static_cast<double>(tick.num) / static_cast<double>(tick.den);
    const double start = static_cast<double>(view.pts()) * length;
    const double end = start + static_cast<double>(view.duration()) * length;
    return time >= start - rounding && time < std::max(end - rounding, start + rounding);
}

KeyframeName parse_keyframe_name(const std::string& file) {
    const std::string stem = fs::path(file).stem().string();
    KeyframeName name;
    if (parse_time(stem, name.time)) {
        return name;
    }
    std::size_t begin = stem.size();
    while (begin > 0 && std::isdigit(static_cast<unsigned char>(stem[begin - 1])) != 0) {
        --begin;
    }
    const std::string digits = stem.substr(begin);
    if (digits.empty() || digits.size() > 15) {
        refuse("keyframe \"" + file +
               "\": its name says neither a frame nor a time; expected a frame number such as "
               "000120.png, or hours, minutes and seconds such as 00-00-05.000.png");
    }
    name.time = -1;
    name.frame = std::stoll(digits);
    return name;
}

std::vector<Keyframe> read_keyframes(const std::string& folder, std::int64_t height,
                                     std::int64_t width, std::int64_t small_height,
                                     std::int64_t small_width) {
    std::error_code failed;
    std::vector<std::string> files;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        if (is_picture(entry->path())) {
            files.push_back(entry->path().string());
        }
    }
    if (failed || files.empty()) {
        refuse("keyframes \"" + folder +
               "\": expected a folder with pictures such as 000120.png, " +
               (failed ? "found none that can be read: " + failed.message() : "found no picture") +
               "; `oldfilm keyframes` writes pictures to begin with");
    }
    std::sort(files.begin(), files.end());
    std::vector<Keyframe> keys;
    for (const std::string& file : files) {
        const KeyframeName name = parse_keyframe_name(fs::path(file).filename().string());
        const at::Tensor picture = read_rgba(file);
        check_aspect(file, picture, height, width);
        Keyframe& key = keys.emplace_back(reduced(picture, small_height, small_width));
        key.file = fs::path(file).filename().string();
        key.name = name;
    }
    check_distinct(keys);
    return keys;
}

} // namespace oldfilm::stages
