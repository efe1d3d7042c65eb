#include "job/worker_pool.hpp"

#include "base/single_thread.hpp"
#include "job/devices.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <tuple>
#include <utility>

namespace oldfilm::job {
namespace {

/// Adds what another run counted. Memory is the sum of what each worker held at most.
void add(RunStats& all, const RunStats& one, std::size_t known_analysis) {
    all.uploads += one.uploads;
    all.downloads += one.downloads;
    all.stage_seconds.resize(one.stage_seconds.size());
    for (std::size_t i = 0; i < one.stage_seconds.size(); ++i) {
        all.stage_seconds[i] += one.stage_seconds[i];
    }
    all.analysis.insert(all.analysis.end(),
                        one.analysis.begin() + static_cast<std::ptrdiff_t>(known_analysis),
                        one.analysis.end());
}

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

} // namespace

struct WorkerPool::Work {
    explicit Work(Checkpoint& of) : film(of) {}

    Checkpoint& film;
    Segmentation segmentation;
    FirstBase film_base, mask_base;

    std::mutex mutex; ///< guards what follows
    std::condition_variable changed;
    std::exception_ptr failure;
    std::size_t workers_done = 0;

    std::optional<ShotScanner> scanner; ///< last: its thread uses the segmentation
};

void WorkerPool::FirstBase::tell(Rational base) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(told_, true)) {
        promise_.set_value(base);
    }
}

void WorkerPool::FirstBase::abandon(std::exception_ptr why) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(told_, true)) {
        promise_.set_exception(std::move(why));
    }
}

WorkerPool::WorkerPool(Setup setup) : setup_(std::move(setup)) {
    for (const std::string& device : setup_.devices) {
        auto worker = std::make_unique<Worker>();
        worker->device = device;
        workers_.push_back(std::move(worker));
    }
    std::vector<std::future<Plan>> plans; // side by side: models take a while to open
    for (const auto& worker : workers_) {
        plans.push_back(std::async(std::launch::async, [this, &worker = *worker] {
            return setup_.plan(worker.device, [&worker](const Frame& frame) {
                const bool seen = worker.writer.load()->see(frame);
                worker.failed = worker.failed || !seen;
                return seen;
            });
        }));
    }
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        workers_[i]->plan.emplace(plans[i].get());
    }
}

WorkerPool::~WorkerPool() = default;

std::string WorkerPool::plan() const {
    auto plan = nlohmann::json::parse(workers_.front()->plan->to_json());
    plan["device"] = joined(setup_.devices);
    return plan.dump(2);
}

/// The first failure counts; it ends everything.
void WorkerPool::fail(Work& work, const std::exception_ptr& why) {
    {
        const std::lock_guard lock(work.mutex);
        if (!work.failure) {
            work.failure = why;
        }
        for (const auto& worker : workers_) {
            if (worker->run != nullptr) {
                worker->run->cancel();
            }
        }
    }
    work.scanner->stop();
    work.film_base.abandon(why);
    work.mask_base.abandon(why);
}

/// From here on `run` can be cancelled; null: no more.
void WorkerPool::at_work(Work& work, Worker& worker, Run* run) {
    const std::lock_guard lock(work.mutex);
    if (run != nullptr && work.failure) {
        throw Error(Errc::cancelled, "the run was cancelled");
    }
    worker.run = run;
}

pipeline::ResumePoint WorkerPool::start_of(Work& work, const ShotScanner::WorkItem& item) const {
    pipeline::ResumePoint from;
    from.frame = item.frame;
    from.time = work.segmentation.time_of(item.frame);
    from.film_start = work.segmentation.time_of(0);
    from.in_shots = true;
    from.resumes_at = [&work, item] { return work.scanner->resumes_at(item); };
    if (item.number == 0) { // may begin within a shot, of which an earlier run knows more
        from.analysis = work.film.resume_point().analysis;
    }
    return from;
}

/// Frame `frame` of the film, if it is the item's.
std::optional<Frame> WorkerPool::next(Work& work, Source& source, const ShotScanner::WorkItem& item,
                                      std::int64_t frame) {
    if (!work.scanner->contains(item, frame)) {
        return std::nullopt;
    }
    source.skip_to(frame);
    const std::optional<Frame> found = source.next();
    if (!found || found->info().time() != work.segmentation.time_of(frame)) {
        throw Error(Errc::internal,
                    fmt::format("frame {} of {} is another when the film is read once more; was "
                                "the file changed? If not, this is a defect of oldfilm: restore "
                                "it on one device, and please report it",
                                frame, source.info().path));
    }
    ++read_;
    FrameInfo info = found->info();
    info.shot = work.scanner->shot_of(frame);
    return found->with_info(info);
}

void WorkerPool::restore(Work& work, Worker& worker, Source& source,
                         const ShotScanner::WorkItem& item) {
    const auto base = [&item](FirstBase& of) {
        return [&of, is_first = item.number == 0](Rational here) {
            if (is_first) {
                of.tell(here); // unless an earlier run did
            }
            return of.wait();
        };
    };
    const pipeline::ResumePoint from = start_of(work, item);
    SegmentWriter writer(work.segmentation,
                         {.folder = work.film.folder(),
                          .first = item.segment,
                          .from = from,
                          .shots = [&work] { return work.scanner->shots(); },
                          .film_base = base(work.film_base),
                          .mask_base = base(work.mask_base),
                          .note = [&work](const auto& line) { work.film.note(line); },
                          .profile = setup_.profile.get()});
    setup_.open(writer);
    worker.writer = &writer;
    Run run = pipeline::start(
        *worker.plan,
        [&, frame = item.frame]() mutable { return next(work, source, item, frame++); }, from);
    writer.watch(run);
    at_work(work, worker, &run);
    try {
        while (!worker.failed) {
            const std::optional<Frame> frame = run.next();
            if (!frame) {
                break;
            }
            if (writer.is_done(*frame)) {
                continue;
            }
            if (!writer.push(*frame)) {
                break;
            }
            ++written_;
        }
        writer.drain(work.segmentation.segment_of(work.scanner->end_of(item) - 1));
    } catch (...) {
        at_work(work, worker, nullptr);
        throw;
    }
    at_work(work, worker, nullptr);
    const RunStats stats = run.stats();
    add(worker.stats, stats, from.analysis.size());
    worker.stats.peak_frames = std::max(worker.stats.peak_frames, stats.peak_frames);
    worker.stats.peak_bytes = std::max(worker.stats.peak_bytes, stats.peak_bytes);
}

void WorkerPool::drive(Work& work, Worker& worker) {
    base::use_single_thread();
    try {
        const std::unique_ptr<Source> source = setup_.source(worker.device);
        while (const auto item = work.scanner->take()) {
            if (const auto made = work.film.adopt_ahead(item->segment)) {
                read_ += made->frames;
                ahead_ += made->frames;
                written_ += made->outputs;
                worker.stats.analysis.insert(worker.stats.analysis.end(), made->analysis.begin(),
                                             made->analysis.end());
                continue;
            }
            restore(work, worker, *source, *item);
        }
    } catch (...) {
        fail(work, std::current_exception());
    }
    const std::lock_guard lock(work.mutex);
    ++work.workers_done;
    work.changed.notify_all();
}

RunStats WorkerPool::stats(const Work& work) const {
    RunStats all;
    all.analysis = work.film.resume_point().analysis;
    for (const auto& worker : workers_) {
        add(all, worker->stats, 0);
        all.peak_frames += worker->stats.peak_frames;
        all.peak_bytes += worker->stats.peak_bytes;
    }
    sort_analysis(all.analysis);
    all.shots = work.scanner->shots();
    return all;
}

/// Tells how far it is until all workers are done.
void WorkerPool::watch(Work& work, const ProgressCallback& tell) {
    bool counted = false;
    for (bool done = false; !done;) {
        {
            std::unique_lock lock(work.mutex);
            done = work.changed.wait_for(lock, std::chrono::milliseconds(100),
                                         [&] { return work.workers_done == workers_.size(); });
        }
        tell(read_, written_);
        const auto items = work.scanner->items();
        if (items && !std::exchange(counted, true)) {
            setup_.counted(*items);
        }
    }
}

RunStats WorkerPool::run(Checkpoint& film, Source& ahead, const ProgressCallback& tell,
                         const std::stop_token& stop) {
    Work work(film);
    written_ = film.outputs_done();
    read_ = film.resume_point().frame;
    if (film.first_segment() > 0) {
        work.film_base.tell(film.film_base());
        work.mask_base.tell(film.mask_base());
    }
    work.scanner.emplace(ahead, setup_.format, film.resume_point(), film.frames_done(),
                         film.first_segment(), work.segmentation, workers_.size(), setup_.profile);
    {
        std::vector<std::jthread> threads; // joined at the end of the block
        for (const auto& worker : workers_) {
            threads.emplace_back([this, &work, &worker = *worker] { drive(work, worker); });
        }
        const std::stop_callback cancel(stop, [&] {
            fail(work, std::make_exception_ptr(Error(Errc::cancelled, "the run was cancelled")));
        });
        try {
            watch(work, tell);
        } catch (...) {
            fail(work, std::current_exception());
        }
    }
    if (work.failure) {
        std::rethrow_exception(work.failure);
    }
    return stats(work);
}

} // namespace oldfilm::job
