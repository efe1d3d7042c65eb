#include "job/segment_writer.hpp"

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

SegmentWriter::SegmentWriter(Segmentation& segmentation, Setup setup)
    : segmentation_(segmentation), setup_(std::move(setup)) {}

SegmentWriter::~SegmentWriter() {
    {
        const std::lock_guard lock(mutex_);
        abandoned_ = true;
    }
    changed_.notify_all();
    film_.reset(); // its thread may wait for the masks
    masks_.reset();
}

void SegmentWriter::open_masks(const std::string& path, WriteOptions options,
                               std::function<Frame(const Frame&)> before) {
    masks_ = std::make_unique<SegmentedFilm>(
        path, std::move(options), nullptr,
        SegmentedFilm::Setup{
            .folder = setup_.folder,
            .prefix = "mask",
            .segment =
                [this](const Frame& frame) { return segmentation_.segment_of(frame.info().index); },
            .before = std::move(before),
            .base = setup_.mask_base,
            .done = [this](std::int64_t segment, LogSeal seal,
                           std::int64_t frames) { mask_done(segment, seal, frames); },
            .first = setup_.first,
            .profile = setup_.profile});
}

void SegmentWriter::open_film(const std::string& path, WriteOptions options, const Reader* source) {
    film_ = std::make_unique<SegmentedFilm>(
        path, std::move(options), source,
        SegmentedFilm::Setup{
            .folder = setup_.folder,
            .prefix = "film",
            .segment = [this](const Frame& frame) { return segment_of(frame); },
            .before = {},
            .base = setup_.film_base,
            .done = [this](std::int64_t segment, LogSeal seal,
                           std::int64_t frames) { film_done(segment, seal, frames); },
            .first = setup_.first,
            .profile = setup_.profile});
}

bool SegmentWriter::see(const Frame& frame) {
    if (frame.mask().defined()) {
        const std::lock_guard lock(mutex_);
        marked_.insert(segmentation_.segment_of(frame.info().index));
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

void SegmentWriter::mask_done(std::int64_t segment, LogSeal seal, std::int64_t frames) {
    {
        const std::lock_guard lock(mutex_);
        masks_done_[segment] = {seal, frames};
    }
    changed_.notify_all();
}

void SegmentWriter::film_done(std::int64_t segment, LogSeal seal, std::int64_t frames) {
    if (masks_) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return abandoned_ || masks_done_.contains(segment); });
        if (!masks_done_.contains(segment)) {
            throw Error(Errc::cancelled, "the mask film could not be written");
        }
    }
    setup_.note(line_of(segment, seal, frames));
}

/// A segment is noted when the next one begins: only then is it known to be whole.
json SegmentWriter::line_of(std::int64_t segment, LogSeal film, std::int64_t frames) {
    const std::int64_t start = segmentation_.start_of(segment);
    const std::int64_t next = segmentation_.start_of(segment + 1);
    const bool is_last = next == segmentation_.seen();
    const RunStats stats = run_->stats();
    const std::vector<std::int64_t> shots = setup_.shots ? setup_.shots() : stats.shots;
    const auto shot = [&shots](std::int64_t frame) {
        return std::lower_bound(shots.begin(), shots.end(), frame);
    };
    const std::int64_t shot_first = *std::prev(shot(next + 1));
    const std::int64_t restart =
        is_last ? 0 : pipeline::first_frame_needed_for(*run_, next, shot_first);
    const Rational film_start =
        setup_.from.frame > 0 ? setup_.from.film_start : segmentation_.time_of(0);
    json line{{"segment", segment},
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
              {"time", (is_last ? Rational() : segmentation_.time_of(restart)).to_string()}};
    const std::lock_guard lock(mutex_);
    line["closes"] = segment == last_; // up to a cut, or to the film's end
    line["marked"] = marked_.erase(segment) > 0;
    if (const auto mask = masks_done_.extract(segment)) {
        line["mask"] = to_json(mask.mapped().first);
        line["mask_frames"] = mask.mapped().second;
    }
    return line;
}

void SegmentWriter::drain(std::int64_t last) {
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
