// Lists of shots that users and other programs write.
#include <oldfilm/error.hpp>
#include <oldfilm/shots.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>

namespace oldfilm {
namespace {

using nlohmann::json;
using Frames = std::vector<std::int64_t>;

constexpr const char* expected =
    "expected the first frame of each shot, one number per line, a CMX 3600 edit decision list, "
    "OpenTimelineIO JSON, or the JSON of oldfilm inspect --shots";

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw Error(Errc::invalid_argument, fmt::format("the list of shots {}: {}", path, why));
}

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) {
        throw Error(Errc::not_found,
                    fmt::format("the list of shots {} cannot be read; check the path", path));
    }
    return text;
}

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream stream(line);
    return {std::istream_iterator<std::string>(stream), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::optional<std::int64_t> number_in(std::string_view word) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc() && end == word.data() + word.size() ? std::optional(number)
                                                                    : std::nullopt;
}

Frames numbers(const std::string& path, const std::vector<std::string>& lines) {
    Frames frames;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string& line = lines[i];
        const std::vector<std::string> words = words_of(line.substr(0, line.find('#')));
        if (words.empty()) {
            continue;
        }
        const auto number = number_in(words.front());
        if (words.size() > 1 || !number || *number < 0) {
            refuse(path, fmt::format("line {}: {}, found \"{}\"", i + 1, expected, line));
        }
        frames.push_back(*number);
    }
    return frames;
}

/// Timecode as a number of frames. Drop-frame timecode leaves out the first two numbers (at 60
/// frames a second four) of each minute but every tenth (SMPTE ST 12-1).
class TimecodeReader {
  public:
    explicit TimecodeReader(const Rational& rate) : base_(rate.round()) {}
    void set_drop_frame(bool drops) { drops_ = drops; }
    [[nodiscard]] std::int64_t base() const { return base_; }
    [[nodiscard]] std::optional<std::int64_t> frames(const std::string& text) const {
        int hours = 0;
        int minutes = 0;
        int seconds = 0;
        int frames = 0;
        char last = ':';
        int read = 0;
        if (std::sscanf(text.c_str(), "%2d:%2d:%2d%c%3d%n", &hours, &minutes, &seconds, &last,
                        &frames, &read) != 5 ||
            read != std::ssize(text) || hours < 0 || minutes < 0 || minutes > 59 || seconds < 0 ||
            seconds > 59 || frames < 0 || frames >= base_) {
            return std::nullopt;
        }
        const std::int64_t total_minutes = hours * 60LL + minutes;
        std::int64_t count = (total_minutes * 60 + seconds) * base_ + frames;
        if ((drops_ || last == ';') && base_ % 30 == 0) {
            count -= base_ / 15 * (total_minutes - total_minutes / 10);
        }
        return count;
    }

  private:
    std::int64_t base_;
    bool drops_ = false;
};

/// "001  AX  V  C  01:00:00:00 01:00:04:00 00:00:00:00 00:00:04:00": number, reel, tracks, kind of
/// transition (with its length, where it is no cut), times in the source and in the record.
bool is_event(const std::vector<std::string>& words) {
    return words.size() >= 8 && !words[0].empty() &&
           std::all_of(words[0].begin(), words[0].end(),
                       [](char c) { return c >= '0' && c <= '9'; });
}

bool is_video(const std::string& tracks) {
    return tracks.find('V') != std::string::npos || tracks == "B";
}

bool is_edl(const std::vector<std::string>& lines) {
    return std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
        return line.starts_with("TITLE:") || line.starts_with("FCM:") || is_event(words_of(line));
    });
}

Frames edl(const std::string& path, const std::vector<std::string>& lines, const Rational& rate) {
    TimecodeReader timecode(rate);
    Frames frames;
    std::optional<std::int64_t> first;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::vector<std::string> words = words_of(lines[i]);
        if (lines[i].starts_with("FCM:")) {
            timecode.set_drop_frame(lines[i].find("NON") == std::string::npos);
        }
        if (!is_event(words) || !is_video(words[2])) {
            continue;
        }
        const auto from = timecode.frames(words[words.size() - 2]);
        const auto to = timecode.frames(words.back());
        if (!from || !to) {
            refuse(path,
                   fmt::format("line {}: expected record times hh:mm:ss:ff of {} frames a second "
                               "at the end of the event, as the film has them, found \"{}\"",
                               i + 1, timecode.base(), lines[i]));
        }
        if (*from == *to) {
            continue; // what a dissolve comes from
        }
        first = first.value_or(*from);
        if (*from < *first) {
            refuse(path, fmt::format("line {}: the event begins before the first one; sort the "
                                     "list by record times",
                                     i + 1));
        }
        frames.push_back(*from - *first);
    }
    return frames;
}

/// A RationalTime in seconds. Rates such as 23.976 stand for the film's own where they are near.
double seconds_of(const std::string& path, const json& time, const Rational& rate) {
    const json none;
    const json& value = time.is_object() && time.contains("value") ? time["value"] : none;
    const json& given = time.is_object() && time.contains("rate") ? time["rate"] : none;
    if (!value.is_number() || !given.is_number() || given.get<double>() <= 0) {
        refuse(path, fmt::format("expected a time with a value and a rate, found {}", time.dump()));
    }
    const double own = rate.value();
    const bool is_own = std::abs(given.get<double>() / own - 1) < 0.0005;
    return value.get<double>() / (is_own ? own : given.get<double>());
}

/// How long a clip or gap is: its part of the media, or all of that.
double length_of(const std::string& path, const json& item, const Rational& rate) {
    const json* range = item.contains("source_range") ? &item["source_range"] : nullptr;
    if (range == nullptr || range->is_null()) {
        const json* media = item.contains("media_reference") ? &item["media_reference"] : nullptr;
        if (item.contains("media_references") && item["media_references"].is_object()) {
            const std::string key = item.value("active_media_reference_key", "DEFAULT_MEDIA");
            const json& all = item["media_references"];
            media = all.contains(key) ? &all[key] : nullptr;
        }
        range = media != nullptr && media->is_object() && media->contains("available_range")
                    ? &(*media)["available_range"]
                    : nullptr;
    }
    if (range == nullptr || !range->is_object() || !range->contains("duration")) {
        refuse(path, fmt::format("the clip {} must have a source_range or an available_range",
                                 item.contains("name") ? item["name"].dump() : "without a name"));
    }
    return seconds_of(path, (*range)["duration"], rate);
}

std::string schema_of(const json& item) {
    return item.is_object() && item.contains("OTIO_SCHEMA") && item["OTIO_SCHEMA"].is_string()
               ? item["OTIO_SCHEMA"].get<std::string>()
               : "";
}

/// The video tracks of a timeline, a stack or a track.
void find_tracks(const json& item, std::vector<const json*>& tracks) {
    const std::string schema = schema_of(item);
    if (schema.starts_with("Timeline.") && item.contains("tracks")) {
        find_tracks(item["tracks"], tracks);
    } else if (schema.starts_with("Stack.") && item.contains("children")) {
        for (const json& child : item["children"]) {
            find_tracks(child, tracks);
        }
    } else if (schema.starts_with("Track.") && item.value("kind", json("Video")) == "Video") {
        tracks.push_back(&item);
    }
}

Frames timeline(const std::string& path, const json& document, const Rational& rate) {
    std::vector<const json*> tracks;
    find_tracks(document, tracks);
    if (tracks.size() != 1 || !tracks[0]->contains("children")) {
        refuse(path, fmt::format("expected a timeline with one video track, found {}; flatten it",
                                 tracks.size()));
    }
    Frames frames;
    double at = 0;
    for (const json& item : (*tracks[0])["children"]) {
        if (schema_of(item).starts_with("Transition.")) {
            continue; // it lies over the clips before and after it
        }
        constexpr double longest = 1e12; // frames; what is more has no number
        if (!(at * rate.value() >= 0 && at * rate.value() < longest)) {
            refuse(path, fmt::format("clip {} would begin after {} s", frames.size() + 1, at));
        }
        frames.push_back(std::llround(at * rate.value()));
        at += length_of(path, item, rate);
    }
    return frames;
}

/// What `oldfilm inspect --shots --json` writes.
Frames inspected(const std::string& path, const json& document) {
    Frames frames;
    for (const json& shot : document["shots"]) {
        if (!shot.is_object() || !shot.contains("frame") || !shot["frame"].is_number_integer()) {
            refuse(path, fmt::format("expected shots with a \"frame\", found {}", shot.dump()));
        }
        frames.push_back(shot["frame"].get<std::int64_t>());
    }
    return frames;
}

void check_rate(const std::string& path, const Rational& rate) {
    if (rate.num() <= 0) {
        refuse(path, "it lists times, and the film's frame rate is irregular; list the numbers of "
                     "frames instead (oldfilm inspect --shots)");
    }
}

Frames of_json(const std::string& path, const std::string& text, const Rational& rate) {
    try {
        const json document = json::parse(text);
        if (document.contains("shots") && document["shots"].is_array()) {
            return inspected(path, document);
        }
        if (schema_of(document).empty()) {
            refuse(path, expected);
        }
        check_rate(path, rate);
        return timeline(path, document, rate);
    } catch (const json::exception& error) {
        refuse(path, fmt::format("it is not JSON of a kind that is known: {}", error.what()));
    }
}

} // namespace

std::vector<std::int64_t> read_shot_list(const std::string& path, const Rational& rate) {
    const std::string text = text_of(path);
    Frames frames;
    if (text.find_first_not_of(" \t\r\n") != std::string::npos &&
        text[text.find_first_not_of(" \t\r\n")] == '{') {
        frames = of_json(path, text, rate);
    } else if (const std::vector<std::string> lines = lines_of(text); is_edl(lines)) {
        check_rate(path, rate);
        frames = edl(path, lines, rate);
    } else {
        frames = numbers(path, lines);
    }
    if (frames.empty()) {
        refuse(path, fmt::format("it lists no shot; {}", expected));
    }
    const auto wrong =
        std::adjacent_find(frames.begin(), frames.end(), [](auto a, auto b) { return a >= b; });
    if (wrong != frames.end()) {
        refuse(path, fmt::format("shots must begin one after another, found frame {} after {}",
                                 wrong[1], *wrong));
    }
    return frames;
}

} // namespace oldfilm
