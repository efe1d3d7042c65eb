/* Preloaded into a program, lets allocations fail: of those of FAIL_BYTES bytes or more, number
 * FAIL_AT and FAIL_COUNT - 1 that follow. With FAIL_LOG set their number is written to that file at
 * the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

static atomic_long seen;
static long at = -1, count = 1, bytes = 65536;

static long setting(const char* name, long otherwise) {
    const char* text = getenv(name);
    return text == NULL ? otherwise : atol(text);
}

__attribute__((constructor)) static void begin(void) {
    bytes = setting("FAIL_BYTES", bytes);
    count = setting("FAIL_COUNT", count);
    at = setting("FAIL_AT", at);
}

__attribute__((destructor)) static void end(void) {
    const char* path = getenv("FAIL_LOG");
    FILE* file = path == NULL ? NULL : fopen(path, "w");
    if (file != NULL) {
        fprintf(file, "%ld\n", atomic_load(&seen));
        fclose(file);
    }
}

static int fails(size_t size) {
    if (size < (size_t)bytes) {
        return 0;
    }
    const long number = atomic_fetch_add(&seen, 1);
    if (at < 0 || number < at || number >= at + count) {
        return 0;
    }
    errno = ENOMEM;
    return 1;
}

void* malloc(size_t size) {
    return fails(size) ? NULL : __libc_malloc(size);
}
void* calloc(size_t items, size_t size) {
    return fails(items * size) ? NULL : __libc_calloc(items, size);
}
void* realloc(void* old, size_t size) {
    return fails(size) ? NULL : __libc_realloc(old, size);
}
void* memalign(size_t alignment, size_t size) {
    return fails(size) ? NULL : __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
    return memalign(alignment, size);
}
int posix_memalign(void** made, size_t alignment, size_t size) {
    void* got = memalign(alignment, size);
    if (got == NULL) {
        return ENOMEM;
    }
    *made = got;
    return 0;
}
