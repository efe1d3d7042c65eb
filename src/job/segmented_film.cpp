#include "job/segmented_film.hpp"

#include <fmt/format.h>

#include <utility>

namespace oldfilm::job {

std::filesystem::path segment_file(const std::filesystem::path& folder, const std::string& prefix,
                                   std::int64_t segment) {
    return folder / fmt::format("{}-{:06}.packets", prefix, segment);
}

SegmentedFilm::SegmentedFilm(const std::string& path, WriteOptions options, const Reader* source,
                             Setup setup)
    : setup_(std::move(setup)), encoder_(path, std::move(options), source),
      queue_([this](const Frame& frame) { write(frame); }, setup_.profile) {}

void SegmentedFilm::end_segment() {
    const media::LogSeal seal = encoder_.end();
    setup_.done(*current_, seal, encoder_.frames() - frames_before_);
    frames_before_ = encoder_.frames();
}

/// Ends the segment at work, if any, and begins `segment`. Segments without a frame of this film
/// are files too.
void SegmentedFilm::go_to(std::int64_t segment) {
    std::int64_t next = current_ ? *current_ : setup_.first - 1;
    while (next < segment) {
        if (current_) {
            end_segment();
        }
        current_ = ++next;
        encoder_.begin(segment_file(setup_.folder, setup_.prefix, next), base_);
    }
}

void SegmentedFilm::write(const Frame& frame) {
    const std::int64_t segment = setup_.segment(frame);
    if (segment < setup_.first) {
        return; // made again only because later frames needed it
    }
    const Frame encoded = setup_.before ? setup_.before(frame) : frame;
    if (base_.num() == 0) {
        base_ = setup_.base(encoded.info().time_base);
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

} // namespace oldfilm::job
