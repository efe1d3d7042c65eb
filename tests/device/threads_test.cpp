// How many threads LibTorch's operations really have, also where the program brings another OpenMP.
#include <catch2/catch.hpp>
#include <dlfcn.h>

#include <string>

namespace {

/// In a library that is loaded as the command line loads its engine: for itself.
struct Loaded {
    Loaded() : library(dlopen(OLDFILM_THREADS_MODULE, RTLD_NOW | RTLD_LOCAL)) {
        INFO((library == nullptr ? dlerror() : ""));
        REQUIRE(library != nullptr);
        counted = reinterpret_cast<int (*)(int)>(dlsym(library, "threads_at_work"));
        REQUIRE(counted != nullptr);
    }
    void* library;
    int (*counted)(int) = nullptr;
};

} // namespace

TEST_CASE("LibTorch's operations have the threads that were asked for") {
    const Loaded module;
    CHECK(module.counted(1) == 1);
    CHECK(module.counted(3) == 3);
    CHECK(module.counted(2) == 2);
}

TEST_CASE("Another OpenMP that the program loads later takes no part in it") {
    const Loaded module;
    CHECK(module.counted(2) == 2);
    void* const other = dlopen(OLDFILM_OTHER_OPENMP, RTLD_NOW | RTLD_GLOBAL);
    INFO((other == nullptr ? dlerror() : ""));
    REQUIRE(other != nullptr);
    // It is another copy, and the one that everybody finds who doesn't look closely.
    const auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
    REQUIRE(set != nullptr);
    REQUIRE(set == reinterpret_cast<void (*)(int)>(dlsym(other, "omp_set_num_threads")));
    CHECK(module.counted(1) == 1);
    CHECK(module.counted(3) == 3);
}
