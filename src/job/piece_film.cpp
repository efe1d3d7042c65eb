#include "job/piece_film.hpp"

#include <fmt/format.h>

#include <utility>

namespace oldfilm::job {

std::filesystem::path piece_file(const std::filesystem::path& folder, const std::string& prefix,
                                 std::int64_t piece) {
    return folder / fmt::format("{}-{:06}.packets", prefix, piece);
}

PieceFilm::PieceFilm(const std::string& path, WriteOptions options, const Reader* source, Ways ways)
    : ways_(std::move(ways)), encoder_(path, std::move(options), source),
      queue_([this](const Frame& frame) { write(frame); }, ways_.profile) {}

void PieceFilm::end_piece() {
    const media::LogSeal seal = encoder_.end();
    ways_.done(*current_, seal, encoder_.frames() - frames_before_);
    frames_before_ = encoder_.frames();
}

/// Ends the piece at work, if any, and begins `piece`. Pieces without a frame of this film are
/// files too.
void PieceFilm::go_to(std::int64_t piece) {
    std::int64_t next = current_ ? *current_ : ways_.first - 1;
    while (next < piece) {
        if (current_) {
            end_piece();
        }
        current_ = ++next;
        encoder_.begin(piece_file(ways_.folder, ways_.prefix, next), base_);
    }
}

void PieceFilm::write(const Frame& frame) {
    const std::int64_t piece = ways_.piece(frame);
    if (piece < ways_.first) {
        return; // made again only because later frames needed it
    }
    const Frame encoded = ways_.before ? ways_.before(frame) : frame;
    if (base_.num() == 0) {
        base_ = ways_.base(encoded.info().time_base);
    }
    go_to(piece);
    encoder_.write(encoded);
}

void PieceFilm::drain(std::int64_t last) {
    queue_.drain();
    go_to(last);
    if (current_) {
        end_piece();
        current_.reset();
    }
}

} // namespace oldfilm::job
