#include "messages.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>

using namespace oldfilm;

TEST_CASE("a log passes levels and texts on, and an empty one nothing") {
    std::vector<std::string> lines;
    const Log log = [&](LogLevel level, std::string_view text) {
        lines.push_back(std::to_string(static_cast<int>(level)) + std::string(text));
    };
    CHECK(static_cast<bool>(log));
    log.debug("a");
    log.info("b");
    log.warning("c");
    CHECK(lines == std::vector<std::string>{"0a", "1b", "2c"});
    const Log nobody;
    CHECK_FALSE(static_cast<bool>(nobody));
    nobody.warning("d");
    CHECK_FALSE(static_cast<bool>(Log(Log::Callback())));
    CHECK_FALSE(static_cast<bool>(nobody.each_once()));
}

TEST_CASE("a log may throw, and may log itself") {
    Log log;
    int calls = 0;
    log = [&](LogLevel /*level*/, std::string_view text) {
        ++calls;
        if (text == "outer") {
            log.info("inner");
        }
        throw std::runtime_error("the disk is full");
    };
    log.info("outer");
    CHECK(calls == 2);
}

TEST_CASE("copies of a log call it one at a time, each_once a text once") {
    std::atomic<int> inside{0};
    std::atomic<bool> alone{true};
    int calls = 0;
    const Log log = [&](LogLevel /*level*/, std::string_view /*text*/) {
        alone = alone && ++inside == 1;
        std::this_thread::yield();
        ++calls;
        --inside;
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([copy = log] {
                for (int n = 0; n < 50; ++n) {
                    copy.info("text");
                }
            });
        }
    }
    CHECK(alone);
    CHECK(calls == 200);
    const Log once = log.each_once();
    const Log copy = once;
    once.info("a");
    copy.info("a");
    copy.info("b");
    CHECK(calls == 202);
}
