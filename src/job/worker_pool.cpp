#include "job/worker_pool.hpp"

#include "job/devices.hpp"
#include "job/shot_scanner.hpp"
#include "job/whole_film.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>
#include <tuple>
#include <utility>

namespace oldfilm::job {
namespace {

/// In the order of the shots, and of the stages.
void sort_analysis(std::vector<std::string>& analysis) {
    std::vector<std::tuple<std::int64_t, std::int64_t, std::string>> sorted;
    for (std::string& one : analysis) {
        const auto entry = nlohmann::json::parse(one);
        sorted.emplace_back(entry.at("shot"), entry.at("number"), std::move(one));
    }
    std::sort(sorted.begin(), sorted.end());
    std::transform(sorted.begin(), sorted.end(), analysis.begin(),
                   [](auto& entry) { return std::move(std::get<2>(entry)); });
}

/// Hands frames of several workers to one observer, one at a time.
class SharedObserver final : public pipeline::FrameObserver {
  public:
    explicit SharedObserver(pipeline::FrameObserver* other) : other_(other) {}
    void see(const Frame& frame) override {
        if (other_ != nullptr) {
            const std::lock_guard lock(mutex_);
            other_->see(frame);
        }
    }

  private:
    pipeline::FrameObserver* other_;
    std::mutex mutex_;
};

} // namespace

struct WorkerPool::Work {
    explicit Work(pipeline::FrameObserver* other) : observer(other) {}

    FirstTimeBase film_base, mask_base;
    std::unique_ptr<Segmentation> segmentation;
    std::unique_ptr<SegmentedJob> job;
    SharedObserver observer;

    std::mutex mutex; ///< guards what follows
    std::condition_variable changed;
    std::exception_ptr failure;
    std::size_t workers_done = 0;
    bool scans = false; ///< a shot scanner distributes the film; set before the workers begin

    std::unique_ptr<WorkQueue> queue; ///< the last: its thread uses the segmentation
};

WorkerPool::WorkerPool(Job& job, const Pipeline& pipeline)
    : job_(job), options_(pipeline.options()) {
    std::vector<std::future<Plan>> plans; // side by side: models take a while to open
    for (const std::string& device : job.devices()) {
        plans.push_back(
            std::async(std::launch::async, [&, device] { return job.plan(pipeline, device); }));
    }
    for (std::size_t i = 0; i < plans.size(); ++i) {
        workers_.push_back(
            std::make_unique<Worker>(job.devices()[i], plans[i].get(), job.stays_on_device()));
    }
}

std::string WorkerPool::plan() const {
    auto plan = nlohmann::json::parse(workers_.front()->plan().to_json());
    if (workers_.size() > 1) {
        plan["device"] = joined(job_.devices());
    }
    return plan.dump(2);
}

/// Several workers share the film by its shots; one alone passes over those that are there.
bool WorkerPool::scans(const Checkpoint& checkpoint) const {
    return workers_.size() > 1 || (job_.store() != nullptr && checkpoint.has_segments_ahead());
}

std::unique_ptr<WorkQueue> WorkerPool::make_queue(const Checkpoint& checkpoint,
                                                  Segmentation& segmentation) const {
    if (!scans(checkpoint)) {
        return std::make_unique<WholeFilm>(checkpoint, segmentation);
    }
    return std::make_unique<ShotScanner>(job_.source(), job_.format(), checkpoint, segmentation,
                                         workers_.size(), options_);
}

/// The first failure counts; it ends everything.
void WorkerPool::fail(Work& work, const std::exception_ptr& why) const {
    {
        const std::lock_guard lock(work.mutex);
        if (!work.failure) {
            work.failure = why;
        }
    }
    for (const auto& worker : workers_) {
        worker->cancel();
    }
    work.queue->stop();
    work.film_base.abandon(why);
    work.mask_base.abandon(why);
}

void WorkerPool::drive(Work& work, Worker& worker, const std::string& device) {
    try {
        std::unique_ptr<Source> own;
        if (work.scans) {
            own = job_.open_source(device);
        }
        worker.run(*work.job, *work.queue, own ? *own : job_.source(), &work.observer);
    } catch (...) {
        fail(work, std::current_exception());
    }
    const std::lock_guard lock(work.mutex);
    ++work.workers_done;
    work.changed.notify_all();
}

Worker::Counts WorkerPool::total() const {
    Worker::Counts total;
    for (const auto& worker : workers_) {
        const Worker::Counts one = worker->counts();
        total.read += one.read;
        total.written += one.written;
        total.ahead += one.ahead;
    }
    return total;
}

void WorkerPool::note_items(std::int64_t items, const Checkpoint& checkpoint) const {
    if (items == 1 && workers_.size() > 1) {
        job_.log().info(
            fmt::format("{} is one shot, which only one device can work on",
                        checkpoint.frames_done() > 0 ? "what is left of the film" : "the film"));
    }
}

/// Reports progress until all workers are done.
void WorkerPool::watch(Work& work, const Checkpoint& checkpoint, ProgressMeter& meter) const {
    bool noted = false;
    for (bool done = false; !done;) {
        {
            std::unique_lock lock(work.mutex);
            done = work.changed.wait_for(lock, std::chrono::milliseconds(100),
                                         [&] { return work.workers_done == workers_.size(); });
            if (work.failure) { // which is reported instead
                continue;
            }
        }
        Progress progress;
        progress.frames_in = work.queue->frames_before() + total().read;
        meter.update(progress, written());
        const auto items = work.queue->items();
        if (items && !std::exchange(noted, true)) {
            note_items(*items, checkpoint);
        }
    }
}

/// Memory is the sum of what each worker held at most.
RunStats WorkerPool::stats(const Checkpoint& checkpoint, const Segmentation& segmentation) const {
    RunStats all;
    all.analysis = checkpoint.resume_point().analysis;
    all.shots = segmentation.shots();
    for (const auto& worker : workers_) {
        const RunStats& one = worker->stats();
        add_work(all, one);
        all.peak_frames += one.peak_frames;
        all.peak_bytes += one.peak_bytes;
        all.analysis.insert(all.analysis.end(), one.analysis.begin(), one.analysis.end());
    }
    sort_analysis(all.analysis);
    return all;
}

RunStats WorkerPool::run(Checkpoint& checkpoint, const OutputFilms& films, ProgressMeter& meter) {
    Work work(job_.observer());
    outputs_before_ = checkpoint.outputs_done();
    work.scans = scans(checkpoint);
    work.segmentation = work.scans ? std::make_unique<Segmentation>() : checkpoint.segmentation();
    if (checkpoint.film_base().num() > 0) {
        work.film_base.set(checkpoint.film_base());
    }
    if (checkpoint.mask_base().num() > 0) {
        work.mask_base.set(checkpoint.mask_base());
    }
    work.job = std::make_unique<SegmentedJob>(
        SegmentedJob{films, checkpoint, *work.segmentation, work.film_base, work.mask_base,
                     job_.shared_profile().get(), job_.completed(), job_.store()});
    if (checkpoint.end()) { // nothing is left
        return stats(checkpoint, *work.segmentation);
    }
    work.queue = make_queue(checkpoint, *work.segmentation);
    {
        std::vector<std::jthread> threads; // joined at the end of the block
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            threads.emplace_back([this, &work, &worker = *workers_[i],
                                  &device = job_.devices()[i]] { drive(work, worker, device); });
        }
        const std::stop_callback cancel(job_.options().stop, [&] {
            fail(work, std::make_exception_ptr(Error(Errc::cancelled, "the run was cancelled")));
        });
        try {
            watch(work, checkpoint, meter);
        } catch (...) {
            fail(work, std::current_exception());
        }
    }
    if (work.failure) {
        std::rethrow_exception(work.failure);
    }
    return stats(checkpoint, *work.segmentation);
}

} // namespace oldfilm::job
