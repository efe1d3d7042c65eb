/// \file
/// Checks of what a stage does when something fails, or the run is to end.

#include "check/trial.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <new>
#include <thread>

namespace oldfilm::check {
namespace {

/// One film through a fresh stage, prepared by `prepare`. Returns the first call that fails.
Called one_film(Subject& s, const std::function<void(Trial&)>& prepare,
                const Values* values = nullptr) {
    Trial trial(s);
    prepare(trial);
    Called called = trial.create();
    if (!called.ok()) {
        return called;
    }
    const Shape shape = small_shape(s);
    called = trial.configure(shape, values == nullptr ? Values(s) : *values);
    if (!called.ok()) {
        return called;
    }
    const Film film = make_film(shape, trial.length(1));
    called = trial.begin_shot(film);
    if (!called.ok()) {
        return called;
    }
    std::vector<Output> out;
    return trial.process(film, trial.changes_rate() ? 0 : trial.middle(), 1, out);
}

/// Calls of a service that one film makes.
int calls_of(Subject& s, Service service) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    const Film film = make_film(shape, trial.length(1));
    std::vector<Output> out;
    need(trial.begin_shot(film), "the analysis of a shot");
    need(trial.process(film, trial.changes_rate() ? 0 : trial.middle(), 1, out), "process");
    return trial.bench().calls(service);
}

/// Each of the first calls fails once; afterwards everything must work again.
void failing(Subject& s, Service service, const char* name) {
    const int calls = calls_of(s, service);
    if (calls == 0) {
        skip("it does not use that service");
    }
    for (int number = 1; number <= std::min(calls, 3); ++number) {
        const Called called =
            one_film(s, [&](Trial& trial) { trial.bench().fail_at(service, number); });
        if (!called.escaped.empty()) {
            skip("a C++ exception came across; see failures.exceptions");
        }
        require(one_film(s, [](Trial&) {}), fmt::format("a film after {} failed once", name));
    }
}

void allocate(Subject& s) {
    failing(s, Service::allocate, "allocate");
}

void model(Subject& s) {
    failing(s, Service::open_model, "opening a model");
    failing(s, Service::run_model, "running a model");
}

void flow(Subject& s) {
    failing(s, Service::flow, "flow");
}

constexpr std::array all_services{"",
                                  OLDFILM_EXT_LOG,
                                  OLDFILM_EXT_CANCEL,
                                  OLDFILM_EXT_TENSOR,
                                  OLDFILM_EXT_MODEL,
                                  OLDFILM_EXT_FLOW};

void services(Subject& s) {
    for (const char* id : all_services) {
        const Called called = one_film(s, [&](Trial& trial) { trial.bench().withhold(id); });
        if (!called.escaped.empty()) {
            skip("a C++ exception came across; see failures.exceptions");
        }
    }
}

/// Everything that this suite knows to make a stage fail with.
std::vector<std::pair<std::string, Called>> provoked(Subject& s) {
    std::vector<std::pair<std::string, Called>> all;
    const auto add = [&](const std::string& what, const Called& called) {
        all.emplace_back(what, called);
    };
    for (const char* id : all_services) {
        add(*id == '\0' ? "without any service" : fmt::format("without {}", id),
            one_film(s, [&](Trial& trial) { trial.bench().withhold(id); }));
    }
    for (const auto& [service, name] : {std::pair{Service::allocate, "allocate fails"},
                                        {Service::open_model, "opening a model fails"},
                                        {Service::run_model, "running a model fails"},
                                        {Service::flow, "flow fails"}}) {
        add(std::string("when ") + name,
            one_film(s, [&, which = service](Trial& t) { t.bench().fail_at(which, 1); }));
    }
    for (const Parameter& row : s.table()) {
        Values values(s);
        if (row.type == ParameterType::file || row.type == ParameterType::text) {
            values.set(row.name, std::string("/nonexistent/file"));
        } else if (row.type == ParameterType::choice) {
            values.set(row.name, std::string("no such choice"));
        } else if (row.type == ParameterType::number) {
            values.set(row.name, std::nan(""));
        } else {
            continue;
        }
        add(fmt::format("with a {} that makes no sense", row.name), one_film(
                                                                        s, [](Trial&) {}, &values));
    }
    for (const int channels : {1, 3}) {
        Shape shape = small_shape(s);
        shape.channels = channels;
        shape.rate = {0, 1};
        Trial trial(s);
        need(trial.create(), "create");
        add(fmt::format("for a film of {} channel(s) without a rate", channels),
            trial.configure(shape, Values(s)));
    }
    return all;
}

void exceptions(Subject& s) {
    for (const auto& [what, called] : provoked(s)) {
        if (!called.escaped.empty()) {
            fail("{}: an exception comes across ({})", what, called.escaped);
        }
    }
    // The plain way as well.
    const Called called = one_film(s, [](Trial&) {});
    if (!called.escaped.empty()) {
        fail("an exception comes across ({})", called.escaped);
    }
}

void sentence(Subject& s) {
    bool any = false;
    for (const auto& [what, called] : provoked(s)) {
        const bool failed = called.status != OLDFILM_OK && called.escaped.empty();
        any = any || failed;
        if (failed && called.status != OLDFILM_CANCELLED &&
            called.status != OLDFILM_OUT_OF_MEMORY && called.sentence.empty()) {
            fail("{}: it returns {} and does not say why", what, called.status);
        }
    }
    if (!any) {
        skip("nothing makes it fail");
    }
}

void status(Subject& s) {
    for (const auto& [what, called] : provoked(s)) {
        if (called.escaped.empty() &&
            (called.status < OLDFILM_OK || called.status > OLDFILM_INVALID)) {
            fail("{}: it returns {}", what, called.status);
        }
    }
}

/// There is no memory but small pieces while this lives: the address space may not grow, and what
/// the heap holds free is taken.
class NoMoreMemory {
  public:
    NoMoreMemory() {
        taken_.reserve(4096);
        getrlimit(RLIMIT_AS, &before_);
        std::ifstream file("/proc/self/statm");
        rlim_t pages = 0;
        file >> pages;
        constexpr rlim_t page = 4096;
        constexpr rlim_t room = 1 << 20; // for what is small
        rlimit limited = before_;
        limited.rlim_cur = pages * page + room;
        setrlimit(RLIMIT_AS, &limited);
        for (std::size_t size = std::size_t{1} << 28; size >= std::size_t{1} << 18; size /= 2) {
            while (taken_.size() < taken_.capacity()) {
                char* const piece = new (std::nothrow) char[size]; // NOLINT: may fail
                if (piece == nullptr) {
                    break;
                }
                taken_.emplace_back(piece);
            }
        }
    }
    NoMoreMemory(const NoMoreMemory&) = delete;
    NoMoreMemory& operator=(const NoMoreMemory&) = delete;
    ~NoMoreMemory() { setrlimit(RLIMIT_AS, &before_); }

  private:
    rlimit before_{};
    std::vector<std::unique_ptr<char[]>> taken_; // NOLINT(modernize-avoid-c-arrays): never filled
};

void memory(Subject& s) {
    Shape shape = small_shape(s);
    // Large enough that a picture's memory cannot be had.
    shape.width = 512;
    shape.height = 384;
    auto trial = std::make_unique<Trial>(s, shape);
    const Film film = make_film(shape, trial->length(1));
    const auto one = [&] {
        std::vector<Output> out;
        out.reserve(1);
        const Called called = trial->begin_shot(film);
        return called.ok()
                   ? trial->process(film, trial->changes_rate() ? 0 : trial->middle(), 1, out)
                   : called;
    };
    trial->keep = true;
    need(one(),
         "process"); // threads are begun, caches filled: libraries hang without their threads
    Called called;
    {
        const NoMoreMemory limited;
        try {
            called = one();
        } catch (const std::bad_alloc&) { // the check's own
            called = {};
        }
    }
    if (!called.escaped.empty()) {
        skip("a C++ exception came across; see failures.exceptions");
    }
    trial.reset();
    require(one_film(s, [](Trial&) {}), "a film after one for which there was no memory");
}

/// A second, on a machine that has nothing else to do.
double allowed_seconds() {
    double load = 0;
    if (getloadavg(&load, 1) != 1) {
        return 1;
    }
    return std::clamp(load / std::max(1U, std::thread::hardware_concurrency()), 1.0, 4.0);
}

void cancel(Subject& s) {
    using Clock = std::chrono::steady_clock;
    Shape shape = small_shape(s);
    shape.width = 640;
    shape.height = 480;
    Trial trial(s);
    need(trial.create(), "create");
    need(trial.configure(shape, Values(s)), "configure");
    const Film film = make_film(shape, trial.length(1));
    std::vector<Output> out;
    std::atomic<bool> over{false};
    Clock::time_point cancelled{};
    std::thread canceller([&] {
        for (int i = 0; i < 20 && !over; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        cancelled = Clock::now();
        trial.bench().cancelled() = true;
    });
    const std::int64_t from = trial.changes_rate() ? 0 : trial.middle();
    Called called = trial.begin_shot(film);
    if (called.ok()) {
        called = trial.process(film, from, 1, out);
    }
    const Clock::time_point returned = Clock::now();
    over = true;
    canceller.join();
    const double seconds = std::chrono::duration<double>(returned - cancelled).count();
    if (seconds > allowed_seconds()) {
        fail("a call for a film of 640 x 480 returns {:.1f} s after the run was cancelled",
             seconds);
    }
    if (called.escaped.empty() && !called.ok() && called.status != OLDFILM_CANCELLED &&
        seconds > 0) {
        fail("cancelled, it returns {}, which is not OLDFILM_CANCELLED", called.shown());
    }
}

/// A stage that crashes for one of these reasons is told so once.
constexpr const char* provoking =
    "picture.process film.irregular-rate values.out-of-range failures.allocate failures.model "
    "failures.flow failures.services";

} // namespace

std::vector<Check> failure_checks() {
    return {
        {"failures.allocate", "memory runs out, and the host tries again with smaller work",
         "look at what allocate returns, and return it", "picture.process", allocate},
        {"failures.model", "models are missing, damaged, or too large for the memory",
         "look at what open and run return, and return it", "picture.process", model},
        {"failures.flow", "flow is not built into every host", "look at what flow returns",
         "picture.process", flow},
        {"failures.services", "a host need not offer every service",
         "get_extension may give null: do without, or fail with a sentence", "picture.process",
         services},
        {"failures.exceptions", "a C++ exception that crosses the boundary ends the program",
         "catch everything in every function (the SDK does), and return a status", provoking,
         exceptions, 120},
        {"failures.memory", "the system's memory runs out too",
         "look at what malloc returns; let new throw, and catch it at the boundary",
         "picture.process failures.allocate failures.model failures.flow", memory, 120},
        {"failures.sentence", "the user is told what you say", "call host->fail before you return",
         provoking, sentence, 120},
        {"failures.status", "the host acts on the status",
         "return OLDFILM_OK, FAILED, CANCELLED, OUT_OF_MEMORY or INVALID", provoking, status, 120},
        {"failures.cancel", "who presses Stop does not want to wait",
         "ask oldfilm.cancel/1 between steps, and return OLDFILM_CANCELLED", "picture.process",
         cancel, 30},
    };
}

} // namespace oldfilm::check
