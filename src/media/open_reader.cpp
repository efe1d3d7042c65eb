// A Reader as programs see it: where it decodes, and the part of the film that is asked for.
#include "device/device.hpp"
#include "media/reader.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <functional>
#include <numeric>
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

std::unique_ptr<Reader::Impl> opened(const std::string& path, ReadOptions options) {
    const auto note = [&](const std::string& why) {
        if (options.warn) {
            options.warn(fmt::format("{} is decoded on the CPU: {}", path, why));
        }
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
std::int64_t Reader::concealed() const {
    return impl_->concealed + impl_->decoder.damaged();
}

std::optional<Frame> Reader::next() {
    Impl& it = *impl_;
    while (std::optional<Frame> frame = it.next_frame()) {
        const Rational time = frame->info().time();
        if (!it.origin) {
            it.origin = time;
        }
        const Rational since = time - *it.origin;
        if (since < it.options.start) {
            continue;
        }
        if (it.options.duration && since >= it.options.start + *it.options.duration) {
            return std::nullopt;
        }
        FrameInfo info = frame->info();
        info.index = it.given++;
        if (it.options.start.num() > 0) {
            // The part's own time begins at 0.
            const Rational shifted = since - it.options.start;
            const Rational lasts = Rational(info.duration) * info.time_base;
            info.time_base = Rational(1, std::lcm(shifted.den(), lasts.den()));
            info.pts = (shifted / info.time_base).num();
            info.duration = (lasts / info.time_base).num();
        }
        return frame->with_info(info);
    }
    return std::nullopt;
}

MediaInfo inspect_media(const std::string& path) {
    ReadOptions options;
    options.keep_coded = false;
    return Reader(path, options).info();
}

} // namespace oldfilm
