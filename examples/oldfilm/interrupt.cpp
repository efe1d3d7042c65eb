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
        const bool signalled = sigtimedwait(&signals_, nullptr, &slice) > 0;
        const bool waiting = stop_.stop_requested();
        if (waiting && (signalled || Clock::now() - asked > patience)) {
            last_words_();
            _exit(interrupted);
        }
        if (signalled) {
            asked = Clock::now();
            stop_.request_stop();
        }
    }
}

} // namespace cli
