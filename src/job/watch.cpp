#include "job/watch.hpp"

#include <algorithm>
#include <cmath>

namespace oldfilm::job {

ProgressMeter::ProgressMeter(const std::function<void(const Progress&)>& tell, std::int64_t total,
                             double rate_ratio, std::int64_t before)
    : tell_(tell), total_(total), rate_ratio_(rate_ratio), before_(before) {}

double ProgressMeter::seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
}

void ProgressMeter::update(Progress now, std::int64_t written, bool last) {
    const Clock::time_point time = Clock::now();
    if (!tell_ || (!last && time - told_ < std::chrono::milliseconds(200))) {
        return;
    }
    told_ = time;
    now.seconds = seconds();
    now.frames_out = written;
    // Input frames whose result is written: frames that wait in a window are not done yet.
    const double done = static_cast<double>(written) / rate_ratio_;
    const double now_done = static_cast<double>(written - before_) / rate_ratio_;
    now.fps = now.seconds > 0 && now_done > 0 ? now_done / now.seconds : 0;
    if (last) {
        now.frames_total = now.frames_in;
        now.eta = 0;
    } else {
        // A container may announce fewer frames than it holds.
        now.frames_total = total_ < 0 ? -1 : std::max(total_, now.frames_in);
        const double left = static_cast<double>(now.frames_total) - done;
        now.eta = total_ < 0 || now.fps <= 0 ? -1 : std::max(left, 0.0) / now.fps;
    }
    tell_(now);
}

} // namespace oldfilm::job
