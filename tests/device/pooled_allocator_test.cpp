// Memory for large tensors that is kept: no block lies in another, neighbors that are free are
// one, and LibTorch uses it.
#include "device/pooled_allocator.hpp"

#include <oldfilm/process.hpp>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>

#include <cstring>
#include <map>
#include <random>
#include <thread>
#include <vector>

using oldfilm::PooledAllocator;

TEST_CASE("Blocks are apart, whole pages, and one again when all are free") {
    PooledAllocator blocks(std::size_t{64} << 20);
    std::mt19937 random(5);
    std::map<std::byte*, std::size_t> held;
    const auto free_one = [&] {
        const auto which =
            std::next(held.begin(), static_cast<std::ptrdiff_t>(random() % held.size()));
        REQUIRE(blocks.give(which->first));
        held.erase(which);
    };
    for (int i = 0; i < 5000; ++i) {
        const std::size_t bytes = 1 + random() % 3'000'000;
        auto* const block = static_cast<std::byte*>(blocks.take(bytes));
        if (block == nullptr) { // the range is full
            free_one();
            continue;
        }
        REQUIRE(reinterpret_cast<std::uintptr_t>(block) % 4096 == 0);
        const auto after = held.lower_bound(block);
        REQUIRE((after == held.end() || block + bytes <= after->first));
        REQUIRE(
            (after == held.begin() || std::prev(after)->first + std::prev(after)->second <= block));
        std::memset(block, i, 1);
        std::memset(block + bytes - 1, i, 1);
        held.emplace(block, bytes);
        if (random() % 2 == 0) {
            free_one();
        }
    }
    while (!held.empty()) {
        free_one();
    }
    const std::size_t reached = blocks.reached();
    void* const all = blocks.take(reached);
    REQUIRE(all != nullptr);
    CHECK(blocks.reached() == reached); // nothing was in the way
    CHECK(blocks.give(all));
    CHECK_FALSE(blocks.give(all)); // it is free already
}

TEST_CASE("A block that is free is taken before a new one, the best fit first") {
    PooledAllocator blocks(std::size_t{64} << 20);
    constexpr std::size_t mib = std::size_t{1} << 20;
    void* const large = blocks.take(8 * mib);
    void* const between = blocks.take(mib);
    void* const small = blocks.take(4 * mib);
    void* const last = blocks.take(mib);
    blocks.give(large);
    blocks.give(small);
    CHECK(blocks.take(4 * mib) == small);
    CHECK(blocks.take(7 * mib) == large);
    CHECK(blocks.reached() == 14 * mib);
    blocks.give(last); // and what is free at the end is lengthened
    CHECK(blocks.take(3 * mib) == last);
    CHECK(blocks.reached() == 16 * mib);
    CHECK(blocks.take(60 * mib) == nullptr);
    CHECK(blocks.give(between));
    int elsewhere = 0;
    CHECK_FALSE(blocks.give(&elsewhere));
    CHECK(PooledAllocator(std::size_t{1} << 62).take(1) == nullptr); // no such range can be had
}

TEST_CASE("What was trimmed is zero again, and what is used is left alone") {
    PooledAllocator blocks(std::size_t{64} << 20);
    auto* const used = static_cast<unsigned char*>(blocks.take(1 << 20));
    auto* const freed = static_cast<unsigned char*>(blocks.take(1 << 20));
    std::memset(used, 7, 1 << 20);
    std::memset(freed, 7, 1 << 20);
    blocks.give(freed);
    blocks.trim();
    CHECK(blocks.take(1 << 20) == freed);
    CHECK(freed[5000] == 0);
    CHECK(used[5000] == 7);
}

TEST_CASE("LibTorch's large tensors come from kept blocks, and go back from any thread") {
    const at::Tensor before = at::full({1 << 20}, 3.0F);
    if (!oldfilm::pool_memory()) {
        WARN("this C library cannot keep memory");
        return;
    }
    oldfilm::use_kept_blocks();
    const void* place = nullptr;
    {
        at::Tensor large = at::full({1 << 20}, 1.0F);
        place = large.data_ptr();
        CHECK(reinterpret_cast<std::uintptr_t>(place) % 4096 == 0);
        std::thread([moved = std::move(large)]() mutable { moved = at::Tensor(); }).join();
    }
    const at::Tensor again = at::full({1 << 20}, 2.0F);
    CHECK(again.data_ptr() == place);
    at::Tensor grown = at::full({64}, 5.0F); // small ones are the C library's
    grown.resize_({1 << 20});
    CHECK(grown[63].item<float>() == 5.0F);
    CHECK(before.sum().item<double>() == 3.0 * (1 << 20));
}
