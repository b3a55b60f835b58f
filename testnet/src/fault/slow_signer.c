/* Loaded before a node (LD_PRELOAD): syncing its signer's mark takes MINGLIAN_SLOW_SIGNER_US
 * microseconds longer, as on a slow disk. What it signs is then in the file for that long before
 * anybody else sees it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int fdatasync(int file) {
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const char *delay = getenv("MINGLIAN_SLOW_SIGNER_US");
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0 && delay) {
        path[length] = 0;
        const char *name = strrchr(path, '/');
        if (name && !strcmp(name, "/signer.mark")) usleep((useconds_t)atoi(delay));
    }
    return next(file);
}
