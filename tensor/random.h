/*
** random.h - inside random numbers: the generator, and how calls draw from
** the one stream (random.c: uniform and normal; random_discrete.c: whole
** numbers; random_given.c: parameters that are tensors, exponential;
** random_gamma.c, random_poisson.c).
**
** Philox 4x32-10 turns a counter of four 32-bit words and a key of two into
** a block of four random words (Salmon, Moraes, Dror and Shaw, "Parallel
** random numbers: as easy as 1, 2, 3", SC 2011). The key is the seed; the
** first two words of the counter are the stream's position; the third counts
** the attempts at one number, where some must be rejected.
**
** Numbers are drawn in chunks: blocks of TENSOR_BLOCKS positions in a row
** side by side, so that the rounds run in vector registers. Chunk i of a call
** always comes from the same positions, whichever thread draws it.
*/
#ifndef TENSOR_RANDOM_H
#define TENSOR_RANDOM_H

#include "tensor/kernel.h"

#define TENSOR_BLOCKS TENSOR_LANES
/* 32-bit and 64-bit words of a chunk. */
#define TENSOR_WORDS       (4 * TENSOR_BLOCKS)
#define TENSOR_LARGE_WORDS (2 * TENSOR_BLOCKS)

/* Word w of block i, at words[w * TENSOR_BLOCKS + i]. */
typedef struct TensorChunk {
  uint32_t words[TENSOR_WORDS];
} TensorChunk;

/* A parameter of a distribution: one number for all elements (step 0) or one
** for each of them (step 1). */
typedef struct TensorParameter {
  Tensor wide; /* what `at` points into; empty for one number */
  double one;
  const double *at;
  int64_t step;
} TensorParameter;

/* One call's numbers. */
typedef struct TensorDraw {
  TensorRandom from; /* where its first chunk begins */
  Tensor *out;
  int64_t count;      /* numbers */
  double a, b;        /* what is drawn: see the function */
  double least, most; /* bounds after rounding */
  int64_t low;
  uint64_t span; /* high - low */
  const double *p;
  TensorParameter given[2]; /* parameters, where they may be tensors */
} TensorDraw;

/* Parameter k at element i. */
static inline double tensor_given(const TensorDraw *d, int k, int64_t i) {
  return d->given[k].at[i * d->given[k].step];
}

/* Draws the numbers from .. to - 1 of a call; from begins a chunk. */
typedef void TensorDrawSome(const TensorDraw *d, int64_t from, int64_t to);

/* Takes d->count numbers, `each` to a chunk, off the stream, and draws them
** with all threads. */
int tensor_random_draw(TensorDraw *d, TensorDrawSome *some, int64_t each);
/* Takes so many chunks off the stream; where they begin. */
TensorRandom tensor_random_take(int64_t chunks);
/* TENSOR_FAIL unless out has a float dtype. */
int tensor_random_check_float(const char *who, const Tensor *out);
/* One block, of any counter and key. */
void tensor_philox(const uint32_t counter[4], const uint32_t key[2],
                   uint32_t block[4]);

/* Elements of parameters that are checked between polls. */
#define TENSOR_RANDOM_CHECKED ((int64_t)1 << 22)

/* What the elements of a parameter must be. */
typedef enum TensorRule {
  TENSOR_FINITE,
  TENSOR_NOT_NEGATIVE, /* and finite */
  TENSOR_ABOVE_0       /* and finite */
} TensorRule;

/* A parameter as it was passed: it has out's shape or broadcasts to it. */
typedef struct TensorPassed {
  const Tensor *x;
  const char *name; /* "the rate" */
  TensorRule rule;
} TensorPassed;

/* Reads count (1 or 2) parameters into d->given, for a call named `who`; not
** one element may break its rule. Whatever comes of it, what it took is given
** back by tensor_random_close. */
int tensor_random_open(TensorDraw *d, const char *who, int count,
                       const TensorPassed *passed);
void tensor_random_close(TensorDraw *d);
/* Opens, draws and closes. */
int tensor_random_draw_given(TensorDraw *d, const char *who, int count,
                             const TensorPassed *passed, TensorDrawSome *some,
                             int64_t each);

/*
** Where a number takes an unknown count of uniform ones, it has a source of
** its own: the position is its place in the call, and each further block is
** an attempt.
*/
typedef struct TensorSource {
  TensorRandom at;
  uint32_t attempt;
  int left; /* words not used yet */
  uint64_t words[2];
} TensorSource;

/* The next uniform number, 0 < u < 1. */
double tensor_random_next(TensorSource *s);
/* Number i of a call. */
typedef double TensorDrawOne(const TensorDraw *d, int64_t i, TensorSource *s);
/* Draws from .. to - 1 one by one, TENSOR_BLOCKS to a chunk, converted to
** out's dtype. */
void tensor_random_one_by_one(const TensorDraw *d, int64_t from, int64_t to,
                              TensorDrawOne *one);

/* out[at + i] = numbers[i], i below n, converted */
void tensor_random_store(Tensor *out, int64_t at, int64_t n,
                         const double *numbers);

/* A word as a number, 0 < u < 1: the middle of one of 2^52 equal parts. */
static inline double tensor_random_open_unit(uint64_t word) {
  return ((double)(int64_t)(word >> 12) + 0.5) * 0x1p-52;
}

#define TENSOR_RANDOM_INLINE static inline __attribute__((always_inline))

/* Ten rounds on counters, in place. */
TENSOR_RANDOM_INLINE void tensor_philox_rounds(TensorChunk *c, uint32_t key0,
                                               uint32_t key1) {
  uint32_t *c0 = c->words, *c1 = c0 + TENSOR_BLOCKS;
  uint32_t *c2 = c1 + TENSOR_BLOCKS, *c3 = c2 + TENSOR_BLOCKS;
  for (int round = 0; round < 10; round++) {
#pragma omp simd
    for (int i = 0; i < TENSOR_BLOCKS; i++) {
      uint64_t p0 = (uint64_t)c0[i] * 0xD2511F53u;
      uint64_t p1 = (uint64_t)c2[i] * 0xCD9E8D57u;
      c0[i] = (uint32_t)(p1 >> 32) ^ c1[i] ^ key0;
      c1[i] = (uint32_t)p1;
      c2[i] = (uint32_t)(p0 >> 32) ^ c3[i] ^ key1;
      c3[i] = (uint32_t)p0;
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

/* Chunk number `index` after `from`, at the given attempt. */
TENSOR_RANDOM_INLINE void tensor_random_chunk(TensorRandom from, int64_t index,
                                              uint32_t attempt,
                                              TensorChunk *c) {
  uint64_t first = from.counter + (uint64_t)index * TENSOR_BLOCKS;
#pragma omp simd
  for (int i = 0; i < TENSOR_BLOCKS; i++) {
    uint64_t at = first + (uint64_t)i;
    c->words[i] = (uint32_t)at;
    c->words[TENSOR_BLOCKS + i] = (uint32_t)(at >> 32);
    c->words[2 * TENSOR_BLOCKS + i] = attempt;
    c->words[3 * TENSOR_BLOCKS + i] = 0;
  }
  tensor_philox_rounds(c, (uint32_t)from.seed, (uint32_t)(from.seed >> 32));
}

/* Number i of a chunk's 64-bit words. */
static inline uint64_t tensor_random_large(const TensorChunk *c, int64_t i) {
  const uint32_t *high =
      c->words + i / TENSOR_BLOCKS * 2 * TENSOR_BLOCKS + i % TENSOR_BLOCKS;
  return (uint64_t)high[0] << 32 | high[TENSOR_BLOCKS];
}

#endif
