#include "job/mask_source.hpp"

#include "media/locations.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <fmt/format.h>

#include <optional>

namespace oldfilm::job {
namespace {

/// From this on, 0 to 1, a mask says that the picture is damaged.
constexpr double damaged = 0.5;

std::string without_pipes(const std::string& path) {
    if (media::is_pipe(path)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the masks must be a file, since they are read again when a job "
                                "resumes, and {} is a pipe; store them first",
                                path));
    }
    return path;
}

} // namespace

MaskSource::MaskSource(const std::string& path, const Reader& film, std::int64_t before)
    : reader_(without_pipes(path)),
      is_single_(media::is_picture(path) && !media::is_sequence(path)) {
    const StreamFormat masks = reader_.format();
    const StreamFormat frames = film.format();
    if (masks.width != frames.width || masks.height != frames.height) {
        throw Error(
            Errc::format_mismatch,
            fmt::format("the masks must have the size of the film, {} x {}, and those of {} "
                        "have {} x {}; scale them first",
                        frames.width, frames.height, path, masks.width, masks.height));
    }
    for (std::int64_t frame = 0; frame < before; ++frame) {
        skip();
    }
}

void MaskSource::skip() {
    if (!is_single_) {
        static_cast<void>(reader_.skip());
        ++frames_;
    }
}

at::Tensor MaskSource::damage() {
    const std::optional<Frame> mask = reader_.next();
    if (!mask) {
        throw Error(Errc::invalid_argument,
                    fmt::format("there must be a mask for each frame of the film, or one picture "
                                "for all of them, and {} ends after {}",
                                reader_.info().path, frames_));
    }
    return (mask->picture().mean(0, true) >= damaged).to(at::kFloat);
}

Frame MaskSource::next(const Frame& frame) {
    if (!is_single_) {
        const at::Tensor damage = this->damage();
        ++frames_;
        return frame.with_damage(damage.to(frame.picture().device()));
    }
    if (!damage_.defined()) {
        damage_ = damage();
    }
    return frame.with_damage(damage_.to(frame.picture().device()));
}

} // namespace oldfilm::job
