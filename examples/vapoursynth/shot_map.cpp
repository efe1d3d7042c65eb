#include "shot_map.hpp"

#include <algorithm>
#include <utility>

namespace vsplugin {

using oldfilm::Frame;
using oldfilm::Run;

ShotMap::ShotMap(Source source, const oldfilm::ShotOptions& options,
                 const oldfilm::StreamFormat& format, std::int64_t frames)
    : frames_(frames) {
    oldfilm::PipelineOptions own;
    own.device = "cpu";
    own.shots = options;
    const oldfilm::Plan plan = oldfilm::Pipeline(std::move(own)).plan(format); // checks the options
    if (source == Source::pictures) {
        finder_ = plan.start();
        found_by_runs_ = options;
    } else if (source == Source::list) {
        for (const std::int64_t first : options.first_frames) {
            if (first > 0) {
                firsts_.push_back(first);
            }
        }
        next_ = known_ = frames_;
    }
}

void ShotMap::see(const Frame& frame, bool cut) {
    if (!finder_) {
        if (cut && next_ > 0) {
            firsts_.push_back(next_);
        }
        known_ = ++next_;
        return;
    }
    oldfilm::FrameInfo info = frame.info();
    info.time_base = oldfilm::Rational(1);
    info.pts = next_; // when it is shown does not count here
    while (!finder_->push(frame.with_info(info))) {
        take_found();
    }
    if (++next_ == frames_) {
        finder_->finish();
    }
    take_found();
}

/// The finder looks ahead, so that it returns a frame a little later.
void ShotMap::take_found() {
    Frame frame;
    while (finder_->next(frame) == Run::State::frame) {
        const oldfilm::FrameInfo& info = frame.info();
        if (info.index > 0 && info.shot == std::ssize(firsts_)) {
            firsts_.push_back(info.index);
        }
        known_ = info.index + 1;
    }
}

std::int32_t ShotMap::shot_of(std::int64_t frame) const {
    const auto after = std::upper_bound(firsts_.begin(), firsts_.end(), frame);
    return static_cast<std::int32_t>(after - firsts_.begin()) - 1;
}

std::int64_t ShotMap::first_of(std::int64_t frame) const {
    return firsts_.at(static_cast<std::size_t>(shot_of(frame)));
}

bool ShotMap::is_first(std::int64_t frame) const {
    return std::binary_search(firsts_.begin(), firsts_.end(), frame);
}

std::vector<std::int64_t> ShotMap::firsts_after(std::int64_t after) const {
    return {std::upper_bound(firsts_.begin(), firsts_.end(), after), firsts_.end()};
}

} // namespace vsplugin
