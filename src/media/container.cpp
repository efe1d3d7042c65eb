#include "media/container.hpp"

#include "base/sync.hpp"
#include "media/file_names.hpp"
#include "media/locations.hpp"
#include "media/reader.hpp"

#include <oldfilm/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
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

const AVOutputFormat* muxer_of(const Choice& choice, const std::string& path) {
    return av_guess_format(choice.muxer.empty() ? nullptr : choice.muxer.c_str(), path.c_str(),
                           nullptr);
}

/// That there is a container for the path, and that it holds the codec.
void check_muxer(const Choice& choice, const std::string& path) {
    if (choice.picture_files || choice.name == "y4m") {
        return;
    }
    const AVOutputFormat* format = muxer_of(choice, path);
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

fs::path partial_path(const fs::path& path) {
    return path.parent_path() /
           fmt::format(".{}.partial{}", path.stem().string(), path.extension().string());
}

bool is_partial(const fs::path& path) {
    const std::string name = path.filename().string();
    return name.starts_with('.') && path.stem().extension() == ".partial" &&
           fs::is_regular_file(path);
}

bool remove_partial(const fs::path& path) {
    const int file = lock_file(path, /*create=*/false, 0);
    if (file < 0) {
        return false;
    }
    fs::remove(path);
    close(file);
    return true;
}

void FreeOutput::operator()(AVFormatContext* context) const noexcept {
    if (context->pb != nullptr && (context->oformat->flags & AVFMT_NOFILE) == 0) {
        avio_closep(&context->pb);
    }
    avformat_free_context(context);
}

Container::Container(std::string path, WriteOptions options, const Reader* source)
    : path_(std::move(path)), options_(std::move(options)), source_(source),
      choice_(choose_codec(path_, options_, source == nullptr ? "" : source->info().pixel_format)) {
    if (!options_.warn) {
        options_.warn = [](const std::string&) {};
    }
    check_muxer(choice_, path_);
    if (source_ != nullptr) {
        const std::string change = samples_change(source_->info(), choice_, options_);
        if (!change.empty()) {
            options_.warn(change);
        }
    }
    if (path_ == "-") {
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
        check_target(file_of(0));
    } else {
        check_target(path_);
        partial_ = partial_path(path_);
    }
    if (choice_.on_gpu) { // whether there is one shows only when it is opened
        static_cast<void>(encoder(Rational(1, 25)));
    }
}

void Container::check_room(std::int64_t frames) const {
    if (choice_.picture_files && !is_sequence(path_) && frames > 1) {
        throw Error(
            Errc::invalid_argument,
            fmt::format(
                "{} names one picture, and the film has more; use a pattern such as out%05d{}",
                path_, fs::path(path_).extension().string()));
    }
}

/// Two that write one file would ruin it; held as long as this lives.
void Container::lock_partial() {
    lock_ = lock_file(partial_, /*create=*/true, 0666);
    if (lock_ >= 0) {
        return;
    }
    const std::string why = std::strerror(errno);
    const bool is_held = std::exchange(lock_, -1) == -1;
    const std::string partial = std::exchange(partial_, {}).string(); // not ours to remove
    throw Error(Errc::io,
                is_held ? fmt::format("{} must be written by one run at a time, and another one is "
                                      "at work on it; wait for that, or name another output",
                                      path_)
                        : fmt::format("cannot write {}: {}: {}", path_, partial, why));
}

Container::~Container() {
    output_.reset();
    std::error_code ignored;
    if (!finished_ && !partial_.empty() && lock_ >= 0) {
        fs::remove(partial_, ignored);
    }
    for (const auto& [unfinished, final_name] : files_) {
        if (!finished_) {
            fs::remove(unfinished, ignored);
        }
    }
    if (lock_ >= 0) { // last: another run that waits for it must find nothing of ours
        close(lock_);
    }
}

void Container::check_target(const fs::path& target) const {
    if (fs::exists(target) && !options_.overwrite) {
        throw Error(Errc::invalid_argument,
                    fmt::format("{} exists; choose another name, or allow it to be overwritten",
                                target.string()));
    }
}

/// The file of picture `number`: the pattern filled in, from 1 as is usual; or the one name.
fs::path Container::file_of(std::int64_t number) const {
    if (!is_sequence(path_)) {
        return path_;
    }
    char name[4096] = {};
    if (av_get_frame_filename(name, sizeof(name), path_.c_str(), static_cast<int>(number + 1)) <
        0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("{} is no pattern for pictures; use one %05d", path_));
    }
    return name;
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
    return std::make_unique<Encoder>(choice_, options_, clock, wants_global_header());
}

bool Container::wants_global_header() const {
    const AVOutputFormat* format = choice_.picture_files ? nullptr : muxer_of(choice_, path_);
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
    const std::string target = path_ == "-" ? "pipe:1" : partial_.string();
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
    video->sample_aspect_ratio = encoder.codec().sample_aspect_ratio;
    if (source_ != nullptr && source_->info().path != "-" && !is_sequence(source_->info().path) &&
        choice_.name != "y4m") {
        const Reader::Impl& from = Reader::Impl::of(*source_);
        av_dict_copy(&video->metadata, from.decoder.stream().metadata, 0);
        for (const char* stale : {"rotate", "DURATION", "encoder"}) { // frames are upright already
            av_dict_set(&video->metadata, stale, nullptr, 0);
        }
        others_ =
            std::make_unique<OtherStreams>(from.info.path, from.options, *output_, options_.warn);
    }
    for (const auto& [key, value] : options_.metadata) {
        av_dict_set(&output_->metadata, key.c_str(), value.c_str(), 0);
    }
    const std::string target = path_ == "-" ? "pipe:1" : "file:" + partial_.string();
    if (path_ != "-") {
        lock_partial();
    }
    if ((output_->oformat->flags & AVFMT_NOFILE) == 0) {
        check_io(avio_open(&output_->pb, target.c_str(), AVIO_FLAG_WRITE),
                 "open " + path_ + " for writing");
    }
    AVDictionary* muxing = nullptr;
    av_dict_set(&muxing, "movflags", "+faststart+use_metadata_tags+write_colr", 0);
    output_->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL; // y4m of more than 8 bits
    const int written = avformat_write_header(output_.get(), &muxing);
    av_dict_free(&muxing);
    check_io(written, "write " + path_);
}

void Container::write(AVPacket& packet) {
    if (choice_.picture_files) {
        write_file(packet);
        return;
    }
    packet.stream_index = stream_;
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
}

void Container::write_file(const AVPacket& packet) {
    const fs::path target = file_of(static_cast<std::int64_t>(files_.size()));
    check_room(static_cast<std::int64_t>(files_.size()) + 1);
    check_target(target);
    files_.emplace_back(partial_path(target), target);
    std::ofstream file(files_.back().first, std::ios::binary);
    file.write(reinterpret_cast<const char*>(packet.data), packet.size);
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

/// Gives a finished file its name.
void Container::publish(const fs::path& unfinished, const fs::path& final_name) {
    const int failed = give_name(unfinished, final_name, options_.overwrite);
    if (failed == EEXIST && unfinished == partial_) {
        const Error error(Errc::io,
                          fmt::format("{} must not exist, and appeared while the film was written; "
                                      "it was left alone, and the result is in {}: rename that",
                                      final_name.string(), unfinished.string()));
        partial_.clear(); // hours of work, perhaps: it stays
        files_.clear();
        throw error;
    }
    if (failed != 0) {
        throw Error(Errc::io, fmt::format("cannot give {} its name: {}", final_name.string(),
                                          std::strerror(failed)));
    }
}

void Container::finish(const std::function<void(const fs::path&)>& before) {
    copy_others(std::nullopt);
    if (output_) {
        close_output();
    }
    if (!partial_.empty()) {
        files_.emplace_back(partial_, path_);
    }
    for (const auto& [unfinished, final_name] : files_) {
        base::sync(unfinished);
    }
    if (before && !files_.empty()) {
        before(files_.front().first);
    }
    for (const auto& [unfinished, final_name] : files_) {
        publish(unfinished, final_name);
    }
    if (path_ != "-") {
        base::sync(fs::absolute(path_).parent_path());
    }
    finished_ = true;
}

} // namespace oldfilm::media
