#include "cluster/item_worker.hpp"

#include "cluster/item_recorder.hpp"
#include "cluster/planned_item.hpp"
#include "job/journal.hpp"

#include <oldfilm/error.hpp>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <future>
#include <utility>

namespace oldfilm::cluster {
namespace {

namespace fs = std::filesystem;

Error refusal(const std::string& expected, const std::string& remedy) {
    return {Errc::incompatible,
            fmt::format("a worker must restore as the plan says, so that the film is the one that "
                        "one machine makes: {}; {}",
                        expected, remedy)};
}

/// What can be checked before anything is opened.
void check_machine(const PlanDocument& plan, const ClusterWorkOptions& options) {
    if (at::get_num_threads() != plan.threads()) {
        throw refusal(fmt::format("the plan has {} threads, and this worker has {}", plan.threads(),
                                  at::get_num_threads()),
                      fmt::format("set OMP_NUM_THREADS to {}, or unset it", plan.threads()));
    }
    const std::string found = instruction_sets();
    if (!options.any_cpu && found != plan.instruction_sets) {
        throw refusal(fmt::format("the plan was made for a CPU with \"{}\", and this one has "
                                  "\"{}\"",
                                  plan.instruction_sets, found),
                      "use machines of one kind, set ATEN_CPU_CAPABILITY and ONEDNN_MAX_CPU_ISA "
                      "alike for the plan and all workers, or accept other last bits (--any-cpu)");
    }
    const std::string& codec = plan.restore.codec;
    if ((codec == "h265" || codec == "av1") && processors() != plan.processors) {
        throw refusal(fmt::format("what {} makes depends on the number of processors, of which "
                                  "the plan has {} and this worker {}",
                                  codec, plan.processors, processors()),
                      "give workers as many, or make a plan with another codec");
    }
}

Pipeline checked_pipeline(const PlanDocument& plan, const ClusterWorkOptions& options) {
    check_machine(plan, options);
    return plan.make_pipeline(options.log);
}

PlannedJob::Setup setup(const SharedFolder& folder, const Pipeline& pipeline,
                        const ClusterWorkOptions& options) {
    const PlanDocument& plan = folder.plan;
    return {.output = (folder.path / "film").string() + plan.container,
            .mask_out = encoded_in(folder.path, "mask", plan.mask_out),
            .evidence_out = encoded_in(folder.path, "evidence", plan.evidence_out),
            .device = pipeline.options().device,
            .log = options.log,
            .stop = options.stop};
}

Plan planned(PlannedJob& planned, const Pipeline& pipeline) {
    planned.job().set_tile(pipeline.options().tile);
    return planned.job().plan(pipeline, planned.job().devices().front());
}

} // namespace

ItemWorker::ItemWorker(const SharedFolder& folder, const ClusterWorkOptions& options)
    : folder_(folder), stop_(options.stop), pipeline_(checked_pipeline(folder.plan, options)),
      planned_(folder.plan, setup(folder, pipeline_, options)),
      device_(planned_.job().devices().front()),
      worker_(device_, planned(planned_, pipeline_), planned_.job().stays_on_device()),
      film_(segmentation_of(folder.plan.times, folder.plan.shots)),
      films_{planned_.job().films().film(worker_.plan().output(), folder.plan.plan_text()),
             planned_.job().films().masks(),
             planned_.job().films().evidence(worker_.plan().output())} {
    check(identity_of(planned_.job(), pipeline_.options(), worker_.plan()));
}

void ItemWorker::check(const nlohmann::json& identity) const {
    std::string apart;
    // What a person chose comes before what follows from it.
    for (const char* part : {"/input", "/settings", "/plan/stages", "/plan", ""}) {
        const nlohmann::json::json_pointer at(part);
        if (apart.empty()) {
            apart = job::difference(folder_.plan.identity.value(at, nlohmann::json()),
                                    identity.value(at, nlohmann::json()), part);
        }
    }
    if (!apart.empty()) {
        throw refusal(apart, "put that back, or make a new plan in another folder");
    }
}

/// Whether a frame is found by its time, and decoded then as after all frames before it.
bool ItemWorker::can_seek_to(std::int64_t frame) const {
    const PlanDocument& plan = folder_.plan;
    const Rational rate = source_->reader().format().rate;
    const auto number = static_cast<std::size_t>(frame);
    return plan.concealed == 0 && rate.num() > 0 && number < plan.times.size() &&
           plan.times[number] - plan.times.front() == Rational(frame) / rate;
}

/// A source at `frame` or before it.
job::Source& ItemWorker::source_at(std::int64_t frame) {
    if (!source_ || source_->frames() > frame) {
        source_ = planned_.job().open_source(device_);
    }
    if (source_->frames() < frame && can_seek_to(frame) && !source_->seek_to(frame)) {
        source_ = planned_.job().open_source(device_);
    }
    return *source_;
}

/// On a thread of its own, which the setting of LibTorch's threads ends with.
void ItemWorker::run(const job::SegmentedJob& job, job::WorkQueue& queue, job::Source& source) {
    const std::stop_callback cancel(stop_, [this] { worker_.cancel(); });
    std::async(std::launch::async, [&] { worker_.run(job, queue, source, nullptr); }).get();
}

std::int64_t ItemWorker::restore(const Claim& claim) {
    const PlanDocument& plan = folder_.plan;
    const Item& item = plan.items.at(static_cast<std::size_t>(claim.item()));
    PlannedItem queue(claim.item(), item, *film_, folder_.segments);
    if (queue.is_done()) {
        return 0;
    }
    job::FirstTimeBase film_base;
    job::FirstTimeBase mask_base;
    film_base.set(plan.film_base);
    mask_base.set(plan.mask_base);
    ItemRecorder recorder(folder_.segments, folder_.working(claim), item, queue.next_time());
    const job::SegmentedJob job{films_, recorder, *film_, film_base, mask_base};
    job::Source& source = source_at(queue.begins());
    try {
        run(job, queue, source);
    } catch (...) {
        source_.reset(); // wherever it is
        throw;
    }
    return recorder.frames();
}

} // namespace oldfilm::cluster
