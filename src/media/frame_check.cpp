#include "media/frame_check.hpp"

#include "media/container.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

namespace oldfilm::media {

void FrameCheck::check_size(const Frame& frame) const {
    const WriteOptions& options = container_.options();
    if (frame.width() != options.width || frame.height() != options.height) {
        throw Error(Errc::format_mismatch,
                    fmt::format("the output was opened for frames of {} x {}, and one of {} x {} "
                                "came; open it for the size that the last stage gives",
                                options.width, options.height, frame.width(), frame.height()));
    }
}

void FrameCheck::note_gap(const Rational& time) {
    const Rational rate = container_.options().frame_rate;
    const bool is_gap = last_time_ && (time - *last_time_) * rate > Rational(3, 2);
    if (!is_gap || gap_noted_ || container_.has_times()) {
        return;
    }
    gap_noted_ = true;
    container_.options().log.warning(fmt::format(
        "{} can't hold times, and the film has none of its frames between {:.3f} s and {:.3f} s: "
        "they follow one another there, and their times are lost; write a .mkv or .mp4",
        container_.path(), last_time_->value(), time.value()));
}

void FrameCheck::check(const Frame& frame) {
    const Rational time = frame.info().time();
    if (last_time_ && time <= *last_time_) {
        throw Error(
            Errc::format_mismatch,
            fmt::format(
                "frames must come in the order of their times; {:.4f} s came after {:.4f} s",
                time.value(), last_time_->value()));
    }
    check_size(frame);
    note_gap(time);
    last_time_ = time;
}

} // namespace oldfilm::media
