#include "media/transparency.hpp"

#include "media/reader.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

namespace oldfilm::media {
namespace {

constexpr AVPixelFormat planes_with_alpha = AV_PIX_FMT_GBRAP16LE;
constexpr int alpha_plane = 3;

UniqueSws converter(const AVFrame& from, int width, int height, AVPixelFormat format, int kind) {
    UniqueSws sws(sws_getContext(from.width, from.height, static_cast<AVPixelFormat>(from.format),
                                 width, height, format, kind | SWS_ACCURATE_RND, nullptr, nullptr,
                                 nullptr));
    if (!sws) {
        throw Error(Errc::unsupported,
                    fmt::format("the transparency of a picture in {} cannot be read; convert it "
                                "to rgba first",
                                av_get_pix_fmt_name(static_cast<AVPixelFormat>(from.format))));
    }
    return sws;
}

UniqueFrame converted(const AVFrame& from, int width, int height, AVPixelFormat format, int kind) {
    UniqueFrame to = buffer_of(format, width, height);
    const UniqueSws sws = converter(from, width, height, format, kind);
    sws_scale(sws.get(), from.data, from.linesize, 0, from.height, to->data, to->linesize);
    return to;
}

/// The first frame of a picture file.
UniqueFrame decoded(const std::string& path, const ReadOptions& options) {
    const UniqueInput input = open_input(path, options);
    const int index = first_video(*input);
    const AVCodecParameters* coded = index < 0 ? nullptr : input->streams[index]->codecpar;
    const AVCodec* decoder = coded == nullptr ? nullptr : avcodec_find_decoder(coded->codec_id);
    const UniqueCodec codec(avcodec_alloc_context3(decoder));
    const UniquePacket packet = make_packet();
    UniqueFrame frame = make_frame();
    if (decoder == nullptr || !codec || avcodec_parameters_to_context(codec.get(), coded) < 0 ||
        avcodec_open2(codec.get(), decoder, nullptr) < 0 ||
        av_read_frame(input.get(), packet.get()) < 0 ||
        avcodec_send_packet(codec.get(), packet.get()) < 0 ||
        avcodec_send_packet(codec.get(), nullptr) < 0 ||
        avcodec_receive_frame(codec.get(), frame.get()) < 0) {
        throw Error(
            Errc::unreadable,
            fmt::format("the transparency of {} cannot be read; does it still change?", path));
    }
    return frame;
}

bool has_alpha(AVPixelFormat format) {
    const AVPixFmtDescriptor* facts = av_pix_fmt_desc_get(format);
    return facts != nullptr && (facts->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
}

/// Whether no component has more than 8 bits.
bool is_of_bytes(AVPixelFormat format) {
    return av_pix_fmt_desc_get(format)->comp[0].depth <= 8;
}

/// The alpha plane alone. swscale brings 8 bits to 16 by a shift; here 255 is 65535.
UniqueFrame alpha_of(const AVFrame& planes, bool of_bytes) {
    UniqueFrame alpha = buffer_of(AV_PIX_FMT_GRAY16LE, planes.width, planes.height);
    for (int y = 0; y < planes.height; ++y) {
        const auto* from = reinterpret_cast<const std::uint16_t*>(planes.data[alpha_plane] +
                                                                  static_cast<std::ptrdiff_t>(y) *
                                                                      planes.linesize[alpha_plane]);
        auto* to = reinterpret_cast<std::uint16_t*>(
            alpha->data[0] + static_cast<std::ptrdiff_t>(y) * alpha->linesize[0]);
        std::transform(from, from + planes.width, to, [of_bytes](std::uint16_t a) {
            return static_cast<std::uint16_t>(of_bytes ? (a >> 8) * 257 : a);
        });
    }
    return alpha;
}

bool is_opaque(const AVFrame& alpha) {
    for (int y = 0; y < alpha.height; ++y) {
        const auto* row = reinterpret_cast<const std::uint16_t*>(
            alpha.data[0] + static_cast<std::ptrdiff_t>(y) * alpha.linesize[0]);
        if (std::any_of(row, row + alpha.width, [](std::uint16_t a) { return a < 0xffff; })) {
            return false;
        }
    }
    return true;
}

} // namespace

std::shared_ptr<const Transparency> Transparency::of(const Reader& source) {
    const Decoder& film = Reader::Impl::of(source).decoder;
    if (!film.is_picture() || !has_alpha(film.source_format())) {
        return nullptr;
    }
    const UniqueFrame frame = decoded(source.info().path, Reader::Impl::of(source).options);
    const UniqueFrame planes =
        converted(*frame, frame->width, frame->height, planes_with_alpha, SWS_POINT);
    UniqueFrame alpha = alpha_of(*planes, is_of_bytes(film.source_format()));
    return is_opaque(*alpha) ? nullptr : std::make_shared<const Transparency>(std::move(alpha));
}

void keep_transparency(Choice& choice, const Reader* source, const std::string& path,
                       const Log& log) {
    const auto transparency = source != nullptr ? Transparency::of(*source) : nullptr;
    if (!transparency) {
        return;
    }
    const AVPixelFormat coded = Transparency::format_with(choice.coded);
    const bool is_turned = Reader::Impl::of(*source).decoder.rotation() != 0;
    if (choice.name != "png" || coded == AV_PIX_FMT_NONE || is_turned) {
        log.warning(fmt::format("{} has transparency, which {} does not get; write a .png of a "
                                "picture that no tag turns to keep it",
                                source->info().path, path));
        return;
    }
    choice.transparency = transparency;
    choice.opaque = std::exchange(choice.coded, coded);
}

AVPixelFormat Transparency::format_with(AVPixelFormat opaque) {
    switch (opaque) {
    case AV_PIX_FMT_RGB24:
        return AV_PIX_FMT_RGBA;
    case AV_PIX_FMT_RGB48BE:
        return AV_PIX_FMT_RGBA64BE;
    case AV_PIX_FMT_GRAY8:
        return AV_PIX_FMT_YA8;
    case AV_PIX_FMT_GRAY16BE:
        return AV_PIX_FMT_YA16BE;
    default:
        return AV_PIX_FMT_NONE;
    }
}

UniqueFrame Transparency::added_to(const AVFrame& opaque) const {
    const bool fits = alpha_->width == opaque.width && alpha_->height == opaque.height;
    const UniqueFrame resized =
        fits ? share(*alpha_)
             : converted(*alpha_, opaque.width, opaque.height, AV_PIX_FMT_GRAY16LE, SWS_BICUBIC);
    const auto format = static_cast<AVPixelFormat>(opaque.format);
    const AVPixFmtDescriptor* facts = av_pix_fmt_desc_get(format);
    const int bytes = facts->comp[0].depth / 8;
    const std::size_t color = static_cast<std::size_t>(facts->nb_components) * bytes;
    UniqueFrame result = buffer_of(format_with(format), opaque.width, opaque.height);
    for (int y = 0; y < opaque.height; ++y) {
        const std::uint8_t* from =
            opaque.data[0] + static_cast<std::ptrdiff_t>(y) * opaque.linesize[0];
        const std::uint8_t* alpha =
            resized->data[0] + static_cast<std::ptrdiff_t>(y) * resized->linesize[0];
        std::uint8_t* to = result->data[0] + static_cast<std::ptrdiff_t>(y) * result->linesize[0];
        for (int x = 0; x < opaque.width; ++x, from += color, alpha += 2) {
            to = std::copy_n(from, color, to);
            *to++ = alpha[1]; // big endian, as PNG is; of 8 bits the upper ones
            if (bytes == 2) {
                *to++ = alpha[0];
            }
        }
    }
    return result;
}

} // namespace oldfilm::media
