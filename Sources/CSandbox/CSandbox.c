#define _GNU_SOURCE
#include "CSandbox.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int swarm_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int swarm_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int swarm_pidfd_kill(int descriptor, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0);
}

int swarm_limit(pid_t pid, int64_t memory, int64_t processes) {
    if (memory >= 0) {
        struct rlimit limit = {.rlim_cur = (rlim_t)memory, .rlim_max = (rlim_t)memory};
        if (prlimit(pid, RLIMIT_AS, &limit, NULL) != 0) return -1;
    }
    if (processes >= 0) {
        struct rlimit limit = {.rlim_cur = (rlim_t)processes, .rlim_max = (rlim_t)processes};
        if (prlimit(pid, RLIMIT_NPROC, &limit, NULL) != 0) return -1;
    }
    return 0;
}

int swarm_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int swarm_open_terminal(int *outer, int *inner, unsigned short rows, unsigned short columns) {
    *outer = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*outer < 0) return -1;
    char name[64];
    if (grantpt(*outer) != 0 || unlockpt(*outer) != 0 || ptsname_r(*outer, name, sizeof name) != 0) goto fail;
    *inner = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*inner < 0) goto fail;
    swarm_set_window(*inner, rows, columns);
    return 0;
fail:;
    int saved = errno;
    close(*outer);
    errno = saved;
    return -1;
}

int swarm_set_window(int terminal, unsigned short rows, unsigned short columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(terminal, TIOCSWINSZ, &size);
}

int swarm_get_window(int terminal, unsigned short *rows, unsigned short *columns) {
    struct winsize size = {0};
    if (ioctl(terminal, TIOCGWINSZ, &size) != 0) return -1;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return 0;
}

int swarm_sandbox_reflink(int target, int source) { return ioctl(target, FICLONE, source); }

void swarm_decode(int status, int *code, int *signal) {
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    *signal = WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

int swarm_reap(pid_t pid, int blocking, int *code, int *signal) {
    int status = 0;
    pid_t result;
    do result = waitpid(pid, &status, blocking ? 0 : WNOHANG);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    if (result == 0) return 1;
    swarm_decode(status, code, signal);
    return 0;
}
