/*
** digest.c - the part of `native` that tells a file's SHA-256, by which what
** was fetched from elsewhere is known to be what it should be (FIPS 180-4).
*/
#include <stdio.h>
#include <string.h>

#include "tensor/file.h"
#include "tensor/kernel.h"
#include "vm/module.h"

#define BLOCK 64
#define ROOM  (1 << 16)
#define WORDS 8

typedef struct Sha256 {
  uint32_t state[WORDS];
  unsigned char rest[BLOCK]; /* bytes that do not fill a block yet */
  size_t filled;
  uint64_t bytes;
} Sha256;

/* The first 32 bits of the fractional parts of the cube roots of the first 64
** primes. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* Of the square roots of the first 8 primes. */
static const uint32_t beginning[WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                          0xa54ff53a, 0x510e527f, 0x9b05688c,
                                          0x1f83d9ab, 0x5be0cd19};

static uint32_t turn(uint32_t x, int by) { return x >> by | x << (32 - by); }

/* The 64 words that a block of 16 becomes. */
static void spread(const unsigned char *block, uint32_t w[64]) {
  for (int i = 0; i < 16; i++) {
    const unsigned char *p = block + 4 * i;
    w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
  }
  for (int i = 16; i < 64; i++) {
    uint32_t a = w[i - 15], b = w[i - 2];
    uint32_t low = turn(a, 7) ^ turn(a, 18) ^ a >> 3;
    uint32_t high = turn(b, 17) ^ turn(b, 19) ^ b >> 10;
    w[i] = w[i - 16] + low + w[i - 7] + high;
  }
}

static void take_block(Sha256 *s, const unsigned char *block) {
  uint32_t w[64], v[WORDS];
  spread(block, w);
  memcpy(v, s->state, sizeof v);
  for (int i = 0; i < 64; i++) {
    uint32_t a = v[0], e = v[4];
    uint32_t high = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    uint32_t choice = (e & v[5]) ^ (~e & v[6]);
    uint32_t one = v[7] + high + choice + constants[i] + w[i];
    uint32_t low = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    uint32_t two = low + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, sizeof v - sizeof *v);
    v[4] += one;
    v[0] = one + two;
  }
  for (int i = 0; i < WORDS; i++) s->state[i] += v[i];
}

static void take(Sha256 *s, const unsigned char *bytes, size_t count) {
  s->bytes += count;
  while (count > 0) {
    size_t some = BLOCK - s->filled < count ? BLOCK - s->filled : count;
    memcpy(s->rest + s->filled, bytes, some);
    s->filled += some;
    bytes += some;
    count -= some;
    if (s->filled < BLOCK) return;
    take_block(s, s->rest);
    s->filled = 0;
  }
}

/* A 1 bit, zeros, and the length in bits at the end of a block. */
static void finish(Sha256 *s) {
  static const unsigned char padding[BLOCK] = {0x80};
  unsigned char length[8];
  uint64_t bits = s->bytes * 8;
  for (int i = 0; i < 8; i++) length[i] = (unsigned char)(bits >> (56 - 8 * i));
  size_t before = s->filled < 56 ? 56 : 56 + BLOCK;
  take(s, padding, before - s->filled);
  take(s, length, sizeof length);
}

static int digest_file(const char *path, Sha256 *s) {
  static unsigned char room[ROOM];
  FILE *file = fopen(path, "rb");
  if (file == NULL) return tensor_path_fail(path);
  int status = TENSOR_OK;
  for (size_t got = 1; got > 0 && status == TENSOR_OK;) {
    got = fread(room, 1, ROOM, file);
    take(s, room, got);
    status = ferror(file) ? tensor_path_fail(path) : tensor_poll();
  }
  fclose(file);
  return status;
}

/* sha256(path) -> the digest of the file's bytes in hexadecimal */
static int digest_sha256(lua_State *L) {
  const char *path = vm_check_path(L, 1, "sha256");
  Sha256 s = {.filled = 0};
  memcpy(s.state, beginning, sizeof s.state);
  int status = digest_file(path, &s);
  if (status != TENSOR_OK) return vm_raise(L, status);
  finish(&s);
  char text[2 * sizeof s.state + 1];
  for (int i = 0; i < WORDS; i++) snprintf(text + 8 * i, 9, "%08x", s.state[i]);
  lua_pushstring(L, text);
  return 1;
}

const luaL_Reg vm_native_digest[] = {{"sha256", digest_sha256}, {NULL, NULL}};
