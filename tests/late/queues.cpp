#include "late/queues.hpp"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace oldfilm::testing::late {
namespace {

/// Bytes that are no number in any floating type.
constexpr int poison_byte = 0xFF;

std::size_t rounded(std::size_t bytes) {
    return (std::max<std::size_t>(bytes, 1) + 511) / 512 * 512;
}

/// Of recordings, as they are made; no work is ever queued on it.
constexpr c10::StreamId recording_stream = 1000;
/// Of blocks that any stream may take.
constexpr c10::StreamId anyones = -1;

Queues::Recorder*& recorder() {
    thread_local Queues::Recorder* current = nullptr;
    return current;
}

std::int64_t& thread_waits() {
    thread_local std::int64_t waits = 0;
    return waits;
}

} // namespace

c10::DeviceIndex& current_device() {
    thread_local c10::DeviceIndex device = 0;
    return device;
}

c10::StreamId& current_stream(c10::DeviceIndex device) {
    thread_local std::array<c10::StreamId, device_count> streams{default_stream(0),
                                                                 default_stream(1)};
    return streams.at(static_cast<std::size_t>(device));
}

std::int64_t waits_here() {
    return thread_waits();
}

Queues& Queues::get() {
    // Never destroyed: tensors of static objects may outlive it.
    static Queues& queues = *std::make_unique<Queues>().release();
    return queues;
}

void Queues::begin(Order order, std::uint64_t seed) {
    const std::scoped_lock lock(mutex);
    wait_for_all();
    order_ = order;
    random_.seed(seed);
    counts = {};
}

Queues::Recorder::Recorder() : before_(std::exchange(current_stream(), recording_stream)) {
    recorder() = this;
}

Queues::Recorder::~Recorder() {
    recorder() = nullptr;
    current_stream() = before_;
}

void Queues::give_up(Blocks& pool) {
    const std::scoped_lock lock(mutex);
    for (auto& [memory, block] : pool) {
        block.stream = anyones;
        for (const auto& [id, stream] : streams_) {
            block.until.push_back({id, stream.queued});
        }
    }
    free_.merge(pool);
}

void Queues::queue(std::function<void()> work, bool is_kernel) {
    if (recorder() != nullptr) {
        recorder()->steps.push_back(std::move(work));
        return;
    }
    const std::scoped_lock lock(mutex);
    Stream& stream = streams_[current_stream()];
    stream.tasks.push_back({std::move(work), {}});
    ++stream.queued;
    counts.kernels += is_kernel ? 1 : 0;
    do_some();
}

Place Queues::end(c10::StreamId stream) {
    const std::scoped_lock lock(mutex);
    return {stream, streams_[stream].queued};
}

void Queues::block(c10::StreamId stream, Place until) {
    const std::scoped_lock lock(mutex);
    streams_[stream].tasks.push_back({{}, until});
    ++streams_[stream].queued;
}

bool Queues::is_done(Place place) {
    const std::scoped_lock lock(mutex);
    return streams_[place.stream].done >= place.number;
}

void Queues::step(Stream& stream) {
    const Task task = std::move(stream.tasks.front());
    stream.tasks.pop_front();
    if (task.work) {
        task.work();
    } else {
        finish(task.after);
    }
    ++stream.done;
}

void Queues::finish(Place place) {
    Stream& stream = streams_[place.stream];
    while (stream.done < place.number) {
        step(stream);
    }
}

void Queues::do_some() {
    if (order_ == Order::last || random_() % 4 != 0) {
        return;
    }
    auto chosen =
        std::next(streams_.begin(), static_cast<std::ptrdiff_t>(random_() % streams_.size()));
    for (auto left = random_() % 8; left > 0 && !chosen->second.tasks.empty(); --left) {
        step(chosen->second);
    }
}

void Queues::wait(Place place) {
    TORCH_CHECK(recorder() == nullptr, "the late device can't be waited for while it records");
    const std::scoped_lock lock(mutex);
    ++counts.waits;
    ++thread_waits();
    finish(place);
}

void Queues::wait_for_all() {
    const std::scoped_lock lock(mutex);
    for (auto& [id, stream] : streams_) {
        finish({id, stream.queued});
    }
}

std::int64_t Queues::pending() {
    const std::scoped_lock lock(mutex);
    std::int64_t pending = 0;
    for (const auto& [id, stream] : streams_) {
        pending += std::count_if(stream.tasks.begin(), stream.tasks.end(),
                                 [](const Task& task) { return task.work != nullptr; });
    }
    return pending;
}

void* Queues::take(Blocks& free, std::size_t bytes, c10::StreamId stream, bool poison) {
    for (auto it = free.begin(); it != free.end(); ++it) {
        Block& block = it->second;
        const bool fits =
            block.bytes == bytes && (block.stream == stream || block.stream == anyones);
        if (fits && std::all_of(block.until.begin(), block.until.end(),
                                [this](const Place& place) { return is_done(place); })) {
            void* memory = it->first;
            free.erase(it);
            ++counts.reused;
            if (poison) { // after all that its own stream was to do with it
                queue([memory, bytes] { std::memset(memory, poison_byte, bytes); }, false);
            }
            return memory;
        }
    }
    void* memory = std::aligned_alloc(64, bytes);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    std::memset(memory, poison_byte, bytes);
    return memory;
}

void* Queues::allocate(std::size_t bytes) {
    const std::scoped_lock lock(mutex);
    bytes = rounded(bytes);
    const std::shared_ptr<Blocks> pool = recorder() == nullptr ? nullptr : recorder()->pool;
    void* memory = take(pool ? *pool : free_, bytes, current_stream(), true);
    used_[memory] = {bytes, current_stream(), {}, {}, pool};
    return memory;
}

void Queues::free(void* memory) {
    const std::scoped_lock lock(mutex);
    auto block = used_.extract(memory);
    if (block.empty()) {
        return;
    }
    for (const c10::StreamId user : block.mapped().users) {
        block.mapped().until.push_back(end(user));
    }
    const std::shared_ptr<Blocks> pool = block.mapped().pool.lock();
    if (!pool && block.mapped().stream == recording_stream) {
        block.mapped().stream = anyones;
    }
    (pool ? *pool : free_).insert(std::move(block));
}

void Queues::used_on(void* memory, c10::StreamId stream) {
    const std::scoped_lock lock(mutex);
    const auto block = used_.find(memory);
    if (block != used_.end() && block->second.stream != stream) {
        block->second.users.insert(stream);
    }
}

void* Queues::allocate_pinned(std::size_t bytes) {
    const std::scoped_lock lock(mutex);
    bytes = rounded(bytes);
    void* memory = take(pinned_free_, bytes, 0, false);
    pinned_[memory] = {bytes, 0, {}, {}, {}};
    return memory;
}

void Queues::free_pinned(void* memory) {
    const std::scoped_lock lock(mutex);
    auto block = pinned_.extract(memory);
    if (!block.empty()) {
        pinned_free_.insert(std::move(block));
    }
}

bool Queues::is_pinned(const void* memory) {
    const std::scoped_lock lock(mutex);
    auto after = pinned_.upper_bound(const_cast<void*>(memory));
    if (after == pinned_.begin()) {
        return false;
    }
    const auto& [begin, block] = *std::prev(after);
    return static_cast<const char*>(memory) < static_cast<char*>(begin) + block.bytes;
}

void Queues::pinned_used(const void* memory, Place until) {
    const std::scoped_lock lock(mutex);
    auto after = pinned_.upper_bound(const_cast<void*>(memory));
    if (after != pinned_.begin()) {
        std::prev(after)->second.until.push_back(until);
    }
}

Counts counts() {
    const std::scoped_lock lock(Queues::get().mutex);
    return Queues::get().counts;
}

std::int64_t pending() {
    return Queues::get().pending();
}

} // namespace oldfilm::testing::late
