/*
** random.c - the stream of random numbers, and floats drawn from it.
*/
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "tensor/map.h"
#include "tensor/parallel.h"
#include "tensor/random.h"

#define BLOCK_CHUNKS 4096 /* chunks between polls */

static TensorRandom stream;
static bool seeded;

/* {== the stream ========================================================= */

void tensor_random_seed(uint64_t seed) {
  stream = (TensorRandom){.seed = seed};
  seeded = true;
}

/* A seed that differs from run to run, unless one was given. */
static void seed_once(void) {
  uint64_t seed;
  if (seeded) return;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    seed = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  }
  tensor_random_seed(seed);
}

TensorRandom tensor_random_state(void) {
  seed_once();
  return stream;
}

void tensor_random_restore(TensorRandom state) {
  stream = state;
  seeded = true;
}

TensorRandom tensor_random_take(int64_t chunks) {
  TensorRandom from = tensor_random_state();
  stream.counter += (uint64_t)chunks * TENSOR_BLOCKS;
  return from;
}

void tensor_philox(const uint32_t counter[4], const uint32_t key[2],
                   uint32_t block[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  uint32_t key0 = key[0], key1 = key[1];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)c0 * 0xD2511F53u, p1 = (uint64_t)c2 * 0xCD9E8D57u;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ key0;
    c1 = (uint32_t)p1;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ key1;
    c3 = (uint32_t)p0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  memcpy(block, (uint32_t[]){c0, c1, c2, c3}, 4 * sizeof *block);
}

/* A thread's chunks from .. to - 1, in blocks. */
static void draw_chunks(const TensorDraw *d, TensorDrawSome *some, int64_t each,
                        int64_t from, int64_t to, int *status) {
  while (from < to && !tensor_stopped(status)) {
    int64_t end = tensor_min64(to, from + BLOCK_CHUNKS);
    some(d, from * each, tensor_min64(d->count, end * each));
    from = end;
  }
}

int tensor_random_draw(TensorDraw *d, TensorDrawSome *some, int64_t each) {
  int status = TENSOR_OK;
  int64_t chunks = d->count / each + (d->count % each != 0);
  int count = tensor_threads_for(d->count);
  d->from = tensor_random_take(chunks);
#pragma omp parallel num_threads(count)
  {
    int thread = omp_get_thread_num(), threads = omp_get_num_threads();
    draw_chunks(d, some, each, tensor_piece(chunks, thread, threads),
                tensor_piece(chunks, thread + 1, threads), &status);
  }
  return status;
}

int tensor_random_check_float(const char *who, const Tensor *out) {
  if (tensor_dtype_is_float(out->dtype)) return TENSOR_OK;
  return tensor_fail("%s: needs a float dtype, got %s", who,
                     tensor_dtype_name(out->dtype));
}

/* }== uniform ============================================================ */

/* a + (0 <= u < 1) * b, kept within bounds where rounding would leave them */
TENSOR_CLONES static void uniform_f32(const TensorDraw *d, int64_t from,
                                      int64_t to) {
  float least = (float)d->least, most = (float)d->most;
  float numbers[TENSOR_WORDS];
  for (int64_t at = from; at < to; at += TENSOR_WORDS) {
    TensorChunk c;
    tensor_random_chunk(d->from, at / TENSOR_WORDS, 0, &c);
#pragma omp simd
    for (int i = 0; i < TENSOR_WORDS; i++) {
      double u = (double)(int32_t)(c.words[i] >> 8) * 0x1p-24;
      float v = (float)(d->a + u * d->b);
      v = v > most ? most : v;
      numbers[i] = v < least ? least : v;
    }
    int64_t n = tensor_min64(TENSOR_WORDS, to - at);
    memcpy((float *)d->out->data + at, numbers, (size_t)n * sizeof(float));
  }
}

/* A chunk's 64-bit words as numbers in 0 <= u < 1, by their upper 53 bits. */
TENSOR_RANDOM_INLINE void units_f64(const TensorChunk *c, double *units) {
  for (int w = 0; w < 2; w++) {
    const uint32_t *high = c->words + 2 * w * TENSOR_BLOCKS;
    const uint32_t *low = high + TENSOR_BLOCKS;
#pragma omp simd
    for (int i = 0; i < TENSOR_BLOCKS; i++) {
      uint64_t word = (uint64_t)high[i] << 32 | low[i];
      units[w * TENSOR_BLOCKS + i] = (double)(int64_t)(word >> 11) * 0x1p-53;
    }
  }
}

TENSOR_CLONES static void uniform_f64(const TensorDraw *d, int64_t from,
                                      int64_t to) {
  double numbers[TENSOR_LARGE_WORDS];
  for (int64_t at = from; at < to; at += TENSOR_LARGE_WORDS) {
    TensorChunk c;
    tensor_random_chunk(d->from, at / TENSOR_LARGE_WORDS, 0, &c);
    units_f64(&c, numbers);
#pragma omp simd
    for (int i = 0; i < TENSOR_LARGE_WORDS; i++) {
      double v = d->a + numbers[i] * d->b;
      v = v > d->most ? d->most : v;
      numbers[i] = v < d->least ? d->least : v;
    }
    int64_t n = tensor_min64(TENSOR_LARGE_WORDS, to - at);
    memcpy((double *)d->out->data + at, numbers, (size_t)n * sizeof(double));
  }
}

typedef struct Bounds {
  double least, most;
} Bounds;

/* The least and the greatest number of the dtype in low <= v < high. Where
** there is none, low as the dtype has it. */
static Bounds bounds(TensorDType dtype, double low, double high) {
  Bounds b = {low, nextafter(high, -INFINITY)};
  if (dtype == TENSOR_FLOAT32) {
    float least = (float)low, most = (float)high;
    if ((double)least < low) least = nextafterf(least, INFINITY);
    if ((double)most >= high) most = nextafterf(most, -INFINITY);
    b = (Bounds){(double)least, (double)most};
  }
  if (b.most < b.least) b.least = b.most = low;
  return b;
}

static int check_range(TensorDType dtype, double low, double high) {
  if (!isfinite(low) || !isfinite(high - low) || low > high)
    return tensor_fail("uniform: there are no numbers from %g to %g", low,
                       high);
  if (dtype == TENSOR_FLOAT32 &&
      (!isfinite((float)low) || !isfinite((float)high)))
    return tensor_fail("uniform: float32 does not reach from %g to %g", low,
                       high);
  return TENSOR_OK;
}

int tensor_random_uniform(Tensor *out, double low, double high) {
  TensorDraw d = {
      .out = out, .count = tensor_numel(out), .a = low, .b = high - low};
  int status = tensor_random_check_float("uniform", out);
  if (status == TENSOR_OK) status = check_range(out->dtype, low, high);
  if (status != TENSOR_OK) return status;
  Bounds b = bounds(out->dtype, low, high);
  d.least = b.least;
  d.most = b.most;
  if (out->dtype == TENSOR_FLOAT32)
    return tensor_random_draw(&d, uniform_f32, TENSOR_WORDS);
  return tensor_random_draw(&d, uniform_f64, TENSOR_LARGE_WORDS);
}

/* }== normal ============================================================= */

/*
** Box and Muller: a point in the plane by the square of its distance, which
** is exponential, and its angle, which is uniform. The distance is taken of a
** number in 0 < u <= 1. a: mean, b: standard deviation. Sine and cosine have
** loops of their own: gcc makes one call of two in a loop, and that call has
** no vector form.
*/
TENSOR_CLONES static void normal_f32(const TensorDraw *d, int64_t from,
                                     int64_t to) {
  enum { PAIRS = TENSOR_WORDS / 2 };
  float mean = (float)d->a, sd = (float)d->b;
  float distance[PAIRS], angle[PAIRS], numbers[TENSOR_WORDS];
  for (int64_t at = from; at < to; at += TENSOR_WORDS) {
    TensorChunk c;
    tensor_random_chunk(d->from, at / TENSOR_WORDS, 0, &c);
#pragma omp simd
    for (int i = 0; i < PAIRS; i++) {
      float u = (float)c.words[i] * 0x1p-32f + 0x1p-33f;
      distance[i] = sd * sqrtf(-2 * TENSOR_MATH(log, u));
      angle[i] = (float)(int32_t)c.words[PAIRS + i] * (float)(M_PI * 0x1p-31);
    }
#pragma omp simd
    for (int i = 0; i < PAIRS; i++)
      numbers[i] = mean + distance[i] * TENSOR_MATH(cos, angle[i]);
#pragma omp simd
    for (int i = 0; i < PAIRS; i++)
      numbers[PAIRS + i] = mean + distance[i] * TENSOR_MATH(sin, angle[i]);
    int64_t n = tensor_min64(TENSOR_WORDS, to - at);
    memcpy((float *)d->out->data + at, numbers, (size_t)n * sizeof(float));
  }
}

TENSOR_CLONES static void normal_f64(const TensorDraw *d, int64_t from,
                                     int64_t to) {
  enum { PAIRS = TENSOR_LARGE_WORDS / 2 };
  double distance[PAIRS], angle[PAIRS], numbers[TENSOR_LARGE_WORDS];
  for (int64_t at = from; at < to; at += TENSOR_LARGE_WORDS) {
    TensorChunk c;
    tensor_random_chunk(d->from, at / TENSOR_LARGE_WORDS, 0, &c);
    units_f64(&c, numbers);
#pragma omp simd
    for (int i = 0; i < PAIRS; i++) {
      double u = numbers[i] + 0x1p-54;
      distance[i] = d->b * sqrt(-2 * TENSOR_MATH(log, u));
      angle[i] = (2 * numbers[PAIRS + i] - 1) * M_PI;
    }
#pragma omp simd
    for (int i = 0; i < PAIRS; i++)
      numbers[i] = d->a + distance[i] * TENSOR_MATH(cos, angle[i]);
#pragma omp simd
    for (int i = 0; i < PAIRS; i++)
      numbers[PAIRS + i] = d->a + distance[i] * TENSOR_MATH(sin, angle[i]);
    int64_t n = tensor_min64(TENSOR_LARGE_WORDS, to - at);
    memcpy((double *)d->out->data + at, numbers, (size_t)n * sizeof(double));
  }
}

int tensor_random_normal(Tensor *out, double mean, double sd) {
  TensorDraw d = {.out = out, .count = tensor_numel(out), .a = mean, .b = sd};
  int status = tensor_random_check_float("normal", out);
  if (status != TENSOR_OK) return status;
  if (!isfinite(mean) || !isfinite(sd) || sd < 0)
    return tensor_fail("normal: the mean (%g) and the standard deviation (%g) "
                       "must be finite, the latter not negative",
                       mean, sd);
  if (out->dtype == TENSOR_FLOAT32)
    return tensor_random_draw(&d, normal_f32, TENSOR_WORDS);
  return tensor_random_draw(&d, normal_f64, TENSOR_LARGE_WORDS);
}

/* }== by parameters for each element ====================================== */

/*
** Standard numbers are drawn first, as a call with plain numbers does it, and
** are then moved and scaled. The parameters are low and high, or mean and
** standard deviation.
*/
static void standard(const TensorDraw *d, bool normal, int64_t from,
                     int64_t to) {
  TensorDraw unit = {.from = d->from, .out = d->out, .b = 1};
  unit.most = bounds(d->out->dtype, 0, 1).most;
  unit.count = d->count;
  if (d->out->dtype == TENSOR_FLOAT32)
    (normal ? normal_f32 : uniform_f32)(&unit, from, to);
  else
    (normal ? normal_f64 : uniform_f64)(&unit, from, to);
}

/* The numbers from at on, as many as there are room and left; how many. */
static int64_t read_numbers(const TensorDraw *d, int64_t at, int64_t to,
                            double numbers[TENSOR_WORDS]) {
  int64_t n = tensor_min64(TENSOR_WORDS, to - at);
  const char *from =
      d->out->data + at * (int64_t)tensor_dtype_size(d->out->dtype);
  tensor_convert(n, TENSOR_FLOAT64, numbers, 1, d->out->dtype, from, 1);
  return n;
}

static void uniform_given(const TensorDraw *d, int64_t from, int64_t to) {
  double numbers[TENSOR_WORDS];
  standard(d, false, from, to);
  for (int64_t at = from; at < to; at += TENSOR_WORDS) {
    int64_t n = read_numbers(d, at, to, numbers);
    for (int64_t i = 0; i < n; i++) {
      double low = tensor_given(d, 0, at + i),
             high = tensor_given(d, 1, at + i);
      Bounds b = bounds(d->out->dtype, low, high);
      double v = low + numbers[i] * (high - low);
      v = v > b.most ? b.most : v;
      numbers[i] = v < b.least ? b.least : v;
    }
    tensor_random_store(d->out, at, n, numbers);
  }
}

static void normal_given(const TensorDraw *d, int64_t from, int64_t to) {
  double numbers[TENSOR_WORDS];
  standard(d, true, from, to);
  for (int64_t at = from; at < to; at += TENSOR_WORDS) {
    int64_t n = read_numbers(d, at, to, numbers);
    for (int64_t i = 0; i < n; i++)
      numbers[i] =
          tensor_given(d, 0, at + i) + tensor_given(d, 1, at + i) * numbers[i];
    tensor_random_store(d->out, at, n, numbers);
  }
}

static int64_t words_each(const Tensor *out) {
  return out->dtype == TENSOR_FLOAT32 ? TENSOR_WORDS : TENSOR_LARGE_WORDS;
}

static int check_ranges(const TensorDraw *d) {
  int status = TENSOR_OK;
  for (int64_t i = 0; i < d->count && status == TENSOR_OK; i++) {
    status = check_range(d->out->dtype, tensor_given(d, 0, i),
                         tensor_given(d, 1, i));
    if (status == TENSOR_OK && i % TENSOR_RANDOM_CHECKED == 0)
      status = tensor_poll();
  }
  return status;
}

int tensor_random_uniform_given(Tensor *out, const Tensor *low,
                                const Tensor *high) {
  TensorDraw d = {.out = out, .count = tensor_numel(out)};
  TensorPassed passed[] = {{low, "low", TENSOR_FINITE},
                           {high, "high", TENSOR_FINITE}};
  int status = tensor_random_check_float("uniform", out);
  if (status == TENSOR_OK)
    status = tensor_random_open(&d, "uniform", 2, passed);
  if (status == TENSOR_OK) status = check_ranges(&d);
  if (status == TENSOR_OK)
    status = tensor_random_draw(&d, uniform_given, words_each(out));
  tensor_random_close(&d);
  return status;
}

int tensor_random_normal_given(Tensor *out, const Tensor *mean,
                               const Tensor *sd) {
  TensorDraw d = {.out = out, .count = tensor_numel(out)};
  TensorPassed passed[] = {{mean, "the mean", TENSOR_FINITE},
                           {sd, "the standard deviation", TENSOR_NOT_NEGATIVE}};
  int status = tensor_random_check_float("normal", out);
  if (status != TENSOR_OK) return status;
  return tensor_random_draw_given(&d, "normal", 2, passed, normal_given,
                                  words_each(out));
}

/* }======================================================================= */
