#include <oldfilm/process.hpp>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

namespace {

/// Pages of this process that are in memory.
long resident_pages() {
    std::ifstream file("/proc/self/statm");
    long total = 0;
    long resident = 0;
    file >> total >> resident;
    return resident;
}

/// Makes, touches and frees a buffer as large as a frame of 4K in float32; pages kept afterwards.
long kept_pages() {
    constexpr std::size_t size = std::size_t{3840} * 2160 * 3 * sizeof(float);
    const long before = resident_pages();
    std::unique_ptr<char[]> buffer(new char[size]);
    for (std::size_t i = 0; i < size; i += 4096) {
        buffer[i] = 1;
    }
    buffer.reset();
    return resident_pages() - before;
}

} // namespace

TEST_CASE("Freed memory stays with the process once it is asked to") {
#ifdef __SANITIZE_ADDRESS__
    WARN("the address sanitizer has an allocator of its own");
    return;
#endif
    const long page = sysconf(_SC_PAGESIZE);
    CHECK(kept_pages() * page < 10'000'000);
    if (!oldfilm::pool_memory()) {
        WARN("this C library cannot keep memory");
        return;
    }
    CHECK(kept_pages() * page > 90'000'000);
}
