// A Reader as programs see it: where it decodes.
#include "device/device.hpp"
#include "media/reader.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/frame.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace oldfilm {

using namespace media;

namespace {

/// The device that pictures are made on. One that isn't there is no reason to fail.
at::Device device_for(const ReadOptions& options, const std::function<void(std::string)>& note) {
    if (options.device.empty()) {
        return at::kCPU;
    }
    try {
        const at::Device device = base::resolve_device(options.device);
        if (device.is_cpu()) {
            note("no GPU was found, or none was asked for");
        }
        return device;
    } catch (const Error& error) {
        if (error.code() != Errc::unsupported) {
            throw;
        }
        note(error.what());
    }
    return at::kCPU;
}

/// How many frames there will be, from what the file announces; -1 when it does not.
std::int64_t announced(const MediaInfo& info, const ReadOptions& options) {
    const Rational rate = options.source_fps.value_or(info.frame_rate);
    if (rate.num() <= 0) {
        return options.start.num() == 0 && !options.duration ? info.frames : -1;
    }
    std::int64_t total = info.frames;
    if (total >= 0) {
        total = std::max<std::int64_t>(total - (options.start * rate).ceil(), 0);
    }
    if (options.duration) {
        const std::int64_t asked = (*options.duration * rate).ceil();
        total = total < 0 ? asked : std::min(total, asked);
    }
    return total;
}

std::unique_ptr<Reader::Impl> opened(const std::string& path, ReadOptions options) {
    const auto note = [&](const std::string& why) {
        options.log.warning(fmt::format("{} is decoded on the CPU: {}", path, why));
    };
    const at::Device device = device_for(options, note);
    if (!device.is_cpu()) {
        std::string why;
        std::unique_ptr<VideoEngine> engine = open_engine(device, why);
        if (!engine) {
            note(why);
        }
        try {
            return std::make_unique<Reader::Impl>(path, options, device, std::move(engine));
        } catch (const EngineFailure& failure) {
            note(failure.what());
        }
    }
    return std::make_unique<Reader::Impl>(path, std::move(options), device, nullptr);
}

} // namespace

Reader::Reader(const std::string& path, ReadOptions options)
    : impl_(opened(path, std::move(options))) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

const MediaInfo& Reader::info() const {
    return impl_->info;
}
StreamFormat Reader::format() const {
    const MediaInfo& info = impl_->info;
    StreamFormat format;
    format.channels = info.channels;
    format.height = info.height;
    format.width = info.width;
    format.rate = info.frame_rate;
    format.color = info.color;
    format.frames = announced(info, impl_->options);
    return format;
}
std::int64_t Reader::concealed() const {
    // Where what was lost had frames on both sides, these were made up; not where a film breaks
    // off.
    return std::max(impl_->concealed, impl_->decoder.lost()) + impl_->decoder.damaged();
}

std::optional<Frame> Reader::next() {
    const std::optional<Impl::Coded> frame = impl_->next_asked();
    return frame ? std::optional(impl_->pictured(*frame)) : std::nullopt;
}

bool Reader::skip() {
    return impl_->next_asked().has_value();
}

MediaInfo inspect_media(const std::string& path) {
    ReadOptions options;
    options.keep_coded = false;
    return Reader(path, options).info();
}

} // namespace oldfilm
