#include "media/decoder.hpp"

#include "media/convert.hpp"
#include "media/cropping.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

namespace oldfilm::media {
namespace {

/// A frame that claims more is refused before memory is asked for.
constexpr std::int64_t most_pixels = 1LL << 28;

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
    planar_.set_picture(is_picture());
    set_up(*decoder);
    time_base_ = to_rational(stream_->time_base);
    orientation_ = orientation_of(*stream_);
    attach_engine();
    check(avcodec_open2(codec_.get(), decoder, nullptr), "open the decoder of " + path);
    if (file_.has_no_end()) {
        options_.log.warning(
            fmt::format("{} has no mark of its end: it was written to a pipe, or is still being "
                        "written; whether all of it is there can't be told",
                        path));
    }
}

void Decoder::set_up(const AVCodec& decoder) {
    codec_.reset(avcodec_alloc_context3(&decoder));
    if (!codec_) {
        throw std::bad_alloc();
    }
    check(avcodec_parameters_to_context(codec_.get(), stream_->codecpar),
          "set up the decoder of " + path_);
    if (static_cast<std::int64_t>(codec_->width) * codec_->height > most_pixels) {
        throw Error(
            Errc::unsupported,
            fmt::format("{} claims frames of {} x {} pixels, more than the {} million that are "
                        "taken; is it damaged?",
                        path_, codec_->width, codec_->height, most_pixels >> 20));
    }
    codec_->thread_count = options_.threads;
    if (decoder.id == AV_CODEC_ID_MPEG4) {
        // Threads that each decode a frame conceal damage by frames that others are still at work
        // on: other pictures each time (seen in FFmpeg 5.1).
        codec_->thread_type = FF_THREAD_SLICE;
    }
    codec_->pkt_timebase = stream_->time_base;
    codec_->max_pixels = most_pixels;
    codec_->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT; // part of a frame is better than none
    if (decoder.id == AV_CODEC_ID_MJPEG || decoder.id == AV_CODEC_ID_PNG) {
        // They tell of damage only when asked to stop there; the frame before stands in then.
        // TIFF's decoder, asked so, refuses whole pictures for a tag that it does not know.
        codec_->err_recognition |= AV_EF_EXPLODE | AV_EF_CRCCHECK;
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
    const std::string why = options_.deinterlace            ? "it is deinterlaced there"
                            : options_.crop                 ? "it is cropped there"
                            : !orientation_.filters.empty() ? "it is turned there"
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

int Decoder::read_packet() {
    if (!sequence_) {
        return av_read_frame(input_.get(), packet_.get());
    }
    const bool read = sequence_->read(*packet_);
    packet_->stream_index = stream_->index;
    return read ? 0 : AVERROR_EOF;
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
                damage_.note(error_text(read));
            }
            damage_.note_end(*input_);
            return false;
        }
        if (continuity_.apply(*packet_)) {
            options_.log.warning(
                fmt::format("{}: the clock jumps; the film continues without a gap", path_));
        }
        damage_.note_packet(*input_, *packet_);
        if (packet_->stream_index != stream_->index) {
            continue;
        }
        if (packet_->pts != AV_NOPTS_VALUE) {
            packets_end_ = std::max(packets_end_, packet_->pts + packet_->duration);
        }
        if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0) {
            damage_.note_corrupt_packet();
        }
        if (checksums_->are_wrong(*packet_)) {
            damage_.note("the checksum of a slice is wrong");
        }
        const int sent = avcodec_send_packet(codec_.get(), packet_.get());
        check_engine(sent);
        if (sent == AVERROR(ENOMEM)) {
            check(sent, "decode " + path_);
        }
        if (sent < 0 && sent != AVERROR(EAGAIN)) {
            damage_.note(error_text(sent));
        }
        return true;
    }
}

/// The engine's frame; one that it did not decode as it is.
Decoded Decoder::from_surface(UniqueFrame frame) {
    if (std::optional<Decoded> taken = take_surface(*engine_, *frame)) {
        return std::move(*taken);
    }
    if (!std::exchange(engine_noted_, true)) {
        const auto format = static_cast<AVPixelFormat>(frame->format);
        options_.log.warning(
            fmt::format("{} is decoded on the CPU: {} has no engine for {} in {} of this size",
                        path_, engine_->device().str(), avcodec_get_name(codec_->codec_id),
                        av_get_pix_fmt_name(format)));
    }
    return {std::move(frame), nullptr};
}

Rational Decoder::packets_end() const {
    return Rational(packets_end_) * to_rational(stream_->time_base);
}

void Decoder::note_end(const AVFrame& frame) {
    if (frame.pts == AV_NOPTS_VALUE) {
        return;
    }
    const std::int64_t lasts = duration_of(frame);
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
                damage_.note_hurt(*frame);
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
            damage_.note(error_text(got));
        }
    }
    return {};
}

void Decoder::build_graph(const AVFrame& first) {
    std::string filters = orientation_.filters;
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
    filters += crop_filter(path_, options_.crop, first, orientation_.rotation);
    if (filters.empty()) {
        return;
    }
    filters.pop_back();
    graph_.emplace(filters, first, stream_->time_base, rate);
    time_base_ = graph_->time_base();
}

/// That the film stays as it began.
void Decoder::check_format(const AVFrame& frame) const {
    if (frame.width != width_ || frame.height != height_) {
        const Rational time = frame.pts == AV_NOPTS_VALUE
                                  ? Rational()
                                  : Rational(frame.pts) * to_rational(stream_->time_base);
        throw Error(Errc::format_mismatch,
                    fmt::format("{}: the frame's size changes from {} x {} to {} x {} at "
                                "{:.3f} s; restore the parts one by one",
                                path_, width_, height_, frame.width, frame.height, time.value()));
    }
    const auto format = static_cast<AVPixelFormat>(frame.format);
    if (without_range(format) != without_range(source_format_)) {
        throw Error(Errc::format_mismatch,
                    fmt::format("{}: the pixel format changes from {} to {} midway; restore "
                                "the parts one by one",
                                path_, av_get_pix_fmt_name(source_format_),
                                av_get_pix_fmt_name(format)));
    }
}

/// Frames through deinterlacing and rotation, where these are wanted.
Decoded Decoder::filtered() {
    UniqueFrame out = make_frame();
    while (true) {
        if (graph_) {
            const int got = graph_->receive(*out);
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
        if (frame) {
            check_format(*frame);
        }
        if (!graph_) {
            return next;
        }
        graph_->send(frame.get());
    }
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
    damage_.forget_position();
    return true;
}

Decoded Decoder::next(bool& broken_before) {
    Decoded next = filtered();
    broken_before = damage_.take_broken();
    if (next) {
        next.frame = planar_.convert(std::move(next.frame));
    }
    return next;
}

} // namespace oldfilm::media
