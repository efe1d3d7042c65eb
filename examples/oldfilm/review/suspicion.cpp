#include "suspicion.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace cli::review {
namespace {

using oldfilm::Repair;
using oldfilm::RepairKind;

/// From here on, a repair is as suspicious as its size, its duration or its change can make it.
constexpr double large_share = 0.01; ///< of the picture
constexpr double long_frames = 5;
constexpr double strong_change = 0.25;

double up_to_one(double value) {
    return std::clamp(value, 0.0, 1.0);
}

/// Dust lasts for one frame, and scratches run; what else stays in its place may be in the picture.
double persistence_of(const RepairSeries& series) {
    const bool runs = series.repairs.front().kind == RepairKind::running_scratch;
    return runs ? 0 : up_to_one(static_cast<double>(series.frames - 1) / (long_frames - 1));
}

void judge(RepairSeries& series, std::int64_t pixels) {
    std::set<std::int64_t> frames;
    for (const Repair& repair : series.repairs) {
        frames.insert(repair.frame);
        series.area = std::max(series.area, repair.area);
        series.change = std::max(series.change, repair.mean_change.value_or(0));
    }
    series.frames = static_cast<std::int64_t>(frames.size());
    const double share = static_cast<double>(series.area) / static_cast<double>(pixels);
    const double size = std::sqrt(up_to_one(share / large_share));
    const double change = up_to_one(series.change / strong_change);
    series.suspicion = (size + persistence_of(series) + change) / 3;
}

} // namespace

std::vector<RepairSeries> by_suspicion(const std::vector<Repair>& repairs, std::int64_t pixels) {
    std::map<std::int64_t, RepairSeries> series; // by id
    for (const Repair& repair : repairs) {
        series[repair.series].repairs.push_back(repair);
    }
    std::vector<RepairSeries> sorted;
    for (auto& [id, one] : series) {
        judge(one, pixels);
        sorted.push_back(std::move(one));
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.suspicion > b.suspicion; });
    return sorted;
}

} // namespace cli::review
