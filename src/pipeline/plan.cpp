#include "pipeline/plan.hpp"

#include "base/checksum.hpp"
#include "device/device.hpp"
#include "device/single_thread.hpp"
#include "pipeline/memory_plan.hpp"
#include "pipeline/regions.hpp"
#include "pipeline/shot_options.hpp"
#include "pipeline/values_json.hpp"

#include <c10/core/DeviceGuard.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <numeric>
#include <thread>
#include <utility>

namespace oldfilm {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// As the person gave them, or as they are.
json parameters_of(const CheckedStage& stage) {
    json values = values_json(stage.spec.parameters);
    for (std::size_t i = 0; i < stage.values.size(); ++i) {
        const std::string& name = stage.plugin.parameters[i].name;
        if (!values.contains(name)) {
            values[name] = std::visit([](const auto& v) { return json(v); }, stage.values[i]);
        }
    }
    return values;
}

/// Of the names and the contents of all files in a folder.
std::uint64_t folder_checksum(const fs::path& folder) {
    std::map<std::string, std::uint64_t> entries;
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        std::error_code ignored;
        if (entry->is_regular_file(ignored)) {
            entries[entry->path().filename().string()] = base::file_checksum(entry->path());
        }
    }
    base::Checksum sum;
    for (const auto& [name, checksum] : entries) {
        sum.add(fmt::format("{} {:016x}\n", name, checksum));
    }
    return sum.value();
}

void add_files(json& files, const CheckedStage& stage,
               const std::map<std::string, std::uint64_t>& packages) {
    const auto add = [&](const std::string& name, std::uint64_t checksum) {
        files[stage.plugin.name + ": " + name] = fmt::format("{:016x}", checksum);
    };
    const auto add_file = [&](const std::string& name, const std::string& path) {
        std::error_code ignored;
        if (fs::is_regular_file(path, ignored)) {
            add(name, base::file_checksum(path));
        } else if (fs::is_directory(path, ignored)) {
            add(name, folder_checksum(path));
        }
    };
    for (const auto& [name, checksum] : packages) {
        add(name, checksum);
    }
    for (std::size_t i = 0; i < stage.values.size(); ++i) {
        const Parameter& row = stage.plugin.parameters[i];
        if (row.type == ParameterType::file) {
            const auto given = stage.spec.parameters.find(row.name);
            const auto& path = std::get<std::string>(stage.values[i]);
            add_file(given == stage.spec.parameters.end() ? path
                                                          : std::get<std::string>(given->second),
                     path);
        }
    }
    add_file(fs::path(stage.plugin.library).filename().string(), stage.plugin.library);
}

json stage_json(const CheckedStage& stage, const stage::Config& config) {
    return {{"id", stage.plugin.id},
            {"version", stage.plugin.version},
            {"parameters", parameters_of(stage)},
            {"window", {config.before, config.after}},
            {"batch", config.batch},
            {"output",
             {{"channels", config.output.channels},
              {"height", config.output.height},
              {"width", config.output.width},
              {"rate", config.output.rate.to_string()}}}};
}

/// On a thread that has ended when this returns: the caller's current stream and device, and how
/// many threads LibTorch uses for it, stay what they are.
template <class Work>
void on_own_thread(const Work& work) {
    std::exception_ptr failure;
    std::thread([&] {
        try {
            work();
        } catch (...) {
            failure = std::current_exception();
        }
    }).join();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

void check_input(const StreamFormat& input) {
    if ((input.channels != 1 && input.channels != 3) || input.height <= 0 || input.width <= 0) {
        throw Error(Errc::invalid_argument,
                    fmt::format("a stream must have 1 or 3 channels and a size, found {} x {} x {}",
                                input.channels, input.height, input.width));
    }
}

} // namespace

Plan::Impl::Impl(const Pipeline::Impl& pipeline, const StreamFormat& input,
                 const pipeline::PlanSpec& spec)
    : checked_(pipeline.stages), options_(pipeline.options), input_(input), store_(pipeline.models),
      concurrency_(std::max(spec.concurrency, 1)) {
    check_input(input);
    check_shots(options_.shots);
    check_regions(options_.regions, checked_);
    check_concurrency();
    on_own_thread([&] {
        c10::OptionalDeviceGuard on; // what is made without a device's name belongs to the run's
        device_ = resolve_device(options_.device);
        on.reset_device(device_);
        threads_ = at::get_num_threads();
        share_threads();
        first_ = made_chain(options_.memory);
    });
    output_ = first_->stages.empty() ? input : first_->stages.back()->config().output;
    if (output_.rate != input.rate || output_.frames_each != Rational(1)) {
        output_.frames = -1;
    }
    for (const auto& stage : first_->stages) {
        configs_.push_back(stage->config());
        packages_.push_back(stage->host().packages());
        const auto open = stage->host().open_models();
        models_.insert(models_.end(), open.begin(), open.end());
    }
    overrides_.emplace(options_.shots, checked_, configs_, input_);
    memory_ = memory_for_models(options_, spec, input, configs_);
    first_->shared.memory = memory_;
}

void Plan::Impl::share_threads() {
    if (device_.is_cpu() && concurrency_ > 1) {
        threads_ = std::max(1, threads_ / concurrency_);
    }
    use_threads();
}

void Plan::Impl::use_threads() const {
    if (device_.is_cpu() && concurrency_ > 1) {
        base::use_threads(threads_);
    }
}

void Plan::Impl::check_concurrency() const {
    for (const CheckedStage& one : checked_) {
        if (concurrency_ > 1 && description_of(one).threading == OLDFILM_ONE_THREAD) {
            throw Error(Errc::incompatible,
                        fmt::format("the stage {} can't work on two frames at a time, which "
                                    "several devices would have it do; use one device",
                                    one.plugin.name));
        }
    }
}

std::unique_ptr<StageChain> Plan::Impl::made_chain(std::int64_t memory) const {
    auto chain = std::make_unique<StageChain>();
    stage::Shared& shared = chain->shared;
    shared.models = store_;
    shared.device = device_;
    shared.precision = options_.precision;
    shared.budget = options_.memory;
    shared.memory = memory;
    shared.tile = options_.tile;
    shared.optimize = options_.optimize;
    shared.profile = options_.profile.get();
    shared.log = options_.log;
    if (options_.profile) { // models may outlive the plan
        shared.log = [profile = options_.profile, log = options_.log](LogLevel level,
                                                                      std::string_view text) {
            if (level == LogLevel::debug) {
                profile->note(std::string(text));
            }
            log(level, text);
        };
    }
    chain->make_stages(checked_, input_);
    return chain;
}

std::unique_ptr<StageChain> Plan::Impl::chain() const {
    {
        const std::lock_guard lock(mutex_);
        if (first_) {
            return std::move(first_);
        }
    }
    std::unique_ptr<StageChain> chain;
    on_own_thread([&] {
        const c10::OptionalDeviceGuard on(device_);
        use_threads();
        chain = made_chain(memory_);
    });
    return chain;
}

Plan::Impl::Reach Plan::Impl::reach() const {
    Reach reach; // counted on the way from the last stage to the first
    for (auto config = configs_.rbegin(); config != configs_.rend(); ++config) {
        if (config->changes_rate) {
            if (reach.aligned > 1 || reach.pictures > 0) {
                reach.to_the_cut = true; // on another grid than the input's; a cut is on all
                return reach;
            }
            reach.pictures = 2; // the frame before, and what was handed on ahead of it
            continue;
        }
        reach.pictures += config->before + config->warm_up;
        if (config->edges == OLDFILM_INSIDE) {
            reach.pictures += config->after; // as far as a shot's last frame sees
        }
        // Batches count from the cut.
        reach.aligned = std::lcm<std::int64_t>(reach.aligned, config->batch);
    }
    return reach;
}

bool Plan::Impl::analyzes() const {
    return std::any_of(configs_.begin(), configs_.end(),
                       [](const stage::Config& config) { return config.analysis_frames > 0; });
}

const std::string& Plan::Impl::text() const {
    const std::lock_guard lock(mutex_);
    if (!text_.empty()) {
        return text_;
    }
    json plan{{"oldfilm", 1},
              {"device", device_.str()},
              {"precision", to_string(options_.precision)},
              {"threads", threads_},
              {"stages", json::array()},
              {"files", json::object()}};
    if (memory_ > 0) {
        plan["memory"] = memory_; // what models may take: tiles follow from it
    }
    if (!options_.optimize) {
        plan["optimize"] = false;
    }
    add_shots(plan, options_.shots);
    add_regions(plan, options_.regions);
    for (std::size_t i = 0; i < checked_.size(); ++i) {
        add_files(plan["files"], checked_[i], packages_[i]);
        plan["stages"].push_back(stage_json(checked_[i], configs_[i]));
    }
    text_ = plan.dump(2);
    return text_;
}

Plan::Plan(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Plan::Plan(const Plan&) = default;
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(const Plan&) = default;
Plan& Plan::operator=(Plan&&) noexcept = default;
Plan::~Plan() = default;

const StreamFormat& Plan::input() const {
    return held(impl_, "plan").input();
}

const StreamFormat& Plan::output() const {
    return held(impl_, "plan").output();
}

std::int64_t Plan::memory_of_models() const {
    return held(impl_, "plan").memory_of_models();
}

std::string Plan::to_json() const {
    return held(impl_, "plan").text();
}

std::int64_t Plan::first_frame_needed_for(std::int64_t frame, std::int64_t shot_first) const {
    const Impl::Reach reach = held(impl_, "plan").reach();
    if (reach.to_the_cut || impl_->analyzes()) {
        return shot_first;
    }
    const std::int64_t first = std::max(frame - reach.pictures, shot_first);
    return first - (first - shot_first) % reach.aligned;
}

Run Plan::start(std::function<std::optional<Frame>()> source) const {
    return pipeline::start(*this, std::move(source), {});
}

Plan Pipeline::plan(const StreamFormat& input) const {
    return pipeline::plan(*this, input, {});
}

Run Pipeline::start(const StreamFormat& input, std::function<std::optional<Frame>()> source) const {
    return plan(input).start(std::move(source));
}

Plan pipeline::plan(const Pipeline& pipeline, const StreamFormat& input, const PlanSpec& spec) {
    return Access::plan(pipeline, input, spec);
}

Plan pipeline::Access::plan(const Pipeline& pipeline, const StreamFormat& input,
                            const PlanSpec& spec) {
    return Plan(std::make_shared<const Plan::Impl>(held(pipeline.impl_, "pipeline"), input, spec));
}

} // namespace oldfilm
