#include "job/segmented_film.hpp"

#include "job/segment.hpp"

#include <utility>

namespace oldfilm::job {

SegmentedFilm::SegmentedFilm(const OutputFilm& film, const Segmentation& segmentation,
                             FirstTimeBase& first, Setup setup)
    : of_(film.of), prefix_(prefix_of(film.of)), segmentation_(segmentation), first_base_(first),
      setup_(std::move(setup)), encoder_(film.path, film.options, film.source),
      queue_(*this, setup_.profile) {}

void SegmentedFilm::end_segment() {
    const media::LogSeal seal = encoder_.end();
    const std::int64_t frames =
        encoder_.frames() - std::exchange(frames_before_, encoder_.frames());
    const std::lock_guard lock(mutex_);
    sealed_[*current_] = {seal, frames};
}

/// Ends the segment at work, if any, and begins `segment`. Segments without a frame of this film
/// are files too.
void SegmentedFilm::go_to(std::int64_t segment) {
    std::int64_t next = current_ ? *current_ : setup_.first_segment - 1;
    while (next < segment) {
        if (current_) {
            end_segment();
        }
        current_ = ++next;
        encoder_.begin(segment_file(setup_.folder, prefix_, next), base_);
    }
}

void SegmentedFilm::consume(const Frame& frame) {
    const std::int64_t segment = segmentation_.segment_of(frame.info().source_index);
    if (segment < setup_.first_segment) {
        return;
    }
    const Frame encoded = written_picture(frame, of_);
    if (base_.num() == 0) {
        if (setup_.has_first_frame) {
            first_base_.set(encoded.info().time_base);
        }
        const Rational base = first_base_.wait();
        const std::lock_guard lock(mutex_);
        base_ = base;
    }
    go_to(segment);
    encoder_.write(encoded);
}

void SegmentedFilm::drain(std::int64_t last) {
    queue_.drain();
    go_to(last);
    if (current_) {
        end_segment();
        current_.reset();
    }
}

bool SegmentedFilm::is_sealed(std::int64_t segment) const {
    const std::lock_guard lock(mutex_);
    return sealed_.contains(segment);
}

SegmentedFilm::Sealed SegmentedFilm::take(std::int64_t segment) {
    const std::lock_guard lock(mutex_);
    return sealed_.extract(segment).mapped();
}

Rational SegmentedFilm::base() const {
    const std::lock_guard lock(mutex_);
    return base_;
}

} // namespace oldfilm::job
