#include "reached_frames.hpp"

#include <iterator>
#include <vector>

namespace oldfilm::stages {

void ReachedFrames::clear() {
    frames_.clear();
    steps_.clear();
}

void ReachedFrames::forget_before(std::int64_t number) {
    frames_.erase(frames_.begin(), frames_.lower_bound(number));
    steps_.erase(steps_.begin(), steps_.lower_bound(number));
}

void ReachedFrames::add(std::int64_t number, SmallFrame frame) {
    frame.summand = summand(frame.ab);
    frames_.emplace(number, std::move(frame));
}

at::Tensor ReachedFrames::averaged(const sdk::Host& host, std::int64_t number) {
    std::vector<SmallFrame> window;
    std::vector<Step> forward;
    std::vector<Step> back;
    for (auto frame = frames_.begin(); frame != frames_.end(); ++frame) {
        window.push_back(frame->second);
        if (const auto after = std::next(frame); after != frames_.end()) {
            const auto& [there, here] = steps(host, frame->first, frame->second, after->second);
            forward.push_back(there);
            back.push_back(here);
        }
    }
    const auto center = std::distance(frames_.begin(), frames_.find(number));
    return steady(window, static_cast<std::size_t>(center), forward, back);
}

const std::pair<Step, Step>& ReachedFrames::steps(const sdk::Host& host, std::int64_t number,
                                                  const SmallFrame& first,
                                                  const SmallFrame& second) {
    auto found = steps_.find(number);
    if (found == steps_.end()) {
        found =
            steps_.emplace(number, std::pair(step(host, first, second), step(host, second, first)))
                .first;
    }
    return found->second;
}

} // namespace oldfilm::stages
