/*
** random_discrete.c - whole numbers drawn from the stream: integers, coins,
** permutations, and positions by weight.
*/
#include <limits.h>
#include <string.h>

#include "tensor/random.h"

#define POLL_NUMBERS ((int64_t)1 << 18) /* numbers between polls */

__extension__ typedef unsigned __int128 uint128_t;

/* {== unbiased integers ================================================== */

/*
** A word times the count of integers, over 2^32 (or 2^64), is an integer in
** range; those whose remainder is below 2^32 mod count would come once too
** often and are drawn again (Lemire, "Fast random integer generation in an
** interval", 2019). The next attempt has a counter of its own, so that
** no number depends on what became of another.
*/

/* Where a word stands: its block's position in the stream, its place. */
typedef struct Place {
  TensorRandom from;
  int word;
} Place;

/* The two words that begin at a place, at a later attempt. */
static uint64_t words_again(Place p, uint32_t attempt) {
  uint32_t counter[4] = {(uint32_t)p.from.counter,
                         (uint32_t)(p.from.counter >> 32), attempt, 0};
  uint32_t key[2] = {(uint32_t)p.from.seed, (uint32_t)(p.from.seed >> 32)};
  uint32_t block[4];
  tensor_philox(counter, key, block);
  return (uint64_t)block[p.word] << 32 | block[(p.word + 1) % 4];
}

/* The place of number i of a call, which takes `words` words a number. */
static Place place_of(TensorRandom from, int64_t i, int words) {
  int64_t each = TENSOR_WORDS / words, in = i % each;
  Place p = {from, (int)(in / TENSOR_BLOCKS) * words};
  p.from.counter +=
      (uint64_t)(i / each * TENSOR_BLOCKS) + (uint64_t)(in % TENSOR_BLOCKS);
  return p;
}

/* An integer in 0 .. count - 1 from word number i of a call. */
static inline uint32_t below_small(TensorRandom from, int64_t i, uint32_t word,
                                   uint32_t count) {
  uint64_t product = (uint64_t)word * count;
  if ((uint32_t)product >= count) return (uint32_t)(product >> 32);
  uint32_t extra = (uint32_t)-count % count;
  for (uint32_t attempt = 1; (uint32_t)product < extra; attempt++) {
    word = (uint32_t)(words_again(place_of(from, i, 1), attempt) >> 32);
    product = (uint64_t)word * count;
  }
  return (uint32_t)(product >> 32);
}

/* The same for 64-bit words; a count of 0 stands for 2^64. */
static inline uint64_t below_large(TensorRandom from, int64_t i, uint64_t word,
                                   uint64_t count) {
  if (count == 0) return word;
  uint128_t product = (uint128_t)word * count;
  if ((uint64_t)product >= count) return (uint64_t)(product >> 64);
  uint64_t extra = -count % count;
  for (uint32_t attempt = 1; (uint64_t)product < extra; attempt++) {
    word = words_again(place_of(from, i, 2), attempt);
    product = (uint128_t)word * count;
  }
  return (uint64_t)(product >> 64);
}

/* out[at + i] = values[i], converted */
static inline void store(Tensor *out, int64_t at, int64_t n,
                         const int64_t *values) {
  switch (out->dtype) {
#define X(NAME, type, sum, text)                                               \
  case TENSOR_##NAME:                                                          \
    for (int64_t i = 0; i < n; i++)                                            \
      ((type *)out->data)[at + i] = (type)values[i];                           \
    break;
    TENSOR_DTYPES(X)
#undef X
  default: break;
  }
}

/* d->span below 2^32 - 1. */
TENSOR_CLONES static void integers_small(const TensorDraw *d, int64_t from,
                                         int64_t to) {
  uint32_t count = (uint32_t)d->span + 1;
  int64_t numbers[TENSOR_WORDS];
  for (int64_t at = from; at < to; at += TENSOR_WORDS) {
    TensorChunk c;
    tensor_random_chunk(d->from, at / TENSOR_WORDS, 0, &c);
    for (int i = 0; i < TENSOR_WORDS; i++)
      numbers[i] = d->low + below_small(d->from, at + i, c.words[i], count);
    store(d->out, at, tensor_min64(TENSOR_WORDS, to - at), numbers);
  }
}

TENSOR_CLONES static void integers_large(const TensorDraw *d, int64_t from,
                                         int64_t to) {
  int64_t numbers[TENSOR_LARGE_WORDS];
  for (int64_t at = from; at < to; at += TENSOR_LARGE_WORDS) {
    TensorChunk c;
    tensor_random_chunk(d->from, at / TENSOR_LARGE_WORDS, 0, &c);
    for (int64_t i = 0; i < TENSOR_LARGE_WORDS; i++) {
      uint64_t word = tensor_random_large(&c, i);
      uint64_t number = below_large(d->from, at + i, word, d->span + 1);
      numbers[i] = (int64_t)((uint64_t)d->low + number);
    }
    store(d->out, at, tensor_min64(TENSOR_LARGE_WORDS, to - at), numbers);
  }
}

/* The least and greatest integer such that the dtype has all between. */
static void whole_range(TensorDType dtype, int64_t *least, int64_t *greatest) {
  static const int64_t top[TENSOR_DTYPE_COUNT] = {
      [TENSOR_BOOL] = 1,
      [TENSOR_UINT8] = UINT8_MAX,
      [TENSOR_INT32] = INT32_MAX,
      [TENSOR_INT64] = INT64_MAX,
      [TENSOR_FLOAT32] = (int64_t)1 << 24,
      [TENSOR_FLOAT64] = (int64_t)1 << 53,
  };
  *greatest = top[dtype];
  *least = -*greatest;
  if (dtype == TENSOR_INT32 || dtype == TENSOR_INT64) --*least;
  if (dtype == TENSOR_BOOL || dtype == TENSOR_UINT8) *least = 0;
}

int tensor_random_integers(Tensor *out, int64_t low, int64_t high) {
  TensorDraw d = {.out = out, .count = tensor_numel(out), .low = low};
  int64_t least, greatest;
  whole_range(out->dtype, &least, &greatest);
  if (low > high)
    return tensor_fail("randint: there is no integer from %lld to %lld",
                       (long long)low, (long long)high);
  if (low < least || high > greatest)
    return tensor_fail("randint: %s does not hold every integer from %lld to "
                       "%lld",
                       tensor_dtype_name(out->dtype), (long long)low,
                       (long long)high);
  d.span = (uint64_t)high - (uint64_t)low;
  if (d.span < UINT32_MAX)
    return tensor_random_draw(&d, integers_small, TENSOR_WORDS);
  return tensor_random_draw(&d, integers_large, TENSOR_LARGE_WORDS);
}

/* }== coins ============================================================== */

/* The probability of number i is p[i], or a where p is NULL. */
TENSOR_CLONES static void bernoulli(const TensorDraw *d, int64_t from,
                                    int64_t to) {
  int64_t numbers[TENSOR_WORDS];
  for (int64_t at = from; at < to; at += TENSOR_WORDS) {
    TensorChunk c;
    tensor_random_chunk(d->from, at / TENSOR_WORDS, 0, &c);
    int64_t n = tensor_min64(TENSOR_WORDS, to - at);
    for (int64_t i = 0; i < n; i++) {
      double p = d->p == NULL ? d->a : d->p[at + i];
      numbers[i] = (double)c.words[i] < p * 0x1p32;
    }
    store(d->out, at, n, numbers);
  }
}

static int check_probability(double p) {
  if (p >= 0 && p <= 1) return TENSOR_OK;
  return tensor_fail("bernoulli: a probability must be from 0 to 1, got %g", p);
}

int tensor_random_bernoulli(Tensor *out, const Tensor *p) {
  TensorDraw d = {.out = out, .count = tensor_numel(out)};
  Tensor wide, all = {0};
  int status = tensor_broadcast_to(&wide, p, out->ndim, out->shape);
  if (status != TENSOR_OK) return tensor_fail_in(status, "bernoulli: ");
  if (tensor_numel(p) == 1) {
    d.a = tensor_get(p, 0);
    status = check_probability(d.a);
  } else {
    status = tensor_as(&all, &wide, TENSOR_FLOAT64);
    if (status == TENSOR_OK) d.p = (const double *)all.data;
    for (int64_t i = 0; i < d.count && status == TENSOR_OK; i++)
      status = check_probability(d.p[i]);
  }
  if (status == TENSOR_OK)
    status = tensor_random_draw(&d, bernoulli, TENSOR_WORDS);
  tensor_release(&wide);
  tensor_release(&all);
  return status;
}

/* }== permutations ======================================================= */

/* Fisher and Yates: number i of the call picks what comes i-th from the end.
** Two loops, for words are 32 bits wide where they can be. */
static int shuffle_small(TensorRandom from, int64_t *out, int64_t n) {
  TensorChunk c;
  for (int64_t i = 0; i + 1 < n; i++) {
    if (i % POLL_NUMBERS == 0 && tensor_poll() != TENSOR_OK)
      return TENSOR_INTERRUPTED;
    if (i % TENSOR_WORDS == 0)
      tensor_random_chunk(from, i / TENSOR_WORDS, 0, &c);
    uint32_t word = c.words[i % TENSOR_WORDS];
    int64_t last = n - 1 - i;
    int64_t pick = below_small(from, i, word, (uint32_t)last + 1);
    int64_t picked = out[pick];
    out[pick] = out[last];
    out[last] = picked;
  }
  return TENSOR_OK;
}

static int shuffle_large(TensorRandom from, int64_t *out, int64_t n) {
  TensorChunk c;
  for (int64_t i = 0; i + 1 < n; i++) {
    if (i % POLL_NUMBERS == 0 && tensor_poll() != TENSOR_OK)
      return TENSOR_INTERRUPTED;
    if (i % TENSOR_LARGE_WORDS == 0)
      tensor_random_chunk(from, i / TENSOR_LARGE_WORDS, 0, &c);
    uint64_t word = tensor_random_large(&c, i % TENSOR_LARGE_WORDS);
    int64_t last = n - 1 - i;
    uint64_t pick = below_large(from, i, word, (uint64_t)last + 1);
    int64_t picked = out[pick];
    out[pick] = out[last];
    out[last] = picked;
  }
  return TENSOR_OK;
}

int tensor_random_permutation(Tensor *out) {
  int64_t n = tensor_numel(out), *numbers = (int64_t *)out->data;
  for (int64_t i = 0; i < n; i++) numbers[i] = i + 1;
  if (n < UINT32_MAX)
    return shuffle_small(tensor_random_take(n / TENSOR_WORDS + 1), numbers, n);
  return shuffle_large(tensor_random_take(n / TENSOR_LARGE_WORDS + 1), numbers,
                       n);
}

/* }======================================================================= */
