#include "job/deal.hpp"

#include "base/alone.hpp"
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

/// Adds what another run counted. Memory is the sum of what each lane held at most.
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

struct Deal::Work {
    explicit Work(KeptFilm& of) : film(of) {}

    KeptFilm& film;
    Boundaries boundaries;
    FirstBase film_base, mask_base;

    std::mutex mutex; ///< guards what follows
    std::condition_variable changed;
    std::exception_ptr failure;
    std::size_t lanes_done = 0;

    std::optional<Scout> scout; ///< last: its thread uses the boundaries
};

void Deal::FirstBase::tell(Rational base) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(told_, true)) {
        promise_.set_value(base);
    }
}

void Deal::FirstBase::abandon(std::exception_ptr why) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(told_, true)) {
        promise_.set_exception(std::move(why));
    }
}

Deal::Deal(Ways ways) : ways_(std::move(ways)) {
    for (const std::string& device : ways_.devices) {
        auto lane = std::make_unique<Lane>();
        lane->device = device;
        lane->pipeline = ways_.pipeline(device, [&at = *lane](const Frame& frame) {
            const bool seen = at.kept.load()->see(frame);
            at.failed = at.failed || !seen;
            return seen;
        });
        lanes_.push_back(std::move(lane));
    }
    std::vector<std::future<Run>> opened; // side by side: models take a while
    for (const auto& lane : lanes_) {
        opened.push_back(std::async(std::launch::async, [this, &lane = *lane] {
            return lane.pipeline.start(ways_.format);
        }));
    }
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        lanes_[i]->idle.emplace(opened[i].get());
    }
}

Deal::~Deal() = default;

std::string Deal::plan() const {
    auto plan = nlohmann::json::parse(lanes_.front()->idle->plan());
    plan["device"] = joined(ways_.devices);
    return plan.dump(2);
}

/// The first failure counts; it ends everything.
void Deal::fail(Work& work, const std::exception_ptr& why) {
    {
        const std::lock_guard lock(work.mutex);
        if (!work.failure) {
            work.failure = why;
        }
        for (const auto& lane : lanes_) {
            if (lane->run != nullptr) {
                lane->run->cancel();
            }
        }
    }
    work.scout->stop();
    work.film_base.abandon(why);
    work.mask_base.abandon(why);
}

/// From here on `run` can be cancelled; null: no more.
void Deal::at_work(Work& work, Lane& lane, Run* run) {
    const std::lock_guard lock(work.mutex);
    if (run != nullptr && work.failure) {
        throw Error(Errc::cancelled, "the run was cancelled");
    }
    lane.run = run;
}

StartPoint Deal::start_of(Work& work, const Scout::Unit& unit) const {
    StartPoint from;
    from.frame = unit.frame;
    from.time = work.boundaries.time_of(unit.frame);
    from.film_start = work.boundaries.time_of(0);
    from.in_shots = true;
    from.goes_on = [&work, unit] { return work.scout->goes_on(unit); };
    if (unit.number == 0) { // may begin within a shot, of which an earlier run knows more
        from.analysis = work.film.start_point().analysis;
    }
    return from;
}

/// Frame `frame` of the film, if it is the unit's.
std::optional<Frame> Deal::next(Work& work, Source& source, const Scout::Unit& unit,
                                std::int64_t frame) {
    if (!work.scout->reaches(unit, frame)) {
        return std::nullopt;
    }
    source.skip_to(frame);
    const std::optional<Frame> found = source.next();
    if (!found || found->info().time() != work.boundaries.time_of(frame)) {
        throw Error(Errc::internal,
                    fmt::format("frame {} of {} is another when the film is read once more; was "
                                "the file changed? If not, this is a defect of oldfilm: restore "
                                "it on one device, and please report it",
                                frame, source.info().path));
    }
    ++read_;
    FrameInfo info = found->info();
    info.shot = work.scout->shot_of(frame);
    return found->with_info(info);
}

void Deal::restore(Work& work, Lane& lane, Source& source, const Scout::Unit& unit) {
    const auto base = [&unit](FirstBase& of) {
        return [&of, is_first = unit.number == 0](Rational here) {
            if (is_first) {
                of.tell(here); // unless an earlier run did
            }
            return of.wait();
        };
    };
    const StartPoint from = start_of(work, unit);
    KeptRun kept(work.boundaries, {.folder = work.film.folder(),
                                   .first = unit.piece,
                                   .from = from,
                                   .shots = [&work] { return work.scout->shots(); },
                                   .film_base = base(work.film_base),
                                   .mask_base = base(work.mask_base),
                                   .note = [&work](const auto& line) { work.film.note(line); },
                                   .profile = ways_.profile});
    ways_.open(kept);
    lane.kept = &kept;
    Run run = lane.pipeline.start(
        ways_.format,
        [&, frame = unit.frame]() mutable { return next(work, source, unit, frame++); }, from);
    kept.watch(run);
    at_work(work, lane, &run);
    try {
        while (!lane.failed) {
            const std::optional<Frame> frame = run.next();
            if (!frame) {
                break;
            }
            if (kept.is_done(*frame)) {
                continue;
            }
            if (!kept.push(*frame)) {
                break;
            }
            ++written_;
        }
        kept.drain(work.boundaries.piece_of(work.scout->end_of(unit) - 1));
    } catch (...) {
        at_work(work, lane, nullptr);
        throw;
    }
    at_work(work, lane, nullptr);
    const RunStats stats = run.stats();
    add(lane.stats, stats, from.analysis.size());
    lane.stats.peak_frames = std::max(lane.stats.peak_frames, stats.peak_frames);
    lane.stats.peak_bytes = std::max(lane.stats.peak_bytes, stats.peak_bytes);
}

void Deal::drive(Work& work, Lane& lane) {
    base::work_alone();
    try {
        const std::unique_ptr<Source> source = ways_.source(lane.device);
        while (const auto unit = work.scout->take()) {
            if (const auto made = work.film.take_ahead(unit->piece)) {
                read_ += made->frames;
                ahead_ += made->frames;
                written_ += made->outputs;
                lane.stats.analysis.insert(lane.stats.analysis.end(), made->analysis.begin(),
                                           made->analysis.end());
                continue;
            }
            restore(work, lane, *source, *unit);
        }
    } catch (...) {
        fail(work, std::current_exception());
    }
    const std::lock_guard lock(work.mutex);
    ++work.lanes_done;
    work.changed.notify_all();
}

RunStats Deal::stats(const Work& work) const {
    RunStats all;
    all.analysis = work.film.start_point().analysis;
    for (const auto& lane : lanes_) {
        add(all, lane->stats, 0);
        all.peak_frames += lane->stats.peak_frames;
        all.peak_bytes += lane->stats.peak_bytes;
    }
    sort_analysis(all.analysis);
    all.shots = work.scout->shots();
    return all;
}

/// Tells how far it is until all lanes are done.
void Deal::watch(Work& work, const Tell& tell) {
    bool counted = false;
    for (bool done = false; !done;) {
        {
            std::unique_lock lock(work.mutex);
            done = work.changed.wait_for(lock, std::chrono::milliseconds(100),
                                         [&] { return work.lanes_done == lanes_.size(); });
        }
        tell(read_, written_);
        const auto units = work.scout->units();
        if (units && !std::exchange(counted, true)) {
            ways_.counted(*units);
        }
    }
}

RunStats Deal::run(KeptFilm& film, Source& ahead, const Tell& tell, const std::stop_token& stop) {
    Work work(film);
    written_ = film.outputs_done();
    read_ = film.start_point().frame;
    if (film.first_piece() > 0) {
        work.film_base.tell(film.film_base());
        work.mask_base.tell(film.mask_base());
    }
    PipelineOptions looking; // finding shots is little work, for one thread
    looking.device = "cpu";
    looking.lanes = at::get_num_threads();
    looking.profile = lanes_.front()->pipeline.options().profile;
    work.scout.emplace(ahead, ways_.format, film.start_point(), film.frames_done(),
                       film.first_piece(), work.boundaries, lanes_.size(), looking);
    {
        std::vector<std::jthread> threads; // joined at the end of the block
        for (const auto& lane : lanes_) {
            threads.emplace_back([this, &work, &lane = *lane] { drive(work, lane); });
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
