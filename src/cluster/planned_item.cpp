#include "cluster/planned_item.hpp"

#include "job/shot_scan.hpp"

#include <algorithm>
#include <utility>

namespace oldfilm::cluster {

PlannedItem::PlannedItem(int number, const Item& item, const job::Segmentation& film,
                         const SegmentFolder& segments)
    : item_(item), film_(film) {
    find_left(number, segments);
}

/// Segments are made in order: what an earlier worker left ends before the first one that is
/// missing.
void PlannedItem::find_left(int number, const SegmentFolder& segments) {
    job::WorkItem left{.number = number, .segment = item_.first_segment, .from = {}};
    left.from.frame = item_.first;
    while (left.segment < item_.next_segment) {
        const std::optional<SegmentRecord> record = segments.read(left.segment);
        if (!record) {
            break;
        }
        const job::Segment& segment = record->segment;
        left.from.frame = segment.resume ? segment.resume->frame : segment.next;
        left.from.analysis.insert(left.from.analysis.end(), segment.analysis.begin(),
                                  segment.analysis.end());
        ++left.segment;
    }
    if (left.segment == item_.next_segment) {
        return;
    }
    left.from.time = film_.time_of(left.from.frame);
    left.from.film_start = film_.time_of(0);
    left.from.in_shots = true;
    left.from.resumes_at = [this] { return next_time(); };
    left_ = std::move(left);
}

std::optional<Rational> PlannedItem::next_time() const {
    return item_.next < film_.seen() ? std::optional(film_.time_of(item_.next)) : std::nullopt;
}

std::optional<job::WorkItem> PlannedItem::take() {
    return std::exchange(left_, std::nullopt);
}

std::optional<Frame> PlannedItem::read(const job::WorkItem& item, job::Source& source) {
    const std::int64_t frame = std::max(item.from.frame, source.frames());
    if (frame >= item_.next) {
        return std::nullopt;
    }
    return job::read_again(source, film_, frame);
}

} // namespace oldfilm::cluster
