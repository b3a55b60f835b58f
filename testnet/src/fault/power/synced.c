/* Keeps a mirror of what is on the disk for certain.
 *
 * Loaded before a node (LD_PRELOAD). Whenever a file below MINGLIAN_POWER_ROOT is synced, its
 * content is copied to MINGLIAN_POWER_MIRROR; whenever a directory is synced, its entries are. What
 * was written and not synced is thus never in the mirror, and a power cut is: kill the node, put
 * the mirror in the place of its directory.
 *
 *   content/<inode>.<born>   the synced content of a file, whatever its name
 *   names/<path>             the synced entries of a directory, '/' written as '%';
 *                            a line is "f <inode>.<born> <name>" or "d - <name>"
 *
 * Nothing that a node does counts as synced without a call of fsync or fdatasync: neither rename
 * nor close, nor a sync of the file's directory for the file's content.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Larger files are taken to grow at their end only, unless they were cut shorter. */
#define WHOLE_BYTES_MAX (1 << 20)
#define SHORTENED_MAX 64
#define ID_MAX 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char shortened[SHORTENED_MAX][ID_MAX];

static const char *root(void) { return getenv("MINGLIAN_POWER_ROOT"); }
static const char *mirror(void) { return getenv("MINGLIAN_POWER_MIRROR"); }

/* A mirror with a hole would show lost data where there is none: better no node at all. */
static void give_up(const char *what) {
    dprintf(2, "power mirror: %s: %s\n", what, strerror(errno));
    abort();
}

static void identify(int directory, const char *name, int flags, char *id) {
    struct statx about;
    if (statx(directory, name, flags, STATX_INO | STATX_BTIME, &about) != 0) {
        id[0] = 0;
        return;
    }
    snprintf(id, ID_MAX, "%llu.%lld.%09u", (unsigned long long)about.stx_ino,
             (long long)about.stx_btime.tv_sec, about.stx_btime.tv_nsec);
}

/* The path of an open file below the root; NULL for any other file. */
static const char *below_root(int fd, char *path) {
    char link[64];
    if (!root() || !mirror()) return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    size_t prefix = strlen(root());
    if (strncmp(path, root(), prefix) != 0) return NULL;
    return path[prefix] == 0 || path[prefix] == '/' ? path + prefix : NULL;
}

static void copy(int from, int to, off_t offset) {
    char buffer[1 << 16];
    ssize_t count;
    while ((count = pread(from, buffer, sizeof buffer, offset)) > 0) {
        if (pwrite(to, buffer, (size_t)count, offset) != count) give_up("writing");
        offset += count;
    }
    if (count < 0) give_up("reading");
}

static int was_shortened(const char *id) {
    for (int place = 0; place < SHORTENED_MAX; place++) {
        if (strcmp(shortened[place], id) == 0) {
            shortened[place][0] = 0;
            return 1;
        }
    }
    return 0;
}

static void keep_content(int fd) {
    char id[ID_MAX], link[64], path[PATH_MAX], fresh[PATH_MAX + 8];
    struct stat now, before;
    identify(fd, "", AT_EMPTY_PATH, id);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int from = open(link, O_RDONLY | O_CLOEXEC);
    if (!id[0] || from < 0 || fstat(from, &now) != 0) give_up("opening a synced file");
    snprintf(path, sizeof path, "%s/content/%s", mirror(), id);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    int rewritten = was_shortened(id);
    int grows = stat(path, &before) == 0 && now.st_size >= before.st_size &&
                now.st_size > WHOLE_BYTES_MAX && !rewritten;
    int to = open(grows ? path : fresh, O_WRONLY | O_CREAT | O_CLOEXEC | (grows ? 0 : O_TRUNC), 0600);
    if (to < 0) give_up("creating");
    copy(from, to, grows ? before.st_size : 0);
    close(to);
    close(from);
    if (!grows && rename(fresh, path) != 0) give_up("renaming");
}

static void keep_names(int fd, const char *relative) {
    char path[PATH_MAX], fresh[PATH_MAX + 8], link[64], name[PATH_MAX];
    snprintf(name, sizeof name, "%%%s", relative[0] ? relative + 1 : "");
    for (char *place = name; *place; place++) if (*place == '/') *place = '%';
    snprintf(path, sizeof path, "%s/names/%s", mirror(), name);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    DIR *directory = opendir(link);
    FILE *list = fopen(fresh, "we");
    if (!directory || !list) give_up("listing");
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        char id[ID_MAX];
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        identify(dirfd(directory), entry->d_name, AT_SYMLINK_NOFOLLOW, id);
        if (!id[0]) continue;
        if (entry->d_type == DT_DIR) fprintf(list, "d - %s\n", entry->d_name);
        if (entry->d_type == DT_REG) fprintf(list, "f %s %s\n", id, entry->d_name);
    }
    closedir(directory);
    if (fclose(list) != 0 || rename(fresh, path) != 0) give_up("listing");
}

static int synced(int fd, int result) {
    char path[PATH_MAX];
    struct stat about;
    int error = errno;
    const char *relative = result == 0 ? below_root(fd, path) : NULL;
    if (relative && fstat(fd, &about) == 0) {
        pthread_mutex_lock(&lock);
        if (S_ISREG(about.st_mode)) keep_content(fd);
        if (S_ISDIR(about.st_mode)) keep_names(fd, relative);
        pthread_mutex_unlock(&lock);
    }
    errno = error;
    return result;
}

int fsync(int fd) {
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return synced(fd, next(fd));
}

int fdatasync(int fd) {
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return synced(fd, next(fd));
}

static int shorten(const char *function, int fd, off_t length) {
    int (*next)(int, off_t) = (int (*)(int, off_t))dlsym(RTLD_NEXT, function);
    char path[PATH_MAX], id[ID_MAX];
    if (below_root(fd, path)) {
        pthread_mutex_lock(&lock);
        identify(fd, "", AT_EMPTY_PATH, id);
        was_shortened(id);
        for (int place = 0;; place++) {
            if (place == SHORTENED_MAX) give_up("too many files are cut shorter");
            if (!shortened[place][0]) {
                memcpy(shortened[place], id, ID_MAX);
                break;
            }
        }
        pthread_mutex_unlock(&lock);
    }
    return next(fd, length);
}

int ftruncate(int fd, off_t length) { return shorten("ftruncate", fd, length); }
int ftruncate64(int fd, off_t length) { return shorten("ftruncate64", fd, length); }
