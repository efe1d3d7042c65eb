#include "job/checkpoint.hpp"

#include "job/segmented_film.hpp"
#include "media/segments.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace oldfilm::job {
namespace {

namespace fs = std::filesystem;
using media::LogSeal;
using nlohmann::json;

LogSeal seal_of(const json& document) {
    return {document.at("packets"), document.at("bytes"), document.at("checksum")};
}

Rational rational(const json& text) {
    return Rational::parse(text.get<std::string>());
}

/// Of journals: raised where a record gets another form, or another meaning.
constexpr int schema = 2;

/// Throws where a segment's record lacks anything that is taken from it later.
void check_record(const json& line) {
    for (const char* number : {"start", "next", "outputs", "mask_frames", "shots_until"}) {
        static_cast<void>(line.at(number).get<std::int64_t>());
    }
    for (const char* time : {"film_base", "mask_base", "film_start", "time"}) {
        static_cast<void>(rational(line.at(time)));
    }
    static_cast<void>(line.at("shots").get<std::vector<std::int64_t>>());
    static_cast<void>(line.at("analysis").get<std::vector<std::string>>());
    static_cast<void>(line.at("restart").get<std::int64_t>());
    static_cast<void>(line.at("marked").get<bool>());
    static_cast<void>(line.value("closes", false));
    if (line.contains("end")) {
        static_cast<void>(line.at("end").at("frames").get<std::int64_t>());
        static_cast<void>(line.at("end").at("concealed").get<std::int64_t>());
    }
}

} // namespace

Checkpoint::Checkpoint(const std::string& output, bool ignore_checkpoint) : journal_(output) {
    if (ignore_checkpoint) {
        journal_.clear();
    }
    read();
}

Checkpoint::~Checkpoint() {
    if (!keeps_any()) {
        journal_.remove();
    }
}

bool Checkpoint::keeps_any() const {
    const std::lock_guard lock(mutex_);
    const auto& lines = journal_.lines();
    return std::any_of(lines.begin(), lines.end(),
                       [](const json& line) { return line.contains("segment"); });
}

void Checkpoint::begin(const json& identity) {
    journal_.add({{"schema", schema}, {"job", identity}});
}

void Checkpoint::note_tile(int side) {
    journal_.add({{"tile", side}});
    tile_ = side;
}

/// Lines are whole (they have checksums), but another version may have written others.
void Checkpoint::read() {
    if (!keeps_any()) { // nothing that could be lost
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
    throw Error(Errc::incompatible,
                fmt::format("the restoration that was broken off must be resumed by the version of "
                            "oldfilm that began it: the journal in {} {}; use that version, or "
                            "start over (--fresh)",
                            folder().string(), found));
}

void Checkpoint::read_lines() {
    std::map<std::int64_t, Segment> segments;
    for (const json& line : journal_.lines()) {
        tile_ = line.value("tile", tile_);
        if (line.contains("segment")) {
            Segment& segment = segments[line.at("segment")];
            segment.line = line;
            segment.film = seal_of(line.at("film"));
            if (!line.at("mask").is_null()) {
                segment.mask = seal_of(line.at("mask"));
            }
            check_record(line);
        } else if (line.contains("back_to")) {
            segments.erase(segments.lower_bound(line.at("back_to")), segments.end());
        }
    }
    if (is_begun()) {
        static_cast<void>(journal_.lines().front().at("job").at("plan"));
    }
    for (const auto& [number, segment] : segments) {
        if (!is_whole(number, segment)) {
            journal_.add({{"back_to", number}});
            break;
        }
        if (number == first_segment_) {
            take(segment.line);
            ++first_segment_;
        } else {
            ahead_[number] = segment.line;
        }
    }
    if (first_segment_ > 0 && end_.is_null()) {
        starts_.push_back(done_frames_);
    }
    segments_ = first_segment_;
    done_outputs_ = outputs_;
}

bool Checkpoint::is_whole(std::int64_t number, const Segment& segment) const {
    return is_sealed(segment_file(folder(), "film", number), segment.film) &&
           (!segment.mask || is_sealed(segment_file(folder(), "mask", number), *segment.mask));
}

/// What a segment's line says becomes where the next run starts.
void Checkpoint::take(const json& line) {
    from_.frame = line.at("restart");
    from_.time = rational(line.at("time"));
    from_.film_start = rational(line.at("film_start"));
    const auto shots = line.at("shots").get<std::vector<std::int64_t>>();
    from_.shots.insert(from_.shots.end(), shots.begin(), shots.end());
    from_.shots_until = line.at("shots_until");
    const auto analysis = line.at("analysis").get<std::vector<std::string>>();
    from_.analysis.insert(from_.analysis.end(), analysis.begin(), analysis.end());
    starts_.push_back(line.at("start"));
    done_frames_ = line.at("next");
    end_ = line.value("end", json());
    count(line);
}

void Checkpoint::count(const json& line) {
    outputs_ += line.at("outputs").get<std::int64_t>();
    mask_frames_ += line.at("mask_frames").get<std::int64_t>();
    any_mask_ = any_mask_ || line.at("marked").get<bool>();
    for (const auto& [base, name] :
         {std::pair(&film_base_, "film_base"), std::pair(&mask_base_, "mask_base")}) {
        if (base->num() == 0) { // a segment without a frame may not know it
            *base = rational(line.at(name));
        }
    }
}

std::unique_ptr<Segmentation> Checkpoint::segmentation() const {
    return std::make_unique<Segmentation>(starts_, from_.frame);
}

void Checkpoint::check(const json& identity) {
    if (!has_segments()) { // nothing that could be gone on with
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

void Checkpoint::note(const json& line) {
    const std::lock_guard lock(mutex_);
    count(line);
    ++segments_;
    if (line.at("restart").is_null()) {
        last_line_ = line;
    } else {
        journal_.add(line);
    }
}

std::optional<Checkpoint::Ahead> Checkpoint::adopt_ahead(std::int64_t segment) {
    const std::lock_guard lock(mutex_);
    std::int64_t last = segment;
    while (ahead_.contains(last) && !ahead_.at(last).value("closes", false)) {
        ++last;
    }
    if (!ahead_.contains(last)) {
        return std::nullopt;
    }
    Ahead all;
    for (; segment <= last; ++segment) {
        const json& line = ahead_.at(segment);
        count(line);
        ++segments_;
        all.frames += line.at("next").get<std::int64_t>() - line.at("start").get<std::int64_t>();
        all.outputs += line.at("outputs").get<std::int64_t>();
        for (const json& found : line.at("analysis")) {
            all.analysis.push_back(found);
        }
    }
    return all;
}

void Checkpoint::assemble(const std::string& prefix, const Output& output, Rational base) {
    std::vector<fs::path> files;
    for (std::int64_t segment = 0; segment < segments_; ++segment) {
        files.push_back(segment_file(folder(), prefix, segment));
    }
    media::SegmentEncoder(output.path, output.options, output.source)
        .assemble(files, base, [this](const fs::path& file) { journal_.note_publishing(file); });
}

void Checkpoint::publish(const json& end, const Output& film, const std::optional<Output>& masks) {
    if (end_.is_null()) {
        last_line_["restart"] = 0;
        last_line_["end"] = end;
        journal_.add(last_line_);
    }
    if (masks) {
        assemble("mask", *masks, mask_base_);
    }
    assemble("film", film, film_base_);
    journal_.remove();
}

} // namespace oldfilm::job
