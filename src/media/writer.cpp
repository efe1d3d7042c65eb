#include "base/hidden.hpp"
#include "media/container.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>

#include <fmt/format.h>

#include <utility>

namespace oldfilm {

using namespace media;

struct OLDFILM_HIDDEN Writer::Impl {
    Impl(const std::string& path, WriteOptions options, const Reader* source)
        : container(path, std::move(options), source) {}
    void check_frame(const Frame& frame) const;
    void note_gap(const Rational& time);
    void open(const Frame& first);

    Container container;
    std::unique_ptr<Encoder> encoder;
    std::optional<Rational> last_time;
    std::int64_t frames = 0;
    bool gap_noted = false;
};

void Writer::Impl::check_frame(const Frame& frame) const {
    if (frame.width() != container.options().width ||
        frame.height() != container.options().height) {
        throw Error(Errc::format_mismatch,
                    fmt::format("the output was opened for frames of {} x {}, and one of {} x {} "
                                "came; open it for the size that the last stage gives",
                                container.options().width, container.options().height,
                                frame.width(), frame.height()));
    }
}

/// A film of one rate may still have moments without a frame.
void Writer::Impl::note_gap(const Rational& time) {
    const Rational rate = container.options().frame_rate;
    const bool is_gap = last_time && (time - *last_time) * rate > Rational(3, 2);
    if (!is_gap || gap_noted || container.has_times()) {
        return;
    }
    gap_noted = true;
    container.options().log.warning(fmt::format(
        "{} can't hold times, and the film has none of its frames between {:.3f} s and {:.3f} s: "
        "they follow one another there, and their times are lost; write a .mkv or .mp4",
        container.path(), last_time->value(), time.value()));
}

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
    const Rational time = frame.info().time();
    if (it.last_time && time <= *it.last_time) {
        throw Error(
            Errc::format_mismatch,
            fmt::format(
                "frames must come in the order of their times; {:.4f} s came after {:.4f} s",
                time.value(), it.last_time->value()));
    }
    it.check_frame(frame);
    it.note_gap(time);
    if (!it.encoder) {
        it.open(frame);
    }
    it.last_time = time;
    it.encoder->encode(frame, [&](AVPacket& packet) { it.container.write(packet); });
    ++it.frames;
    it.container.copy_others(time);
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
