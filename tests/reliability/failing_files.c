/* Preloaded into a program, lets calls on files fail or pause. Of files whose path contains
 * FILE_NAME, `fsync` (FILE_FAILS=fsync) or `close` (FILE_FAILS=close) reports an input/output error
 * (a path that was unlinked counts as it was), or `close` returns two seconds late
 * (FILE_FAILS=late); with FILE_FAILS=appears, the file in FILE_APPEARS comes into being when
 * FILE_NAME is synced. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_meant(int file, const char* how) {
    const char* fails = getenv("FILE_FAILS");
    const char* name = getenv("FILE_NAME");
    char link[64];
    char path[4096];
    if (fails == NULL || name == NULL || strcmp(fails, how) != 0) {
        return 0;
    }
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length <= 0) {
        return 0;
    }
    path[length] = '\0';
    return strstr(path, name) != NULL;
}

int fsync(int file) {
    if (is_meant(file, "fsync")) {
        errno = EIO;
        return -1;
    }
    if (is_meant(file, "appears")) {
        const int there = open(getenv("FILE_APPEARS"), O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (there >= 0) {
            const ssize_t written = write(there, "precious", 8);
            (void)written;
            syscall(SYS_close, there);
        }
    }
    return (int)syscall(SYS_fsync, file);
}

int close(int file) {
    const int fails = is_meant(file, "close");
    const int late = is_meant(file, "late");
    const int result = (int)syscall(SYS_close, file);
    if (late) {
        sleep(2);
    }
    if (fails) {
        errno = EIO;
        return -1;
    }
    return result;
}

int fclose(FILE* file) {
    int (*const real)(FILE*) = (int (*)(FILE*))dlsym(RTLD_NEXT, "fclose");
    const int fails = is_meant(fileno(file), "close");
    const int result = real(file);
    if (fails) {
        errno = EIO;
        return EOF;
    }
    return result;
}
