#ifndef SWARM_CSQLITE_SHIM_H
#define SWARM_CSQLITE_SHIM_H

#include <sqlite3.h>

// Swift sees neither variadic functions nor macros that cast a pointer.

/// sqlite3_db_config for the switches that take an int: sets it and returns the result code.
static inline int swarm_sqlite_switch(sqlite3 *database, int which, int value) {
    int now = 0;
    int code = sqlite3_db_config(database, which, value, &now);
    return code != SQLITE_OK ? code : (now == value ? SQLITE_OK : SQLITE_ERROR);
}

/// Binds text, which SQLite copies.
static inline int swarm_sqlite_bind_text(sqlite3_stmt *statement, int position, const char *text, int count) {
    return sqlite3_bind_text(statement, position, text, count, SQLITE_TRANSIENT);
}

/// Binds bytes, which SQLite copies; no bytes are an empty blob, not NULL.
static inline int swarm_sqlite_bind_blob(sqlite3_stmt *statement, int position, const void *bytes, int count) {
    if (count == 0) return sqlite3_bind_zeroblob(statement, position, 0);
    return sqlite3_bind_blob(statement, position, bytes, count, SQLITE_TRANSIENT);
}

#endif
