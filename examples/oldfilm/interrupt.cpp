#include "interrupt.hpp"

#include "arguments.hpp"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <utility>

namespace cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto patience = std::chrono::milliseconds(1500);
/// `timeout` and others send a signal to a process and to its group: that is one wish.
constexpr auto at_once = std::chrono::milliseconds(300);

} // namespace

Interrupt::Interrupt(std::function<void()> last_words) : last_words_(std::move(last_words)) {
    sigemptyset(&signals_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&signals_, number);
    }
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    thread_ = std::jthread([this](const std::stop_token& over) { wait(over); });
}

Interrupt::~Interrupt() = default;

void Interrupt::wait(const std::stop_token& over) {
    const timespec slice{0, 50'000'000};
    Clock::time_point asked{};
    while (!over.stop_requested()) {
        const bool signaled = sigtimedwait(&signals_, nullptr, &slice) > 0;
        const bool waiting = stop_.stop_requested();
        const auto since = Clock::now() - asked;
        if (waiting && ((signaled && since > at_once) || since > patience)) {
            last_words_();
            _exit(interrupted);
        }
        if (signaled && !waiting) {
            asked = Clock::now();
            stop_.request_stop();
        }
    }
}

} // namespace cli
