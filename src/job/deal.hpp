#pragma once
/// \file
/// A film's shots dealt out over several devices.

#include "job/kept_film.hpp"
#include "job/kept_run.hpp"
#include "job/scout.hpp"
#include "job/source.hpp"

#include <oldfilm/pipeline.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace oldfilm::job {

/// One lane a device, each with its own thread, reader, models and encoders. A lane takes the next
/// unit of the film (see `Scout`), makes its pieces with a run of its own, and takes the next; what
/// was made is the same whoever made it. Lanes read the film from its start too, without making
/// pictures of what isn't theirs: no seeking, so that frames and times are those of one reader.
class Deal {
  public:
    using See = std::function<bool(const Frame&)>;
    struct Ways {
        std::vector<std::string> devices; ///< one a lane
        StreamFormat format;              ///< of the film
        /// The pipeline on a device; `see` is told each frame where masks are complete.
        std::function<Pipeline(const std::string& device, See see)> pipeline;
        /// The film from its start, once more, for a device's lane.
        std::function<std::unique_ptr<Source>(const std::string& device)> source;
        std::function<void(KeptRun&)>
            open; ///< the films that pieces are of; from any lane's thread
        std::function<void(std::int64_t units)> counted; ///< told how many units there are
        Profile* profile = nullptr;
    };
    using Tell = std::function<void(std::int64_t in, std::int64_t out)>;
    /// Opens the lanes' models. Throws `Error` as `Pipeline::start` does.
    explicit Deal(Ways ways);
    ~Deal();
    Deal(const Deal&) = delete;
    Deal& operator=(const Deal&) = delete;

    /// What comes out of each lane.
    [[nodiscard]] const StreamFormat& output() const { return lanes_.front()->idle->output(); }
    /// As of a run, with all devices.
    [[nodiscard]] std::string plan() const;
    /// Makes all pieces that `film` lacks, and notes them there. `ahead` gives the film from its
    /// start. `tell` is told frames that went in and came out so far, a few times a second. Throws
    /// what ended it first: a lane's failure, the reader's, or `Error` (cancelled) on request.
    RunStats run(KeptFilm& film, Source& ahead, const Tell& tell, const std::stop_token& stop);
    /// Frames that came out so far.
    [[nodiscard]] std::int64_t written() const { return written_; }
    /// Frames of the input that earlier runs had made ahead of others.
    [[nodiscard]] std::int64_t ahead() const { return ahead_; }

  private:
    struct Lane {
        std::string device;
        Pipeline pipeline;
        /// Never given a frame: its models stay open for the runs to come, one for each unit.
        std::optional<Run> idle;
        std::atomic<KeptRun*> kept = nullptr; ///< of the unit at work
        std::atomic<bool> failed = false;     ///< what is done with its frames
        Run* run = nullptr;                   ///< guarded by the deal's mutex
        RunStats stats;                       ///< of all units
    };
    /// The time base of the film's first frame, which only one lane sees.
    class FirstBase {
      public:
        void tell(Rational base);
        void abandon(std::exception_ptr why);
        Rational wait() { return base_.get(); }

      private:
        std::mutex mutex_;
        bool told_ = false;
        std::promise<Rational> promise_;
        std::shared_future<Rational> base_ = promise_.get_future().share();
    };
    struct Work; ///< what `run` works on

    void drive(Work& work, Lane& lane);
    void restore(Work& work, Lane& lane, Source& source, const Scout::Unit& unit);
    [[nodiscard]] StartPoint start_of(Work& work, const Scout::Unit& unit) const;
    std::optional<Frame> next(Work& work, Source& source, const Scout::Unit& unit,
                              std::int64_t frame);
    void at_work(Work& work, Lane& lane, Run* run);
    void watch(Work& work, const Tell& tell);
    void fail(Work& work, const std::exception_ptr& why);
    [[nodiscard]] RunStats stats(const Work& work) const;

    Ways ways_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    std::atomic<std::int64_t> read_ = 0, written_ = 0, ahead_ = 0;
};

} // namespace oldfilm::job
