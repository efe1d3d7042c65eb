#pragma once
/// \file
/// How a job shows on standard error: a bar, JSON lines, or only what must be said.

#include "arguments.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/restore.hpp>

#include <mutex>
#include <string>
#include <string_view>

namespace cli {

/// Safe to call from any thread.
///
/// JSON lines have "event": "progress" (frames_in, frames_out, frames_total, seconds, fps, eta; -1
/// where unknown), "note" and "warning" (text), "error" (code, text), "done" (frames_in,
/// frames_out, resumed, concealed, seconds, output).
class ProgressView {
  public:
    explicit ProgressView(ProgressStyle style) : style_(style) {}
    void progress(const oldfilm::Progress& now);
    /// Debug messages are dropped.
    void message(oldfilm::LogLevel level, std::string_view text);
    void error(const oldfilm::Error& error);
    void done(const oldfilm::RestoreResult& result, const std::string& output);

  private:
    void note(const std::string& text);
    void warning(const std::string& text);
    void line(const std::string& text);
    void clear_bar();

    ProgressStyle style_;
    std::mutex mutex_;
    bool bar_shown_ = false;
};

} // namespace cli
