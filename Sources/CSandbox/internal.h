#ifndef CSANDBOX_INTERNAL_H
#define CSANDBOX_INTERNAL_H

#include "CSandbox.h"

/// Mounts the overlay over its own upper directory, in namespaces made for it. Returns 0, or the stage that failed (errno
/// set). Only async-signal-safe calls: it runs between fork and exec.
int swarm_enter_namespaces(const struct swarm_spawn *request);

/// The guardian's life: waits for the program, reports its status, kills every process that it left, exits.
_Noreturn void swarm_guard(pid_t program, int report);

#endif
