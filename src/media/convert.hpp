#pragma once
/// \file
/// Coded samples to pictures and back, on the CPU, in one pass over memory. No swscale: the matrix,
/// range and siting are what the tags say (ITU-R BT.601, BT.709, BT.2020; H.273).

#include "media/ffmpeg.hpp"

#include <oldfilm/color.hpp>

#include <ATen/core/Tensor.h>

#include <vector>

namespace oldfilm::media {

/// How planes hold samples; only planar formats of 8 to 16 bits, little
/// endian, without alpha, and float32 RGB or gray.
struct Layout {
    AVPixelFormat format = AV_PIX_FMT_NONE;
    int bits = 8;
    int bytes = 1;              ///< of a sample
    int planes = 1;             ///< 1 (gray) or 3
    bool real = false;          ///< float32, 1.0 is white
    bool rgb = false;           ///< planes are G, B, R
    int log2_x = 0, log2_y = 0; ///< chroma subsampling
    bool by_fields = false;     ///< chroma was subsampled in each field, not in the frame
};

/// Whether `format` is such a format.
bool is_direct(AVPixelFormat format);
/// Throws `Error` (unsupported) unless `is_direct`.
Layout layout_of(AVPixelFormat format);
/// Of a frame in such a format: by fields where its flags say that it is interlaced.
Layout layout_of(const AVFrame& frame);
/// The direct format that holds all that `format` holds (but alpha), to be reached by swscale
/// without any change of matrix or range.
AVPixelFormat direct_format(AVPixelFormat format);

/// FFmpeg's old formats that are full range by name (yuvj420p), as those that leave it to the tag.
AVPixelFormat without_range(AVPixelFormat format);

/// Tags with what is missing filled in: RGB and gray are full range; SD is BT.601, HD is BT.709.
ColorTags completed(ColorTags tags, AVPixelFormat format, std::int64_t height, std::int64_t width);

/// C x H x W float32 (C = 1 with `gray` or for gray formats), of linear light with the sRGB
/// transfer. The samples are read now.
at::Tensor to_picture(const AVFrame& frame, const ColorTags& tags, bool gray);

/// Planes (H x W, uint8 or int16 with the bits of uint16) of a picture in this layout; a gray
/// picture in a color layout gets neutral chroma. In a float layout they are linear light, brought
/// there from the tags' transfer.
std::vector<at::Tensor> to_planes(const at::Tensor& picture, const Layout& layout,
                                  const ColorTags& tags);

/// A plane of a frame as a tensor that shares its memory, and lives no longer.
at::Tensor plane_view(const AVFrame& frame, const Layout& layout, int plane);

/// Copies a plane on the host into a frame.
void copy_rows(const at::Tensor& plane, AVFrame& frame, int index);

/// Whether so many of `samples` chroma samples, more than two codes (of 8 bits) from neutral and
/// more than ten, are more than the specks that lossy coding leaves.
bool is_color(std::int64_t beyond_2, std::int64_t beyond_10, std::int64_t samples);
/// Whether chroma samples are within two codes of neutral, but for the specks that lossy coding
/// leaves.
bool chroma_says_nothing(const AVFrame& frame);

} // namespace oldfilm::media
