/*
** softmax.c - exp(x) / sum(exp(x)) along one dim, or its logarithm.
**
** The tensor is seen as (outer, size, inner), contiguous: rows where inner is
** 1, else tiles of columns side by side, so that both kinds of inner loop run
** over neighbours.
*/
#include <string.h>

#include "tensor/kernel.h"

/* Columns of a tile; also the piece of a row that is worked on at a time. */
#define SOFTMAX_TILE 128
/* Elements between two looks at the interrupt flag. */
#define POLL_ELEMENTS (INT64_C(1) << 24)

typedef struct Softmax {
  void *out;
  const void *x;
  int64_t size, inner, tiles; /* tiles of the inner columns */
  bool log;
} Softmax;

/*
** exp(x) for -87 <= x <= 0 or NaN: 2^n e^r with n the whole number next to
** x / ln 2, and r, at most ln 2 / 2 away from 0, through the series. Inlined
** it takes half the time of a call to the C library's vector form. Adding
** 1.5 * 2^23 leaves n in the low bits; ln 2 comes in two parts, so that n
** times the first is exact.
*/
TENSOR_INLINE float exp_float(float x) {
  const float whole = 0x1.8p23f;
  float shifted = x * 0x1.715476p0f + whole, n = shifted - whole, scale;
  float r = x - n * 0x1.63p-1f + n * 0x1.bd0106p-13f;
  float s = 1.0f / 5040;
  uint32_t bits;
  s = s * r + 1.0f / 720;
  s = s * r + 1.0f / 120;
  s = s * r + 1.0f / 24;
  s = s * r + 1.0f / 6;
  s = s * r + 0.5f;
  s = s * r + 1;
  s = s * r + 1;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 23) + (UINT32_C(127) << 23);
  memcpy(&scale, &bits, sizeof scale);
  return s * scale;
}

/* The same for -708 <= x <= 0. */
TENSOR_INLINE double exp_double(double x) {
  const double whole = 0x1.8p52;
  double shifted = x * 0x1.71547652b82fep0 + whole, n = shifted - whole, scale;
  double r = x - n * 0x1.62e42feep-1 - n * 0x1.a39ef35793c76p-33;
  double s = 1.0 / 6227020800;
  uint64_t bits;
  s = s * r + 1.0 / 479001600;
  s = s * r + 1.0 / 39916800;
  s = s * r + 1.0 / 3628800;
  s = s * r + 1.0 / 362880;
  s = s * r + 1.0 / 40320;
  s = s * r + 1.0 / 5040;
  s = s * r + 1.0 / 720;
  s = s * r + 1.0 / 120;
  s = s * r + 1.0 / 24;
  s = s * r + 1.0 / 6;
  s = s * r + 0.5;
  s = s * r + 1;
  s = s * r + 1;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 52) + (UINT64_C(1023) << 52);
  memcpy(&scale, &bits, sizeof scale);
  return s * scale;
}

#define TYPE       float
#define EXP        exp_float
#define SMALLEST   -87.0f
#define NAME(word) float32_##word
#include "tensor/softmax_body.h"

#define TYPE       double
#define EXP        exp_double
#define SMALLEST   -708.0
#define NAME(word) float64_##word
#include "tensor/softmax_body.h"

static void run_jobs(const Softmax *s, bool single, int64_t first,
                     int64_t last) {
  if (single)
    float32_jobs(s, first, last);
  else
    float64_jobs(s, first, last);
}

static int run_all(const Softmax *s, bool single, int64_t outer) {
  int64_t jobs = outer * s->tiles;
  int64_t work = s->size * tensor_min64(s->inner, SOFTMAX_TILE);
  int64_t piece = tensor_max64(1, POLL_ELEMENTS / work);
  for (int64_t first = 0; first < jobs; first += piece) {
    int64_t last = tensor_min64(jobs, first + piece), n = last - first;
    int threads = tensor_threads_for(n * work * 4);
    int64_t chunks = tensor_min64(n, threads * INT64_C(8));
    if (threads == 1) {
      run_jobs(s, single, first, last);
    } else {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
      for (int64_t c = 0; c < chunks; c++)
        run_jobs(s, single, first + n * c / chunks,
                 first + n * (c + 1) / chunks);
    }
    if (last < jobs) {
      int status = tensor_poll();
      if (status != TENSOR_OK) return status;
    }
  }
  return TENSOR_OK;
}

int tensor_softmax(Tensor *out, const Tensor *x, int dim, bool log_of) {
  int64_t outer = 1, inner = 1, size = x->ndim > 0 ? x->shape[dim] : 1;
  for (int d = 0; d < x->ndim; d++) {
    if (d < dim) outer *= x->shape[d];
    if (d > dim) inner *= x->shape[d];
  }
  if (outer * inner * size == 0) return TENSOR_OK;
  const Tensor *from = x;
  if (!tensor_is_contiguous(x)) { /* then in place, on a copy in out */
    int status = tensor_copy(out, x);
    if (status != TENSOR_OK) return status;
    from = out;
  }
  Softmax s = {out->data, from->data, size, inner, 1, log_of};
  s.tiles = (inner + SOFTMAX_TILE - 1) / SOFTMAX_TILE;
  return run_all(&s, x->dtype == TENSOR_FLOAT32, outer);
}
