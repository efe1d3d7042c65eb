#include "late/late_device.hpp"

#include "late/kernels.hpp"
#include "late/queues.hpp"

#include <oldfilm/native_streams.hpp>

#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/Allocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <atomic>
#include <memory>

namespace oldfilm::testing::late {
namespace {

constexpr c10::DeviceType type = c10::DeviceType::PrivateUse1;

c10::Stream stream_of(c10::StreamId id) {
    return c10::Stream(c10::Stream::UNSAFE, c10::Device(type, device_of(id)), id);
}

/// Streams and events.
class Guard final : public c10::impl::DeviceGuardImplInterface {
  public:
    [[nodiscard]] c10::DeviceType type() const override { return late::type; }
    [[nodiscard]] c10::Device exchangeDevice(c10::Device device) const override {
        return {late::type, std::exchange(current_device(), device.index())};
    }
    [[nodiscard]] c10::Device getDevice() const override { return {late::type, current_device()}; }
    void setDevice(c10::Device device) const override { current_device() = device.index(); }
    void uncheckedSetDevice(c10::Device device) const noexcept override {
        current_device() = device.index();
    }
    [[nodiscard]] c10::DeviceIndex deviceCount() const noexcept override { return device_count; }

    [[nodiscard]] c10::Stream getStream(c10::Device device) const override {
        return stream_of(current_stream(device.index()));
    }
    [[nodiscard]] c10::Stream getDefaultStream(c10::Device device) const override {
        return stream_of(default_stream(device.index()));
    }
    [[nodiscard]] c10::Stream getStreamFromGlobalPool(c10::Device device,
                                                      bool /*high*/) const override {
        static std::atomic<c10::StreamId> next{0};
        return stream_of(default_stream(device.index()) + 1 + next++ % 8);
    }
    [[nodiscard]] c10::Stream getNewStream(c10::Device device, int /*priority*/) const override {
        return getStreamFromGlobalPool(device, false);
    }
    [[nodiscard]] c10::Stream exchangeStream(c10::Stream stream) const override {
        return stream_of(std::exchange(current_stream(stream.device_index()), stream.id()));
    }

    void record(void** event, const c10::Stream& stream, const c10::DeviceIndex /*device*/,
                const c10::EventFlag /*flag*/) const override {
        if (*event == nullptr) {
            *event = std::make_unique<Place>().release();
        }
        *static_cast<Place*>(*event) = Queues::get().end(stream.id());
    }
    void destroyEvent(void* event, const c10::DeviceIndex /*device*/) const noexcept override {
        const std::unique_ptr<Place> gone(static_cast<Place*>(event));
    }
    void block(void* event, const c10::Stream& stream) const override {
        if (event != nullptr) {
            Queues::get().block(stream.id(), *static_cast<Place*>(event));
        }
    }
    [[nodiscard]] bool queryEvent(void* event) const override {
        return event == nullptr || Queues::get().is_done(*static_cast<Place*>(event));
    }
    [[nodiscard]] bool queryStream(const c10::Stream& stream) const override {
        return Queues::get().is_done(Queues::get().end(stream.id()));
    }
    void synchronizeEvent(void* event) const override {
        if (event != nullptr) {
            Queues::get().wait(*static_cast<Place*>(event));
        }
    }
    void synchronizeStream(const c10::Stream& stream) const override {
        Queues::get().wait(Queues::get().end(stream.id()));
    }
    void synchronizeDevice(const c10::DeviceIndex /*device*/) const override {
        Queues::get().wait_for_all();
    }
    void recordDataPtrOnStream(const c10::DataPtr& data, const c10::Stream& stream) const override {
        Queues::get().used_on(data.get(), stream.id());
    }
};

class Memory final : public c10::Allocator {
  public:
    explicit Memory(bool pinned) : pinned_(pinned) {}
    c10::DataPtr allocate(std::size_t bytes) override {
        Queues& queues = Queues::get();
        void* memory = pinned_ ? queues.allocate_pinned(bytes) : queues.allocate(bytes);
        return {memory, memory, raw_deleter(),
                pinned_ ? c10::Device(c10::kCPU) : c10::Device(type, current_device())};
    }
    [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override {
        return pinned_ ? [](void* memory) { Queues::get().free_pinned(memory); }
                       : [](void* memory) { Queues::get().free(memory); };
    }
    void copy_data(void* to, const void* from, std::size_t bytes) const override {
        default_copy_data(to, from, bytes);
    }

  private:
    bool pinned_;
};

class Hooks final : public at::PrivateUse1HooksInterface {
  public:
    [[nodiscard]] bool isBuilt() const override { return true; }
    [[nodiscard]] bool isAvailable() const override { return true; }
    [[nodiscard]] bool hasPrimaryContext(c10::DeviceIndex /*device*/) const override {
        return true;
    }
    [[nodiscard]] c10::DeviceIndex deviceCount() const override { return device_count; }
    [[nodiscard]] bool isPinnedPtr(const void* memory) const override {
        return Queues::get().is_pinned(memory);
    }
    [[nodiscard]] c10::Allocator* getPinnedMemoryAllocator() const override {
        static Memory pinned(true);
        return &pinned;
    }
};

std::atomic<std::int64_t>& living() {
    static std::atomic<std::int64_t> count{0};
    return count;
}

class LateRecording final : public Recording {
  public:
    explicit LateRecording(Queues::Recorder&& made)
        : steps_(std::make_shared<Steps>(std::move(made.steps))), pool_(std::move(made.pool)) {
        ++living();
    }
    ~LateRecording() override {
        --living();
        Queues::get().give_up(*pool_);
    }
    LateRecording(const LateRecording&) = delete;
    LateRecording& operator=(const LateRecording&) = delete;
    void replay() override {
        Queues& queues = Queues::get();
        queues.queue([steps = steps_] {
            for (const auto& step : *steps) {
                step();
            }
        });
        const std::scoped_lock lock(queues.mutex);
        ++queues.counts.replays;
    }

  private:
    std::shared_ptr<const Steps> steps_; ///< a replay that is queued needs no recording any more
    decltype(Queues::Recorder::pool) pool_;
};

c10::StreamId id_of(void* handle, c10::DeviceIndex device) {
    return handle == nullptr ? default_stream(device) : reinterpret_cast<c10::StreamId>(handle);
}

void* handle_of(c10::Stream stream) {
    return stream.id() == default_stream(stream.device_index())
               ? nullptr
               : reinterpret_cast<void*>(stream.id()); // NOLINT: a handle
}

c10::Stream stream_with(void* handle, c10::Device device) {
    return stream_of(id_of(handle, device.index()));
}

void wait_for(void* event, c10::Stream stream) {
    Queues::get().block(stream.id(), *static_cast<Place*>(event));
}

} // namespace

void* driver::make_stream() {
    static std::atomic<c10::StreamId> next{50};
    return reinterpret_cast<void*>(next++); // NOLINT: a handle
}

void driver::launch(void* stream, std::function<void()> kernel) {
    const c10::StreamId before = std::exchange(current_stream(0), id_of(stream, 0));
    Queues::get().queue(std::move(kernel));
    current_stream(0) = before;
}

void* driver::record(void* stream) {
    return std::make_unique<Place>(Queues::get().end(id_of(stream, 0))).release();
}

void driver::wait(void* stream, void* event) {
    Queues::get().block(id_of(stream, 0), *static_cast<Place*>(event));
}

void driver::destroy(void* event) {
    const std::unique_ptr<Place> gone(static_cast<Place*>(event));
}

std::unique_ptr<Recording> record(const c10::Device& /*device*/,
                                  const std::function<void()>& work) {
    Queues& queues = Queues::get();
    Queues::Recorder recorder;
    try {
        work();
    } catch (...) {
        queues.give_up(*recorder.pool);
        const std::scoped_lock lock(queues.mutex);
        ++queues.counts.refused;
        throw;
    }
    const std::scoped_lock lock(queues.mutex);
    ++queues.counts.recorded;
    return std::make_unique<LateRecording>(std::move(recorder));
}

std::int64_t recordings() {
    return living();
}

c10::Device begin(Order order, std::uint64_t seed) {
    // LibTorch keeps what is registered until the process ends, and so do we.
    static const bool registered = [] {
        static Guard guard;
        static Memory memory(false);
        static Hooks hooks;
        c10::register_privateuse1_backend("late");
        c10::impl::device_guard_impl_registry.at(static_cast<std::size_t>(type)).store(&guard);
        c10::SetAllocator(type, &memory);
        at::RegisterPrivateUse1HooksInterface(&hooks);
        register_kernels();
        set_recorder(type, &record);
        return true;
    }();
    static_cast<void>(registered);
    set_native_streams(type, {handle_of, stream_with, wait_for}); // tests take it away
    Queues::get().begin(order, seed);
    return {type, 0};
}

} // namespace oldfilm::testing::late
