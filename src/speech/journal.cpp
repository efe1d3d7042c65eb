#include "speech/journal.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <utility>

namespace oldfilm::speech {
namespace {

using nlohmann::json;

json row_of(const Line& line) {
    json words = json::array();
    for (const Word& word : line.words) {
        words.push_back({word.text, word.start.to_string(), word.end.to_string(), word.confidence});
    }
    return {{"card", line.source == LineSource::title_card},
            {"start", line.start.to_string()},
            {"end", line.end.to_string()},
            {"text", line.text},
            {"confidence", line.confidence},
            {"words", std::move(words)}};
}

Rational time_in(const json& text) {
    return Rational::parse(text.get<std::string>());
}

Line line_of(const json& row) {
    Line line;
    line.source = row.at("card").get<bool>() ? LineSource::title_card : LineSource::speech;
    line.start = time_in(row.at("start"));
    line.end = time_in(row.at("end"));
    line.text = row.at("text");
    line.confidence = row.at("confidence");
    for (const json& word : row.at("words")) {
        line.words.push_back({word.at(0), time_in(word.at(1)), time_in(word.at(2)), word.at(3)});
    }
    return line;
}

} // namespace

Journal::Journal(std::string path, const json& identity, const Log& log) : path_(std::move(path)) {
    if (path_.empty()) {
        return;
    }
    const bool is_there = std::filesystem::exists(path_);
    if (read(identity)) {
        log.info("resuming a transcription that was stopped");
        return;
    }
    if (is_there) {
        log.info(
            fmt::format("{} is of another film, or of other options, and is discarded", path_));
    }
    steps_.clear();
    language_.clear();
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
    append(identity);
}

/// Whether it is of this film and these options.
bool Journal::read(const json& identity) {
    std::ifstream file(path_);
    std::string text;
    if (!std::getline(file, text) || json::parse(text, nullptr, false) != identity) {
        return false;
    }
    std::uintmax_t whole = text.size() + 1;
    try {
        while (std::getline(file, text) && !file.eof()) { // the last line ends, too
            take(json::parse(text));
            whole += text.size() + 1;
        }
    } catch (const std::exception&) { // a line that was torn; what follows it counts no more
    }
    std::error_code failed;
    std::filesystem::resize_file(path_, whole, failed);
    return !failed;
}

void Journal::take(const json& row) {
    if (row.contains("language")) {
        language_ = row.at("language");
        return;
    }
    Step& step = steps_[row.at("step").get<std::string>()];
    std::vector<Line> lines;
    for (const json& line : row.at("lines")) {
        lines.push_back(line_of(line));
    }
    step.lines.insert(step.lines.end(), lines.begin(), lines.end());
    step.done = row.at("done");
}

void Journal::append(const json& row) {
    std::ofstream file(path_, std::ios::app | std::ios::binary);
    if (!(file << row.dump(-1, ' ', false, json::error_handler_t::replace) << '\n' << std::flush)) {
        throw Error(Errc::io, fmt::format("{} cannot be written; check its folder, and that the "
                                          "disk has room",
                                          path_));
    }
}

std::vector<Line> Journal::lines(const std::string& step) const {
    const auto found = steps_.find(step);
    return found == steps_.end() ? std::vector<Line>{} : found->second.lines;
}

std::int64_t Journal::done(const std::string& step) const {
    const auto found = steps_.find(step);
    return found == steps_.end() ? 0 : found->second.done;
}

void Journal::add(const std::string& step, std::int64_t done, const std::vector<Line>& lines) {
    Step& known = steps_[step];
    known.done = done;
    known.lines.insert(known.lines.end(), lines.begin(), lines.end());
    if (path_.empty()) {
        return;
    }
    json rows = json::array();
    for (const Line& line : lines) {
        rows.push_back(row_of(line));
    }
    append({{"step", step}, {"done", done}, {"lines", std::move(rows)}});
}

void Journal::set_language(const std::string& language) {
    language_ = language;
    if (!path_.empty()) {
        append({{"language", language}});
    }
}

void Journal::remove() {
    std::error_code ignored;
    if (!path_.empty()) {
        std::filesystem::remove(path_, ignored);
    }
}

} // namespace oldfilm::speech
