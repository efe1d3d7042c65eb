#include "job/checkpoint.hpp"

#include "media/segments.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace oldfilm::job {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Of journals: raised where a record gets another form, or another meaning.
constexpr int schema = 2;

} // namespace

Checkpoint::Checkpoint(const std::string& output, bool ignore_checkpoint) : journal_(output) {
    if (ignore_checkpoint) {
        journal_.clear();
    }
    read();
}

Checkpoint::~Checkpoint() {
    if (!is_resumable()) {
        journal_.remove();
    }
}

bool Checkpoint::is_resumable() const {
    const bool has_transcription = !transcription().is_null();
    const std::lock_guard lock(mutex_);
    const auto& lines = journal_.lines();
    return has_transcription || std::any_of(lines.begin(), lines.end(), [](const json& line) {
               return line.contains("segment");
           });
}

void Checkpoint::begin(const json& identity) {
    journal_.add({{"schema", schema}, {"job", identity}});
}

void Checkpoint::note_tile(int side) {
    journal_.add({{"tile", side}});
    tile_ = side;
}

json Checkpoint::transcription() const {
    const std::lock_guard lock(mutex_);
    json last;
    for (const json& line : journal_.lines()) {
        last = line.value("transcription", last);
    }
    return last;
}

/// Engines' text may not be UTF-8 in full, which JSON is.
void Checkpoint::note_transcription(const json& transcription) {
    const json line{{"transcription", transcription}};
    const std::lock_guard lock(mutex_);
    journal_.add(json::parse(line.dump(-1, ' ', false, json::error_handler_t::replace)));
}

/// Lines are whole (they have checksums), but another version may have written others.
void Checkpoint::read() {
    if (journal_.has_other_checksums()) {
        throw refusal("has the checksums of an earlier version");
    }
    if (!is_resumable()) { // nothing that could be lost
        journal_.clear();
    }
    std::string found;
    try {
        const json number =
            is_begun() ? journal_.lines().front().value("schema", json(1)) : json(schema);
        if (number == schema) {
            read_lines();
            return;
        }
        found = fmt::format("has schema {}, not {}", number.dump(), schema);
    } catch (const json::exception& error) {
        found = fmt::format("can't be read ({})", error.what());
    } catch (const Error& error) {
        if (error.code() == Errc::io) {
            throw;
        }
        found = fmt::format("can't be read ({})", error.what());
    }
    throw refusal(found);
}

Error Checkpoint::refusal(const std::string& found) const {
    return {Errc::incompatible,
            fmt::format("the interrupted restoration must be resumed by the version of "
                        "oldfilm that began it: the journal in {} {}; use that version, or "
                        "start over (--fresh)",
                        folder().string(), found)};
}

/// The segments of the journal's lines.
std::map<std::int64_t, Segment> Checkpoint::recorded() const {
    std::map<std::int64_t, Segment> segments;
    for (const json& line : journal_.lines()) {
        if (line.contains("segment")) {
            Segment segment = segment_from_json(line);
            segments.insert_or_assign(segment.number, std::move(segment));
        } else if (line.contains("back_to")) {
            segments.erase(segments.lower_bound(line.at("back_to")), segments.end());
        }
    }
    return segments;
}

void Checkpoint::read_lines() {
    for (const json& line : journal_.lines()) {
        tile_ = line.value("tile", tile_);
    }
    const std::map<std::int64_t, Segment> segments = recorded();
    if (is_begun()) {
        static_cast<void>(journal_.lines().front().at("job").at("plan"));
    }
    for (const auto& [number, segment] : segments) {
        if (!is_whole(segment)) {
            journal_.add({{"back_to", number}});
            break;
        }
        if (number == first_segment_) {
            take(segment);
            ++first_segment_;
        } else {
            ahead_[number] = segment;
        }
    }
    if (first_segment_ > 0 && !end_) {
        starts_.push_back(done_frames_);
    }
    done_outputs_ = outputs_;
}

bool Checkpoint::is_whole(const Segment& segment) const {
    return has_whole(folder(), segment);
}

/// The next run starts after `segment`.
void Checkpoint::take(const Segment& segment) {
    const Segment::Resume resume = segment.resume.value_or(Segment::Resume());
    from_.frame = resume.frame;
    from_.time = resume.time;
    from_.film_start = segment.film_start;
    from_.shots.insert(from_.shots.end(), segment.shots.begin(), segment.shots.end());
    from_.shots_until = segment.next;
    from_.analysis.insert(from_.analysis.end(), segment.analysis.begin(), segment.analysis.end());
    starts_.push_back(segment.start);
    done_frames_ = segment.next;
    end_ = segment.end;
    count(segment);
}

void Checkpoint::count(const Segment& segment) {
    outputs_ += segment.outputs;
    mask_frames_ += segment.mask_frames;
    any_mask_ = any_mask_ || segment.marked;
    if (film_base_.num() == 0) { // a segment without a frame may not know it
        film_base_ = segment.film_base;
    }
    if (mask_base_.num() == 0) {
        mask_base_ = segment.mask_base;
    }
    ++segments_;
}

void Checkpoint::adopt(std::vector<Segment> segments) {
    for (Segment& segment : segments) {
        const bool is_next = segment.number == first_segment_;
        if (segment.end && !is_next) {
            segment.end.reset(); // recorded when all of the film is restored
            ahead_[segment.number] = std::move(segment);
            continue;
        }
        journal_.add(to_json(segment));
        if (is_next) {
            take(segment);
            ++first_segment_;
        } else {
            ahead_[segment.number] = std::move(segment);
        }
    }
    if (first_segment_ > 0 && !end_) {
        starts_.push_back(done_frames_);
    }
    done_outputs_ = outputs_;
}

std::unique_ptr<Segmentation> Checkpoint::segmentation() const {
    return std::make_unique<Segmentation>(starts_, from_.shots, from_.frame);
}

void Checkpoint::check(const json& identity) {
    const bool has_transcription = !transcription().is_null();
    if (!has_segments() && !has_transcription) { // nothing that could be gone on with
        journal_.clear();
        return;
    }
    const json& begun = journal_.lines().front().at("job");
    if (!has_segments()) { // the transcription alone is no reason to refuse
        if (begun != identity) {
            journal_.clear();
        }
        return;
    }
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
                "the interrupted restoration must be resumed as it was started, and {}; put that "
                "back, or start over (--fresh)",
                apart));
    }
}

bool Checkpoint::differs(const json& identity) const {
    return has_segments() && journal_.lines().front().at("job") != identity;
}

void Checkpoint::start_over() {
    journal_.clear();
    const std::lock_guard lock(mutex_);
    from_ = {};
    end_.reset();
    starts_.clear();
    ahead_.clear();
    last_ = {};
    first_segment_ = done_frames_ = done_outputs_ = segments_ = outputs_ = mask_frames_ = 0;
    tile_ = 0;
    any_mask_ = false;
    film_base_ = mask_base_ = Rational();
}

void Checkpoint::add(const Segment& segment) {
    const std::lock_guard lock(mutex_);
    count(segment);
    if (segment.resume) {
        journal_.add(to_json(segment));
    } else {
        last_ = segment;
    }
}

std::optional<Checkpoint::Ahead> Checkpoint::adopt_ahead(std::int64_t segment) {
    const std::lock_guard lock(mutex_);
    std::int64_t last = segment;
    while (ahead_.contains(last) && !ahead_.at(last).closes) {
        ++last;
    }
    if (!ahead_.contains(last)) {
        return std::nullopt;
    }
    Ahead all;
    for (; segment <= last; ++segment) {
        const Segment& one = ahead_.at(segment);
        count(one);
        if (!one.resume) {
            last_ = one;
        }
        all.frames += one.next - one.start;
        all.outputs += one.outputs;
        all.analysis.insert(all.analysis.end(), one.analysis.begin(), one.analysis.end());
    }
    return all;
}

void Checkpoint::assemble(const OutputFilm& output, Rational base) {
    const std::string prefix = prefix_of(output.of);
    std::vector<fs::path> files;
    for (std::int64_t segment = 0; segment < segments_; ++segment) {
        files.push_back(segment_file(folder(), prefix, segment));
    }
    media::SegmentEncoder(output.path, output.options, output.source)
        .assemble(files, base, [this](const fs::path& file) { journal_.note_publishing(file); });
}

void Checkpoint::publish(const Segment::End& end, const OutputFilms& films,
                         const std::function<void(const std::vector<Segment>&)>& before_removal) {
    if (!end_) {
        last_.end = end;
        journal_.add(to_json(last_));
    }
    if (films.masks) {
        assemble(*films.masks, mask_base_);
    }
    if (films.evidence) {
        assemble(*films.evidence, film_base_);
    }
    assemble(films.film, film_base_);
    if (before_removal) {
        std::vector<Segment> all;
        for (const auto& [number, segment] : recorded()) {
            all.push_back(segment);
        }
        before_removal(all);
    }
    journal_.remove();
}

} // namespace oldfilm::job
