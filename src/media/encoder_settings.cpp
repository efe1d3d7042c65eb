#include "media/encoder_settings.hpp"

extern "C" {
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>

namespace oldfilm::media {
namespace {

/// Visually clean, and no larger than needed: grain and dust are gone, so that these are generous.
int default_crf(const std::string& codec) {
    return codec.starts_with("h264") ? 16 : codec.starts_with("h265") ? 18 : 22;
}

/// Constant quality of a GPU's encoder, whose scale is meant as x264's; how near it comes has not
/// been measured.
void set_quality_on_gpu(AVCodecContext& codec, int crf) {
    av_opt_set(codec.priv_data, "preset", "p5", 0);
    codec.bit_rate = 0; // none to keep to
    if (crf == 0) {     // where `cq` means that the encoder chooses
        av_opt_set(codec.priv_data, "rc", "constqp", 0);
        av_opt_set(codec.priv_data, "qp", "0", 0);
        return;
    }
    av_opt_set(codec.priv_data, "rc", "vbr", 0);
    av_opt_set(codec.priv_data, "cq", std::to_string(std::min(crf, 51)).c_str(), 0);
}

/// Whether FFmpeg's FFV1 takes slices in a grid of so many rows and columns: bounded in bits, none
/// without a chroma sample, and none that would share one at an odd size's edge. Slices one pixel
/// wide or high it takes, and gives back other samples (seen in 5.1).
bool ffv1_takes(const AVCodecContext& codec, int rows, int columns) {
    const AVPixFmtDescriptor& format = *av_pix_fmt_desc_get(codec.pix_fmt);
    const std::int64_t bits = (format.comp[0].depth + 1) * std::int64_t{format.nb_components};
    constexpr std::int64_t most_bits = 8 << 24;
    const bool chroma = format.nb_components >= 3;
    const auto divides = [&](int length, int parts, int shift) {
        const int unit = 1 << (chroma ? shift : 0);
        const auto before_last = static_cast<int>(std::int64_t{length} * (parts - 1) / parts);
        return length / parts >= 2 && parts <= (length + unit - 1) / unit &&
               (length % unit == 0 || (length - before_last) % unit != 0);
    };
    const std::int64_t width = (codec.width + columns - 1) / columns;
    const std::int64_t height = (codec.height + rows - 1) / rows;
    return width * height * bits <= most_bits &&
           divides(codec.width, columns, format.log2_chroma_w) &&
           divides(codec.height, rows, format.log2_chroma_h);
}

/// How many slices FFV1 is to make: four, or as many more as the picture needs; one where it is
/// small; 0 where no number is taken (pictures a few pixels high or wide).
int ffv1_slices(const AVCodecContext& codec) {
    constexpr int most_rows = 22; // of at most 1024 slices
    for (int rows = 2; rows <= most_rows; ++rows) {
        for (int columns = rows; columns < 2 * rows; ++columns) {
            if (ffv1_takes(codec, rows, columns)) {
                return rows * columns;
            }
        }
    }
    const bool small = codec.width <= 352 && codec.height <= 288; // FFmpeg's line
    return small && ffv1_takes(codec, 1, 1) ? 1 : 0;
}

} // namespace

void set_quality(AVCodecContext& codec, const Choice& choice, const WriteOptions& options) {
    if (choice.on_gpu) {
        set_quality_on_gpu(codec, options.crf.value_or(default_crf(choice.name)));
    } else if (choice.name == "h264" || choice.name == "h265" || choice.name == "av1") {
        const int crf = options.crf.value_or(default_crf(choice.name));
        av_opt_set(codec.priv_data, "crf", std::to_string(crf).c_str(), 0);
    }
    if (choice.name == "h264") {
        av_opt_set(codec.priv_data, "preset", "medium", 0);
#if defined(__x86_64__)
        // x264's AVX-512 code (seen in r3095: mbtree, where a row is no multiple of 128 pixels)
        // reads memory that nobody wrote, so that the same film gives other bits each time.
        if (__builtin_cpu_supports("avx512f")) {
            av_opt_set(codec.priv_data, "x264-params", "asm=AVX2", 0);
        }
#endif
    } else if (choice.name == "h265") {
        av_opt_set(codec.priv_data, "preset", "fast", 0);
        av_opt_set(codec.priv_data, "x265-params", "log-level=error", 0);
    } else if (choice.name == "av1") {
        const bool svt = std::strcmp(choice.encoder->name, "libsvtav1") == 0;
        av_opt_set(codec.priv_data, svt ? "preset" : "cpu-used", svt ? "8" : "6", 0);
    } else if (choice.name == "ffv1") {
        codec.slices = ffv1_slices(codec);
        // Slices with checksums, as archives want them (RFC 9043); version 1 knows neither.
        codec.level = codec.slices > 0 ? 3 : 1;
        av_opt_set_int(codec.priv_data, "slicecrc", codec.slices > 0 ? 1 : 0, 0);
        codec.gop_size = 1;
    } else if (choice.name == "exr") {
        av_opt_set(codec.priv_data, "format", "float", 0); // half floats would lose bits
        av_opt_set(codec.priv_data, "compression", "zip1", 0);
    } else if (choice.name == "prores") {
        const bool full_chroma = av_pix_fmt_desc_get(codec.pix_fmt)->log2_chroma_w == 0;
        av_opt_set(codec.priv_data, "profile", full_chroma ? "4444" : "hq", 0);
    }
}

void set_hdr(AVCodecContext& codec, const Choice& choice, const Hdr& hdr) {
    static const std::map<std::string, const char*> options{
        {"libx264", "x264-params"}, {"libx265", "x265-params"}, {"libsvtav1", "svtav1-params"}};
    const auto parameters = hdr.parameters(choice.encoder->name);
    if (parameters.empty()) {
        return;
    }
    const char* option = options.at(choice.encoder->name);
    AVDictionary* all = nullptr;
    av_opt_get_dict_val(codec.priv_data, option, 0, &all);
    for (const auto& [key, value] : parameters) {
        av_dict_set(&all, key.c_str(), value.c_str(), 0);
    }
    av_opt_set_dict_val(codec.priv_data, option, all, 0);
    av_dict_free(&all);
}

} // namespace oldfilm::media
