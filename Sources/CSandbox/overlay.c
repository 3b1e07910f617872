#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

// snprintf is not async-signal-safe; these two are all that is needed of it.
static char *put_text(char *at, char *end, const char *text) {
    while (*text && at < end) *at++ = *text++;
    return at;
}

static char *put_number(char *at, char *end, unsigned long number) {
    char digits[24];
    int count = 0;
    do digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0 && at < end) *at++ = digits[--count];
    return at;
}

static int write_file(const char *path, const char *text, size_t length) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t written = write(file, text, length);
    int saved = errno;
    close(file);
    errno = saved;
    return written == (ssize_t)length ? 0 : -1;
}

static int map_identity(const char *path, unsigned long id) {
    char line[64], *end = line + sizeof line, *at = line;
    at = put_number(at, end, id);
    at = put_text(at, end, " ");
    at = put_number(at, end, id);
    at = put_text(at, end, " 1\n");
    return write_file(path, line, (size_t)(at - line));
}

static int enter_user_namespace(int flags) {
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(flags | CLONE_NEWUSER) != 0) return -1;
    if (write_file("/proc/self/setgroups", "deny", 4) != 0 && errno != ENOENT) return -1;
    if (map_identity("/proc/self/uid_map", uid) != 0) return -1;
    return map_identity("/proc/self/gid_map", gid);
}

// Directories are named through open descriptors: no character of a path needs escaping, and the option string stays
// far below the page that the kernel allows it.
static int mount_overlay(const struct swarm_spawn *request) {
    char options[4000], *end = options + sizeof options - 1, *at = options;
    at = put_text(at, end, "lowerdir=");
    for (int index = 0; index < request->lower_count; index++) {
        int directory = open(request->lower[index], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0) return -1;
        at = put_text(at, end, index > 0 ? ":/proc/self/fd/" : "/proc/self/fd/");
        at = put_number(at, end, (unsigned long)directory);
    }
    int upper = open(request->upper, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (upper < 0) return -1;
    int work = open(request->work, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (work < 0) return -1;
    at = put_text(at, end, ",upperdir=/proc/self/fd/");
    at = put_number(at, end, (unsigned long)upper);
    at = put_text(at, end, ",workdir=/proc/self/fd/");
    at = put_number(at, end, (unsigned long)work);
    at = put_text(at, end, ",userxattr");
    // Without `volatile` unmounting waits until everything that is on its way to this disk, whoever wrote it, has arrived.
    // swarm keeps what it wants of the layer in packs that it syncs itself. Linux has the option since 5.10.
    char *quick = at;
    at = put_text(at, end, ",volatile");
    if (at >= end) {
        errno = ENAMETOOLONG;
        return -1;
    }
    *at = 0;
    const int flags = MS_NOSUID | MS_NODEV;
    if (mount("overlay", request->upper, "overlay", flags, options) == 0) return 0;
    if (errno != EINVAL) return -1;
    *quick = 0;
    return mount("overlay", request->upper, "overlay", flags, options);
}

int swarm_enter_namespaces(const struct swarm_spawn *request) {
    if (request->lower_count == 0 && !request->namespace_only) return 0;
    if (request->user_namespace) {
        if (enter_user_namespace(CLONE_NEWNS) != 0) return SWARM_STAGE_NAMESPACE;
    } else if (unshare(CLONE_NEWNS) != 0) {
        return SWARM_STAGE_NAMESPACE;
    }
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return SWARM_STAGE_NAMESPACE;
    if (request->lower_count > 0 && mount_overlay(request) != 0) return SWARM_STAGE_OVERLAY;
    return 0;
}
