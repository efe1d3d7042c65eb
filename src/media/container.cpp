#include "media/container.hpp"

#include "media/locations.hpp"
#include "media/muxer_trial.hpp"
#include "media/output_plan.hpp"
#include "media/reader.hpp"
#include "media/timecode.hpp"
#include "media/transparency.hpp"

#include <oldfilm/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <numeric>
#include <utility>

namespace oldfilm::media {
namespace {

namespace fs = std::filesystem;

/// The longest tick of which both are whole multiples, or `a` where that is absurdly short.
Rational common_tick(const Rational& a, const Rational& b) {
    constexpr std::int64_t finest = 10'000'000; // ticks a second
    const std::int64_t den = std::lcm(a.den(), b.den());
    const Rational both(std::gcd(a.num() * (den / a.den()), b.num() * (den / b.den())), den);
    return both.inverse().value() > finest ? a : both;
}

/// That there is a container for the path, and that it holds the codec.
void check_muxer(const Choice& choice, const std::string& path) {
    if (choice.picture_files || choice.name == "y4m") {
        return;
    }
    const AVOutputFormat* format = format_of(path, choice);
    if (format == nullptr) {
        throw Error(Errc::unsupported,
                    fmt::format("the extension of {} tells no container; use .mkv", path));
    }
    if (avformat_query_codec(format, choice.encoder->id, FF_COMPLIANCE_EXPERIMENTAL) == 0) {
        throw Error(Errc::unsupported, fmt::format("{} cannot hold {}; use .mkv, or another codec",
                                                   format->name, choice.name));
    }
}

} // namespace

void FreeOutput::operator()(AVFormatContext* context) const noexcept {
    if (context->pb != nullptr && (context->oformat->flags & AVFMT_NOFILE) == 0) {
        avio_closep(&context->pb);
    }
    avformat_free_context(context);
}

Container::Container(std::string path, WriteOptions options, const Reader* source)
    : path_(std::move(path)), options_(std::move(options)), source_(source),
      choice_(choose_codec(path_, options_, source == nullptr ? "" : source->info().pixel_format)),
      files_(options_.overwrite) {
    check_muxer(choice_, path_);
    if (options_.added_subtitles) {
        AddedSubtitles::check(path_, choice_);
    }
    if (source_ != nullptr) {
        const std::string change = samples_change(source_->info(), choice_, options_);
        if (!change.empty()) {
            options_.log.warning(change);
        }
    }
    if (path_ == "-") {
        if (source_ != nullptr) {
            static_cast<void>(plan_output(*source_, path_, choice_, options_)); // what is left out
        }
        return;
    }
    const fs::path folder = fs::absolute(path_).parent_path();
    std::error_code failed;
    if (fs::is_directory(path_, failed)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the output {} is a folder; name a file in it", path_));
    }
    if (!fs::is_directory(folder, failed)) {
        throw Error(Errc::io, fmt::format("there is no folder {} to write into; make it first",
                                          folder.string()));
    }
    if (access(folder.c_str(), W_OK) != 0) {
        throw Error(Errc::io, fmt::format("the folder {} cannot be written to; choose another",
                                          folder.string()));
    }
    if (source_ != nullptr &&
        (path_ == source_->info().path || fs::equivalent(path_, source_->info().path, failed))) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the output {} is the input; choose another name", path_));
    }
    if (choice_.picture_files) {
        pictures_.emplace(path_, options_, choice_, source_);
        check_pictures();
    } else {
        files_.check(path_);
    }
    if (source_ != nullptr) {
        plan_ = plan_output(*source_, path_, choice_, options_);
    }
    keep_transparency(choice_, source_, path_, options_.log);
    note_changes();
    if (choice_.on_gpu) { // whether there is one shows only when it is opened
        static_cast<void>(encoder(Rational(1, 25)));
    }
}

void Container::check_room(std::int64_t frames) const {
    if (pictures_ && !pictures_->is_sequence() && frames > 1) {
        throw Error(
            Errc::invalid_argument,
            fmt::format(
                "{} names one picture, and the film has more; use a pattern such as out%05d{}",
                path_, fs::path(path_).extension().string()));
    }
}

/// Pictures must not take the place of those that they are made of, whatever else they may replace.
void Container::check_pictures() const {
    const fs::path first = pictures_->file(0);
    const Sequence* from =
        source_ != nullptr ? Reader::Impl::of(*source_).decoder.sequence() : nullptr;
    std::error_code failed;
    const auto number = from != nullptr ? from->name().number_in(first.filename().string())
                                        : std::optional<std::int64_t>();
    const fs::path read = number               ? from->name().file(*number)
                          : source_ != nullptr ? fs::path(source_->info().path)
                                               : fs::path();
    if (fs::equivalent(first, read, failed)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the output {} is the input's picture {}; choose another name",
                                path_, read.string()));
    }
    files_.check(first);
}

bool Container::has_times() const {
    return choice_.name != "y4m" && !choice_.picture_files;
}

/// What a film loses, or gains, in an output of this kind.
void Container::note_changes() const {
    const bool one_picture = pictures_ && !pictures_->is_sequence();
    if (options_.frame_rate.num() == 0 && !has_times() && !one_picture) {
        options_.log.warning(
            fmt::format("{} can't hold times, and the film's are irregular: its frames "
                        "follow one another there, and their times are lost; write a "
                        ".mkv or .mp4, or bring the film to a rate (--fps 25)",
                        path_));
    }
    const bool from_linear = source_ != nullptr && source_->info().linear_light;
    const bool to_linear = choice_.name == "exr";
    if (from_linear && !to_linear) {
        options_.log.warning(
            fmt::format("{} holds linear light, and {} doesn't: pictures are written with "
                        "the sRGB transfer, and what is brighter than white is clipped",
                        source_->info().path, path_));
    } else if (to_linear && source_ != nullptr && !from_linear) {
        options_.log.warning(
            fmt::format("{} holds linear light, as OpenEXR does: pictures are brought "
                        "there from the film's transfer ({})",
                        path_,
                        av_color_transfer_name(
                            static_cast<AVColorTransferCharacteristic>(options_.color.transfer))));
    }
}

/// Ticks that hold the film's own times: exactly 1 / rate where the container knows no other.
std::unique_ptr<Encoder> Container::encoder(Rational first_base) const {
    Rational clock = first_base;
    const bool constant_only =
        choice_.name == "y4m" || choice_.picture_files || fs::path(path_).extension() == ".avi";
    if (constant_only && options_.frame_rate.num() > 0) {
        clock = options_.frame_rate.inverse();
    } else {
        if (options_.frame_rate.num() > 0) {
            clock = common_tick(clock, options_.frame_rate.inverse());
        }
        if (source_ != nullptr && !Reader::Impl::of(*source_).options.source_fps) {
            clock = common_tick(clock, Reader::Impl::of(*source_).decoder.time_base());
        }
    }
    return std::make_unique<Encoder>(choice_, options_, clock, wants_global_header(),
                                     source_ == nullptr ? Hdr() : Reader::Impl::of(*source_).hdr);
}

bool Container::wants_global_header() const {
    const AVOutputFormat* format = choice_.picture_files ? nullptr : format_of(path_, choice_);
    return format != nullptr && (format->flags & AVFMT_GLOBALHEADER) != 0;
}

void Container::open(const Encoder& encoder) {
    opened_ = true;
    clock_ = encoder.codec().time_base;
    if (choice_.picture_files) {
        return;
    }
    AVFormatContext* context = nullptr;
    const char* muxer = choice_.muxer.empty() ? nullptr : choice_.muxer.c_str();
    const std::string target = path_ == "-" ? "pipe:1" : partial_path(path_).string();
    check(avformat_alloc_output_context2(&context, nullptr, muxer, target.c_str()),
          "find a container for " + path_);
    output_.reset(context);
    output_->flags |= AVFMT_FLAG_BITEXACT; // no random numbers: the same film gives the same bytes
    open_output(encoder);
}

void Container::open_output(const Encoder& encoder) {
    AVStream* video = avformat_new_stream(output_.get(), nullptr);
    if (video == nullptr) {
        throw std::bad_alloc();
    }
    stream_ = video->index;
    const std::string_view container = output_->oformat->name;
    check(avcodec_parameters_from_context(video->codecpar, &encoder.codec()), "describe the film");
    if (choice_.encoder->id == AV_CODEC_ID_HEVC && (container == "mp4" || container == "mov")) {
        video->codecpar->codec_tag = MKTAG('h', 'v', 'c', '1'); // Apple's players want this one
    }
    video->time_base = encoder.codec().time_base;
    video->avg_frame_rate = encoder.codec().framerate;
    if (choice_.name == "y4m" && video->avg_frame_rate.num == 0 && source_ != nullptr) {
        // It names one rate, and would name the clock's.
        video->avg_frame_rate = Reader::Impl::of(*source_).decoder.stream().avg_frame_rate;
    }
    video->sample_aspect_ratio = encoder.codec().sample_aspect_ratio;
    describe_film(*video, encoder.hdr());
    if (options_.added_subtitles) {
        added_.emplace(*options_.added_subtitles, *output_);
    }
    for (const auto& [key, value] : options_.metadata) {
        av_dict_set(&output_->metadata, key.c_str(), value.c_str(), 0);
    }
    const std::string target =
        path_ == "-" ? "pipe:1" : "file:" + files_.add_locked(path_).string();
    if ((output_->oformat->flags & AVFMT_NOFILE) == 0) {
        check_io(avio_open(&output_->pb, target.c_str(), AVIO_FLAG_WRITE),
                 "open " + path_ + " for writing");
    }
    AVDictionary* muxing = nullptr;
    av_dict_set(&muxing, "movflags", "+faststart+use_metadata_tags+write_colr", 0);
    output_->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL; // each stream was tried before
    const int written = avformat_write_header(output_.get(), &muxing);
    av_dict_free(&muxing);
    check_io(written, "write " + path_);
}

/// What the source says of its film and of itself.
void Container::describe_film(AVStream& film, const Hdr& hdr) {
    hdr.add_to(film);
    if (source_ == nullptr || choice_.name == "y4m") {
        return;
    }
    const Reader::Impl& from = Reader::Impl::of(*source_);
    if (has_streams(*source_)) {
        describe_source(film, from);
    }
    const std::string timecode = from.timecode_at(options_.frame_rate, options_.log);
    if (!timecode.empty()) { // MOV and MP4 make a track of it where the film has it
        AVDictionary** where =
            is_iso_media(*output_->oformat) ? &film.metadata : &output_->metadata;
        av_dict_set(where, "timecode", timecode.c_str(), 0);
    }
}

void Container::describe_source(AVStream& film, const Reader::Impl& from) {
    av_dict_copy(&film.metadata, from.decoder.stream().metadata, 0);
    // Frames are upright already; the timecode follows.
    for (const char* stale : {"rotate", "DURATION", "encoder", "timecode"}) {
        av_dict_set(&film.metadata, stale, nullptr, 0);
    }
    others_ = std::make_unique<OtherStreams>(from.info.path, from.options,
                                             time_in(*output_->oformat, *source_), plan_, *output_,
                                             options_.log);
    av_dict_set(&output_->metadata, "timecode", nullptr, 0);
}

void Container::write(AVPacket& packet) {
    if (choice_.picture_files) {
        write_file(packet);
        return;
    }
    packet.stream_index = stream_;
    if (only_counts(*output_->oformat)) {
        first_ = first_.value_or(packet.pts); // encoders begin with the first that is seen
        packet.pts -= *first_;
        packet.dts -= *first_;
    }
    av_packet_rescale_ts(&packet, clock_, output_->streams[stream_]->time_base);
    check_io(av_interleaved_write_frame(output_.get(), &packet), "write " + path_);
    if (output_->pb != nullptr) {
        check_io(output_->pb->error, "write " + path_);
    }
}

void Container::copy_others(std::optional<Rational> until) {
    if (others_) {
        others_->copy(until);
    }
    if (added_) {
        added_->write(until);
    }
}

void Container::write_file(const AVPacket& packet) {
    const auto index = static_cast<std::int64_t>(files_.count());
    const fs::path target = pictures_->file(index);
    check_room(index + 1);
    files_.check(target);
    const std::vector<std::uint8_t> bytes = pictures_->contents(packet, index);
    std::ofstream file(files_.add(target), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
        throw Error(Errc::io, fmt::format("cannot write {}; is the disk full?", target.string()));
    }
}

void Container::close_output() {
    check_io(av_write_trailer(output_.get()), "finish " + path_);
    if (output_->pb != nullptr) {
        avio_flush(output_->pb);
        check_io(output_->pb->error, "finish " + path_);
        if ((output_->oformat->flags & AVFMT_NOFILE) == 0) {
            check_io(avio_closep(&output_->pb), "finish " + path_);
        }
    }
    output_.reset();
}

void Container::finish(const std::function<void(const fs::path&)>& before) {
    copy_others(std::nullopt);
    if (output_) {
        close_output();
    }
    files_.publish(before);
}

} // namespace oldfilm::media
