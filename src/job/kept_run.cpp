#include "job/kept_run.hpp"

#include <oldfilm/error.hpp>

#include <algorithm>

namespace oldfilm::job {
namespace {

using media::LogSeal;
using nlohmann::json;

json to_json(const LogSeal& seal) {
    return {{"packets", seal.packets}, {"bytes", seal.bytes}, {"checksum", seal.checksum}};
}

/// What was found in the shots that begin in [start, next).
json found_between(const std::vector<std::string>& analysis, const std::vector<std::int64_t>& shots,
                   std::int64_t start, std::int64_t next) {
    json found = json::array();
    for (const std::string& one : analysis) {
        const auto shot = json::parse(one).at("shot").get<std::size_t>();
        if (shot < shots.size() && shots[shot] >= start && shots[shot] < next) {
            found.push_back(one);
        }
    }
    return found;
}

} // namespace

KeptRun::KeptRun(Boundaries& boundaries, Ways ways)
    : boundaries_(boundaries), ways_(std::move(ways)) {}

KeptRun::~KeptRun() {
    {
        const std::lock_guard lock(mutex_);
        abandoned_ = true;
    }
    changed_.notify_all();
    film_.reset(); // its thread may wait for the masks
    masks_.reset();
}

void KeptRun::open_masks(const std::string& path, WriteOptions options,
                         std::function<Frame(const Frame&)> before) {
    masks_ = std::make_unique<PieceFilm>(
        path, std::move(options), nullptr,
        PieceFilm::Ways{
            .folder = ways_.folder,
            .prefix = "mask",
            .piece =
                [this](const Frame& frame) { return boundaries_.piece_of(frame.info().index); },
            .before = std::move(before),
            .base = ways_.mask_base,
            .done = [this](std::int64_t piece, LogSeal seal,
                           std::int64_t frames) { mask_done(piece, seal, frames); },
            .first = ways_.first,
            .profile = ways_.profile});
}

void KeptRun::open_film(const std::string& path, WriteOptions options, const Reader* source) {
    film_ = std::make_unique<PieceFilm>(
        path, std::move(options), source,
        PieceFilm::Ways{.folder = ways_.folder,
                        .prefix = "film",
                        .piece = [this](const Frame& frame) { return piece_of(frame); },
                        .before = {},
                        .base = ways_.film_base,
                        .done = [this](std::int64_t piece, LogSeal seal,
                                       std::int64_t frames) { film_done(piece, seal, frames); },
                        .first = ways_.first,
                        .profile = ways_.profile});
}

bool KeptRun::see(const Frame& frame) {
    if (frame.mask().defined()) {
        const std::lock_guard lock(mutex_);
        marked_.insert(boundaries_.piece_of(frame.info().index));
    }
    if (!masks_ || masks_->push(frame)) {
        return true;
    }
    {
        const std::lock_guard lock(mutex_);
        abandoned_ = true;
    }
    changed_.notify_all();
    return false;
}

void KeptRun::mask_done(std::int64_t piece, LogSeal seal, std::int64_t frames) {
    {
        const std::lock_guard lock(mutex_);
        masks_done_[piece] = {seal, frames};
    }
    changed_.notify_all();
}

void KeptRun::film_done(std::int64_t piece, LogSeal seal, std::int64_t frames) {
    if (masks_) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return abandoned_ || masks_done_.contains(piece); });
        if (!masks_done_.contains(piece)) {
            throw Error(Errc::cancelled, "the mask film could not be written");
        }
    }
    ways_.note(line_of(piece, seal, frames));
}

/// A piece is noted when the next one begins: only then is it known to be whole.
json KeptRun::line_of(std::int64_t piece, LogSeal film, std::int64_t frames) {
    const std::int64_t start = boundaries_.start_of(piece);
    const std::int64_t next = boundaries_.start_of(piece + 1);
    const bool is_last = next == boundaries_.seen();
    const RunStats stats = run_->stats();
    const std::vector<std::int64_t> shots = ways_.shots ? ways_.shots() : stats.shots;
    const auto shot = [&shots](std::int64_t frame) {
        return std::lower_bound(shots.begin(), shots.end(), frame);
    };
    const std::int64_t shot_first = *std::prev(shot(next + 1));
    const std::int64_t restart = is_last ? 0 : run_->restart(next, shot_first);
    const Rational film_start =
        ways_.from.frame > 0 ? ways_.from.film_start : boundaries_.time_of(0);
    json line{{"piece", piece},
              {"start", start},
              {"next", next},
              {"outputs", frames},
              {"film", to_json(film)},
              {"mask", json()},
              {"mask_frames", 0},
              {"shots", std::vector<std::int64_t>(shot(start), shot(next))},
              {"shots_until", next},
              {"analysis", found_between(stats.analysis, shots, start, next)},
              {"film_base", film_->base().to_string()},
              {"mask_base", (masks_ ? masks_->base() : Rational()).to_string()},
              {"film_start", film_start.to_string()},
              {"restart", is_last ? json() : json(restart)},
              {"time", (is_last ? Rational() : boundaries_.time_of(restart)).to_string()}};
    const std::lock_guard lock(mutex_);
    line["closes"] = piece == last_; // up to a cut, or to the film's end
    line["marked"] = marked_.erase(piece) > 0;
    if (const auto mask = masks_done_.extract(piece)) {
        line["mask"] = to_json(mask.mapped().first);
        line["mask_frames"] = mask.mapped().second;
    }
    return line;
}

void KeptRun::drain(std::int64_t last) {
    {
        const std::lock_guard lock(mutex_);
        last_ = last;
    }
    if (masks_) {
        masks_->drain(last);
    }
    film_->drain(last);
}

} // namespace oldfilm::job
