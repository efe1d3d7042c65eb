/// Lesson 3: pulling frames, with a progress callback, the time left, and an end from another
/// thread.
///   pull-and-cancel IN [SECONDS]     stops after so many seconds

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/pipeline.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;

/// Tells `callback` how far a run is, a few times a second, and cancels the run after `limit`.
/// `Run::progress` and `Run::cancel` may be called from any thread while the run lives.
class Watch {
  public:
    Watch(oldfilm::Run& run, std::function<void(const oldfilm::Progress&)> callback,
          std::chrono::duration<double> limit)
        : thread_([&run, callback = std::move(callback), limit](const std::stop_token& stop) {
              std::mutex mutex;
              std::condition_variable_any changed;
              std::unique_lock lock(mutex);
              const auto end = std::chrono::steady_clock::now() + limit;
              while (!changed.wait_for(lock, stop, 100ms, [&] { return stop.stop_requested(); })) {
                  callback(run.progress());
                  if (std::chrono::steady_clock::now() >= end) {
                      run.cancel();
                      return;
                  }
              }
          }) {}

  private:
    std::jthread thread_; // asked to stop and joined when the watch goes
};

void show(const oldfilm::Progress& p) {
    std::cerr << p.frames_in << " of " << p.frames_total << " frames";
    if (p.eta >= 0) { // unknown until a few frames have come out
        std::cerr << ", " << p.eta << " s left";
    }
    std::cerr << '\n';
}

int pull(const char* input, std::chrono::duration<double> limit) {
    oldfilm::Reader reader(input);
    oldfilm::Pipeline pipeline;
    pipeline.add("denoise").add("superres:scale=2");
    // The source runs on a thread of the run's own and is called until it gives nothing.
    oldfilm::Run run = pipeline.start(reader.format(), [&reader] { return reader.next(); });
    const Watch watch(run, show, limit);

    std::int64_t frames = 0;
    while (const std::optional<oldfilm::Frame> frame = run.next()) {
        ++frames; // yours to use; frames are values, and copies share their pixels
    }
    std::cout << frames << " frames, all of the film\n";
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2 && argc != 3) {
        std::cerr << "usage: pull-and-cancel IN [SECONDS]\n";
        return 2;
    }
    try {
        return pull(argv[1], std::chrono::duration<double>(argc == 3 ? std::stod(argv[2]) : 3600));
    } catch (const oldfilm::Error& error) {
        if (error.code() == oldfilm::Errc::cancelled) { // what was asked for is no failure
            std::cout << "cancelled\n";
            return 0;
        }
        std::cerr << "pull-and-cancel: " << error.what() << '\n';
        return 1;
    }
}
