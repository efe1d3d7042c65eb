#pragma once
/// \file
/// Memory for large tensors that is kept between them (see `oldfilm::pool_memory`).

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace oldfilm {

/// A range of addresses that only large blocks live in. The C library puts small things between
/// them, which stay behind and split what was one block for the next picture: a network then comes
/// to hold half as much again. Here neighbors that are free are one again, and the best fit is
/// given. Pages are the system's until they are first written. For any thread.
class PooledAllocator {
  public:
    /// Takes hold of `range` bytes of addresses, no memory. `take` gives nothing where they can't
    /// be had.
    explicit PooledAllocator(std::size_t range);
    ~PooledAllocator();
    PooledAllocator(const PooledAllocator&) = delete;
    PooledAllocator& operator=(const PooledAllocator&) = delete;

    /// A block that begins at a page, or nullptr when the range is full.
    void* take(std::size_t bytes) noexcept;
    /// Gives a block back; false when it isn't one of these.
    bool give(void* block) noexcept;
    /// Lets the system have the pages of what is free.
    void trim() noexcept;
    /// Bytes from the range's start to the end of the last block that there ever was.
    [[nodiscard]] std::size_t reached() const noexcept;

  private:
    void add_free(std::size_t at, std::size_t bytes);
    void remove_free(std::map<std::size_t, std::size_t>::iterator which);

    mutable std::mutex mutex_;
    std::byte* base_ = nullptr;
    std::size_t range_ = 0;
    std::size_t top_ = 0;                                   ///< beyond it nothing was ever given
    std::map<std::size_t, std::size_t> used_;               ///< bytes by place
    std::map<std::size_t, std::size_t> free_;               ///< likewise
    std::set<std::pair<std::size_t, std::size_t>> by_size_; ///< bytes and place
};

/// Where `pool_memory` was called: has LibTorch take its large tensors on the CPU from kept blocks,
/// from now on. Done once, by whatever opens the first model.
void use_kept_blocks();
/// Lets the system have what the kept blocks don't use.
void trim_kept_blocks() noexcept;

} // namespace oldfilm
