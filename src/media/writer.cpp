#include "base/hidden.hpp"
#include "media/encoder.hpp"
#include "media/other_streams.hpp"
#include "media/reader.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <utility>

namespace oldfilm {

using namespace media;

namespace {

namespace fs = std::filesystem;

struct FreeOutput {
    void operator()(AVFormatContext* context) const noexcept {
        if (context->pb != nullptr && (context->oformat->flags & AVFMT_NOFILE) == 0) {
            avio_closep(&context->pb);
        }
        avformat_free_context(context);
    }
};
using UniqueOutput = std::unique_ptr<AVFormatContext, FreeOutput>;

/// Where the output grows until it is complete: beside it, so that the rename stays on one file
/// system.
fs::path partial_path(const fs::path& path) {
    return path.parent_path() /
           fmt::format(".{}.partial{}", path.stem().string(), path.extension().string());
}

/// The longest tick of which both are whole multiples, or `a` where that is absurdly short.
Rational common_tick(const Rational& a, const Rational& b) {
    constexpr std::int64_t finest = 10'000'000; // ticks a second
    const std::int64_t den = std::lcm(a.den(), b.den());
    const Rational both(std::gcd(a.num() * (den / a.den()), b.num() * (den / b.den())), den);
    return both.inverse().value() > finest ? a : both;
}

/// Data are on the disk before the name says so.
void sync_file(const fs::path& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        fsync(file);
        close(file);
    }
}

} // namespace

struct OLDFILM_HIDDEN Writer::Impl {
    Impl(const std::string& wanted, WriteOptions given, const Reader* from);
    ~Impl();
    void open(const Frame& first);
    void check_frame(const Frame& frame) const;
    [[nodiscard]] Rational clock_of(const Frame& first) const;
    void open_container();
    void write_packet(AVPacket& packet);
    void write_file(const AVPacket& packet);
    [[nodiscard]] fs::path file_of(std::int64_t number) const;
    void check_target(const fs::path& target) const;

    std::string path;
    WriteOptions options;
    const Reader* source;
    Choice choice;
    fs::path partial;
    UniqueOutput output;
    std::unique_ptr<Encoder> encoder;
    std::unique_ptr<OtherStreams> others;
    int stream = 0;
    std::vector<std::pair<fs::path, fs::path>> files; ///< picture files: partial and final names
    std::optional<Rational> last_time;
    std::int64_t frames = 0;
    bool finished = false;
};

Writer::Impl::Impl(const std::string& wanted, WriteOptions given, const Reader* from)
    : path(wanted), options(std::move(given)), source(from), choice(choose_codec(path, options)) {
    if (!options.warn) {
        options.warn = [](const std::string&) {};
    }
    if (path == "-") {
        return;
    }
    const fs::path folder = fs::absolute(path).parent_path();
    std::error_code failed;
    if (fs::is_directory(path, failed)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the output {} is a folder; name a file in it", path));
    }
    if (!fs::is_directory(folder, failed)) {
        throw Error(Errc::io, fmt::format("there is no folder {} to write into; make it first",
                                          folder.string()));
    }
    if (access(folder.c_str(), W_OK) != 0) {
        throw Error(Errc::io, fmt::format("the folder {} cannot be written to; choose another",
                                          folder.string()));
    }
    if (source != nullptr &&
        (path == source->info().path || fs::equivalent(path, source->info().path, failed))) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the output {} is the input; choose another name", path));
    }
    if (choice.picture_files) {
        check_target(file_of(0));
    } else {
        check_target(path);
        partial = partial_path(path);
    }
}

Writer::Impl::~Impl() {
    output.reset();
    std::error_code ignored;
    if (!finished && !partial.empty()) {
        fs::remove(partial, ignored);
    }
    for (const auto& [unfinished, final_name] : files) {
        if (!finished) {
            fs::remove(unfinished, ignored);
        }
    }
}

void Writer::Impl::check_target(const fs::path& target) const {
    if (fs::exists(target) && !options.overwrite) {
        throw Error(Errc::invalid_argument,
                    fmt::format("{} exists; choose another name, or allow it to be overwritten",
                                target.string()));
    }
}

/// The file of picture `number`: the pattern filled in, from 1 as is usual; or the one name.
fs::path Writer::Impl::file_of(std::int64_t number) const {
    if (!is_sequence(path)) {
        return path;
    }
    char name[4096] = {};
    if (av_get_frame_filename(name, sizeof(name), path.c_str(), static_cast<int>(number + 1)) < 0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("{} is no pattern for pictures; use one %05d", path));
    }
    return name;
}

void Writer::Impl::check_frame(const Frame& frame) const {
    if (frame.width() != options.width || frame.height() != options.height) {
        throw Error(Errc::format_mismatch,
                    fmt::format("the output was opened for frames of {} x {}, and one of {} x {} "
                                "came; open it for the size that the last stage gives",
                                options.width, options.height, frame.width(), frame.height()));
    }
}

/// Ticks that hold the film's own times: exactly 1 / rate where the container knows no other.
Rational Writer::Impl::clock_of(const Frame& first) const {
    const bool constant_only =
        choice.name == "y4m" || choice.picture_files || fs::path(path).extension() == ".avi";
    if (constant_only && options.frame_rate.num() > 0) {
        return options.frame_rate.inverse();
    }
    Rational clock = first.info().time_base;
    if (options.frame_rate.num() > 0) {
        clock = common_tick(clock, options.frame_rate.inverse());
    }
    if (source != nullptr && !source->impl_->options.source_fps) {
        clock = common_tick(clock, source->impl_->decoder.time_base());
    }
    return clock;
}

void Writer::Impl::open(const Frame& first) {
    if (choice.picture_files) {
        encoder = std::make_unique<Encoder>(choice, options, clock_of(first), false);
        return;
    }
    AVFormatContext* context = nullptr;
    const char* muxer = choice.muxer.empty() ? nullptr : choice.muxer.c_str();
    const std::string target = path == "-" ? "pipe:1" : partial.string();
    check(avformat_alloc_output_context2(&context, nullptr, muxer, target.c_str()),
          "find a container for " + path);
    output.reset(context);
    if (choice.name != "y4m" && avformat_query_codec(output->oformat, choice.encoder->id,
                                                     FF_COMPLIANCE_EXPERIMENTAL) == 0) {
        throw Error(Errc::unsupported, fmt::format("{} cannot hold {}; use .mkv, or another codec",
                                                   output->oformat->name, choice.name));
    }
    encoder = std::make_unique<Encoder>(choice, options, clock_of(first),
                                        (output->oformat->flags & AVFMT_GLOBALHEADER) != 0);
    open_container();
}

void Writer::Impl::open_container() {
    AVStream* video = avformat_new_stream(output.get(), nullptr);
    if (video == nullptr) {
        throw std::bad_alloc();
    }
    stream = video->index;
    const std::string_view container = output->oformat->name;
    check(avcodec_parameters_from_context(video->codecpar, &encoder->codec()), "describe the film");
    if (choice.name == "h265" && (container == "mp4" || container == "mov")) {
        video->codecpar->codec_tag = MKTAG('h', 'v', 'c', '1'); // Apple's players want this one
    }
    video->time_base = encoder->codec().time_base;
    video->avg_frame_rate = encoder->codec().framerate;
    video->sample_aspect_ratio = encoder->codec().sample_aspect_ratio;
    if (source != nullptr && source->info().path != "-" && !is_sequence(source->info().path) &&
        choice.name != "y4m") {
        const Reader::Impl& from = *source->impl_;
        av_dict_copy(&video->metadata, from.decoder.stream().metadata, 0);
        for (const char* stale : {"rotate", "DURATION", "encoder"}) { // frames are upright already
            av_dict_set(&video->metadata, stale, nullptr, 0);
        }
        others =
            std::make_unique<OtherStreams>(from.info.path, from.options, *output, options.warn);
    }
    for (const auto& [key, value] : options.metadata) {
        av_dict_set(&output->metadata, key.c_str(), value.c_str(), 0);
    }
    const std::string target = path == "-" ? "pipe:1" : "file:" + partial.string();
    if ((output->oformat->flags & AVFMT_NOFILE) == 0) {
        check_io(avio_open(&output->pb, target.c_str(), AVIO_FLAG_WRITE),
                 "open " + path + " for writing");
    }
    AVDictionary* muxing = nullptr;
    av_dict_set(&muxing, "movflags", "+faststart+use_metadata_tags+write_colr", 0);
    output->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL; // y4m of more than 8 bits
    const int written = avformat_write_header(output.get(), &muxing);
    av_dict_free(&muxing);
    check_io(written, "write " + path);
}

void Writer::Impl::write_packet(AVPacket& packet) {
    if (choice.picture_files) {
        write_file(packet);
        return;
    }
    packet.stream_index = stream;
    av_packet_rescale_ts(&packet, encoder->codec().time_base, output->streams[stream]->time_base);
    check_io(av_interleaved_write_frame(output.get(), &packet), "write " + path);
    if (output->pb != nullptr) {
        check_io(output->pb->error, "write " + path);
    }
}

void Writer::Impl::write_file(const AVPacket& packet) {
    const fs::path target = file_of(static_cast<std::int64_t>(files.size()));
    if (!is_sequence(path) && !files.empty()) {
        throw Error(
            Errc::invalid_argument,
            fmt::format(
                "{} names one picture, and the film has more; use a pattern such as out%05d{}",
                path, fs::path(path).extension().string()));
    }
    check_target(target);
    files.emplace_back(partial_path(target), target);
    std::ofstream file(files.back().first, std::ios::binary);
    file.write(reinterpret_cast<const char*>(packet.data), packet.size);
    file.close();
    if (!file) {
        throw Error(Errc::io, fmt::format("cannot write {}; is the disk full?", target.string()));
    }
}

Writer::Writer(const std::string& path, WriteOptions options, const Reader* source)
    : impl_(std::make_unique<Impl>(path, std::move(options), source)) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

void Writer::write(const Frame& frame) {
    Impl& it = *impl_;
    const Rational time = frame.info().time();
    if (it.last_time && time <= *it.last_time) {
        throw Error(
            Errc::format_mismatch,
            fmt::format(
                "frames must come in the order of their times; {:.4f} s came after {:.4f} s",
                time.value(), it.last_time->value()));
    }
    it.check_frame(frame);
    if (!it.encoder) {
        it.open(frame);
    }
    it.last_time = time;
    it.encoder->encode(frame, [&](AVPacket& packet) { it.write_packet(packet); });
    ++it.frames;
    if (it.others) {
        it.others->copy(time);
    }
}

void Writer::finish() {
    Impl& it = *impl_;
    if (!it.encoder) {
        throw Error(Errc::invalid_argument,
                    fmt::format("no frame was written to {}; there is nothing to finish", it.path));
    }
    it.encoder->drain([&](AVPacket& packet) { it.write_packet(packet); });
    if (it.others) {
        it.others->copy(std::nullopt);
    }
    if (it.output) {
        check_io(av_write_trailer(it.output.get()), "finish " + it.path);
        if (it.output->pb != nullptr) {
            avio_flush(it.output->pb);
            check_io(it.output->pb->error, "finish " + it.path);
        }
        it.output.reset();
    }
    if (!it.partial.empty()) {
        it.files.emplace_back(it.partial, it.path);
    }
    for (const auto& [unfinished, final_name] : it.files) {
        sync_file(unfinished);
        std::error_code failed;
        fs::rename(unfinished, final_name, failed);
        if (failed) {
            throw Error(Errc::io, fmt::format("cannot give {} its name: {}", final_name.string(),
                                              failed.message()));
        }
    }
    it.finished = true;
}

std::int64_t Writer::frames() const {
    return impl_->frames;
}

} // namespace oldfilm
