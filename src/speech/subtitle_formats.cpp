// Transcripts in the formats of subtitles. Each is a function of a transcript, in one table.
#include "base/sync.hpp"
#include "speech/subtitle_text.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/speech.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace oldfilm {
namespace {

using namespace speech;

std::string srt(const Transcript& transcript) {
    std::string text;
    int number = 0;
    for (const Line& line : transcript.lines) {
        text += fmt::format("{}\n{} --> {}\n{}\n\n", ++number, clock_text(line.start, ','),
                            clock_text(line.end, ','), cue_text(line));
    }
    return text;
}

std::string webvtt(const Transcript& transcript) {
    std::string text = "WEBVTT\n";
    text += transcript.language.empty() ? "" : "Language: " + transcript.language + "\n";
    for (const Line& line : transcript.lines) {
        const std::string voice = line.speaker.empty() ? "" : "<v " + escaped(line.speaker) + ">";
        text +=
            fmt::format("\n{} --> {}\n{}{}\n", clock_text(line.start, '.'),
                        clock_text(line.end, '.'), voice, without_empty_rows(escaped(line.text)));
    }
    return text;
}

std::string ttml(const Transcript& transcript) {
    std::string text = fmt::format(
        R"(<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter"
    xmlns:tts="http://www.w3.org/ns/ttml#styling" ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/imsc1.1/text"
    ttp:timeBase="media" xml:lang="{}">
  <head>
    <layout>
      <region xml:id="bottom" tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="after" tts:textAlign="center"/>
    </layout>
  </head>
  <body region="bottom">
    <div>
)",
        escaped(transcript.language));
    for (const Line& line : transcript.lines) {
        std::string content = escaped(with_speaker(line));
        for (auto at = content.find('\n'); at != std::string::npos; at = content.find('\n', at)) {
            content.replace(at, 1, "<br/>");
        }
        text += fmt::format("      <p begin=\"{}\" end=\"{}\">{}</p>\n",
                            clock_text(line.start, '.'), clock_text(line.end, '.'), content);
    }
    return text + "    </div>\n  </body>\n</tt>\n";
}

double seconds(const Rational& time) {
    return static_cast<double>(milliseconds(time)) / 1000;
}

double rounded(double confidence) {
    return static_cast<double>(static_cast<int>(confidence * 1000 + 0.5)) / 1000;
}

std::string json(const Transcript& transcript) {
    using nlohmann::ordered_json;
    ordered_json lines = ordered_json::array();
    for (const Line& line : transcript.lines) {
        ordered_json words = ordered_json::array();
        for (const Word& word : line.words) {
            words.push_back({{"text", word.text},
                             {"start", seconds(word.start)},
                             {"end", seconds(word.end)},
                             {"confidence", rounded(word.confidence)}});
        }
        ordered_json one{{"source", to_string(line.source)},
                         {"start", seconds(line.start)},
                         {"end", seconds(line.end)},
                         {"text", line.text},
                         {"confidence", rounded(line.confidence)}};
        if (!line.speaker.empty()) {
            one["speaker"] = line.speaker;
        }
        one["words"] = std::move(words);
        lines.push_back(std::move(one));
    }
    const ordered_json document{
        {"film", transcript.film}, {"language", transcript.language}, {"lines", std::move(lines)}};
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

struct Format {
    SubtitleFormat format;
    std::array<const char*, 2> names; ///< also extensions
    std::string (*write)(const Transcript&);
};

constexpr std::array formats{
    Format{SubtitleFormat::srt, {"srt", "srt"}, srt},
    Format{SubtitleFormat::webvtt, {"vtt", "webvtt"}, webvtt},
    Format{SubtitleFormat::ttml, {"ttml", "xml"}, ttml},
    Format{SubtitleFormat::json, {"json", "json"}, json},
};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

/// Written and synced under another name, which is removed if anything fails.
class Draft {
  public:
    explicit Draft(const std::string& path) : path_(path + ".partial") {}
    ~Draft() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

} // namespace

const char* to_string(LineSource source) {
    return source == LineSource::speech ? "speech" : "title_card";
}

SubtitleFormat subtitle_format(const std::string& name_or_path) {
    const std::string extension = std::filesystem::path(name_or_path).extension().string();
    const std::string name = lower(extension.empty() ? name_or_path : extension.substr(1));
    for (const Format& one : formats) {
        if (name == one.names[0] || name == one.names[1]) {
            return one.format;
        }
    }
    throw Error(Errc::invalid_argument,
                fmt::format("subtitles are written as srt, vtt, ttml or json, found \"{}\"; name "
                            "one of them, or give the output one of these extensions",
                            name_or_path));
}

std::string subtitles_in(SubtitleFormat format, const Transcript& transcript) {
    return formats.at(static_cast<std::size_t>(format)).write(transcript);
}

void write_subtitles(const std::string& path, SubtitleFormat format, const Transcript& transcript,
                     bool overwrite) {
    std::error_code unknown;
    if (!overwrite && std::filesystem::exists(path, unknown)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("{} exists; name another output, or allow overwriting it", path));
    }
    const Draft draft(path);
    if (!(std::ofstream(draft.path(), std::ios::binary)
          << subtitles_in(format, transcript) << std::flush)) {
        throw Error(Errc::io, fmt::format("{} cannot be written; check its folder, and that the "
                                          "disk has room",
                                          path));
    }
    base::sync(draft.path());
    std::error_code failed;
    std::filesystem::rename(draft.path(), path, failed);
    if (failed) {
        throw Error(Errc::io, fmt::format("{} cannot be written: {}", path, failed.message()));
    }
}

} // namespace oldfilm
