/*
** cumulative.c - sums, products and extremes that run along a dim, and the
** linear scan that their gradients are made of (see cumulative.h).
*/
#include "tensor/cumulative.h"

/* {== kernels */

#define TYPE       float
#define SUM        double
#define NAME(word) word##_float32
#include "tensor/cumulative_body.h"

#define TYPE       double
#define SUM        double
#define NAME(word) word##_float64
#include "tensor/cumulative_body.h"

#define TYPE       int64_t
#define SUM        int64_t
#define NAME(word) word##_int64
#include "tensor/cumulative_body.h"

#define TYPE       float
#define IS_NAN(v)  ((v) != (v))
#define NAME(word) extreme_##word##_float32
#include "tensor/cumulative_extreme_body.h"

#define TYPE       double
#define IS_NAN(v)  ((v) != (v))
#define NAME(word) extreme_##word##_float64
#include "tensor/cumulative_extreme_body.h"

#define TYPE       int64_t
#define IS_NAN(v)  false
#define NAME(word) extreme_##word##_int64
#include "tensor/cumulative_extreme_body.h"

#define TYPE       int32_t
#define IS_NAN(v)  false
#define NAME(word) extreme_##word##_int32
#include "tensor/cumulative_extreme_body.h"

#define TYPE       uint8_t
#define IS_NAN(v)  false
#define NAME(word) extreme_##word##_uint8
#include "tensor/cumulative_extreme_body.h"

static const CumulativeJobs sums[TENSOR_DTYPE_COUNT] = {
    [TENSOR_INT64] = jobs_int64,
    [TENSOR_FLOAT32] = jobs_float32,
    [TENSOR_FLOAT64] = jobs_float64,
};
static const CumulativeJobs extremes[TENSOR_DTYPE_COUNT] = {
    [TENSOR_BOOL] = extreme_jobs_uint8,
    [TENSOR_UINT8] = extreme_jobs_uint8,
    [TENSOR_INT32] = extreme_jobs_int32,
    [TENSOR_INT64] = extreme_jobs_int64,
    [TENSOR_FLOAT32] = extreme_jobs_float32,
    [TENSOR_FLOAT64] = extreme_jobs_float64,
};

/* }== running them {== */

static int run_jobs(Cumulative *s, CumulativeJobs jobs) {
  int status = TENSOR_OK;
  s->status = &status;
  s->tiles = (s->inner + CUMULATIVE_TILE - 1) / CUMULATIVE_TILE;
  int64_t count = s->outer * s->tiles;
  int threads =
      (int)tensor_min64(count, tensor_threads_for(s->outer * s->n * s->inner));
  int64_t chunks = tensor_min64(
      count, tensor_max64(threads * INT64_C(8),
                          s->outer * s->n * s->inner / CUMULATIVE_BLOCK));
  if (threads == 1) {
    for (int64_t c = 0; c < chunks && !tensor_stopped(&status); c++)
      jobs(s, tensor_piece(count, c, chunks),
           tensor_piece(count, c + 1, chunks));
  } else {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int64_t c = 0; c < chunks; c++)
      if (!tensor_stopped(&status))
        jobs(s, tensor_piece(count, c, chunks),
             tensor_piece(count, c + 1, chunks));
  }
  return status;
}

/* Along dim of x, which is read where it lies if it is contiguous and of
** out's dtype, else copied to out. */
static int run_along(Cumulative *s, CumulativeJobs jobs, Tensor *out,
                     const Tensor *x, int dim) {
  int status = TENSOR_OK;
  s->outer = s->inner = s->n = 1;
  for (int d = 0; d < x->ndim; d++) {
    if (d < dim) s->outer *= x->shape[d];
    if (d == dim) s->n = x->shape[d];
    if (d > dim) s->inner *= x->shape[d];
  }
  if (s->outer * s->n * s->inner == 0) return TENSOR_OK;
  s->x = x->data;
  s->out = out->data;
  if (x->dtype != out->dtype || !tensor_is_contiguous(x)) {
    status = tensor_copy(out, x);
    s->x = out->data;
  }
  if (s->link == NULL) s->link = s->x; /* never read */
  return status == TENSOR_OK ? run_jobs(s, jobs) : status;
}

int tensor_cumulative(TensorCumulative op, Tensor *out, const Tensor *x,
                      int dim, bool backwards) {
  Cumulative s = {.backwards = backwards};
  s.step = op == TENSOR_CUMSUM ? CUMULATIVE_ADD : CUMULATIVE_MULTIPLY;
  return run_along(&s, sums[out->dtype], out, x, dim);
}

int tensor_cumulative_extreme(TensorCumulative op, Tensor *value,
                              Tensor *position, const Tensor *x, int dim) {
  Cumulative s = {.position = (int64_t *)(void *)position->data};
  s.step = op == TENSOR_CUMMAX ? CUMULATIVE_GREATEST : CUMULATIVE_LEAST;
  return run_along(&s, extremes[x->dtype], value, x, dim);
}

int tensor_linear_scan(Tensor *out, const Tensor *x, const Tensor *link,
                       int dim, bool backwards) {
  Tensor links;
  int status = tensor_as(&links, link, out->dtype);
  if (status != TENSOR_OK) return status;
  Cumulative s = {.step = CUMULATIVE_LINK, .backwards = backwards};
  s.link = links.data;
  status = run_along(&s, sums[out->dtype], out, x, dim);
  tensor_release(&links);
  return status;
}

/* }== */
