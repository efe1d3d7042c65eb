#include "media/decoder.hpp"

#include "device/order.hpp"
#include "media/convert.hpp"

#include <oldfilm/error.hpp>

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
}

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

namespace oldfilm::media {
namespace {

/// A frame that claims more is refused before memory is asked for.
constexpr std::int64_t most_pixels = 1LL << 28;

const std::int32_t* display_matrix(const AVStream& stream) {
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    const AVPacketSideData* data =
        av_packet_side_data_get(stream.codecpar->coded_side_data,
                                stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    return data == nullptr ? nullptr : reinterpret_cast<const std::int32_t*>(data->data);
#else
    return reinterpret_cast<const std::int32_t*>(
        av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr));
#endif
}

/// FFmpeg's filters for what the container's display matrix asks for.
std::string orientation(const std::int32_t* matrix, int& rotation) {
    rotation = 0;
    if (matrix == nullptr) {
        return "";
    }
    const double angle = av_display_rotation_get(matrix);
    if (std::isnan(angle)) {
        return "";
    }
    rotation = (static_cast<int>(std::lround(-angle / 90)) * 90 % 360 + 360) % 360;
    const double determinant =
        static_cast<double>(matrix[0]) * matrix[4] - static_cast<double>(matrix[1]) * matrix[3];
    std::string filters = determinant < 0 ? "hflip," : "";
    filters += rotation == 90    ? "transpose=clock,"
               : rotation == 180 ? "hflip,vflip,"
               : rotation == 270 ? "transpose=cclock,"
                                 : "";
    return filters;
}

/// The image sequence that a pattern or a folder names; null where the path is neither.
std::unique_ptr<Sequence> sequence_at(const std::string& path, const ReadOptions& options) {
    std::error_code unknown;
    std::optional<SequenceName> name = sequence_name(path);
    if (!name && std::filesystem::is_directory(path, unknown)) {
        name = sequence_in(path);
    }
    return name ? std::make_unique<Sequence>(std::move(*name), options) : nullptr;
}

UniqueInput open_film(const std::string& path, const Sequence* sequence,
                      const ReadOptions& options) {
    if (sequence == nullptr) {
        return open_input(path, options);
    }
    ReadOptions one = options;
    one.source_fps = sequence->rate();
    // A picture is one packet there, however large.
    return open_input(sequence->example().string(), one, "image2");
}

/// Says so where a picture is one of many.
void note_neighbors(const std::string& path, const ReadOptions& options) {
    const auto name = options.log ? sequence_around(path) : std::nullopt;
    const std::size_t count = name ? name->numbers().size() : 0;
    if (count > 1) {
        options.log.warning(
            fmt::format("{} is one of {} numbered pictures, and is restored by itself; "
                        "for the film that they are name {} or their folder",
                        path, count, name->pattern()));
    }
}

} // namespace

Decoder::Decoder(const std::string& path, const ReadOptions& options,
                 std::unique_ptr<VideoEngine> engine)
    : options_(options), path_(path), engine_(std::move(engine)),
      sequence_(sequence_at(path, options)), input_(open_film(path, sequence_.get(), options)) {
    const int index = first_video(*input_);
    const AVCodec* decoder =
        index < 0 ? nullptr : avcodec_find_decoder(input_->streams[index]->codecpar->codec_id);
    if (index < 0 || decoder == nullptr) {
        throw Error(
            Errc::unreadable,
            fmt::format("{} holds no video that this FFmpeg can decode; name a film or a picture",
                        path));
    }
    stream_ = input_->streams[index];
    checksums_.emplace(*stream_->codecpar);
    if (sequence_) {
        describe_sequence();
    } else {
        note_neighbors(path_, options_);
    }
    codec_.reset(avcodec_alloc_context3(decoder));
    if (!codec_) {
        throw std::bad_alloc();
    }
    check(avcodec_parameters_to_context(codec_.get(), stream_->codecpar),
          "set up the decoder of " + path);
    if (static_cast<std::int64_t>(codec_->width) * codec_->height > most_pixels) {
        throw Error(
            Errc::unsupported,
            fmt::format("{} claims frames of {} x {} pixels, more than the {} million that are "
                        "taken; is it damaged?",
                        path, codec_->width, codec_->height, most_pixels >> 20));
    }
    codec_->thread_count = options.threads;
    if (decoder->id == AV_CODEC_ID_MPEG4) {
        // Threads that each decode a frame conceal damage by frames that others are still at work
        // on: other pictures each time (seen in FFmpeg 5.1).
        codec_->thread_type = FF_THREAD_SLICE;
    }
    codec_->pkt_timebase = stream_->time_base;
    codec_->max_pixels = most_pixels;
    codec_->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT; // part of a frame is better than none
    if (decoder->id == AV_CODEC_ID_MJPEG || decoder->id == AV_CODEC_ID_PNG) {
        // They tell of damage only when asked to stop there; the frame before stands in then.
        // TIFF's decoder, asked so, refuses whole pictures for a tag that it does not know.
        codec_->err_recognition |= AV_EF_EXPLODE | AV_EF_CRCCHECK;
    }
    is_matroska_ = std::string_view(input_->iformat->name).find("matroska") == 0;
    time_base_ = to_rational(stream_->time_base);
    mirror_ = orientation(display_matrix(*stream_), rotation_);
    attach_engine();
    check(avcodec_open2(codec_.get(), decoder, nullptr), "open the decoder of " + path);
    if (file_.has_no_end()) {
        options_.log.warning(
            fmt::format("{} has no mark of its end: it was written to a pipe, or is still being "
                        "written; whether all of it is there can't be told",
                        path));
    }
}

/// The stream is that of one picture; it is made the film's.
void Decoder::describe_sequence() {
    path_ = sequence_->name().pattern();
    stream_->time_base = to_av(sequence_->rate().inverse());
    stream_->avg_frame_rate = stream_->r_frame_rate = to_av(sequence_->rate());
    stream_->nb_frames = stream_->duration = sequence_->count();
    stream_->start_time = 0;
    if (sequence_->dpx() && !sequence_->dpx()->timecode.empty()) {
        av_dict_set(&stream_->metadata, "timecode", sequence_->dpx()->timecode.c_str(), 0);
    }
}

void Decoder::attach_engine() {
    if (!engine_) {
        return;
    }
    const std::string why = options_.deinterlace ? "it is deinterlaced there"
                            : !mirror_.empty()   ? "it is turned there"
                                                 : engine_->attach(*codec_);
    if (!why.empty()) {
        options_.log.warning(fmt::format("{} is decoded on the CPU: {}", path_, why));
        engine_.reset();
    }
}

void Decoder::check_engine(int code) const {
    if (engine_ && VideoEngine::has_failed(code)) {
        throw EngineFailure(fmt::format("the video engine of {} failed in {} ({}); decode it on "
                                        "the CPU",
                                        engine_->device().str(), path_, error_text(code)));
    }
}

void Decoder::check_strict(const std::string& what) const {
    // Which picture of a sequence it is shows when its frame doesn't come.
    if (options_.strict && !sequence_) {
        throw Error(
            Errc::unreadable,
            fmt::format("{} is damaged ({}), and strict reading was asked for", path_, what));
    }
}

void Decoder::note_damage(const std::string& what) {
    check_strict(what);
    broken_ = true;
    ++lost_;
}

void Decoder::note_hurt(const AVFrame& frame) {
    if (!sequence_) {
        check_strict("a frame could be decoded only in part");
        return;
    }
    const std::string named = fmt::format("{} could be decoded only in part",
                                          sequence_->file(frame.best_effort_timestamp).string());
    if (options_.strict) {
        throw Error(Errc::unreadable, named + ", and strict reading was asked for");
    }
    options_.log.warning(named);
}

/// Matroska's reader jumps over what it cannot read and says nothing; bytes that belong to no
/// packet tell.
void Decoder::note_gap() {
    constexpr std::int64_t headers = 1024; // of blocks and clusters, with room to spare
    if (packet_->pos < 0) {
        return;
    }
    if (is_matroska_ && bytes_end_ > 0 && packet_->pos > bytes_end_ + headers) {
        note_damage(fmt::format("{} bytes belong to nothing", packet_->pos - bytes_end_));
    }
    bytes_end_ = std::max(bytes_end_, packet_->pos + packet_->size);
}

int Decoder::read_packet() {
    if (!sequence_) {
        return av_read_frame(input_.get(), packet_.get());
    }
    const bool read = sequence_->read(*packet_);
    packet_->stream_index = stream_->index;
    return read ? 0 : AVERROR_EOF;
}

/// The reader of y4m drops a last frame that is cut off, and says nothing.
void Decoder::note_rest() {
    if (std::string_view(input_->iformat->name) == "yuv4mpegpipe" && bytes_end_ > 0 &&
        avio_tell(input_->pb) > bytes_end_) {
        note_damage("the last frame is cut off");
    }
}

/// Reads one packet of the stream into the decoder. False when there is none left.
bool Decoder::feed() {
    while (true) {
        av_packet_unref(packet_.get());
        const int read = read_packet();
        if (read == AVERROR(EAGAIN)) {
            continue;
        }
        if (read < 0) {
            if (read != AVERROR_EOF) {
                options_.log.warning(fmt::format("{} breaks off: {}", path_, error_text(read)));
                note_damage(error_text(read));
            }
            note_rest();
            return false;
        }
        if (continuity_.apply(*packet_)) {
            options_.log.warning(
                fmt::format("{}: the clock jumps; the film goes on without a gap", path_));
        }
        note_gap();
        if (packet_->stream_index != stream_->index) {
            continue;
        }
        if (packet_->pts != AV_NOPTS_VALUE) {
            packets_end_ = std::max(packets_end_, packet_->pts + packet_->duration);
        }
        if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0) {
            check_strict("a packet is marked as corrupt");
            broken_ = true; // not lost: at a splice it decodes well, else its frame tells
        }
        if (checksums_->are_wrong(*packet_)) {
            note_damage("the checksum of a slice is wrong");
        }
        const int sent = avcodec_send_packet(codec_.get(), packet_.get());
        check_engine(sent);
        if (sent == AVERROR(ENOMEM)) {
            check(sent, "decode " + path_);
        }
        if (sent < 0 && sent != AVERROR(EAGAIN)) {
            note_damage(error_text(sent));
        }
        return true;
    }
}

/// The frame with samples of its own: the engine has few surfaces, and goes on with this one.
Decoded Decoder::from_surface(UniqueFrame frame) {
    auto found = engine_->decoded(*frame);
    if (!found) {
        if (!engine_noted_) {
            engine_noted_ = true;
            const auto format = static_cast<AVPixelFormat>(frame->format);
            options_.log.warning(
                fmt::format("{} is decoded on the CPU: {} has no engine for {} in {} of this size",
                            path_, engine_->device().str(), avcodec_get_name(codec_->codec_id),
                            av_get_pix_fmt_name(format)));
        }
        return {std::move(frame), nullptr};
    }
    Layout layout = layout_of(without_range(found->format));
    layout.by_fields = is_interlaced(*frame);
    UniqueFrame described = make_frame();
    check(av_frame_copy_props(described.get(), frame.get()), "hold a frame");
    described->format = found->format;
    described->width = frame->width - static_cast<int>(frame->crop_left);
    described->height = frame->height - static_cast<int>(frame->crop_top);
    described->crop_left = described->crop_top = 0;
    const at::Device& device = engine_->device();
    if (device.is_cpu()) {
        return {std::move(described),
                std::make_shared<Samples>(planes_in(found->surface, layout), layout)};
    }
    // The engine works in the order of the default stream.
    order(default_stream(device), current_stream(device));
    auto samples = std::make_shared<Samples>(planes_in(found->surface, layout), layout);
    order(current_stream(device), default_stream(device));
    return {std::move(described), std::move(samples)};
}

Rational Decoder::packets_end() const {
    return Rational(packets_end_) * to_rational(stream_->time_base);
}

void Decoder::note_end(const AVFrame& frame) {
    if (frame.pts == AV_NOPTS_VALUE) {
        return;
    }
#if LIBAVUTIL_VERSION_MAJOR >= 58
    const std::int64_t lasts = frame.duration;
#else
    const std::int64_t lasts = frame.pkt_duration;
#endif
    const double tick = av_q2d(stream_->time_base);
    const double time = static_cast<double>(frame.pts) * tick;
    const AVRational rate = av_guess_frame_rate(input_.get(), stream_, nullptr);
    const double end = time + (lasts > 0      ? static_cast<double>(lasts) * tick
                               : rate.num > 0 ? 1 / av_q2d(rate)
                                              : 0);
    if (reached_ > 0) {
        longest_ = std::max(longest_, time - last_);
    }
    last_ = time;
    reached_ = std::max(reached_, end);
}

Decoded Decoder::decoded() {
    UniqueFrame frame = make_frame();
    while (!decoder_over_) {
        const int got = avcodec_receive_frame(codec_.get(), frame.get());
        if (got >= 0) {
            const bool hurt =
                frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0;
            if (hurt) {
                ++damaged_;
                note_hurt(*frame); // the frame is there, if not whole
            }
            interlaced_ = interlaced_ || is_interlaced(*frame);
            frame->pts = frame->best_effort_timestamp;
            frame->sample_aspect_ratio =
                av_guess_sample_aspect_ratio(input_.get(), stream_, frame.get());
            note_end(*frame);
            return engine_ ? from_surface(std::move(frame)) : Decoded{std::move(frame), nullptr};
        }
        check_engine(got);
        if (got == AVERROR(EAGAIN) && !input_over_) {
            if (!feed()) {
                input_over_ = true;
                avcodec_send_packet(codec_.get(), nullptr); // drains what B-frames hold back
            }
        } else if (got == AVERROR_EOF || got == AVERROR(EAGAIN)) {
            decoder_over_ = true;
        } else { // while it is drained, too: good frames may come after one that can't be decoded
            check(got == AVERROR(ENOMEM) ? got : 0, "decode " + path_);
            note_damage(error_text(got));
        }
    }
    return {};
}

void Decoder::build_graph(const AVFrame& first) {
    std::string filters = mirror_;
    const AVRational rate = av_guess_frame_rate(input_.get(), stream_, nullptr);
    // Flags know the order of the fields; where they say that there are none, the pictures do.
    const bool is_flagged = is_interlaced(first);
    const bool is_combed = found_.fields != Survey::Fields::together;
    const bool is_bottom_first = found_.fields == Survey::Fields::bottom_first;
    telecined_ =
        options_.deinterlace && (is_flagged || is_combed) && rate.num > 0 && found_.telecined;
    if (telecined_) {
        // What no match could mend (an edit) is deinterlaced.
        filters +=
            fmt::format("fieldmatch=order={},bwdif=mode=send_frame:deint=interlaced,decimate,",
                        is_flagged        ? "auto"
                        : is_bottom_first ? "bff"
                                          : "tff");
    } else if (options_.deinterlace && is_combed && !is_flagged) {
        filters += fmt::format("bwdif=mode=send_frame:deint=all:parity={},",
                               is_bottom_first ? "bff" : "tff");
    } else if (options_.deinterlace) {
        filters += "bwdif=mode=send_frame:deint=interlaced,";
    }
    if (filters.empty()) {
        return;
    }
    filters.pop_back();
    graph_.reset(avfilter_graph_alloc());
    const AVRational aspect = first.sample_aspect_ratio;
    const std::string arguments =
        fmt::format("video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect={}/{}", first.width,
                    first.height, first.format, stream_->time_base.num, stream_->time_base.den,
                    aspect.num, std::max(aspect.den, 1)) +
        (rate.num > 0 ? fmt::format(":frame_rate={}/{}", rate.num, rate.den) : "");
    check(avfilter_graph_create_filter(&source_, avfilter_get_by_name("buffer"), "in",
                                       arguments.c_str(), nullptr, graph_.get()),
          "set up the filters");
    check(avfilter_graph_create_filter(&sink_, avfilter_get_by_name("buffersink"), "out", nullptr,
                                       nullptr, graph_.get()),
          "set up the filters");
    using Ends = std::unique_ptr<AVFilterInOut, FreeByAddress<avfilter_inout_free>>;
    const auto end = [](const char* name, AVFilterContext* filter) {
        Ends made(avfilter_inout_alloc());
        made->name = av_strdup(name);
        made->filter_ctx = filter;
        return made;
    };
    AVFilterInOut* outputs = end("in", source_).release();
    AVFilterInOut* inputs = end("out", sink_).release();
    const int parsed =
        avfilter_graph_parse_ptr(graph_.get(), filters.c_str(), &inputs, &outputs, nullptr);
    const Ends rest_in(inputs);
    const Ends rest_out(outputs);
    check(parsed, "set up the filters " + filters);
    check(avfilter_graph_config(graph_.get(), nullptr), "set up the filters " + filters);
    time_base_ = to_rational(av_buffersink_get_time_base(sink_));
}

/// Frames through deinterlacing and rotation, where these are wanted.
Decoded Decoder::filtered() {
    UniqueFrame out = make_frame();
    while (true) {
        if (graph_) {
            const int got = av_buffersink_get_frame(sink_, out.get());
            if (got >= 0) {
                return {std::move(out), nullptr};
            }
            if (got == AVERROR_EOF) {
                return {};
            }
        }
        Decoded next = decoded();
        const UniqueFrame& frame = next.frame;
        if (!frame && !graph_) {
            return {};
        }
        if (frame && width_ == 0) {
            width_ = frame->width;
            height_ = frame->height;
            source_format_ = static_cast<AVPixelFormat>(frame->format);
            build_graph(*frame);
        }
        if (frame && (frame->width != width_ || frame->height != height_)) {
            const Rational time = frame->pts == AV_NOPTS_VALUE
                                      ? Rational()
                                      : Rational(frame->pts) * to_rational(stream_->time_base);
            throw Error(Errc::format_mismatch,
                        fmt::format("{}: the frame's size changes from {} x {} to {} x {} at "
                                    "{:.3f} s; restore the parts one by one",
                                    path_, width_, height_, frame->width, frame->height,
                                    time.value()));
        }
        if (frame && without_range(static_cast<AVPixelFormat>(frame->format)) !=
                         without_range(source_format_)) {
            throw Error(
                Errc::format_mismatch,
                fmt::format("{}: the pixel format changes from {} to {} midway; restore "
                            "the parts one by one",
                            path_, av_get_pix_fmt_name(source_format_),
                            av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame->format))));
        }
        if (!graph_) {
            return next;
        }
        check(av_buffersrc_add_frame(source_, frame.get()), "filter a frame");
    }
}

/// The frame in a direct format: its own, or by swscale one that holds all of it with the same
/// matrix and range.
UniqueFrame Decoder::planar(UniqueFrame frame) {
    const auto format = static_cast<AVPixelFormat>(frame->format);
    if (direct_ == AV_PIX_FMT_NONE) {
        direct_ = direct_format(format);
        if ((av_pix_fmt_desc_get(format)->flags & AV_PIX_FMT_FLAG_ALPHA) != 0) {
            options_.log.warning(
                fmt::format("{} has transparency, which a film has not; it is left out", path_));
        }
    }
    if (format == direct_ && (frame->linesize[0] > 0 || frame->data[0] == nullptr)) {
        frame->format = without_range(format);
        if (frame->format != format) {
            frame->color_range = AVCOL_RANGE_JPEG;
        }
        return frame;
    }
    if (format == AV_PIX_FMT_GBRAPF32LE) {
        frame->format = direct_; // the same planes but one; swscale would round and clip them
        frame->data[3] = nullptr;
        frame->linesize[3] = 0;
        return frame;
    }
    UniqueFrame copy = make_frame();
    copy->format = direct_;
    copy->width = frame->width;
    copy->height = frame->height;
    check(av_frame_get_buffer(copy.get(), 0), "hold a frame");
    check(av_frame_copy_props(copy.get(), frame.get()), "hold a frame");
    if (!sws_) {
        sws_.reset(
            sws_getContext(frame->width, frame->height, format, copy->width, copy->height, direct_,
                           SWS_POINT | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_FULL_CHR_H_INT,
                           nullptr, nullptr, nullptr));
        if (!sws_) {
            throw Error(
                Errc::unsupported,
                fmt::format("the pixel format {} of {} is not supported; convert the film first",
                            av_get_pix_fmt_name(format), path_));
        }
        const int* table = sws_getCoefficients(SWS_CS_DEFAULT);
        sws_setColorspaceDetails(sws_.get(), table, 1, table, 1, 0, 1 << 16,
                                 1 << 16); // the same range on both sides
    }
    sws_scale(sws_.get(), frame->data, frame->linesize, 0, frame->height, copy->data,
              copy->linesize);
    return copy;
}

bool Decoder::seek(const Rational& seconds) {
    const std::int64_t start = stream_->start_time == AV_NOPTS_VALUE ? 0 : stream_->start_time;
    const std::int64_t place = start + (seconds / to_rational(stream_->time_base)).round();
    if (sequence_) {
        sequence_->seek(place);
    } else if (av_seek_frame(input_.get(), stream_->index, place, AVSEEK_FLAG_BACKWARD) < 0) {
        return false;
    }
    avcodec_flush_buffers(codec_.get());
    input_over_ = decoder_over_ = false;
    bytes_end_ = 0;
    return true;
}

Decoded Decoder::next(bool& broken_before) {
    Decoded next = filtered();
    broken_before = broken_;
    broken_ = false;
    if (next) {
        next.frame = planar(std::move(next.frame));
    }
    return next;
}

} // namespace oldfilm::media
