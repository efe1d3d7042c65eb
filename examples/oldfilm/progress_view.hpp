#pragma once
/// \file
/// How a job shows on standard error: a bar, JSON lines, or only what must be said.

#include "arguments.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/restore.hpp>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace cli {

/// Safe to call from any thread.
///
/// JSON lines have "event": "progress" (frames_in, frames_out, frames_total, seconds, fps, eta; -1
/// where unknown), "note" and "warning" (text), "error" (code, text), "done" (frames_in,
/// frames_out, resumed, concealed, seconds, output). A transcription has step and part in
/// "progress", and lines and output in "done".
class ProgressView {
  public:
    explicit ProgressView(ProgressStyle style) : style_(style) {}
    void progress(const oldfilm::Progress& now);
    /// A part in [0, 1] of a step that is no restoration; -1 if unknown.
    void step(const char* name, double part);
    /// Debug messages are dropped.
    void message(oldfilm::LogLevel level, std::string_view text);
    void error(const oldfilm::Error& error);
    void done(const oldfilm::RestoreResult& result, const std::string& output);
    /// Of a transcription.
    void done(std::size_t lines, const std::string& output);

  private:
    void note(const std::string& text);
    void warning(const std::string& text);
    void line(const std::string& text);
    void clear_bar();

    ProgressStyle style_;
    std::mutex mutex_;
    bool bar_shown_ = false;
    std::chrono::steady_clock::time_point next_step_{}; ///< a step is shown so often
};

} // namespace cli
