#pragma once
/// \file
/// A writer on a thread of its own, behind a short queue.

#include <oldfilm/media.hpp>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace oldfilm::job {

/// Encodes what it is given, in order, while the caller goes on. The file gets its final name in
/// `publish`; destroyed before that, it removes what it wrote.
class FilmSink {
  public:
    /// `before`: what is done to a frame on the encoding thread ahead of writing; may be empty.
    /// Throws `Error` as `Writer` does.
    FilmSink(const std::string& path, WriteOptions options, const Reader* source = nullptr,
             std::function<Frame(const Frame&)> before = {});
    ~FilmSink();
    FilmSink(const FilmSink&) = delete;
    FilmSink& operator=(const FilmSink&) = delete;

    /// Hands a frame over; waits while the queue is full. False: writing has failed, and `drain`
    /// says how. One thread at a time.
    [[nodiscard]] bool push(const Frame& frame);
    /// Waits until everything that was pushed is written. Throws what writing threw.
    void drain();
    /// Frames written; exact after `drain`.
    [[nodiscard]] std::int64_t frames() const { return writer_.frames(); }
    /// After `drain`: ends the file and gives it its name. Throws `Error` (io).
    void publish() { writer_.finish(); }

  private:
    void run();
    void close();

    Writer writer_;
    std::function<Frame(const Frame&)> before_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Frame> queue_;
    bool closed_ = false;
    bool discard_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

} // namespace oldfilm::job
