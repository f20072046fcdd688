/*
** correlate.c - correlation of whole numbers, exactly (modulo 2^64). Floats
** go through convolution.
**
** Up to three dims, seen as three. A row of the output is the sum, over the
** taps, of pieces of rows of a: inner loops run along rows.
*/
#include "tensor/kernel.h"
#include "tensor/parallel.h"

#define POLL_WORK ((int64_t)1 << 22) /* products between two polls */

typedef struct Correlation {
  int64_t a[3], b[3], out[3], before[3];
  const uint64_t *x, *taps;
  uint64_t *y;
} Correlation;

/* y[k] += tap * x[k + shift] for the k < n where x has that element. */
TENSOR_CLONES static void add_shifted(uint64_t *restrict y, int64_t n,
                                      const uint64_t *x, int64_t size,
                                      int64_t shift, uint64_t tap) {
  int64_t from = tensor_max64(0, -shift), to = tensor_min64(n, size - shift);
  for (int64_t k = from; k < to; k++) y[k] += tap * x[k + shift];
}

/* One row of taps into one row of the output. */
static void add_row(const Correlation *c, uint64_t *y, const uint64_t *x,
                    const uint64_t *taps, int64_t *work, int *status) {
  for (int64_t j = 0; j < c->b[2]; j++) {
    add_shifted(y, c->out[2], x, c->a[2], j - c->before[2], taps[j]);
    *work += c->out[2];
    if (*work < POLL_WORK) continue;
    *work = 0;
    if (tensor_stopped(status)) return;
  }
}

static void make_row(const Correlation *c, int64_t row, int64_t *work,
                     int *status) {
  uint64_t *y = c->y + row * c->out[2];
  int64_t plane = row / c->out[1] - c->before[0];
  int64_t line = row % c->out[1] - c->before[1];
  for (int64_t k = 0; k < c->out[2]; k++) y[k] = 0;
  for (int64_t p = 0; p < c->b[0]; p++) {
    if (plane + p < 0 || plane + p >= c->a[0]) continue;
    for (int64_t l = 0; l < c->b[1] && *status == TENSOR_OK; l++) {
      if (line + l < 0 || line + l >= c->a[1]) continue;
      int64_t at = (plane + p) * c->a[1] + line + l;
      add_row(c, y, c->x + at * c->a[2], c->taps + (p * c->b[1] + l) * c->b[2],
              work, status);
    }
  }
}

/* The sizes of t as those of three dims. */
static void as_three(int64_t sizes[3], int ndim, const int64_t *from,
                     int64_t rest) {
  for (int d = 0; d < 3; d++)
    sizes[d] = d < 3 - ndim ? rest : from[d - (3 - ndim)];
}

int tensor_correlate(Tensor *out, const Tensor *a, const Tensor *b,
                     const int64_t *before) {
  Correlation c = {.x = (const uint64_t *)(const void *)a->data,
                   .taps = (const uint64_t *)(const void *)b->data,
                   .y = (uint64_t *)(void *)out->data};
  int status = TENSOR_OK;
  as_three(c.a, a->ndim, a->shape, 1);
  as_three(c.b, b->ndim, b->shape, 1);
  as_three(c.out, out->ndim, out->shape, 1);
  as_three(c.before, out->ndim, before, 0);
  int64_t rows = c.out[0] * c.out[1];
  double products = (double)tensor_numel(out) * (double)tensor_numel(b);
  int count = tensor_threads_for((int64_t)fmin(products, 1e15));
#pragma omp parallel num_threads(count)
  {
    int thread = omp_get_thread_num(), threads = omp_get_num_threads();
    int64_t work = 0, end = tensor_piece(rows, thread + 1, threads);
    for (int64_t r = tensor_piece(rows, thread, threads); r < end; r++) {
      if (tensor_stopped(&status)) break;
      make_row(&c, r, &work, &status);
    }
  }
  return status;
}
