#pragma once
/// \file
/// The streams, events and memory of the late device.

#include "late/late_device.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <vector>

namespace oldfilm::testing::late {

/// A place in a stream: what was queued before it.
struct Place {
    c10::StreamId stream = 0;
    std::int64_t number = 0;
};

/// Work that a thread queued while it recorded.
using Steps = std::vector<std::function<void()>>;

/// Everything is done by the threads that wait, under one lock.
class Queues {
    struct Block;
    using Blocks = std::map<void*, Block>;

  public:
    static Queues& get();

    /// While it lives the calling thread's work is kept here instead of being queued, on a stream
    /// of its own, and memory that it makes comes from a pool of its own.
    class Recorder {
      public:
        Recorder();
        ~Recorder();
        Recorder(const Recorder&) = delete;
        Recorder& operator=(const Recorder&) = delete;
        Steps steps;
        std::shared_ptr<Blocks> pool = std::make_shared<Blocks>();

      private:
        c10::StreamId before_;
    };
    /// What a pool holds is anybody's once all that is queued now is done.
    void give_up(Blocks& pool);

    void begin(Order order, std::uint64_t seed);
    /// Puts work at the end of the calling thread's current stream.
    void queue(std::function<void()> work, bool is_kernel = true);
    [[nodiscard]] Place end(c10::StreamId stream);
    void block(c10::StreamId stream, Place until);
    [[nodiscard]] bool is_done(Place place);
    /// Does what is needed for `place`; counted as a wait of the calling thread.
    void wait(Place place);
    void wait_for_all();
    [[nodiscard]] std::int64_t pending(); ///< kernels not done

    /// Memory of the device, made on the calling thread's current stream.
    void* allocate(std::size_t bytes);
    void free(void* memory);
    void used_on(void* memory, c10::StreamId stream);
    /// Memory of the host that copies may read late.
    void* allocate_pinned(std::size_t bytes);
    void free_pinned(void* memory);
    [[nodiscard]] bool is_pinned(const void* memory);
    /// Pinned memory that is given back is not handed out before this place is reached.
    void pinned_used(const void* memory, Place until);

    Counts counts;
    std::recursive_mutex mutex;

  private:
    struct Task {
        std::function<void()> work; ///< empty: only waits
        Place after;                ///< of another stream
    };
    struct Stream {
        std::deque<Task> tasks;
        std::int64_t queued = 0, done = 0;
    };
    struct Block {
        std::size_t bytes = 0;
        c10::StreamId stream = 0;
        std::set<c10::StreamId> users; ///< streams beside its own
        std::vector<Place> until;
        std::weak_ptr<Blocks> pool; ///< that it goes back to
    };

    void finish(Place place);
    void step(Stream& stream);
    void do_some();
    void* take(Blocks& free, std::size_t bytes, c10::StreamId stream, bool poison);

    Order order_ = Order::last;
    std::mt19937_64 random_;
    std::map<c10::StreamId, Stream> streams_;
    Blocks used_, free_, pinned_, pinned_free_;
};

constexpr c10::DeviceIndex device_count = 2;
/// The first of a device's streams, which a thread is on unless it says otherwise.
constexpr c10::StreamId default_stream(c10::DeviceIndex device) {
    return 100 * c10::StreamId{device};
}
constexpr c10::DeviceIndex device_of(c10::StreamId stream) {
    return static_cast<c10::DeviceIndex>(stream / 100);
}
/// The calling thread's current device, and its current stream of a device.
c10::DeviceIndex& current_device();
c10::StreamId& current_stream(c10::DeviceIndex device = current_device());

} // namespace oldfilm::testing::late
