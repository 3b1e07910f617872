#ifndef CSHA256_H
#define CSHA256_H

#include <stddef.h>
#include <stdint.h>

/// One message on its way through SHA-256 (FIPS 180-4). Zero bytes are no valid state: begin with `swarm_sha256_begin`.
struct swarm_sha256 {
    uint32_t state[8];
    uint64_t count;
    uint8_t pending[64];
};

/// Whether this processor has the instructions that everything below needs: 1 or 0. Without them nothing else here may be called.
int swarm_sha256_available(void);

/// The state before the first byte.
void swarm_sha256_begin(struct swarm_sha256 *message);

/// Adds bytes to a message.
void swarm_sha256_update(struct swarm_sha256 *message, const void *bytes, size_t count);

/// Adds bytes to two messages, in little more than the time that the longer of them takes alone.
void swarm_sha256_update_two(
    struct swarm_sha256 *one, const void *one_bytes, size_t one_count,
    struct swarm_sha256 *other, const void *other_bytes, size_t other_count);

/// The hash of all that was added. The message is of no use afterwards.
void swarm_sha256_finish(struct swarm_sha256 *message, uint8_t digest[32]);

#endif
