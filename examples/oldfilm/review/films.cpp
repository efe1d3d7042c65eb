#include "films.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/project.hpp>
#include <oldfilm/time.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <system_error>

namespace cli::review {
namespace {

namespace fs = std::filesystem;

/// Tells one result from another; empty where there is none.
std::string version_of(const fs::path& path) {
    std::error_code gone;
    const auto time = fs::last_write_time(path, gone);
    return gone ? "" : fmt::format("{}", time.time_since_epoch().count());
}

/// What is to be said of the result, if anything.
std::pair<std::string, std::string> note_of(const std::optional<oldfilm::ProjectRendering>& last,
                                            const std::string& path) {
    std::error_code gone;
    const auto bytes = static_cast<std::int64_t>(fs::file_size(path, gone));
    if (gone) {
        return last ? std::pair{"missing", fmt::format("{}, to which the project was rendered, is "
                                                       "not there; render it again, or name it "
                                                       "with --result",
                                                       path)}
                    : std::pair{"none", std::string("this project was not rendered yet; Render "
                                                    "makes " +
                                                    path)};
    }
    const bool is_noted = last && is_same_path(last->output, path);
    if (is_noted && last->finished.empty()) {
        return {"stopped", "the last rendering was stopped, so that some repairs in the list are "
                           "newer than the result; render again"};
    }
    if (is_noted && last->bytes > 0 && last->bytes != bytes) {
        return {"replaced", fmt::format("{} is not the file that the project was rendered to, "
                                        "since its size differs; the list of repairs may be of "
                                        "another rendering: render again",
                                        path)};
    }
    return {"ready", ""};
}

} // namespace

std::unique_ptr<Film> Films::another_source() {
    const oldfilm::Project project = store_.project();
    project.check_source();
    oldfilm::ReadOptions options;
    options.deinterlace = project.source().deinterlace;
    return std::make_unique<Film>(project.source_path(), options);
}

std::unique_ptr<Film> Films::another_result() {
    return std::make_unique<Film>(rendering_.output(), oldfilm::ReadOptions());
}

std::string Films::result_version() const {
    return version_of(rendering_.output());
}

std::shared_ptr<Film> Films::source() {
    const oldfilm::Project project = store_.project();
    const std::lock_guard lock(mutex_);
    if (!source_ || source_path_ != project.source_path()) {
        source_ = another_source();
        source_path_ = project.source_path();
    }
    return source_;
}

std::shared_ptr<Film> Films::opened(Replaceable& known, const std::string& path) {
    const std::string version = version_of(path);
    if (version.empty()) {
        throw oldfilm::Error(oldfilm::Errc::not_found,
                             fmt::format("there is no rendering of this project at {}", path));
    }
    const std::lock_guard lock(mutex_);
    if (!known.film || known.path != path || known.version != version) {
        known = {std::make_shared<Film>(path, oldfilm::ReadOptions()), path, version};
    }
    return known.film;
}

std::shared_ptr<Film> Films::result() {
    return opened(result_, rendering_.output());
}

std::string Films::evidence_path(const std::string& path) {
    const auto last = oldfilm::last_rendering(store_.project());
    return last && is_same_path(last->output, path) ? last->evidence : "";
}

std::shared_ptr<Film> Films::evidence() {
    const std::string path = evidence_path(rendering_.output());
    if (path.empty()) {
        throw oldfilm::Error(oldfilm::Errc::not_found,
                             "the last rendering has no evidence film; render with --evidence-out");
    }
    return opened(evidence_, path);
}

std::int64_t Films::number_in_result(std::int64_t number) {
    const oldfilm::Rational before = source()->format().rate;
    const oldfilm::Rational after = result()->format().rate;
    const bool is_regular = before.num() > 0 && after.num() > 0;
    return is_regular ? (oldfilm::Rational(number) * after / before).round() : number;
}

Json Films::result_state() {
    const std::string path = rendering_.output();
    const auto [state, text] = note_of(oldfilm::last_rendering(store_.project()), path);
    const std::string evidence = evidence_path(path);
    Json document{{"state", state},
                  {"text", text},
                  {"path", path},
                  {"version", version_of(path)},
                  {"evidence", !evidence.empty() && !version_of(evidence).empty()}};
    if (state == "none" || state == "missing") {
        return document;
    }
    try {
        const std::shared_ptr<Film> film = result();
        document["width"] = film->format().width;
        document["height"] = film->format().height;
    } catch (const oldfilm::Error& error) {
        document["state"] = "missing";
        document["text"] = error.what();
    }
    return document;
}

} // namespace cli::review
