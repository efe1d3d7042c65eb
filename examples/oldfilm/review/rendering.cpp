#include "rendering.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/project.hpp>

#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <optional>
#include <utility>

namespace cli::review {
namespace {

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Project;

/// The codec, the quality and the evidence film of the last rendering, if it went to the same file:
/// with others all segments would be made again. A first one has evidence.
void continue_with(const Project& project, const std::string& output,
                   oldfilm::RestoreOptions& options) {
    const auto last = oldfilm::last_rendering(project);
    if (last && is_same_path(last->output, output)) {
        options.codec = last->codec;
        options.crf = last->crf;
        options.evidence_out = last->evidence;
    } else if (std::filesystem::path(output).extension() == ".mkv") {
        options.evidence_out = (std::filesystem::path(project.folder()) / "evidence.mkv").string();
    }
}

} // namespace

bool is_same_path(const std::string& a, const std::string& b) {
    namespace fs = std::filesystem;
    return fs::absolute(a).lexically_normal() == fs::absolute(b).lexically_normal();
}

Rendering::Rendering(std::string folder, std::string output, oldfilm::PipelineOptions machine)
    : folder_(std::move(folder)), output_(std::move(output)), machine_(std::move(machine)) {}

Rendering::~Rendering() {
    stop();
}

std::string Rendering::output() const {
    if (!output_.empty()) {
        return output_;
    }
    const auto last = oldfilm::last_rendering(Project::open(folder_));
    return last ? last->output : (std::filesystem::path(folder_) / "restored.mkv").string();
}

void Rendering::start() {
    Project::open(folder_).check_source();
    const std::lock_guard lock(mutex_);
    if (state_ == "running") {
        throw Error(Errc::invalid_argument, "a rendering goes on; stop it first");
    }
    state_ = "running";
    text_.clear();
    progress_ = {};
    thread_ = std::jthread([this](const std::stop_token& stop) { render(stop); });
}

void Rendering::stop() {
    thread_.request_stop();
}

void Rendering::note(const char* state, const std::string& text) {
    const std::lock_guard lock(mutex_);
    state_ = state;
    text_ = text;
}

void Rendering::render(const std::stop_token& stop) {
    try {
        const Project project = Project::open(folder_);
        const std::string path = output();
        oldfilm::RestoreOptions options;
        continue_with(project, path, options);
        options.overwrite = true;
        options.stop = stop;
        options.progress = [this](const oldfilm::Progress& now) {
            const std::lock_guard lock(mutex_);
            progress_ = now;
        };
        const oldfilm::RestoreResult result = oldfilm::restore(project, path, machine_, options);
        {
            const std::lock_guard lock(mutex_);
            resumed_ = result.resumed;
        }
        note("done", fmt::format("{} of {} frames rendered, the others were the same as before",
                                 result.frames_in - result.resumed, result.frames_in));
    } catch (const Error& error) {
        error.code() == Errc::cancelled
            ? note("stopped", "the rendering was stopped; the next one resumes it")
            : note("failed", error.what());
    } catch (const std::exception& error) {
        note("failed", error.what());
    }
}

Json Rendering::status() const {
    const std::lock_guard lock(mutex_);
    return {{"state", state_},
            {"text", text_},
            {"frames", progress_.seconds * progress_.fps},
            {"total", progress_.frames_total},
            {"eta", progress_.eta},
            {"resumed", resumed_}};
}

} // namespace cli::review
