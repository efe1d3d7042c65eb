#include "job/whole_film.hpp"

#include <utility>

namespace oldfilm::job {

WholeFilm::WholeFilm(const Checkpoint& checkpoint, Segmentation& segmentation)
    : segmentation_(segmentation),
      item_(WorkItem{
          .number = 0, .segment = checkpoint.first_segment(), .from = checkpoint.resume_point()}) {}

std::optional<WorkItem> WholeFilm::take() {
    return std::exchange(item_, std::nullopt);
}

/// From the film's start, however far it was restored: shots are found as in a run of the whole
/// film.
std::optional<Frame> WholeFilm::read(const WorkItem& /*item*/, Source& source) {
    return source.next();
}

void WholeFilm::see(const FrameInfo& info) {
    segmentation_.see(info.index, info.shot, info.time());
}

std::int64_t WholeFilm::last_segment(const WorkItem& /*item*/) {
    const std::int64_t seen = segmentation_.seen();
    return seen > 0 ? segmentation_.segment_of(seen - 1) : -1;
}

} // namespace oldfilm::job
