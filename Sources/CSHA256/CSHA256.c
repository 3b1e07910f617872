/* SHA-256 (FIPS 180-4) with the SHA extensions of x86-64, of one message or of two side by side.
 *
 * A round needs the result of the round before it, so one message keeps a processor waiting most of the time: 2 cycles a byte,
 * whoever's code it is. Two messages fill each other's gaps. Libraries that do so stop at short messages, or are not packaged. */

#include "include/CSHA256.h"

#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define WITH_EXTENSIONS __attribute__((target("sha,sse4.1")))

enum { BLOCK = 64, LANES = 2 };

/* FIPS 180-4, section 4.2.2. */
static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The blocks of the first `lanes` messages, block by block in turn. `lanes` is known where this is inlined: its loops vanish. */
static inline __attribute__((always_inline)) WITH_EXTENSIONS void compress(
    struct swarm_sha256 *const message[LANES], const uint8_t *const bytes[LANES], size_t blocks, const int lanes)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    /* The instructions want the eight words a to h as (a b e f) and (c d g h), the first word highest. */
    __m128i abef[LANES], cdgh[LANES];
    for (int lane = 0; lane < lanes; lane++) {
        __m128i dcba = _mm_loadu_si128((const __m128i *)&message[lane]->state[0]);
        __m128i hgfe = _mm_loadu_si128((const __m128i *)&message[lane]->state[4]);
        __m128i badc = _mm_shuffle_epi32(dcba, 0xb1);
        __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);
        abef[lane] = _mm_alignr_epi8(badc, efgh, 8);
        cdgh[lane] = _mm_blend_epi16(efgh, badc, 0xf0);
    }
    for (size_t block = 0; block < blocks; block++) {
        __m128i words[LANES][4], before_abef[LANES], before_cdgh[LANES];
        for (int lane = 0; lane < lanes; lane++) {
            before_abef[lane] = abef[lane];
            before_cdgh[lane] = cdgh[lane];
        }
#pragma clang loop unroll(full)
        for (int four = 0; four < 16; four++) {
            const __m128i round = _mm_load_si128((const __m128i *)&constants[4 * four]);
            for (int lane = 0; lane < lanes; lane++) {
                __m128i *w = words[lane];
                if (four < 4) {
                    const uint8_t *from = bytes[lane] + block * BLOCK + 16 * four;
                    w[four] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)from), big_endian);
                } else {
                    /* Section 6.2.2, step 1, four words at a time; the oldest four give way to them. */
                    __m128i seven_ago = _mm_alignr_epi8(w[(four + 3) % 4], w[(four + 2) % 4], 4);
                    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[four % 4], w[(four + 1) % 4]), seven_ago);
                    w[four % 4] = _mm_sha256msg2_epu32(sum, w[(four + 3) % 4]);
                }
                __m128i input = _mm_add_epi32(w[four % 4], round);
                cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], input);
                abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32(input, 0x0e));
            }
        }
        for (int lane = 0; lane < lanes; lane++) {
            abef[lane] = _mm_add_epi32(abef[lane], before_abef[lane]);
            cdgh[lane] = _mm_add_epi32(cdgh[lane], before_cdgh[lane]);
        }
    }
    for (int lane = 0; lane < lanes; lane++) {
        __m128i feba = _mm_shuffle_epi32(abef[lane], 0x1b);
        __m128i dchg = _mm_shuffle_epi32(cdgh[lane], 0xb1);
        _mm_storeu_si128((__m128i *)&message[lane]->state[0], _mm_blend_epi16(feba, dchg, 0xf0));
        _mm_storeu_si128((__m128i *)&message[lane]->state[4], _mm_alignr_epi8(dchg, feba, 8));
    }
}

static WITH_EXTENSIONS void compress_one(struct swarm_sha256 *message, const uint8_t *bytes, size_t blocks)
{
    struct swarm_sha256 *const messages[LANES] = {message, message};
    const uint8_t *const from[LANES] = {bytes, bytes};
    compress(messages, from, blocks, 1);
}

static WITH_EXTENSIONS void compress_two(
    struct swarm_sha256 *one, const uint8_t *one_bytes, struct swarm_sha256 *other, const uint8_t *other_bytes, size_t blocks)
{
    struct swarm_sha256 *const messages[LANES] = {one, other};
    const uint8_t *const from[LANES] = {one_bytes, other_bytes};
    compress(messages, from, blocks, 2);
}

int swarm_sha256_available(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid_count(1, 0, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

void swarm_sha256_begin(struct swarm_sha256 *message)
{
    /* Section 5.3.3. */
    static const uint32_t initial[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    };
    memcpy(message->state, initial, sizeof initial);
    message->count = 0;
}

/* Adds bytes up to the end of a block that was begun; gives how many that took. */
static size_t complete(struct swarm_sha256 *message, const uint8_t *bytes, size_t count)
{
    size_t held = message->count % BLOCK;
    if (held == 0 || count == 0) return 0;
    size_t taken = BLOCK - held < count ? BLOCK - held : count;
    memcpy(message->pending + held, bytes, taken);
    message->count += taken;
    if (held + taken == BLOCK) compress_one(message, message->pending, 1);
    return taken;
}

/* Adds bytes to a message of whole blocks. */
static void add(struct swarm_sha256 *message, const uint8_t *bytes, size_t count)
{
    size_t blocks = count / BLOCK, rest = count % BLOCK;
    if (blocks > 0) compress_one(message, bytes, blocks);
    if (rest > 0) memcpy(message->pending, bytes + blocks * BLOCK, rest);
    message->count += count;
}

void swarm_sha256_update(struct swarm_sha256 *message, const void *bytes, size_t count)
{
    size_t taken = complete(message, bytes, count);
    if (taken < count) add(message, (const uint8_t *)bytes + taken, count - taken);
}

void swarm_sha256_update_two(
    struct swarm_sha256 *one, const void *one_bytes, size_t one_count,
    struct swarm_sha256 *other, const void *other_bytes, size_t other_count)
{
    size_t one_taken = complete(one, one_bytes, one_count);
    size_t other_taken = complete(other, other_bytes, other_count);
    size_t one_left = one_count - one_taken, other_left = other_count - other_taken;
    size_t both = (one_left < other_left ? one_left : other_left) / BLOCK;
    if (both > 0) {
        compress_two(
            one, (const uint8_t *)one_bytes + one_taken, other, (const uint8_t *)other_bytes + other_taken, both);
        one->count += both * BLOCK;
        other->count += both * BLOCK;
    }
    one_taken += both * BLOCK;
    other_taken += both * BLOCK;
    if (one_taken < one_count) add(one, (const uint8_t *)one_bytes + one_taken, one_count - one_taken);
    if (other_taken < other_count) add(other, (const uint8_t *)other_bytes + other_taken, other_count - other_taken);
}

void swarm_sha256_finish(struct swarm_sha256 *message, uint8_t digest[32])
{
    /* Section 5.1.1: a one bit, zeros, and the length in bits in the last eight bytes of a block. */
    uint8_t *pending = message->pending;
    size_t held = message->count % BLOCK;
    uint64_t bits = message->count * 8;
    pending[held++] = 0x80;
    if (held > BLOCK - 8) {
        memset(pending + held, 0, BLOCK - held);
        compress_one(message, pending, 1);
        held = 0;
    }
    memset(pending + held, 0, BLOCK - 8 - held);
    for (int byte = 0; byte < 8; byte++) pending[BLOCK - 1 - byte] = (uint8_t)(bits >> 8 * byte);
    compress_one(message, pending, 1);
    for (int word = 0; word < 8; word++)
        for (int byte = 0; byte < 4; byte++) digest[4 * word + byte] = (uint8_t)(message->state[word] >> (24 - 8 * byte));
}

#else

int swarm_sha256_available(void) { return 0; }

void swarm_sha256_begin(struct swarm_sha256 *message) { (void)message; __builtin_trap(); }

void swarm_sha256_update(struct swarm_sha256 *message, const void *bytes, size_t count)
{
    (void)message, (void)bytes, (void)count;
    __builtin_trap();
}

void swarm_sha256_update_two(
    struct swarm_sha256 *one, const void *one_bytes, size_t one_count,
    struct swarm_sha256 *other, const void *other_bytes, size_t other_count)
{
    (void)one, (void)one_bytes, (void)one_count, (void)other, (void)other_bytes, (void)other_count;
    __builtin_trap();
}

void swarm_sha256_finish(struct swarm_sha256 *message, uint8_t digest[32])
{
    (void)message, (void)digest;
    __builtin_trap();
}

#endif
