#include "progress_view.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cli {
namespace {

using nlohmann::json;

std::string clock(double seconds) {
    const auto whole = static_cast<long>(std::llround(std::max(seconds, 0.0)));
    return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
                         : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

int terminal_width() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string bar(double share, int width) {
    const int full = static_cast<int>(std::lround(share * width));
    return "[" + std::string(static_cast<std::size_t>(full), '#') +
           std::string(static_cast<std::size_t>(width - full), '.') + "]";
}

std::string bar_line(const oldfilm::Progress& p) {
    if (p.frames_total <= 0) {
        return fmt::format("{} frames  {:.1f} fps  {}", p.frames_out, p.fps, clock(p.seconds));
    }
    const double done = p.seconds * p.fps; // input frames whose result is written
    const double share = std::clamp(done / static_cast<double>(p.frames_total), 0.0, 1.0);
    const std::string figures =
        fmt::format(" {:3.0f} %  {:.0f}/{}  {:.1f} fps  {}", std::floor(100 * share), done,
                    p.frames_total, p.fps, p.eta < 0 ? "" : "ETA " + clock(p.eta));
    const int room = terminal_width() - static_cast<int>(figures.size()) - 3;
    return bar(share, std::clamp(room, 10, 40)) + figures;
}

} // namespace

void ProgressView::line(const std::string& text) {
    clear_bar();
    fmt::print(stderr, "{}\n", text);
}

void ProgressView::clear_bar() {
    if (bar_shown_) {
        std::fputs("\r\x1b[K", stderr);
        bar_shown_ = false;
    }
}

void ProgressView::progress(const oldfilm::Progress& now) {
    const std::lock_guard lock(mutex_);
    if (style_ == ProgressStyle::json) {
        line(json{{"event", "progress"},
                  {"frames_in", now.frames_in},
                  {"frames_out", now.frames_out},
                  {"frames_total", now.frames_total},
                  {"seconds", now.seconds},
                  {"fps", now.fps},
                  {"eta", now.eta}}
                 .dump());
    } else if (style_ == ProgressStyle::bar) {
        fmt::print(stderr, "\r{}\x1b[K", bar_line(now));
        std::fflush(stderr);
        bar_shown_ = true;
    }
}

void ProgressView::step(const char* name, double part) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (now < next_step_ && part < 1) {
        return;
    }
    next_step_ = now + std::chrono::milliseconds(200);
    if (style_ == ProgressStyle::json) {
        line(json{{"event", "progress"}, {"step", name}, {"part", part}}.dump());
    } else if (style_ == ProgressStyle::bar) {
        constexpr int width = 30;
        fmt::print(stderr, "\r{} {:3.0f} %  {}\x1b[K", bar(std::max(part, 0.0), width),
                   std::floor(100 * std::max(part, 0.0)), name);
        std::fflush(stderr);
        bar_shown_ = true;
    }
}

void ProgressView::message(oldfilm::LogLevel level, std::string_view text) {
    switch (level) {
    case oldfilm::LogLevel::debug:
        return;
    case oldfilm::LogLevel::info:
        return note(std::string(text));
    case oldfilm::LogLevel::warning:
        return warning(std::string(text));
    }
}

void ProgressView::note(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (style_ == ProgressStyle::json) {
        line(json{{"event", "note"}, {"text", text}}.dump());
    } else if (style_ == ProgressStyle::bar) {
        line("oldfilm: " + text);
    }
}

void ProgressView::warning(const std::string& text) {
    const std::lock_guard lock(mutex_);
    line(style_ == ProgressStyle::json ? json{{"event", "warning"}, {"text", text}}.dump()
                                       : "oldfilm: warning: " + text);
}

void ProgressView::error(const oldfilm::Error& error) {
    const std::lock_guard lock(mutex_);
    line(style_ == ProgressStyle::json ? json{{"event", "error"},
                                              {"code", oldfilm::to_string(error.code())},
                                              {"text", error.what()}}
                                             .dump()
                                       : fmt::format("oldfilm: {}", error.what()));
}

void ProgressView::done(const oldfilm::RestoreResult& result, const std::string& output) {
    const std::lock_guard lock(mutex_);
    if (style_ == ProgressStyle::json) {
        for (const std::string& analysis : result.stats.analysis) {
            json found{{"event", "found"}};
            found.update(json::parse(analysis));
            line(found.dump());
        }
        line(json{{"event", "done"},
                  {"output", output},
                  {"frames_in", result.frames_in},
                  {"frames_out", result.frames_out},
                  {"resumed", result.resumed},
                  {"concealed", result.concealed},
                  {"seconds", result.seconds}}
                 .dump());
    } else if (style_ == ProgressStyle::bar) {
        line(fmt::format("{}: {} frames from {} in {} ({:.1f} fps)", output, result.frames_out,
                         result.frames_in, clock(result.seconds),
                         static_cast<double>(result.frames_in - result.resumed) /
                             std::max(result.seconds, 1e-9)));
    }
    if (result.concealed > 0 && style_ != ProgressStyle::json) {
        line(fmt::format("oldfilm: {} damaged frames of the input were concealed",
                         result.concealed));
    }
}

void ProgressView::done(std::size_t lines, const std::string& output) {
    const std::lock_guard lock(mutex_);
    if (style_ == ProgressStyle::json) {
        line(json{{"event", "done"}, {"output", output}, {"lines", lines}}.dump());
    } else if (style_ == ProgressStyle::bar) {
        line(fmt::format("{}: {} lines", output, lines));
    }
}

} // namespace cli
