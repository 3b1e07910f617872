#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stdint.h>
#include <sys/types.h>

/// Where the child stood when a call failed.
enum swarm_stage {
    SWARM_STAGE_FORK = 1,
    SWARM_STAGE_CGROUP,
    SWARM_STAGE_LIMIT,
    SWARM_STAGE_NAMESPACE,
    SWARM_STAGE_OVERLAY,
    SWARM_STAGE_DESCRIPTORS,
    SWARM_STAGE_TERMINAL,
    SWARM_STAGE_DIRECTORY,
    SWARM_STAGE_EXEC,
};

struct swarm_spawn {
    const char *program; ///< absolute path; NULL: set up, then exit 0 (a probe)
    char *const *argv;
    char *const *envp;
    const char *directory;       ///< working directory, or NULL
    int stdio[3];                ///< become 0, 1, 2
    int extra[4];                ///< become 3, 4, ..
    int extra_count;
    int terminal;                ///< nonzero: descriptor 0 becomes the controlling terminal
    int guarded;                 ///< nonzero: a guardian process outlives the program and kills what it leaves
    int report;                  ///< guarded: receives the program's raw wait status (an int)
    int user_namespace;          ///< nonzero: the caller may not mount, so a user namespace comes first
    int namespace_only;          ///< nonzero: make the namespaces without an overlay (a probe)
    const char *const *lower;    ///< overlay's lower directories, topmost first
    int lower_count;             ///< 0: no overlay
    const char *upper;           ///< overlay's upper directory, over which the merged view is mounted
    const char *work;
    const int *cgroup_procs;     ///< open cgroup.procs files that the program joins
    int cgroup_count;
    int64_t address_space;       ///< RLIMIT_AS in bytes, or -1
    int64_t open_files;          ///< soft RLIMIT_NOFILE, or -1
};

struct swarm_spawn_failure {
    int stage;
    int number; ///< errno
};

/// Starts a process, which dies with the calling thread. Returns its pid (of the guardian where `guarded`), or -1 with
/// the failure filled in. The overlay lives in a mount namespace of the process alone.
pid_t swarm_spawn(const struct swarm_spawn *request, struct swarm_spawn_failure *failure);

/// pipe2(2), both ends close-on-exec.
int swarm_pipe(int ends[2]);

/// pidfd_open(2), close-on-exec.
int swarm_pidfd_open(pid_t pid);

/// pidfd_send_signal(2).
int swarm_pidfd_kill(int descriptor, int signal);

/// prlimit(2) on another process; `memory` and `processes` in bytes and number, -1 leaves a limit alone.
int swarm_limit(pid_t pid, int64_t memory, int64_t processes);

/// memfd_create(2) for handing bytes to a child that is given the descriptor; -1 and errno.
int swarm_memory_file(const char *name);

/// Opens a pseudo-terminal of the given size; both ends close-on-exec.
int swarm_open_terminal(int *outer, int *inner, unsigned short rows, unsigned short columns);

/// Sets the window size of a terminal.
int swarm_set_window(int terminal, unsigned short rows, unsigned short columns);

/// Reads the window size of a terminal.
int swarm_get_window(int terminal, unsigned short *rows, unsigned short *columns);

/// ioctl FICLONE: whether `target` can share the extents of `source`.
int swarm_sandbox_reflink(int target, int source);

/// waitpid(2) decoded: 0 and `*code`, `*signal` filled in (one of them -1); 1 where it still runs; -1 and errno.
int swarm_reap(pid_t pid, int blocking, int *code, int *signal);

/// Decodes a raw wait status.
void swarm_decode(int status, int *code, int *signal);

#endif
