#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct directory_entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static pid_t parent_of(int proc, const char *pid) {
    char path[40], text[512];
    size_t length = strlen(pid);
    if (length > 20) return -1;
    memcpy(path, pid, length);
    memcpy(path + length, "/stat", 6);
    int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return -1;
    text[count] = 0;
    // The name stands in parentheses and may hold any byte: what follows its last one is ours.
    char *at = strrchr(text, ')');
    if (!at || strlen(at) < 5) return -1;
    pid_t parent = 0;
    for (at += 4; *at >= '0' && *at <= '9'; at++) parent = parent * 10 + (*at - '0');
    return parent;
}

// Orphans of the program become children of the guardian, so killing children until none is left reaches all of them.
static void kill_children(void) {
    pid_t self = getpid();
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0) return;
    char buffer[8192] __attribute__((aligned(8)));
    long count;
    while ((count = syscall(SYS_getdents64, proc, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < count;) {
            struct directory_entry *entry = (struct directory_entry *)(buffer + at);
            at += entry->length;
            if (entry->name[0] < '1' || entry->name[0] > '9') continue;
            if (parent_of(proc, entry->name) != self) continue;
            pid_t pid = 0;
            for (char *digit = entry->name; *digit; digit++) pid = pid * 10 + (*digit - '0');
            kill(pid, SIGKILL);
        }
    }
    close(proc);
}

// A child that changed its user cannot be killed; waiting for it has to end some day.
static void kill_all(void) {
    struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
    for (int attempt = 0; attempt < 2000; attempt++) {
        kill_children();
        pid_t gone;
        while ((gone = waitpid(-1, NULL, WNOHANG)) > 0) {}
        if (gone < 0 && errno == ECHILD) return;
        nanosleep(&pause, NULL);
    }
}

_Noreturn void swarm_guard(pid_t program, int report) {
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    int running = 1;
    while (running) {
        int signal = sigwaitinfo(&watched, NULL);
        if (signal == SIGTERM) {
            kill(program, SIGKILL);
            kill_children();
        }
        int status;
        pid_t gone;
        while ((gone = waitpid(-1, &status, WNOHANG)) > 0) {
            if (gone != program) continue;
            running = 0;
            // Nobody reads it where swarm itself is gone.
            if (write(report, &status, sizeof status) < 0) break;
        }
        // Somebody else took its status: it has ended all the same.
        if (gone < 0 && errno == ECHILD) running = 0;
    }
    kill_all();
    _exit(0);
}
