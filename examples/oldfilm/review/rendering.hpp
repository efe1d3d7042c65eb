#pragma once
/// \file
/// Renders the project in the background.

#include "documents.hpp"

#include <oldfilm/pipeline.hpp>
#include <oldfilm/restore.hpp>

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace cli::review {

/// Whether both name one file, as far as names tell.
bool is_same_path(const std::string& a, const std::string& b);

/// One rendering at a time. Thread-safe.
class Rendering {
  public:
    /// `output`: where to; empty: where the project was rendered to last, or `restored.mkv` in its
    /// folder. `machine`: device and the like.
    Rendering(std::string folder, std::string output, oldfilm::PipelineOptions machine);
    /// Stops it, and waits.
    ~Rendering();
    Rendering(const Rendering&) = delete;
    Rendering& operator=(const Rendering&) = delete;

    /// Throws `oldfilm::Error`: invalid_argument if one goes on; as `Project::open` and
    /// `Project::check_source` do.
    void start();
    void stop();
    /// {"state": "idle", "running", "done", "stopped" or "failed", "text", "output", "frames",
    /// "total", "eta", "resumed"}.
    [[nodiscard]] Json status() const;
    /// The path of the output that a rendering makes.
    [[nodiscard]] std::string output() const;

  private:
    void render(const std::stop_token& stop);
    void note(const char* state, const std::string& text);

    std::string folder_, output_;
    oldfilm::PipelineOptions machine_;
    mutable std::mutex mutex_; ///< guards what follows
    std::string state_ = "idle", text_;
    oldfilm::Progress progress_;
    std::int64_t resumed_ = 0;
    std::jthread thread_; ///< ends before the others do
};

} // namespace cli::review
