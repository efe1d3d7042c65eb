/// \file
/// Checks that a stage gives back what it takes, and leaves the process as it was.

#include "check/trial.hpp"

#include <ATen/Parallel.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cfenv>
#include <chrono>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace oldfilm::check {
namespace {

namespace fs = std::filesystem;

/// Bytes that the heap holds in use; exact, unlike what the process resides in.
double heap_in_use() {
    const struct mallinfo2 info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
}

double resident() {
    std::ifstream file("/proc/self/statm");
    double all = 0;
    double pages = 0;
    file >> all >> pages;
    constexpr double page = 4096;
    return pages * page;
}

void need_tensors_back(Subject& s);

/// A thousand frames, or as many as five seconds allow.
void kept_memory(Subject& s) {
    using Clock = std::chrono::steady_clock;
    constexpr int frames = 1000;
    constexpr int shot = 4; // frames; a thousand are whole ones
    constexpr int warm_up = 50;
    constexpr std::chrono::seconds at_most{5};
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    const Film film = make_film(shape, trial.length(shot));
    need(trial.begin_shot(film), "the analysis of a shot");
    const std::int64_t first = trial.changes_rate() ? 0 : trial.middle();
    const auto start = Clock::now();
    double heap = 0;
    double pages = 0;
    int done = 0;
    int counted = 0;
    for (; done < frames; ++done) {
        // What is kept of frames before grows through a shot: it is compared where one begins.
        const bool begins = done % shot == 0 && done > 0;
        if (begins && done >= warm_up / 5 && Clock::now() - start > at_most) {
            break;
        }
        // The first fill caches. A slow stage has fewer of them, and fewer frames.
        if (begins && counted == 0 && (done >= warm_up || Clock::now() - start > at_most / 4)) {
            counted = done;
            heap = heap_in_use();
            pages = resident();
        }
        Film now = film; // numbers go on; pictures come again
        now.first_index = now.first_pts = done - done % shot;
        std::vector<Output> out;
        if (begins) {
            need(trial.begin_shot(now), "the analysis of a shot");
        }
        need(trial.process(now, first + done % shot, 1, out), "process");
    }
    const double more = heap_in_use() - heap;
    const double more_pages = resident() - pages;
    const int measured = done - counted;
    // Room for what a cache takes late; a leak of one line of a picture a frame is beyond it.
    constexpr double slack = 128 * 1024;
    constexpr double slack_pages = 24e6;
    if (counted == 0 || measured <= 0) {
        skip("it is too slow to say");
    }
    if (more > slack && more / measured > 64) {
        need_tensors_back(s);
        fail("in {} frames of {} x {} the heap grows by {:.1f} MB", measured, shape.width,
             shape.height, more / 1e6);
    }
    if (more_pages > slack_pages) {
        fail("in {} frames of {} x {} the process grows by {:.1f} MB", measured, shape.width,
             shape.height, more_pages / 1e6);
    }
}

void models(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    if (trial.bench().calls(Service::open_model) == 0) {
        skip("it opens no model");
    }
    trial.destroy();
    if (trial.bench().open_models() != 0) {
        fail("of {} models that were opened {} are still open after destroy",
             trial.bench().calls(Service::open_model), trial.bench().open_models());
    }
}

std::size_t tensors_left(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    trial.whole_shot(make_film(shape, trial.length(2)));
    trial.destroy();
    return trial.bench().living_tensors();
}

void need_tensors_back(Subject& s) {
    if (tensors_left(s) > 0) {
        skip("tensors of the host are kept; see resources.tensors");
    }
}

void tensors(Subject& s) {
    if (const std::size_t left = tensors_left(s); left > 0) {
        fail("{} tensors that the host gave are still held after destroy", left);
    }
}

std::size_t open_files() {
    std::error_code failed;
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd", failed)) {
        static_cast<void>(entry);
        ++count;
    }
    return count;
}

void one_run(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    trial.whole_shot(make_film(shape, trial.length(1)));
}

void files(Subject& s) {
    one_run(s); // libraries open what they need once
    const std::size_t before = open_files();
    constexpr int runs = 3;
    for (int i = 0; i < runs; ++i) {
        one_run(s);
    }
    const std::size_t after = open_files();
    if (after >= before + runs) {
        fail("{} runs leave {} files open", runs, after - before);
    }
}

/// Takes what is written to standard output meanwhile.
class StandardOutput {
  public:
    StandardOutput() : file_(std::tmpfile()) {
        std::fflush(stdout);
        kept_ = dup(STDOUT_FILENO);
        if (file_ != nullptr) {
            dup2(fileno(file_), STDOUT_FILENO);
        }
    }
    StandardOutput(const StandardOutput&) = delete;
    StandardOutput& operator=(const StandardOutput&) = delete;
    ~StandardOutput() {
        restore_original_samples();
        if (file_ != nullptr) {
            std::fclose(file_); // NOLINT(cppcoreguidelines-owning-memory): tmpfile has no other way
        }
    }
    /// Ends it, and gives what was written.
    std::string restore_original_samples() {
        if (kept_ < 0) {
            return text_;
        }
        std::fflush(stdout);
        dup2(kept_, STDOUT_FILENO);
        close(kept_);
        kept_ = -1;
        std::array<char, 200> start{};
        if (file_ != nullptr) {
            std::rewind(file_);
            text_.assign(start.data(), std::fread(start.data(), 1, start.size(), file_));
        }
        return text_;
    }

  private:
    std::FILE* file_;
    int kept_ = -1;
    std::string text_;
};

void output(Subject& s) {
    small_shape(s);
    StandardOutput taken;
    one_run(s);
    const std::string text = taken.restore_original_samples();
    if (!text.empty()) {
        fail("it writes to standard output: \"{}\"", text.substr(0, text.find('\n')));
    }
}

void unchanged_process(Subject& s) {
    one_run(s);
    const ProcessState& before = s.library.process_before();
    const ProcessState after = process_state();
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i].second != after[i].second) {
            fail(R"(it changes {} from "{}" to "{}")", before[i].first, before[i].second,
                 after[i].second);
        }
    }
}

} // namespace

ProcessState process_state() {
    std::error_code failed;
    const mode_t mask = umask(0);
    umask(mask);
    std::string handlers;
    for (const int signal : {SIGINT, SIGTERM, SIGSEGV, SIGABRT, SIGFPE, SIGPIPE, SIGCHLD}) {
        struct sigaction action {};
        sigaction(signal, nullptr, &action);
        handlers += fmt::format("{} ", reinterpret_cast<std::uintptr_t>(action.sa_handler));
    }
    const char* locale = std::setlocale(LC_ALL, nullptr); // NOLINT(concurrency-mt-unsafe)
    return {{"the working folder", fs::current_path(failed).string()},
            {"the locale", locale == nullptr ? "" : locale},
            {"the rounding of floating-point numbers", std::to_string(std::fegetround())},
            {"the handlers of signals", handlers},
            {"the mask for new files", std::to_string(mask)},
            {"the number of LibTorch's threads", std::to_string(at::get_num_threads())}};
}

std::vector<Check> resource_checks() {
    return {
        {"resources.memory", "a film has a hundred thousand frames",
         "free what process takes; bound your caches, and empty them in reset", "picture.process",
         kept_memory},
        {"resources.models", "a model holds hundreds of megabytes",
         "call close once for each open, in destroy at the latest", "picture.process", models},
        {"resources.tensors", "tensors that are given must be given back",
         "call release once for each tensor that you were given and do not hand on",
         "picture.process", tensors},
        {"resources.files", "a process may open about a thousand files",
         "close what you open, in destroy at the latest", "picture.process", files},
        {"resources.output", "the film itself may go to standard output (oldfilm restore IN -)",
         "use the host's log, oldfilm.log/1", "picture.process", output},
        {"resources.process", "what belongs to the whole process belongs to the program",
         "leave signals, locale, working folder, rounding and thread counts alone",
         "picture.process", unchanged_process},
    };
}

} // namespace oldfilm::check
