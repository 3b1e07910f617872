#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

_Noreturn static void fail(int channel, int stage) {
    struct swarm_spawn_failure failure = {.stage = stage, .number = errno};
    // With nobody left to read it there is nobody to tell.
    if (write(channel, &failure, sizeof failure) < 0) _exit(126);
    _exit(127);
}

static void reset_signals(void) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < 65; signal++) sigaction(signal, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_on_exec_from(int first) {
    if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    struct rlimit limit;
    int count = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
    for (int number = first; number < count; number++) fcntl(number, F_SETFD, FD_CLOEXEC);
}

// Every source moves out of the way first, so that no target overwrites a source that is still to come.
static int place_descriptors(const struct swarm_spawn *request) {
    int moved[8], count = 3 + request->extra_count;
    for (int index = 0; index < count; index++) {
        int source = index < 3 ? request->stdio[index] : request->extra[index - 3];
        moved[index] = fcntl(source, F_DUPFD_CLOEXEC, 32);
        if (moved[index] < 0) return -1;
    }
    for (int index = 0; index < count; index++)
        if (dup2(moved[index], index) < 0) return -1;
    close_on_exec_from(count);
    return 0;
}

static int set_limit(int resource, int64_t value) {
    if (value < 0) return 0;
    struct rlimit limit = {.rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value};
    return setrlimit(resource, &limit);
}

static int lower_open_files(int64_t value) {
    struct rlimit limit;
    if (value < 0) return 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    if ((rlim_t)value < limit.rlim_cur) limit.rlim_cur = (rlim_t)value;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

_Noreturn static void become_program(const struct swarm_spawn *request, int channel, pid_t parent) {
    // A session of its own: the terminal's Ctrl-C reaches swarm alone, which then decides how the step ends.
    setsid();
    for (int index = 0; index < request->cgroup_count; index++)
        if (write(request->cgroup_procs[index], "0", 1) != 1) fail(channel, SWARM_STAGE_CGROUP);
    int stage = swarm_enter_namespaces(request);
    if (stage != 0) fail(channel, stage);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126);
    if (!request->program) _exit(0);
    // The channel must survive the placing below; 40 is above all targets.
    channel = fcntl(channel, F_DUPFD_CLOEXEC, 40);
    if (place_descriptors(request) != 0) fail(channel, SWARM_STAGE_DESCRIPTORS);
    if (request->terminal && ioctl(0, TIOCSCTTY, 0) != 0) fail(channel, SWARM_STAGE_TERMINAL);
    if (request->directory && chdir(request->directory) != 0) fail(channel, SWARM_STAGE_DIRECTORY);
    if (set_limit(RLIMIT_AS, request->address_space) != 0) fail(channel, SWARM_STAGE_LIMIT);
    if (lower_open_files(request->open_files) != 0) fail(channel, SWARM_STAGE_LIMIT);
    reset_signals();
    execve(request->program, request->argv, request->envp);
    fail(channel, SWARM_STAGE_EXEC);
}

_Noreturn static void become_guardian(const struct swarm_spawn *request, int channel, pid_t parent) {
    setsid();
    // Where swarm was told to ignore it, the kernel would keep no status of the program.
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &usual, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(126);
    pid_t self = getpid();
    pid_t program = fork();
    if (program < 0) fail(channel, SWARM_STAGE_FORK);
    if (program == 0) become_program(request, channel, self);
    // It is a copy of swarm, keys and all: a step of the same user must not read its memory.
    prctl(PR_SET_DUMPABLE, 0);
    // What the guardian holds open would keep readers of the step's output waiting.
    int report = dup2(request->report, 0);
    if (syscall(SYS_close_range, 1, ~0U, 0) != 0)
        for (int number = 1; number < 65536; number++) close(number);
    swarm_guard(program, report);
}

pid_t swarm_spawn(const struct swarm_spawn *request, struct swarm_spawn_failure *failure) {
    int channel[2];
    failure->stage = SWARM_STAGE_FORK;
    if (pipe2(channel, O_CLOEXEC) != 0) {
        failure->number = errno;
        return -1;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        if (request->guarded) become_guardian(request, channel[1], parent);
        become_program(request, channel[1], parent);
    }
    int saved = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(channel[1]);
    if (pid < 0) {
        close(channel[0]);
        failure->number = saved;
        return -1;
    }
    ssize_t count;
    do count = read(channel[0], failure, sizeof *failure);
    while (count < 0 && errno == EINTR);
    close(channel[0]);
    if (count != (ssize_t)sizeof *failure) return pid;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    return -1;
}
