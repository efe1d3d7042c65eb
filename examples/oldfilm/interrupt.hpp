#pragma once
/// \file
/// Ctrl-C and its kin as a stop token.

#include <csignal>
#include <functional>
#include <stop_token>
#include <thread>

namespace cli {

/// From its construction on, SIGINT, SIGTERM and SIGHUP ask for the end through `token()`. Made
/// before any other thread, so that the signals reach the one that waits for them here.
///
/// Work that does not end within `patience` is left behind: `last_words` is called and the process
/// exits with 130. A second signal does so at once.
class Interrupt {
  public:
    explicit Interrupt(std::function<void()> last_words);
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;
    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

  private:
    void wait(const std::stop_token& over);

    std::function<void()> last_words_;
    std::stop_source stop_;
    sigset_t signals_{};
    std::jthread thread_;
};

} // namespace cli
