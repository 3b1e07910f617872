#ifndef CPLATFORM_H
#define CPLATFORM_H

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Makes malloc keep large blocks instead of giving them back to the kernel after each use: the page faults of a buffer
/// that is mapped anew for every chunk cost several times the encryption itself. Call once, before threads exist.
void swarm_tune_allocator(void);

/* No other process of this account may look into this one, and it leaves no core. */
void swarm_hide_memory(void);

/// openat2(2) with a mask of RESOLVE_ flags; -1 and errno on failure.
int swarm_openat2(int directory, const char *path, int flags, mode_t mode, uint64_t resolve);

/// renameat2(2); flags 1 = RENAME_NOREPLACE, 2 = RENAME_EXCHANGE.
int swarm_renameat2(int old_directory, const char *old_path, int new_directory, const char *new_path, unsigned int flags);

/// ioctl FICLONE: makes `target` share the extents of `source`. -1 and errno where the file system cannot.
int swarm_reflink(int target, int source);

/// getrandom(2) until `count` bytes are there; -1 and errno on failure.
int swarm_random(void *bytes, size_t count);

/// sync_file_range(2) with SYNC_FILE_RANGE_WRITE over the whole file: sets its bytes on their way to the disk and does not wait.
int swarm_begin_writeback(int file);

/// Sets or clears O_DIRECT: whether reads and writes go past the page cache. -1 and errno where the file system cannot.
int swarm_set_direct(int file, int on);

/// fgetxattr(2); -1 and errno where there is none.
ssize_t swarm_fgetxattr(int file, const char *name, void *value, size_t size);

/// setxattr(2), and removexattr(2) where `value` is null; -1 and errno on failure.
int swarm_setxattr(const char *path, const char *name, const void *value, size_t size);

/// Where the next data (or, with `hole`, the next hole) at or behind `offset` begins; -1 and errno where there is none.
off_t swarm_seek(int file, off_t offset, int hole);

/// posix_spawn_file_actions_addchdir_np, which the headers hide behind _GNU_SOURCE.
int swarm_spawn_addchdir(posix_spawn_file_actions_t *actions, const char *path);

/// accept4(2) with SOCK_CLOEXEC, which the headers hide behind _GNU_SOURCE: no program that another thread starts meanwhile keeps
/// the connection. -1 and errno on failure.
int swarm_accept(int listener);

/// Whether a signal is ignored by this process: 1 or 0.
int swarm_is_ignored(int signal);

/// The environment of this process, as execve(2) takes it.
char **swarm_environment(void);

enum {
    SWARM_RESOLVE_NO_SYMLINKS = 0x04,
    SWARM_RESOLVE_NO_MAGICLINKS = 0x02,
    SWARM_RESOLVE_BENEATH = 0x08,
    SWARM_RENAME_NOREPLACE = 1,
    SWARM_RENAME_EXCHANGE = 2,
    /* POSIX_SPAWN_SETSID, which the headers hide behind _GNU_SOURCE. */
    SWARM_SPAWN_SETSID = 0x80,
};

#endif
