#include "job/opening.hpp"

#include "job/held_log.hpp"
#include "job/transcription.hpp"
#include "media/locations.hpp"
#include "media/output_plan.hpp"
#include "media/segments.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

namespace oldfilm::job {
namespace {

/// What is wanted of a film of any size.
WriteOptions any_film(Job& job) {
    WriteOptions wanted = job.films().streams();
    wanted.width = wanted.height = 2;
    return wanted;
}

} // namespace

std::unique_ptr<Job> open_job(const Job::Request& request, RestoreOptions& options, int tile,
                              bool has_stages) {
    if (!options.deinterlace_combed || options.read.deinterlace || !has_stages) {
        return std::make_unique<Job>(request, tile);
    }
    const Log log = options.log;
    HeldLog held(log); // what would be reported of the film as it isn't read
    options.log = held.log();
    auto job = std::make_unique<Job>(request, tile);
    options.log = log;
    const media::Survey& found = job->survey();
    if (found.fields == media::Survey::Fields::together) {
        held.release();
        return job;
    }
    log.warning(fmt::format(
        "{} is combed, {} field first: it is {}; --deinterlace=off restores it as it is",
        request.input, found.fields == media::Survey::Fields::top_first ? "top" : "bottom",
        found.telecined ? "brought back to the film's own frames" : "deinterlaced"));
    options.read.deinterlace = true;
    job.reset();
    return std::make_unique<Job>(request, tile);
}

void check_streams(Job& job) {
    const WriteOptions wanted = any_film(job);
    const media::Choice choice = media::choose_codec(job.output(), wanted);
    static_cast<void>(media::plan_output(job.source().reader(), job.output(), choice, wanted));
    check_transcription(job, wanted);
}

bool can_be_segmented(Job& job) {
    const WriteOptions wanted = any_film(job);
    const std::string& path = job.source().info().path;
    if (media::is_pipe(path) || !media::scheme_of(path).empty() ||
        !media::SegmentEncoder::can_store(job.output(), wanted)) {
        return false;
    }
    const auto can_store = [](const std::optional<OutputFilm>& film) {
        return !film || media::SegmentEncoder::can_store(film->path, film->options);
    };
    return can_store(job.films().masks()) && can_store(job.films().evidence(job.format()));
}

} // namespace oldfilm::job
