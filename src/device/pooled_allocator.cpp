#include "device/pooled_allocator.hpp"

#include <oldfilm/process.hpp>

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <memory>
#include <new>

namespace oldfilm {
namespace {

constexpr std::size_t page = 4096;
/// Smaller tensors are the C library's: they come and go with what else there is.
constexpr std::size_t least_kept = std::size_t{256} << 10;

std::size_t round_up(std::size_t bytes) {
    return (std::max<std::size_t>(bytes, 1) + page - 1) / page * page;
}

std::atomic<PooledAllocator*> in_use{nullptr};

void release(void* data) {
    if (data != nullptr && !in_use.load()->give(data)) {
        c10::GetDefaultCPUAllocator()->raw_deallocate(data);
    }
}

/// Large tensors from the blocks, small ones as ever.
class KeptAllocator final : public c10::Allocator {
  public:
    c10::DataPtr allocate(std::size_t bytes) override {
        void* data = bytes >= least_kept ? in_use.load()->take(bytes) : nullptr;
        if (data == nullptr) {
            data = c10::GetDefaultCPUAllocator()->raw_allocate(bytes);
        }
        return {data, data, &release, c10::DeviceType::CPU};
    }
    [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void* to, const void* from, std::size_t bytes) const override {
        default_copy_data(to, from, bytes);
    }
};

} // namespace

PooledAllocator::PooledAllocator(std::size_t range) {
    void* const base = mmap(nullptr, range, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base != MAP_FAILED) { // NOLINT: the system's own macro
        base_ = static_cast<std::byte*>(base);
        range_ = range;
    }
}

PooledAllocator::~PooledAllocator() {
    if (base_ != nullptr) {
        munmap(base_, range_);
    }
}

void PooledAllocator::add_free(std::size_t at, std::size_t bytes) {
    auto after = free_.lower_bound(at);
    if (after != free_.end() && after->first == at + bytes) {
        bytes += after->second;
        const auto joined = after++;
        remove_free(joined);
    }
    if (after != free_.begin()) {
        const auto before = std::prev(after);
        if (before->first + before->second == at) {
            at = before->first;
            bytes += before->second;
            remove_free(before);
        }
    }
    free_.emplace(at, bytes);
    by_size_.emplace(bytes, at);
}

void PooledAllocator::remove_free(std::map<std::size_t, std::size_t>::iterator which) {
    by_size_.erase({which->second, which->first});
    free_.erase(which);
}

void* PooledAllocator::take(std::size_t bytes) noexcept {
    bytes = round_up(bytes);
    const std::lock_guard lock(mutex_);
    try {
        std::size_t at = top_;
        if (const auto fits = by_size_.lower_bound({bytes, 0}); fits != by_size_.end()) {
            const auto [size, place] = *fits;
            at = place;
            used_.emplace(at, bytes);
            remove_free(free_.find(at));
            if (size > bytes) {
                add_free(at + bytes, size - bytes);
            }
            return base_ + at;
        }
        // What is free at the end is lengthened.
        const bool ends_free =
            !free_.empty() && free_.rbegin()->first + free_.rbegin()->second == top_;
        if (ends_free) {
            at = free_.rbegin()->first;
        }
        if (at + bytes > range_) {
            return nullptr;
        }
        used_.emplace(at, bytes);
        if (ends_free) {
            remove_free(std::prev(free_.end()));
        }
        top_ = at + bytes;
        return base_ + at;
    } catch (const std::bad_alloc&) {
        return nullptr; // the C library is asked for the block then, and says so
    }
}

bool PooledAllocator::give(void* block) noexcept {
    const auto* const place = static_cast<std::byte*>(block);
    if (base_ == nullptr || place < base_ || place >= base_ + range_) {
        return false;
    }
    const std::lock_guard lock(mutex_);
    const auto which = used_.find(static_cast<std::size_t>(place - base_));
    if (which == used_.end()) {
        return false;
    }
    const auto [at, bytes] = *which;
    used_.erase(which);
    try {
        add_free(at, bytes);
    } catch (const std::bad_alloc&) {
        madvise(base_ + at, bytes, MADV_DONTNEED); // its addresses are lost, its memory isn't
    }
    return true;
}

void PooledAllocator::trim() noexcept {
    const std::lock_guard lock(mutex_);
    for (const auto& [at, bytes] : free_) {
        madvise(base_ + at, bytes, MADV_DONTNEED);
    }
}

std::size_t PooledAllocator::reached() const noexcept {
    const std::lock_guard lock(mutex_);
    return top_;
}

void use_kept_blocks() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (!memory_is_pooled()) {
            return;
        }
        const auto memory = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                            static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        // Tensors may be freed as late as the process ends: these two are never destroyed.
        alignas(PooledAllocator) static std::array<std::byte, sizeof(PooledAllocator)> blocks;
        alignas(KeptAllocator) static std::array<std::byte, sizeof(KeptAllocator)> allocator;
        in_use = std::construct_at(reinterpret_cast<PooledAllocator*>(blocks.data()), 4 * memory);
        c10::SetCPUAllocator(std::construct_at(reinterpret_cast<KeptAllocator*>(allocator.data())));
    });
}

void trim_kept_blocks() noexcept {
    if (PooledAllocator* const blocks = in_use.load()) {
        blocks->trim();
    }
}

} // namespace oldfilm
