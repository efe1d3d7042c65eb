#pragma once
/// \file
/// Conversion between pictures and `cv::Mat`; header-only. Link `oldfilm::opencv`.
///
/// A picture is a tensor C x H x W float32 on the CPU, RGB, nominally in [0, 1]. OpenCV functions
/// that depend on the order of colors expect B, G, R: use `cv::cvtColor` with COLOR_RGB2..., never
/// COLOR_BGR2....

#include <oldfilm/error.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <opencv2/core/mat.hpp>

#include <cstdint>
#include <string>

namespace oldfilm::opencv {

namespace detail {

[[noreturn]] inline void refuse(const std::string& expected, const std::string& next) {
    throw Error(Errc::format_mismatch,
                "a cv::Mat view needs " + expected + ", found another tensor; " + next);
}

inline void check_picture(const at::Tensor& picture) {
    if (!picture.defined() || picture.dim() != 3 || picture.scalar_type() != at::kFloat ||
        !picture.device().is_cpu()) {
        refuse("a picture C x H x W, float32, on the CPU",
               "use .to(at::kCPU, at::kFloat) and one frame at a time");
    }
}

} // namespace detail

/// Whether `view` can show the picture without copying. The picture must have three dimensions.
inline bool viewable(const at::Tensor& picture) {
    const std::int64_t channels = picture.size(0);
    const bool rows =
        picture.stride(2) == channels && picture.stride(1) >= channels * picture.size(2);
    return rows && channels <= CV_CN_MAX && (channels == 1 || picture.stride(0) == 1);
}

/// The memory of the picture as a matrix H x W with C channels. Nothing is copied; writing to the
/// matrix writes to the picture. Valid during the lifetime of the storage of the tensor. The
/// picture must have one channel with adjacent columns, or be channels-last
/// (`picture.unsqueeze(0).contiguous( at::MemoryFormat::ChannelsLast).squeeze(0)`). Throws `Error`
/// (format_mismatch) otherwise.
inline cv::Mat view(const at::Tensor& picture) {
    detail::check_picture(picture);
    if (!viewable(picture)) {
        detail::refuse("one channel with adjacent columns, or channels-last memory",
                       "make it so with contiguous(), or use to_mat(), which copies");
    }
    return cv::Mat(static_cast<int>(picture.size(1)), static_cast<int>(picture.size(2)),
                   CV_32FC(static_cast<int>(picture.size(0))), picture.data_ptr<float>(),
                   static_cast<std::size_t>(picture.stride(1)) * sizeof(float));
}

/// A copy as a matrix H x W with C channels, float32. Throws `Error` (format_mismatch) if `picture`
/// is not one.
inline cv::Mat to_mat(const at::Tensor& picture) {
    detail::check_picture(picture);
    if (viewable(picture)) {
        return view(picture).clone();
    }
    const at::Tensor last = picture.permute({1, 2, 0}).contiguous();
    return view(last.permute({2, 0, 1})).clone();
}

/// A copy in 8 bits per sample: [0, 1] becomes 0 ... 255, rounded and clamped in one conversion.
/// Throws as `to_mat` does.
inline cv::Mat to_bytes(const at::Tensor& picture) {
    detail::check_picture(picture);
    cv::Mat bytes;
    const at::Tensor shown =
        viewable(picture) ? picture : picture.permute({1, 2, 0}).contiguous().permute({2, 0, 1});
    view(shown).convertTo(bytes, CV_8U, 255.0);
    return bytes;
}

/// A float32 matrix as a picture C x H x W with channels-last strides, which shares the memory of
/// the matrix and keeps it alive. Throws `Error` (format_mismatch) for other types.
inline at::Tensor tensor(const cv::Mat& mat) {
    if (mat.depth() != CV_32F || mat.dims != 2) {
        throw Error(Errc::format_mismatch,
                    "a tensor view needs a matrix H x W of 32-bit floats, found another; use "
                    "from_bytes() for 8 bit, or convertTo(CV_32F)");
    }
    const std::int64_t channels = mat.channels();
    const auto row = static_cast<std::int64_t>(mat.step1(0));
    // The matrix is captured: its reference count keeps the memory until the last tensor goes.
    return at::from_blob(
        mat.data, {channels, mat.rows, mat.cols}, {1, row, channels}, [mat](void* /*data*/) {},
        at::TensorOptions().dtype(at::kFloat));
}

/// A copy of an 8-bit matrix as a picture: 0 ... 255 becomes [0, 1], in one conversion.
inline at::Tensor from_bytes(const cv::Mat& mat) {
    cv::Mat real;
    mat.convertTo(real, CV_32F, 1.0 / 255.0);
    return tensor(real);
}

} // namespace oldfilm::opencv
