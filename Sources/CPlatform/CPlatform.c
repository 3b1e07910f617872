#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

void swarm_tune_allocator(void) {
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 16 << 20);
}

void swarm_hide_memory(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int swarm_openat2(int directory, const char *path, int flags, mode_t mode, uint64_t resolve) {
    struct open_how how = {.flags = (uint64_t)(unsigned int)flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int swarm_renameat2(int old_directory, const char *old_path, int new_directory, const char *new_path, unsigned int flags) {
    return (int)syscall(SYS_renameat2, old_directory, old_path, new_directory, new_path, flags);
}

int swarm_reflink(int target, int source) { return ioctl(target, FICLONE, source); }

int swarm_random(void *bytes, size_t count) {
    unsigned char *next = bytes;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        next += got;
        count -= (size_t)got;
    }
    return 0;
}

int swarm_begin_writeback(int file) { return sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE); }

int swarm_set_direct(int file, int on) {
    int flags = fcntl(file, F_GETFL);
    return flags < 0 ? -1 : fcntl(file, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT);
}

ssize_t swarm_fgetxattr(int file, const char *name, void *value, size_t size) { return fgetxattr(file, name, value, size); }

off_t swarm_seek(int file, off_t offset, int hole) { return lseek(file, offset, hole ? SEEK_HOLE : SEEK_DATA); }

int swarm_spawn_addchdir(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

int swarm_setxattr(const char *path, const char *name, const void *value, size_t size) {
    return value ? setxattr(path, name, value, size, 0) : removexattr(path, name);
}

int swarm_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

int swarm_is_ignored(int signal) {
    struct sigaction now;
    return sigaction(signal, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_IGN;
}

char **swarm_environment(void) { return environ; }
