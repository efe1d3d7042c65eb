#include "job/decisions.hpp"

#include "analysis/facts.hpp"
#include "base/stage_id.hpp"
#include "job/identity.hpp"
#include "media/locations.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm::job {
namespace {

using nlohmann::json;

constexpr const char* facts_file = "facts.json";

/// Whether `names` (ids or short names) have the stage.
bool is_among(const std::vector<std::string>& names, const std::string& id) {
    return std::any_of(names.begin(), names.end(), [&id](const std::string& name) {
        return base::full_id(name) == base::full_id(id);
    });
}

/// Whether the pipeline has a stage that may be decided, and the film can be looked at first.
bool is_open(const Job& job, const Pipeline& pipeline, const ShotOptions& shots) {
    const std::vector<StageSpec> stages = pipeline.stages();
    return !media::is_pipe(job.input()) && media::scheme_of(job.input()).empty() &&
           shots.overrides.empty() &&
           std::any_of(stages.begin(), stages.end(), [&job](const StageSpec& stage) {
               return is_among(job.options().decide_by_shot, stage.id);
           });
}

/// What the facts are those of.
json key_of(const Job& job, const ShotOptions& shots) {
    PipelineOptions options;
    options.shots = shots;
    return {{"oldfilm", version()},
            {"input", input_identity(job.input())},
            {"read", read_identity(job.options().read)},
            {"shots", json::parse(Pipeline(options).to_json())}};
}

std::optional<FilmFacts> stored_facts(const std::filesystem::path& folder, const json& key) {
    std::ifstream file(folder / facts_file);
    const json stored = json::parse(file, nullptr, false);
    if (folder.empty() || !stored.is_object() || stored.value("of", json()) != key) {
        return std::nullopt;
    }
    try {
        return analysis::facts_from_json(stored.value("facts", json()));
    } catch (const Error&) { // cut off, or changed by hand
        return std::nullopt;
    }
}

/// Without the file, the next run analyzes again.
void store(const FilmFacts& facts, const std::filesystem::path& folder, const json& key) {
    if (!folder.empty()) {
        std::ofstream(folder / facts_file)
            << json{{"of", key}, {"facts", json::parse(facts.to_json())}} << std::flush;
    }
}

/// Says how far the analysis is, for each tenth of a film that takes a while.
std::function<void(std::int64_t)> tenths(const Job& job) {
    constexpr std::int64_t a_while = 2000; // frames
    const std::int64_t total = job.format().frames;
    if (total < a_while) {
        return {};
    }
    return [log = job.log(), total](std::int64_t frames) {
        const std::int64_t tenth = frames * 10 / total;
        if (tenth < 10 && tenth > (frames - 1) * 10 / total) {
            log.info(fmt::format("{} % of the film are looked at", 10 * tenth));
        }
    };
}

FilmFacts facts_of(const Job& job, const ShotOptions& shots, const std::filesystem::path& folder) {
    const json key = key_of(job, shots);
    if (const auto stored = stored_facts(folder, key)) {
        return *stored;
    }
    job.log().info("looking at all shots of the film first");
    AnalysisOptions options;
    options.read = job.options().read;
    options.read.log = Log(); // the job's own reader says it
    options.full = true;
    options.shots = shots;
    options.progress = tenths(job);
    options.stop = job.options().stop;
    FilmFacts facts = analyze_film(job.input(), options);
    store(facts, folder, key);
    return facts;
}

std::string kind_of(const ShotFacts& shot) {
    return shot.kind == PictureKind::title_card ? "title card"
           : shot.kind != PictureKind::picture  ? to_string(shot.kind)
           : shot.coloring == Coloring::tinted  ? "tinted"
                                                : "in color";
}

/// How often each stage is off, by what the shots are: stage, kind, number of shots.
using Counts = std::map<std::string, std::map<std::string, std::size_t>>;

Counts counted(const FilmFacts& facts, const Overrides& overrides) {
    Counts counts;
    for (const ShotFacts& shot : facts.shots) {
        const auto found = overrides.find(shot.first);
        if (found == overrides.end()) {
            continue;
        }
        for (const StageOverride& one : found->second) {
            counts[one.id][kind_of(shot)] += one.enabled ? 0 : 1;
        }
    }
    return counts;
}

std::size_t total(const std::map<std::string, std::size_t>& kinds) {
    return std::accumulate(kinds.begin(), kinds.end(), std::size_t{0},
                           [](std::size_t sum, const auto& kind) { return sum + kind.second; });
}

/// "colorize is off in 3 of 12 shots (title card 2, tinted 1)", for each stage that is.
void report(const Job& job, const Counts& counts, std::size_t shots) {
    for (const auto& [stage, kinds] : counts) {
        const std::size_t off = total(kinds);
        std::vector<std::string> parts;
        for (const auto& [kind, count] : kinds) {
            if (count > 0) {
                parts.push_back(fmt::format("{} {}", kind, count));
            }
        }
        const bool is_special = is_for_few_shots(stage);
        if (off == 0 || (is_special && off == shots)) {
            continue;
        }
        const std::string what =
            is_special ? fmt::format("on in {}", shots - off) : fmt::format("off in {}", off);
        job.log().warning(
            fmt::format("{} is {} of {} shots{}; --by-shot=off restores all shots "
                        "alike",
                        base::short_name(stage), what, shots,
                        is_special ? "" : fmt::format(" ({})", fmt::join(parts, ", "))));
    }
}

void set_shots(ShotOptions& shots, const FilmFacts& facts, Overrides overrides) {
    shots.source = ShotOptions::Source::list;
    shots.first_frames.clear();
    for (const ShotFacts& shot : facts.shots) {
        shots.first_frames.push_back(shot.first);
    }
    shots.overrides = std::move(overrides);
}

} // namespace

Overrides allowed_overrides(const FilmFacts& facts, const Pipeline& pipeline,
                            const std::vector<std::string>& allowed) {
    Overrides overrides = overrides_for(facts, pipeline);
    for (auto& [first, stages] : overrides) {
        std::erase_if(stages,
                      [&allowed](const StageOverride& one) { return !is_among(allowed, one.id); });
    }
    std::erase_if(overrides, [](const auto& shot) { return shot.second.empty(); });
    return overrides;
}

bool is_for_few_shots(const std::string& id) {
    return id == "org.oldfilm.title-card" || id == "org.oldfilm.tint";
}

std::set<std::string> off_in_all(const Overrides& overrides, std::size_t shots) {
    std::map<std::string, std::size_t> counts;
    for (const auto& [first, stages] : overrides) {
        for (const StageOverride& one : stages) {
            counts[one.id] += one.enabled ? 0 : 1;
        }
    }
    std::set<std::string> ids;
    for (const auto& [id, count] : counts) {
        if (count == shots) {
            ids.insert(id);
        }
    }
    return ids;
}

void leave_out(Pipeline& pipeline, Overrides& overrides, const std::set<std::string>& ids) {
    for (auto& [first, stages] : overrides) {
        std::erase_if(stages, [&ids](const StageOverride& one) { return ids.contains(one.id); });
    }
    std::erase_if(overrides, [](const auto& shot) { return shot.second.empty(); });
    const std::vector<StageSpec> stages = pipeline.stages();
    for (std::size_t i = stages.size(); i > 0; --i) {
        if (ids.contains(base::full_id(stages[i - 1].id))) {
            pipeline.erase(i - 1);
        }
    }
}

Pipeline with_decisions(Job& job, const Pipeline& pipeline, const std::filesystem::path& folder) {
    PipelineOptions options = pipeline.options();
    options.shots = job.shots(options);
    options.regions = job.regions(options);
    Pipeline decided = pipeline;
    if (is_open(job, pipeline, options.shots)) {
        const FilmFacts facts = facts_of(job, options.shots, folder);
        Overrides overrides = allowed_overrides(facts, pipeline, job.options().decide_by_shot);
        report(job, counted(facts, overrides), facts.shots.size());
        leave_out(decided, overrides, off_in_all(overrides, facts.shots.size()));
        if (!overrides.empty()) {
            set_shots(options.shots, facts, std::move(overrides));
        }
    }
    return decided.with_options(std::move(options));
}

} // namespace oldfilm::job
