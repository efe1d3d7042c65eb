#include "job/kept_film.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace oldfilm::job {
namespace {

namespace fs = std::filesystem;
using media::LogSeal;
using nlohmann::json;

json to_json(const LogSeal& seal) {
    return {{"packets", seal.packets}, {"bytes", seal.bytes}, {"checksum", seal.checksum}};
}

LogSeal seal_of(const json& document) {
    return {document.at("packets"), document.at("bytes"), document.at("checksum")};
}

fs::path piece_file(const fs::path& folder, const std::string& prefix, std::int64_t piece) {
    return folder / fmt::format("{}-{:06}.packets", prefix, piece);
}

Rational rational(const json& text) {
    return Rational::parse(text.get<std::string>());
}

} // namespace

PieceFilm::PieceFilm(const std::string& path, WriteOptions options, const Reader* source, Ways ways)
    : ways_(std::move(ways)), encoder_(path, std::move(options), source),
      queue_([this](const Frame& frame) { write(frame); }, ways_.profile) {}

fs::path PieceFilm::file_of(std::int64_t piece) const {
    return piece_file(ways_.folder, ways_.prefix, piece);
}

/// Ends the piece at work, if any, and begins `piece`. Pieces without a frame of this film are
/// files too.
void PieceFilm::go_to(std::int64_t piece) {
    std::int64_t next = current_ ? *current_ : ways_.first - 1;
    while (next < piece) {
        if (current_) {
            ways_.done(*current_, encoder_.end());
        }
        current_ = ++next;
        encoder_.begin(file_of(next), ways_.base);
    }
}

void PieceFilm::write(const Frame& frame) {
    const std::int64_t piece = ways_.piece(frame);
    if (piece < ways_.first) {
        return; // made again only because later frames needed it
    }
    const Frame encoded = ways_.before ? ways_.before(frame) : frame;
    if (ways_.base.num() == 0) {
        ways_.base = encoded.info().time_base;
    }
    go_to(piece);
    encoder_.write(encoded);
}

void PieceFilm::drain(std::int64_t last) {
    queue_.drain();
    go_to(last);
    if (current_) {
        ways_.done(*current_, encoder_.end());
        current_.reset();
    }
}

void PieceFilm::publish(std::int64_t pieces) {
    std::vector<fs::path> files;
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
        files.push_back(file_of(piece));
    }
    encoder_.assemble(files, ways_.base);
}

KeptFilm::KeptFilm(const std::string& output, bool fresh, Profile* profile)
    : journal_(output), profile_(profile) {
    if (fresh || (is_begun() && !journal_.lines().front().contains("job"))) {
        journal_.clear();
    }
    read();
}

KeptFilm::~KeptFilm() {
    {
        const std::lock_guard lock(mutex_);
        abandoned_ = true;
    }
    changed_.notify_all();
    film_.reset(); // its thread may wait for the masks
    masks_.reset();
    const auto& lines = journal_.lines();
    if (std::none_of(lines.begin(), lines.end(),
                     [](const json& line) { return line.contains("piece"); })) {
        journal_.remove();
    }
}

void KeptFilm::read() {
    std::vector<Piece> pieces;
    for (const json& line : journal_.lines()) {
        if (line.contains("piece")) {
            Piece& piece = pieces.emplace_back();
            piece.line = line;
            piece.film = seal_of(line.at("film"));
            if (!line.at("mask").is_null()) {
                piece.mask = seal_of(line.at("mask"));
            }
        } else if (line.contains("back_to")) {
            pieces.resize(line.at("back_to").get<std::size_t>());
        }
    }
    std::vector<std::int64_t> starts;
    for (const Piece& piece : pieces) {
        if (!is_whole(first_piece_, piece)) {
            journal_.add({{"back_to", first_piece_}});
            break;
        }
        take(piece);
        starts.push_back(piece.line.at("start"));
        ++first_piece_;
    }
    if (first_piece_ > 0 && end_.is_null()) {
        starts.push_back(done_frames_);
    }
    boundaries_ = std::make_unique<Boundaries>(std::move(starts), from_.frame);
    shots_noted_ = from_.shots.size();
    analysis_noted_ = from_.analysis.size();
    outputs_noted_ = done_outputs_;
}

bool KeptFilm::is_whole(std::int64_t number, const Piece& piece) const {
    return is_sealed(piece_file(journal_.folder(), "film", number), piece.film) &&
           (!piece.mask || is_sealed(piece_file(journal_.folder(), "mask", number), *piece.mask));
}

/// What a piece's line says becomes where the next run starts.
void KeptFilm::take(const Piece& piece) {
    const json& line = piece.line;
    from_.frame = line.at("restart");
    from_.time = rational(line.at("time"));
    from_.film_start = rational(line.at("film_start"));
    const auto shots = line.at("shots").get<std::vector<std::int64_t>>();
    from_.shots.insert(from_.shots.end(), shots.begin(), shots.end());
    from_.shots_until = line.at("shots_until");
    const auto analysis = line.at("analysis").get<std::vector<std::string>>();
    from_.analysis.insert(from_.analysis.end(), analysis.begin(), analysis.end());
    film_base_ = rational(line.at("film_base"));
    mask_base_ = rational(line.at("mask_base"));
    done_frames_ = line.at("next");
    done_outputs_ += line.at("outputs").get<std::int64_t>();
    any_mask_ = any_mask_ || line.at("marked").get<bool>();
    end_ = line.value("end", json());
}

int KeptFilm::tile() const {
    int side = 0;
    for (const json& line : journal_.lines()) {
        side = line.value("tile", side);
    }
    return side;
}

void KeptFilm::check(const json& identity) {
    if (first_piece_ == 0) { // nothing that could be gone on with
        journal_.clear();
        return;
    }
    const json& begun = journal_.lines().front().at("job");
    std::string apart;
    // What a person chose comes before what follows from it.
    for (const char* part : {"/input", "/settings", "/plan/stages", "/plan", ""}) {
        const json::json_pointer at(part);
        if (apart.empty()) {
            apart = difference(begun.value(at, json()), identity.value(at, json()), part);
        }
    }
    if (!apart.empty()) {
        throw Error(
            Errc::incompatible,
            fmt::format(
                "the restoration that was broken off must go on as it was begun, and {}; put that "
                "back, or start over (--fresh)",
                apart));
    }
}

void KeptFilm::open_masks(const std::string& path, WriteOptions options,
                          std::function<Frame(const Frame&)> before) {
    masks_ = std::make_unique<PieceFilm>(
        path, std::move(options), nullptr,
        PieceFilm::Ways{
            .folder = journal_.folder(),
            .prefix = "mask",
            .piece =
                [this](const Frame& frame) { return boundaries_->piece_of(frame.info().index); },
            .before = std::move(before),
            .done = [this](std::int64_t piece, LogSeal seal) { mask_done(piece, seal); },
            .first = first_piece_,
            .base = mask_base_,
            .profile = profile_});
}

void KeptFilm::open_film(const std::string& path, WriteOptions options, const Reader* source) {
    film_ = std::make_unique<PieceFilm>(
        path, std::move(options), source,
        PieceFilm::Ways{
            .folder = journal_.folder(),
            .prefix = "film",
            .piece =
                [this](const Frame& frame) { return boundaries_->piece_at(frame.info().time()); },
            .before = {},
            .done = [this](std::int64_t piece, LogSeal seal) { film_done(piece, seal); },
            .first = first_piece_,
            .base = film_base_,
            .profile = profile_});
}

bool KeptFilm::see(const Frame& frame) {
    const FrameInfo& info = frame.info();
    boundaries_->see(info.index, info.shot, info.time());
    if (frame.mask().defined()) {
        const std::lock_guard lock(mutex_);
        marked_[boundaries_->piece_of(info.index)] = true;
        any_mask_ = true;
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

void KeptFilm::mask_done(std::int64_t piece, LogSeal seal) {
    {
        const std::lock_guard lock(mutex_);
        mask_seals_[piece] = seal;
    }
    changed_.notify_all();
}

void KeptFilm::film_done(std::int64_t piece, LogSeal seal) {
    if (masks_) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return abandoned_ || mask_seals_.contains(piece); });
        if (!mask_seals_.contains(piece)) {
            throw Error(Errc::cancelled, "the mask film could not be written");
        }
    }
    // A piece is noted when the next one begins: only then is it known to be whole.
    json line = line_of(piece, seal);
    if (!line.at("restart").is_null()) {
        journal_.add(line);
    } else {
        last_line_ = std::move(line);
    }
}

json KeptFilm::line_of(std::int64_t piece, LogSeal film) {
    const RunStats stats = run_->stats();
    const std::int64_t known = boundaries_->seen();
    const std::int64_t next = boundaries_->start_of(piece + 1);
    json shots = json::array();
    std::int64_t shot_first = 0;
    for (std::size_t i = 0; i < stats.shots.size() && stats.shots[i] < known; ++i) {
        if (i >= shots_noted_) {
            shots.push_back(stats.shots[i]);
        }
        if (stats.shots[i] <= next) {
            shot_first = stats.shots[i];
        }
    }
    shots_noted_ += shots.size();
    json analysis = json::array();
    for (; analysis_noted_ < stats.analysis.size(); ++analysis_noted_) {
        analysis.push_back(stats.analysis[analysis_noted_]);
    }
    const std::int64_t written = done_outputs_ + film_->frames();
    const bool is_last = next == known;
    const std::int64_t restart = is_last ? 0 : run_->restart(next, shot_first);
    const std::lock_guard lock(mutex_);
    json line{{"piece", piece},
              {"start", boundaries_->start_of(piece)},
              {"next", next},
              {"outputs", written - outputs_noted_},
              {"film", to_json(film)},
              {"mask", masks_ ? to_json(mask_seals_.at(piece)) : json()},
              {"marked", marked_.contains(piece)},
              {"shots", std::move(shots)},
              {"shots_until", known},
              {"analysis", std::move(analysis)},
              {"film_base", film_->base().to_string()},
              {"mask_base", (masks_ ? masks_->base() : Rational()).to_string()},
              {"film_start", film_start().to_string()},
              {"restart", is_last ? json() : json(restart)},
              {"time", (is_last ? Rational() : boundaries_->time_of(restart)).to_string()}};
    outputs_noted_ = written;
    mask_seals_.erase(piece);
    marked_.erase(piece);
    return line;
}

Rational KeptFilm::film_start() const {
    return from_.frame > 0 || first_piece_ > 0 ? from_.film_start : boundaries_->time_of(0);
}

void KeptFilm::drain() {
    const std::int64_t last =
        boundaries_->seen() > 0 ? boundaries_->piece_of(boundaries_->seen() - 1) : -1;
    if (masks_) {
        masks_->drain(last);
    }
    film_->drain(last);
}

void KeptFilm::publish(const json& end) {
    if (end_.is_null()) {
        last_line_["restart"] = 0;
        last_line_["end"] = end;
        journal_.add(last_line_);
        first_piece_ = last_line_.at("piece").get<std::int64_t>() + 1;
    }
    if (masks_) {
        masks_->publish(first_piece_);
    }
    film_->publish(first_piece_);
    journal_.remove();
}

} // namespace oldfilm::job
