#include "cluster/items.hpp"

#include <algorithm>
#include <numeric>

namespace oldfilm::cluster {
namespace {

/// The smallest items that there can be: segments that begin at a cut, with those up to the next.
std::vector<Item> smallest_items(const job::Segmentation& film,
                                 const std::vector<double>& shot_costs) {
    std::vector<Item> items;
    const std::vector<std::int64_t> shots = film.shots();
    const std::int64_t segments = film.segment_of(film.seen() - 1) + 1;
    for (std::int64_t segment = 0; segment < segments; ++segment) {
        const std::int64_t first = film.start_of(segment);
        const std::int64_t next = film.start_of(segment + 1);
        if (std::binary_search(shots.begin(), shots.end(), first)) {
            items.push_back({.first_segment = segment, .next_segment = segment, .first = first});
        }
        Item& item = items.back();
        item.next_segment = segment + 1;
        item.next = next;
        for (std::int64_t frame = first; frame < next; ++frame) {
            item.cost += shot_costs[static_cast<std::size_t>(film.shot_of(frame))];
        }
    }
    return items;
}

} // namespace

std::vector<Item> balanced_items(const job::Segmentation& film,
                                 const std::vector<double>& shot_costs, std::int64_t wanted) {
    const std::vector<Item> smallest = smallest_items(film, shot_costs);
    const double total =
        std::accumulate(smallest.begin(), smallest.end(), 0.0,
                        [](double sum, const Item& one) { return sum + one.cost; });
    std::vector<Item> items;
    double before = 0;
    std::int64_t current = -1; // the part of the film that the middle of an item lies in
    for (const Item& one : smallest) {
        const double middle = before + one.cost / 2;
        const auto part =
            total > 0 ? static_cast<std::int64_t>(middle / total * static_cast<double>(wanted)) : 0;
        before += one.cost;
        if (items.empty() || part != current) {
            items.push_back(one);
            current = part;
            continue;
        }
        items.back().next_segment = one.next_segment;
        items.back().next = one.next;
        items.back().cost += one.cost;
    }
    return items;
}

} // namespace oldfilm::cluster
