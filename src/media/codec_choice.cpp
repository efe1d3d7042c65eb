#include "media/codec_choice.hpp"

#include "media/linear_light.hpp"
#include "media/locations.hpp"

#include <oldfilm/error.hpp>

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <thread>
#include <vector>

namespace oldfilm::media {
namespace {

struct Known {
    std::vector<const char*> encoders; ///< the first one that this FFmpeg has
    bool picture_files = false;
    bool on_gpu = false;
};

const std::map<std::string, Known>& codecs() {
    static const std::map<std::string, Known> all{
        {"h264", {{"libx264"}}},
        {"h265", {{"libx265"}}},
        {"h264_nvenc", {{"h264_nvenc"}, false, true}},
        {"h265_nvenc", {{"hevc_nvenc"}, false, true}},
        {"av1", {{"libsvtav1", "libaom-av1"}}},
        {"ffv1", {{"ffv1"}}},
        {"prores", {{"prores_ks"}}},
        {"y4m", {{"wrapped_avframe"}}},
        {"png", {{"png"}, true}},
        {"tiff", {{"tiff"}, true}},
        {"exr", {{"exr"}, true}},
        {"dpx", {{"dpx"}, true}},
    };
    return all;
}

std::string codec_for(const std::string& path) {
    if (path == "-") {
        return "y4m";
    }
    static const std::map<std::string, std::string> by_extension{
        {".mp4", "h264"},  {".m4v", "h264"}, {".mkv", "h264"}, {".mov", "prores"}, {".avi", "ffv1"},
        {".webm", "av1"},  {".nut", "ffv1"}, {".y4m", "y4m"},  {".png", "png"},    {".tif", "tiff"},
        {".tiff", "tiff"}, {".exr", "exr"},  {".dpx", "dpx"}};
    const std::string extension = extension_of(path);
    const auto found = by_extension.find(extension);
    if (found == by_extension.end()) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the extension \"{}\" of {} tells no codec; use .mp4, .mkv, .mov, "
                                ".webm, .y4m, .png, .tif, "
                                ".exr or .dpx, or name one with --codec",
                                extension, path));
    }
    return found->second;
}

AVPixelFormat yuv(int shape, int bits) {
    const AVPixelFormat by_depth[3][4] = {{AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P10LE,
                                           AV_PIX_FMT_YUV420P12LE, AV_PIX_FMT_YUV420P16LE},
                                          {AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV422P10LE,
                                           AV_PIX_FMT_YUV422P12LE, AV_PIX_FMT_YUV422P16LE},
                                          {AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV444P10LE,
                                           AV_PIX_FMT_YUV444P12LE, AV_PIX_FMT_YUV444P16LE}};
    return by_depth[shape][bits <= 8 ? 0 : bits <= 10 ? 1 : bits <= 12 ? 2 : 3];
}

AVPixelFormat gray(int bits) {
    return bits <= 8    ? AV_PIX_FMT_GRAY8
           : bits <= 10 ? AV_PIX_FMT_GRAY10LE
           : bits <= 12 ? AV_PIX_FMT_GRAY12LE
                        : AV_PIX_FMT_GRAY16LE;
}

/// How a GPU's encoder takes samples: in 4:2:0 Cb beside Cr; of more than 8 bits the upper ones of
/// 16.
AVPixelFormat surface_format(AVPixelFormat planes) {
    switch (planes) {
    case AV_PIX_FMT_YUV420P:
        return AV_PIX_FMT_NV12;
    case AV_PIX_FMT_YUV420P10LE:
        return AV_PIX_FMT_P010LE;
    case AV_PIX_FMT_YUV444P10LE:
        return AV_PIX_FMT_YUV444P16LE;
    case AV_PIX_FMT_YUV444P:
        return AV_PIX_FMT_YUV444P;
    default:
        throw Error(Errc::unsupported,
                    fmt::format("GPUs encode yuv420p, yuv420p10le, yuv444p and yuv444p10le, and {} "
                                "was asked for; use --codec h264, h265 or ffv1",
                                av_get_pix_fmt_name(planes)));
    }
}

/// Whether the format has color for each pixel.
bool has_full_chroma(const std::string& format) {
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(av_get_pix_fmt(format.c_str()));
    return d != nullptr && d->nb_components >= 3 && d->log2_chroma_w == 0 && d->log2_chroma_h == 0;
}

/// "4:2:0 in 8 bits (yuv420p)".
std::string described(AVPixelFormat format) {
    const Layout layout = layout_of(format);
    const int shape = layout.log2_x * 4 + layout.log2_y;
    static const std::map<int, const char*> names{{0, "4:4:4"}, {1, "4:4:0"}, {4, "4:2:2"},
                                                  {5, "4:2:0"}, {8, "4:1:1"}, {9, "4:1:0"},
                                                  {10, "4:1:0"}};
    const auto found = names.find(shape);
    const std::string name = layout.planes == 1     ? "gray"
                             : layout.rgb           ? "RGB"
                             : found != names.end() ? found->second
                                                    : "YUV";
    const std::string bits = layout.real ? "floating point" : fmt::format("{} bits", layout.bits);
    return fmt::format("{} in {} ({})", name, bits, av_get_pix_fmt_name(format));
}

/// What we make and what the encoder takes, for the codec's usual samples. `full_chroma`: of the
/// source.
void choose_samples(Choice& choice, const WriteOptions& o, const std::string& path,
                    bool full_chroma) {
    const bool mono = o.channels == 1;
    const bool even = o.width % 2 == 0 && o.height % 2 == 0;
    const int lossy_bits = o.bits > 8 ? 10 : 8;
    if (choice.name == "ffv1") {
        choice.planes = mono ? gray(o.bits) : yuv(2, o.bits);
    } else if (choice.name == "y4m") {
        choice.planes = mono ? gray(o.bits) : yuv(even ? 0 : 2, o.bits <= 12 ? o.bits : 12);
    } else if (choice.name == "prores") {
        if (o.width % 2 != 0) {
            throw Error(
                Errc::unsupported,
                fmt::format("ProRes is written in 4:2:2, which an odd width ({}) does not allow; "
                            "use --codec ffv1 or h265 for {}",
                            o.width, path));
        }
        choice.planes = !mono && full_chroma ? AV_PIX_FMT_YUV444P10LE : AV_PIX_FMT_YUV422P10LE;
    } else if (choice.name == "av1") {
        if (!even) {
            throw Error(
                Errc::unsupported,
                fmt::format("AV1 is written in 4:2:0, which an odd size ({} x {}) does not allow; "
                            "use --codec h264, h265 or ffv1 for {}",
                            o.width, o.height, path));
        }
        choice.planes = yuv(0, lossy_bits);
    } else if (choice.picture_files) {
        choice.planes = mono ? (o.bits <= 8 ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_GRAY16LE)
                             : (o.bits <= 8 ? AV_PIX_FMT_GBRP : AV_PIX_FMT_GBRP16LE);
    } else {
        choice.planes = yuv(even ? 0 : 2, choice.name == "h264_nvenc" ? 8 : lossy_bits);
    }
    choice.coded = choice.planes;
    if (choice.name == "png") {
        choice.coded = mono ? (o.bits <= 8 ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_GRAY16BE)
                            : (o.bits <= 8 ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_RGB48BE);
    } else if (choice.name == "tiff") {
        choice.coded = mono ? choice.planes : (o.bits <= 8 ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_RGB48LE);
    } else if (choice.name == "dpx") {
        choice.coded = mono && o.bits <= 8 ? AV_PIX_FMT_GRAY8
                       : o.bits <= 8       ? AV_PIX_FMT_RGB24
                                           : AV_PIX_FMT_RGB48LE;
        choice.planes = choice.coded == AV_PIX_FMT_GRAY8 ? AV_PIX_FMT_GRAY8
                        : o.bits <= 8                    ? AV_PIX_FMT_GBRP
                                                         : AV_PIX_FMT_GBRP16LE;
    } else if (choice.name == "exr") {
        check_invertible(o.color.transfer, path);
        choice.planes = choice.coded = mono ? AV_PIX_FMT_GRAYF32LE : AV_PIX_FMT_GBRPF32LE;
    }
}

} // namespace

Choice choose_codec(const std::string& path, const WriteOptions& options,
                    const std::string& source_format) {
    Choice choice;
    choice.name = options.codec.empty() ? codec_for(path) : options.codec;
    const auto known = codecs().find(choice.name);
    if (known == codecs().end()) {
        std::string names;
        for (const auto& [name, codec] : codecs()) {
            names += names.empty() ? name : ", " + name;
        }
        throw Error(Errc::invalid_argument,
                    fmt::format("there is no codec \"{}\"; there is {}", choice.name, names));
    }
    for (const char* encoder : known->second.encoders) {
        choice.encoder =
            choice.encoder == nullptr ? avcodec_find_encoder_by_name(encoder) : choice.encoder;
    }
    if (choice.encoder == nullptr) {
        throw Error(
            Errc::unsupported,
            fmt::format("this FFmpeg was built without an encoder for {}; choose another codec",
                        choice.name));
    }
    choice.picture_files = known->second.picture_files;
    choice.on_gpu = known->second.on_gpu;
    if (path == "-" && choice.name != "y4m") {
        throw Error(Errc::invalid_argument,
                    fmt::format("standard output takes y4m only, found {}", choice.name));
    }
    choice.muxer = choice.name == "y4m" ? "yuv4mpegpipe" : "";
    if (options.pixel_format.empty()) {
        choose_samples(choice, options, path, has_full_chroma(source_format));
    } else {
        const AVPixelFormat wanted = av_get_pix_fmt(options.pixel_format.c_str());
        if (wanted == AV_PIX_FMT_NONE) {
            throw Error(
                Errc::invalid_argument,
                fmt::format("there is no pixel format \"{}\"; `ffmpeg -pix_fmts` lists them",
                            options.pixel_format));
        }
        choice.planes = without_range(direct_format(wanted));
        choice.coded = choice.planes;
    }
    if (choice.on_gpu) {
        choice.coded = surface_format(choice.planes);
    }
    if (choice.name == "ffv1" && choice.planes == AV_PIX_FMT_GBRP) {
        choice.coded = AV_PIX_FMT_0RGB32; // FFV1's name for 8-bit RGB
    }
    return choice;
}

std::string samples_change(const MediaInfo& source, const Choice& choice,
                           const WriteOptions& options) {
    const AVPixelFormat given = av_get_pix_fmt(source.pixel_format.c_str());
    if (given == AV_PIX_FMT_NONE) {
        return "";
    }
    const AVPixelFormat from = without_range(direct_format(given));
    const Layout before = layout_of(from);
    const Layout after = layout_of(choice.planes);
    const bool has_new_color = options.channels > source.channels; // by a stage
    const bool same_color = before.rgb == after.rgb && before.planes == after.planes &&
                            before.log2_x == after.log2_x && before.log2_y == after.log2_y;
    const bool same_depth = before.real == after.real && before.bits == after.bits;
    if (same_depth && (same_color || has_new_color)) {
        return "";
    }
    return fmt::format("the film's samples are {}, and become {} in {}", described(from),
                       described(choice.planes), choice.name);
}

std::int64_t encoder_bytes(const Choice& choice, const WriteOptions& options) {
    // Bytes a pixel of 4:2:0 in 8 bits, by the growth of ffmpeg's resident size from 640x480 to
    // 1920x1080 on two cores with the settings that `Encoder` makes; each further core works on a
    // frame of its own.
    static const std::map<std::string, std::int64_t> measured{
        {"h264", 192}, {"h265", 151}, {"av1", 229}, {"prores", 16}};
    const std::int64_t pixels = options.width * options.height;
    if (choice.name == "ffv1") {
        // The picture as coded, what it takes compressed (at most a little more), and a copy of
        // that. Its encoder asks for 148 bytes a pixel of addresses, which it doesn't write to.
        const int coded = av_image_get_buffer_size(choice.coded, static_cast<int>(options.width),
                                                   static_cast<int>(options.height), 1);
        return std::int64_t{4} * std::max(coded, 0) + pixels * 12;
    }
    const auto found = measured.find(choice.name);
    if (found == measured.end()) {
        return pixels * 32; // pictures: one, and its packet
    }
    const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(choice.coded);
    const double samples = 1.0 + 2.0 / (1 << (format->log2_chroma_w + format->log2_chroma_h));
    const double against_420 = samples / 1.5 * (format->comp[0].depth > 8 ? 2 : 1);
    const auto cores = static_cast<std::int64_t>(
        options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency()));
    const std::int64_t each = found->second + 6 * std::max<std::int64_t>(cores - 2, 0);
    return static_cast<std::int64_t>(static_cast<double>(pixels * each) * against_420);
}

} // namespace oldfilm::media
