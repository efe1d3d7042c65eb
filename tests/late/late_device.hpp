#pragma once
/// \file
/// A device for tests that behaves as a GPU does at its worst: what is queued on its streams is
/// done as late as can be, streams overtake each other wherever no event holds them, memory that is
/// given back is overwritten and handed out again at once, and copies from pinned memory read it
/// late. What is right there by luck on a GPU is wrong here every time.
///
/// It is LibTorch's PrivateUse1, named "late"; its memory is the host's, and the CPU's operators do
/// its work. Operators that answer to the host (`item`, `equal`, `nonzero`) wait, and are counted.
///
/// It records, and replays what it has recorded: on the same memory, which is overwritten between
/// two steps as between two kernels. To wait while it records is an error.

#include <oldfilm/recording.hpp>

#include <c10/core/Device.h>
#include <c10/core/Stream.h>

#include <cstdint>

namespace oldfilm::testing::late {

/// How the device chooses what to do next.
enum class Order : std::uint8_t {
    last,   ///< nothing before somebody waits for it, and then only what that needs
    random, ///< now and then a piece of any stream
};

/// Registers the device with LibTorch and its recorder with oldfilm, where that isn't done yet; its
/// order, and counts from zero.
c10::Device begin(Order order = Order::last, std::uint64_t seed = 1);

/// Since `begin`.
struct Counts {
    std::int64_t kernels = 0;                ///< operators queued
    std::int64_t waits = 0;                  ///< times that a thread waited for the device
    std::int64_t uploads = 0, downloads = 0; ///< copies between host and device
    std::int64_t downloaded = 0;             ///< bytes
    std::int64_t reused = 0;                 ///< blocks of memory handed out again
    std::int64_t recorded = 0, refused = 0;  ///< recordings made, and failed
    std::int64_t replays = 0;
};
Counts counts();
/// Waits of the calling thread alone, since it began.
std::int64_t waits_here();
/// Kernels that are queued and not done.
std::int64_t pending();
/// Recordings that there are.
std::int64_t recordings();
/// Makes one; what `set_recorder` has been told of.
std::unique_ptr<Recording> record(const c10::Device& device, const std::function<void()>& work);

/// The device without LibTorch, as code with kernels of its own calls it. Streams and events are
/// what `set_native_streams` has been told of; a stream that is null is the first device's default.
namespace driver {
void* make_stream(); ///< one that LibTorch doesn't know
void launch(void* stream, std::function<void()> kernel);
/// After what the stream has been queued so far.
void* record(void* stream);
void wait(void* stream, void* event);
void destroy(void* event);
} // namespace driver

} // namespace oldfilm::testing::late
