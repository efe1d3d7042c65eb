#include "base/hidden.hpp"
#include "media/container.hpp"
#include "media/frame_check.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>

#include <fmt/format.h>

#include <utility>

namespace oldfilm {

using namespace media;

struct OLDFILM_HIDDEN Writer::Impl {
    Impl(const std::string& path, WriteOptions options, const Reader* source)
        : container(path, std::move(options), source) {}
    void open(const Frame& first);

    Container container;
    FrameCheck checks{container};
    std::unique_ptr<Encoder> encoder;
    std::int64_t frames = 0;
};

void Writer::Impl::open(const Frame& first) {
    encoder = container.encoder(first.info().time_base);
    container.open(*encoder);
}

Writer::Writer(const std::string& path, WriteOptions options, const Reader* source)
    : impl_(std::make_unique<Impl>(path, std::move(options), source)) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

void Writer::write(const Frame& frame) {
    Impl& it = *impl_;
    it.checks.check(frame);
    if (!it.encoder) {
        it.open(frame);
    }
    it.encoder->encode(frame, [&](AVPacket& packet) { it.container.write(packet); });
    ++it.frames;
    it.container.copy_others(frame.info().time());
}

void Writer::finish() {
    Impl& it = *impl_;
    if (!it.encoder) {
        throw Error(Errc::invalid_argument,
                    fmt::format("no frame was written to {}; there is nothing to finish",
                                it.container.path()));
    }
    it.encoder->drain([&](AVPacket& packet) { it.container.write(packet); });
    it.container.finish();
}

std::int64_t Writer::frames() const {
    return impl_->frames;
}

} // namespace oldfilm
