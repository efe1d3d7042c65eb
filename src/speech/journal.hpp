#pragma once
/// \file
/// What a broken-off transcription has found.

#include <oldfilm/speech.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace oldfilm::speech {

/// A file with a JSON object a line: the identity, then what was found and how far each step was.
/// One thread at a time. Without a path it remembers nothing.
class Journal {
  public:
    /// Reads what is there. What another film or other options have left is discarded, with an
    /// info message, as is a line that was not finished. Throws `Error` (io).
    Journal(std::string path, const nlohmann::json& identity, const Log& log);

    /// What was found in `step`, in order.
    [[nodiscard]] std::vector<Line> lines(const std::string& step) const;
    /// How far it was: what `add` was last called with; 0 at the start.
    [[nodiscard]] std::int64_t done(const std::string& step) const;
    /// Notes lines, and that the step has done what comes before `done`. Throws `Error` (io).
    void add(const std::string& step, std::int64_t done, const std::vector<Line>& lines);
    /// The language that was detected in the sound; empty if none was.
    [[nodiscard]] const std::string& language() const { return language_; }
    /// Notes it. Throws `Error` (io).
    void set_language(const std::string& language);
    /// Removes the file.
    void remove();

  private:
    struct Step {
        std::int64_t done = 0;
        std::vector<Line> lines;
    };
    [[nodiscard]] bool read(const nlohmann::json& identity);
    void take(const nlohmann::json& row);
    void append(const nlohmann::json& row);

    std::string path_;
    std::map<std::string, Step> steps_;
    std::string language_;
};

} // namespace oldfilm::speech
