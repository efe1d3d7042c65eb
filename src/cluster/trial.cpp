#include "cluster/trial.hpp"

#include "pipeline/frames_ratio.hpp"
#include "pipeline/run_spec.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>

namespace oldfilm::cluster {
namespace {

constexpr int measured = 3; ///< frames, after the first one, which opens much for the first time

/// The time base of the first frame that becomes one of the mask film.
class FirstMask final : public pipeline::FrameObserver {
  public:
    void see(const Frame& frame) override {
        const std::lock_guard lock(mutex_);
        if (base_.num() == 0) {
            base_ = frame.info().time_base;
        }
    }
    [[nodiscard]] Rational base() const {
        const std::lock_guard lock(mutex_);
        return base_;
    }

  private:
    mutable std::mutex mutex_;
    Rational base_;
};

} // namespace

Trial try_first_frames(job::Job& job, const Plan& plan) {
    const std::unique_ptr<job::Source> source = job.open_source(job.devices().front());
    FirstMask masks;
    Run run = pipeline::start(
        plan, [&source] { return source->next(); }, {}, &masks);
    const std::optional<Frame> first = run.next();
    if (!first) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the part of {} that was asked for has no frames; start earlier",
                                job.input()));
    }
    Trial trial;
    trial.film_base = first->info().time_base;
    trial.mask_base = masks.base();
    const std::vector<double> before = run.stats().stage_seconds;
    int frames = 0;
    while (frames < measured && run.next()) {
        ++frames;
    }
    trial.stage_seconds = run.stats().stage_seconds;
    run.cancel();
    const double of_input = frames_ratio(job.format(), plan.output()).value();
    for (std::size_t i = 0; i < trial.stage_seconds.size(); ++i) {
        const double earlier = i < before.size() && frames > 0 ? before[i] : 0;
        trial.stage_seconds[i] =
            (trial.stage_seconds[i] - earlier) / std::max(frames, 1) * of_input;
    }
    return trial;
}

} // namespace oldfilm::cluster
