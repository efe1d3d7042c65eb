#include "cluster/planner.hpp"

#include "base/stage_id.hpp"
#include "cluster/atomic_file.hpp"
#include "cluster/machine.hpp"
#include "cluster/planned_job.hpp"
#include "cluster/trial.hpp"
#include "job/checks.hpp"
#include "job/decisions.hpp"
#include "job/devices.hpp"
#include "job/opening.hpp"
#include "job/shot_scan.hpp"
#include "media/output_plan.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <numeric>
#include <utility>

namespace oldfilm::cluster {
namespace {

namespace fs = std::filesystem;

constexpr double item_seconds = 300; ///< much more than a worker needs to begin with one
constexpr int most_items = 1000;     ///< Slurm numbers the tasks of an array up to 1000

void check_pipeline(const Pipeline& pipeline) {
    const std::vector<StageSpec> stages = pipeline.stages();
    if (stages.empty()) {
        throw Error(Errc::unsupported, "a film is distributed to be restored, and the pipeline has "
                                       "no stages; copy it with oldfilm restore --stage none");
    }
    for (const StageSpec& stage : stages) {
        if (stage.description != nullptr) {
            throw Error(Errc::unsupported,
                        fmt::format("the stage {} is in this program, where other machines do not "
                                    "find it; build it as a plugin",
                                    stage.id));
        }
    }
}

void check_options(const ClusterPlanOptions& options) {
    if (options.items < 0 || options.items > most_items) {
        throw Error(Errc::invalid_argument, fmt::format("the number of items must be 1 to {}, "
                                                        "found {}",
                                                        most_items, options.items));
    }
    if (options.restore.transcribe) {
        throw Error(Errc::invalid_argument,
                    "a film that many machines restore is not transcribed with it; transcribe it "
                    "by itself (oldfilm transcribe), and leave it out here");
    }
    if (options.claim_seconds < 2 || options.claim_seconds > 3600) {
        throw Error(Errc::invalid_argument,
                    fmt::format("claims must expire after 2 to 3600 seconds, found {}",
                                options.claim_seconds));
    }
    if (options.container.size() < 2 || !options.container.starts_with('.')) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the container must be an extension such as .mkv, found \"{}\"",
                                options.container));
    }
}

void prepare_folder(const fs::path& folder) {
    make_folder(folder);
    if (!fs::is_empty(folder)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the folder {} must be new or empty, and has files in it; name "
                                "another, or remove it",
                                folder.string()));
    }
}

std::string one_device(const Pipeline& pipeline) {
    const std::string& named = pipeline.options().device;
    const std::vector<std::string> devices = job::devices_of(named.empty() ? "auto" : named);
    if (devices.size() > 1) {
        throw Error(Errc::unsupported,
                    fmt::format("each worker has one device, and the pipeline names {} (\"{}\"); "
                                "name one, and run a worker for each device",
                                devices.size(), named));
    }
    return devices.front();
}

void check_segments(job::Job& job) {
    job::check_streams(job);
    if (!job::can_be_segmented(job)) {
        throw Error(Errc::unsupported,
                    fmt::format("a film is distributed in segments, for which {} and {} must be "
                                "files (no pipe, no URL, no y4m); name others, or use oldfilm "
                                "restore",
                                job.input(), job.output()));
    }
}

/// x264 chooses this number itself for so many processors; it is a part of what it makes.
int x264_threads(int processors, std::int64_t height) {
    const std::int64_t rows = (height + 15) / 16;
    return static_cast<int>(
        std::min<std::int64_t>(processors * 3 / 2, std::max<std::int64_t>(rows / 2, 1)));
}

/// Times and shots of the film, which is read to its end.
void scan(job::Job& job, const PipelineOptions& options, PlanDocument& document) {
    // On a thread of its own, which the setting of LibTorch's threads ends with.
    std::async(std::launch::async, [&] {
        std::int32_t shot = -1;
        job::scan_shots(job.source(), job.format(), options, {}, [&](const FrameInfo& info) {
            document.times.push_back(info.time());
            if (std::exchange(shot, info.shot) != info.shot) {
                document.shots.push_back(info.index);
            }
            return !job.options().stop.stop_requested();
        });
    }).get();
    job.check_stop(0);
    document.concealed = job.source().reader().concealed();
}

/// Seconds a frame, by shot: without the stages that are off in it.
std::vector<double> shot_costs(const std::vector<std::int64_t>& shots, const Pipeline& pipeline,
                               const std::vector<double>& stage_seconds) {
    const std::vector<StageSpec> stages = pipeline.stages();
    const auto& overrides = pipeline.options().shots.overrides;
    const double all = std::accumulate(stage_seconds.begin(), stage_seconds.end(), 0.0);
    std::vector<double> costs;
    for (const std::int64_t first : shots) {
        double cost = all;
        const auto found = overrides.find(first);
        for (std::size_t i = 0; found != overrides.end() && i < stages.size(); ++i) {
            const bool is_off = std::any_of(
                found->second.begin(), found->second.end(), [&](const StageOverride& one) {
                    return !one.enabled && base::full_id(one.id) == base::full_id(stages[i].id);
                });
            cost -= is_off && i < stage_seconds.size() ? stage_seconds[i] : 0;
        }
        costs.push_back(std::max(cost, 0.0) + std::max(all / 20, 1e-3)); // reading, encoding
    }
    return costs;
}

std::vector<Item> items_of(const PlanDocument& document, const std::vector<double>& costs,
                           int wanted) {
    const auto film = segmentation_of(document.times, document.shots);
    double seconds = 0;
    for (std::int64_t frame = 0; frame < document.frames(); ++frame) {
        seconds += costs[static_cast<std::size_t>(film->shot_of(frame))];
    }
    const int chosen =
        static_cast<int>(std::clamp(std::ceil(seconds / item_seconds), 1.0, double{most_items}));
    return balanced_items(*film, costs, wanted > 0 ? wanted : chosen);
}

std::string absolute(const std::string& path) {
    return path.empty() ? path : fs::absolute(path).string();
}

} // namespace

PlanDocument make_plan(const std::string& input, const fs::path& folder, const Pipeline& pipeline,
                       const ClusterPlanOptions& options) {
    check_pipeline(pipeline);
    check_options(options);
    PlanDocument document;
    document.input = absolute(input);
    document.container = options.container;
    document.mask_out = absolute(options.restore.mask_out);
    document.evidence_out = absolute(options.restore.evidence_out);
    document.claim_seconds = options.claim_seconds;
    RestoreOptions restore = options.restore;
    restore.mask_in = absolute(restore.mask_in);
    restore.mask_out = encoded_in(folder, "mask", document.mask_out);
    restore.evidence_out = encoded_in(folder, "evidence", document.evidence_out);
    const std::string output = (folder / "film").string() + options.container;
    job::check_codec(restore.codec);
    const std::string device = one_device(pipeline);
    prepare_folder(folder);
    job::check_paths(document.input, output, restore);
    const job::Job::Request request{.input = document.input,
                                    .output = output,
                                    .options = restore,
                                    .devices = {device},
                                    .profile = nullptr};
    const auto job = job::open_job(request, restore, 0, true);
    job->set_tile(pipeline.options().tile);
    check_segments(*job);
    const Pipeline decided = job::with_decisions(*job, pipeline, {});
    const Plan plan = job->plan(decided, device);
    scan(*job, decided.options(), document);
    const Trial trial = try_first_frames(*job, plan);

    document.film_base = trial.film_base;
    document.mask_base = trial.mask_base;
    document.outputs = job->expected_outputs(plan.output());
    document.output = plan.output();
    document.instruction_sets = instruction_sets();
    document.processors = processors();
    if (media::choose_codec(output, job->films().streams()).name == "h264") {
        restore.encoder_threads = x264_threads(document.processors, plan.output().height);
    }
    document.pipeline = decided.to_json();
    document.optimize = decided.options().optimize;
    document.plugin_path = decided.options().plugin_path;
    document.base_folder =
        absolute(decided.options().base_folder.empty() ? fs::current_path().string()
                                                       : decided.options().base_folder);
    document.plan = nlohmann::json::parse(plan.to_json());
    document.restore = restore;
    document.identity = identity_of(*job, decided.options(), plan);
    document.items =
        items_of(document, shot_costs(document.shots, decided, trial.stage_seconds), options.items);
    return document;
}

} // namespace oldfilm::cluster
