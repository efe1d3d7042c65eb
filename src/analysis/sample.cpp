// A film's facts, from a sample of its frames or from all of them.
#include "media/locations.hpp"
#include "media/reader.hpp"
#include "media/sampler.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <utility>

namespace oldfilm {
namespace {

FieldOrder order_of(media::Survey::Fields fields) {
    switch (fields) {
    case media::Survey::Fields::together:
        return FieldOrder::progressive;
    case media::Survey::Fields::top_first:
        return FieldOrder::top_first;
    case media::Survey::Fields::bottom_first:
        break;
    }
    return FieldOrder::bottom_first;
}

void check_stop(const AnalysisOptions& options) {
    if (options.stop.stop_requested()) {
        throw Error(Errc::cancelled, "the analysis was stopped on request");
    }
}

/// The sampler's next frames as place `number`, unless they are those of the place before, whose
/// first frame is at `last`, since there is no key frame between. False at the end.
bool add_place(FilmAnalyzer& analyzer, media::Sampler& sampler, int number, int frames,
               std::optional<std::int64_t>& last, const AnalysisOptions& options) {
    for (int i = 0; i < frames; ++i) {
        check_stop(options);
        const std::optional<Frame> frame = sampler.next();
        if (!frame) {
            return false;
        }
        FrameInfo info = frame->info();
        if (i == 0 && std::exchange(last, info.pts) == info.pts) {
            return true;
        }
        info.shot = number;
        info.index = -1;
        analyzer.add(frame->with_info(info));
    }
    return true;
}

/// Places at even distances, the first at the start; all from there where none can be reached.
void add_sample(FilmAnalyzer& analyzer, const MediaInfo& info, const AnalysisOptions& options) {
    media::Sampler sampler(info, options.read);
    std::optional<std::int64_t> last;
    const int all = options.places * options.frames;
    if (info.frames >= 0 && info.frames <= all) {
        add_place(analyzer, sampler, 0, all, last, options);
        return;
    }
    if (!add_place(analyzer, sampler, 0, options.frames, last, options)) {
        return;
    }
    for (int place = 1; place < options.places; ++place) {
        if (info.duration.num() <= 0 ||
            !sampler.seek(info.duration * Rational(place, options.places))) {
            add_place(analyzer, sampler, 0, all - place * options.frames, last, options);
            return;
        }
        add_place(analyzer, sampler, place, options.frames, last, options);
    }
}

/// The first frames of standard input.
void add_start(FilmAnalyzer& analyzer, Reader& reader, const AnalysisOptions& options) {
    for (int i = 0; i < options.places * options.frames; ++i) {
        check_stop(options);
        const std::optional<Frame> frame = reader.next();
        if (!frame) {
            return;
        }
        analyzer.add(*frame);
    }
}

/// All of the film, in the shots that a run finds.
void add_all(FilmAnalyzer& analyzer, Reader& reader, const AnalysisOptions& options) {
    PipelineOptions run_options;
    run_options.device = "cpu";
    run_options.shots = options.shots;
    run_options.shots.overrides.clear(); // it has no stages
    Run run = Pipeline(run_options).start(reader.format(), [&] { return reader.next(); });
    while (const std::optional<Frame> frame = run.next()) {
        check_stop(options);
        analyzer.add(*frame);
        if (options.progress) {
            options.progress(frame->info().index + 1);
        }
    }
}

void check(const AnalysisOptions& options) {
    if (options.places < 1 || options.frames < 1) {
        throw Error(Errc::invalid_argument,
                    fmt::format("a sample must have at least one place and one frame in each, "
                                "found {} and {}",
                                options.places, options.frames));
    }
}

} // namespace

FilmFacts analyze_film(const std::string& path, const AnalysisOptions& options) {
    check(options);
    ReadOptions read = options.read;
    read.keep_coded = false;
    read.device.clear();
    Reader reader(path, read);
    const media::Survey found = Reader::Impl::of(reader).found;
    FilmAnalyzer analyzer;
    if (options.full) {
        add_all(analyzer, reader, options);
    } else if (media::is_pipe(reader.info().path)) {
        add_start(analyzer, reader, options);
    } else {
        add_sample(analyzer, reader.info(), options);
    }
    FilmFacts facts = analyzer.facts();
    facts.sampled = !options.full;
    facts.fields = order_of(found.fields);
    facts.telecined = found.telecined;
    const MediaInfo& info = reader.info();
    facts.film_rate = info.film_rate.num() > 0 ? info.film_rate : info.frame_rate;
    return facts;
}

} // namespace oldfilm
