/*
** fft_plan.c - plans of Fourier transforms: factors, twiddles, and the
** transforms that Bluestein's convolution needs; the last few are kept.
*/
#include <stdlib.h>
#include <string.h>

#include "tensor/fft.h"

/* The cache: so many plans, so many bytes. */
#define KEPT       16
#define KEPT_BYTES (INT64_C(64) << 20)
/* Roots between two looks at the interrupt flag. */
#define BLOCK (INT64_C(1) << 18)

static FftPlan *kept[KEPT];
static uint64_t uses;

/* {== roots of unity */

/* exp(-2 pi i k / n), 0 <= k < n, from an angle of at most pi / 4: exact
** where it can be, and the same in each octant. */
static void unit_root(int64_t k, int64_t n, double *re, double *im) {
  bool lower = 2 * k > n;              /* conj(root(n - k)) */
  int64_t x = 8 * (lower ? n - k : k); /* in 0..4n: the upper half */
  bool left = x > 2 * n;               /* -conj(root(n / 2 - k)) */
  if (left) x = 4 * n - x;             /* in 0..2n: a quarter */
  bool steep = x > n;                  /* cosine and sine exchanged */
  if (steep) x = 2 * n - x;
  double angle = (double)x / (double)n * (M_PI / 4);
  double c = cos(angle), s = sin(angle);
  *re = steep ? s : c;
  *im = steep ? -c : -s;
  if (left) *re = -*re;
  if (lower) *im = -*im;
}

static void put(void *array, TensorDType dtype, int64_t k, double re,
                double im) {
  if (dtype == TENSOR_FLOAT32) {
    ((float *)array)[2 * k] = (float)re;
    ((float *)array)[2 * k + 1] = (float)im;
  } else {
    ((double *)array)[2 * k] = re;
    ((double *)array)[2 * k + 1] = im;
  }
}

/* A list of roots exp(-2 pi i k / n): entry i has k = */
typedef enum Roots {
  EACH,    /* i */
  TWIDDLE, /* p q, with p = i / (columns), q = i % columns + 1 */
  CHIRP    /* i i / 2, for an n that is half as large */
} Roots;

typedef struct RootList {
  Roots kind;
  int64_t n, columns, count;
} RootList;

static void fill_root(const RootList *l, int64_t i, double *re, double *im) {
  int64_t k = i, n = l->n;
  if (l->kind == TWIDDLE) k = i / l->columns * (i % l->columns + 1);
  if (l->kind == CHIRP) {
    n *= 2;
    k = (int64_t)((__extension__(unsigned __int128) i) * (uint64_t)i %
                  (uint64_t)n);
  }
  unit_root(k, n, re, im);
}

static int fill_roots(const RootList *l, TensorDType dtype, void *array) {
  for (int64_t first = 0; first < l->count; first += BLOCK) {
    int64_t last = tensor_min64(l->count, first + BLOCK);
    int threads = tensor_threads_for(8 * (last - first));
    int status = tensor_poll();
    if (status != TENSOR_OK) return status;
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (int64_t i = first; i < last; i++) {
      double re, im;
      fill_root(l, i, &re, &im);
      put(array, dtype, i, re, im);
    }
  }
  return TENSOR_OK;
}

/* Room for count complex numbers, on the plan's account; at least one. */
static int take(FftPlan *p, void **array, int64_t count) {
  int64_t bytes = (count + 1) * 2 * (int64_t)tensor_dtype_size(p->dtype);
  *array = malloc((size_t)bytes);
  p->bytes += bytes;
  return *array == NULL ? tensor_no_memory(bytes) : TENSOR_OK;
}

static int take_roots(FftPlan *p, void **array, RootList list) {
  int status = take(p, array, list.count);
  return status == TENSOR_OK ? fill_roots(&list, p->dtype, *array) : status;
}

/* }== passes {== */

/* The radix of the next pass over n elements; 0 where there is none. */
static int next_radix(int64_t n) {
  if (n % 4 == 0) return 4;
  for (int r = 2; r <= FFT_LARGEST_RADIX; r++)
    if (n % r == 0) return r;
  return 0;
}

static bool has_passes(int64_t n) {
  while (n > 1) {
    int r = next_radix(n);
    if (r == 0) return false;
    n /= r;
  }
  return true;
}

static int add_pass(FftPlan *p, int radix, int64_t before, int64_t after) {
  FftPass *f = &p->pass[p->passes++];
  *f = (FftPass){.radix = radix, .before = before, .after = after};
  int status = take_roots(
      p, &f->twiddles,
      (RootList){TWIDDLE, radix * after, radix - 1, (radix - 1) * after});
  if (status != TENSOR_OK || radix % 2 == 0) return status;
  return take_roots(p, &f->roots, (RootList){EACH, radix, 0, radix});
}

static int add_passes(FftPlan *p) {
  int64_t before = 1, after = p->length;
  int status = TENSOR_OK;
  while (after > 1 && status == TENSOR_OK) {
    int radix = next_radix(after);
    after /= radix;
    status = add_pass(p, radix, before, after);
    before *= radix;
  }
  return status;
}

/* }== Bluestein's convolution {== */

/* The least 2^a 3^b 5^c that is at least n. */
static int64_t kind_length(int64_t n) {
  int64_t best = INT64_MAX;
  for (int64_t five = 1; five < 5 * n; five *= 5)
    for (int64_t odd = five; odd < 3 * n; odd *= 3) {
      int64_t x = odd;
      while (x < n) x *= 2;
      best = tensor_min64(best, x);
    }
  return best;
}

static int new_plan(FftPlan **plan, TensorDType dtype, int64_t length,
                    bool halves);
static void free_plan(FftPlan *p);

/* The chirp's conjugate, around 0 in a circle of the inner length. */
static void wrap_chirp(const FftJob *j, const double *chirp, int64_t n) {
  double *re = j->a.re, *im = j->a.im;
  int64_t m = j->plan->length;
  memset(re, 0, (size_t)m * sizeof *re);
  memset(im, 0, (size_t)m * sizeof *im);
  for (int64_t k = 0; k < n; k++) {
    int64_t back = k == 0 ? 0 : m - k;
    re[k] = re[back] = chirp[2 * k];
    im[k] = im[back] = -chirp[2 * k + 1];
  }
}

/* Its transform, found in double precision with a plan for that. */
static int fill_spectrum(FftPlan *p, FftPlan *exact) {
  int64_t n = p->length, m = exact->length;
  int status = take_roots(exact, &exact->chirp, (RootList){CHIRP, n, 0, n});
  FftJob j = {.plan = exact,
              .lanes = 1,
              .threads = tensor_threads(),
              .status = &status};
  if (status == TENSOR_OK) status = tensor_fft_buffers(&j, 1);
  if (status != TENSOR_OK) return status;
  wrap_chirp(&j, exact->chirp, n);
  status = tensor_fft_transform(&j, false);
  const double *re = j.a.re, *im = j.a.im;
  for (int64_t k = 0; k < m && status == TENSOR_OK; k++)
    put(p->spectrum, p->dtype, k, re[k] / (double)m, im[k] / (double)m);
  free(j.memory);
  return status;
}

static int add_convolution(FftPlan *p) {
  int64_t n = p->length, m = kind_length(2 * n - 1);
  FftPlan *exact = NULL;
  int status = new_plan(&p->inner, p->dtype, m, false);
  if (status != TENSOR_OK) return status;
  p->bytes += p->inner->bytes;
  status = take_roots(p, &p->chirp, (RootList){CHIRP, n, 0, n});
  if (status == TENSOR_OK) status = take(p, &p->spectrum, m);
  if (status == TENSOR_OK) status = new_plan(&exact, TENSOR_FLOAT64, m, false);
  if (status == TENSOR_OK) status = fill_spectrum(p, exact);
  if (exact != NULL) free_plan(exact);
  return status;
}

/* }== plans {== */

static void free_plan(FftPlan *p) {
  for (int k = 0; k < p->passes; k++) {
    free(p->pass[k].twiddles);
    free(p->pass[k].roots);
  }
  if (p->inner != NULL) free_plan(p->inner);
  free(p->chirp);
  free(p->spectrum);
  free(p->half_roots);
  free(p);
}

static int new_plan(FftPlan **plan, TensorDType dtype, int64_t length,
                    bool halves) {
  FftPlan *p = calloc(1, sizeof *p);
  *plan = NULL;
  if (p == NULL) return tensor_no_memory((int64_t)sizeof *p);
  p->dtype = dtype;
  p->length = length;
  p->halves = halves;
  p->bytes = (int64_t)sizeof *p;
  int status = has_passes(length) ? add_passes(p) : add_convolution(p);
  if (status == TENSOR_OK && halves)
    status = take_roots(p, &p->half_roots,
                        (RootList){EACH, 2 * length, 0, length + 1});
  if (status == TENSOR_OK)
    *plan = p;
  else
    free_plan(p);
  return status;
}

static FftPlan *find(TensorDType dtype, int64_t length, bool halves) {
  for (int k = 0; k < KEPT; k++) {
    FftPlan *p = kept[k];
    if (p != NULL && p->dtype == dtype && p->length == length &&
        p->halves == halves)
      return p;
  }
  return NULL;
}

/* Frees the plan that was not used for longest; returns its place. */
static int drop_oldest(void) {
  int oldest = -1;
  for (int k = 0; k < KEPT; k++)
    if (kept[k] != NULL && (oldest < 0 || kept[k]->used < kept[oldest]->used))
      oldest = k;
  free_plan(kept[oldest]);
  kept[oldest] = NULL;
  return oldest;
}

static int64_t kept_bytes(void) {
  int64_t bytes = 0;
  for (int k = 0; k < KEPT; k++)
    if (kept[k] != NULL) bytes += kept[k]->bytes;
  return bytes;
}

static void keep(FftPlan *p) {
  int place = -1;
  if (p->bytes > KEPT_BYTES) return;
  while (kept_bytes() + p->bytes > KEPT_BYTES) drop_oldest();
  for (int k = 0; k < KEPT && place < 0; k++)
    if (kept[k] == NULL) place = k;
  if (place < 0) place = drop_oldest();
  kept[place] = p;
  p->kept = true;
}

int tensor_fft_plan(FftPlan **plan, TensorDType dtype, int64_t length,
                    bool halves) {
  int status = TENSOR_OK;
  *plan = find(dtype, length, halves);
  if (*plan == NULL) {
    status = new_plan(plan, dtype, length, halves);
    if (status == TENSOR_OK) keep(*plan);
  }
  if (status == TENSOR_OK) (*plan)->used = ++uses;
  return status;
}

void tensor_fft_plan_done(FftPlan *plan) {
  if (!plan->kept) free_plan(plan);
}

/* }== */
