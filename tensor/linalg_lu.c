/*
** linalg_lu.c - solving, inverses and determinants through LU factors, and
** Cholesky's factor.
*/
#include <cblas.h>
#include <lapacke.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/linalg.h"

/* Columns that getri works on at a time. */
#define INVERSE_BLOCK 64

typedef struct Solve { /* a x = b; x holds b before */
  char *a, *x;         /* contiguous */
  int64_t n, k;
  const Tensor *a_for_x; /* a with the batch dims of x */
  LinalgInt *pivots;     /* n for each matrix of a */
  bool upper;            /* a triangle: which one */
} Solve;

typedef struct Inverse { /* of what is in out */
  char *out;
  int64_t n;
  bool infinite;   /* a singular matrix gives infinities */
  bool upper;      /* a triangle: which one */
  double diagonal; /* what its diagonal is multiplied by */
} Inverse;

typedef struct Determinant {
  char *a; /* overwritten */
  int64_t n;
  void *sign, *det; /* det, or its sign and the logarithm of its size */
} Determinant;

#define TYPE       float
#define TINY       6e-8f
#define LAPACK(f)  LAPACKE_s##f##_work
#define BLAS(f)    cblas_s##f
#define NAME(word) float32_##word
#include "tensor/linalg_lu_body.h"

#define TYPE       double
#define TINY       1.1e-16
#define LAPACK(f)  LAPACKE_d##f##_work
#define BLAS(f)    cblas_d##f
#define NAME(word) float64_##word
#include "tensor/linalg_lu_body.h"

static double cube(int64_t n) { return (double)n * (double)n * (double)n; }

static int singular(const char *name, const Tensor *t, const LinalgBatch *b) {
  char text[TENSOR_SHAPE_TEXT];
  return tensor_fail("%s: %s is singular (pivot %d is exactly 0)", name,
                     tensor_linalg_subject(t, b->failed, text), b->why);
}

/* {== solving ========================================================== */

/* The batch dims of a broadcast to those of x. */
static int a_like_x(Tensor *out, const Tensor *a, const Tensor *x) {
  int64_t shape[TENSOR_MAX_DIMS];
  memcpy(shape, x->shape, sizeof shape);
  shape[x->ndim - 1] = linalg_columns(a);
  return tensor_broadcast_to(out, a, x->ndim, shape);
}

/* All factors, then all answers. */
static int run_solve(Solve *s, const Tensor *factors, const Tensor *x) {
  bool single = x->dtype == TENSOR_FLOAT32;
  LinalgBatch each = {.items = tensor_linalg_items(factors),
                      .work = cube(s->n) / 3,
                      .large = LINALG_BLOCKS,
                      .item =
                          single ? float32_factor_item : float64_factor_item,
                      .job = s};
  int status = tensor_linalg_run(&each);
  if (status == TENSOR_OK && each.failed >= 0)
    status = singular("linalg.solve", factors, &each);
  if (status != TENSOR_OK || tensor_numel(x) == 0) return status;
  LinalgBatch answers = {.items = tensor_linalg_items(x),
                         .work = (double)s->n * (double)s->n * (double)s->k,
                         .large = LINALG_BLOCKS,
                         .item =
                             single ? float32_solve_item : float64_solve_item,
                         .job = s};
  return tensor_linalg_run(&answers);
}

int tensor_solve(Tensor *x, const Tensor *a, const Tensor *b) {
  Tensor factors, spread = {0};
  int status = tensor_linalg_check_sizes("linalg.solve", a);
  if (status == TENSOR_OK)
    status = tensor_linalg_check_sizes("linalg.solve", b);
  if (status == TENSOR_OK) status = tensor_copy(x, b);
  if (status != TENSOR_OK || linalg_rows(a) == 0) return status;
  status = tensor_clone(&factors, a, x->dtype);
  if (status != TENSOR_OK) return status;
  Solve s = {.n = linalg_rows(a), .k = linalg_columns(x)};
  size_t bytes = (size_t)(tensor_linalg_items(a) * s.n) * sizeof *s.pivots;
  s.pivots = malloc(bytes > 0 ? bytes : 1);
  if (s.pivots == NULL)
    status = tensor_no_memory((int64_t)bytes);
  else
    status = a_like_x(&spread, &factors, x);
  if (status == TENSOR_OK) {
    s.a = factors.data;
    s.x = x->data;
    s.a_for_x = &spread;
    status = run_solve(&s, &factors, x);
    tensor_release(&spread);
  }
  free(s.pivots);
  tensor_release(&factors);
  return status;
}

int tensor_solve_triangular(Tensor *x, const Tensor *a, const Tensor *b,
                            bool upper) {
  Tensor triangle, spread;
  int status = tensor_linalg_check_sizes("linalg.solve_triangular", a);
  if (status == TENSOR_OK)
    status = tensor_linalg_check_sizes("linalg.solve_triangular", b);
  if (status == TENSOR_OK) status = tensor_copy(x, b);
  if (status != TENSOR_OK || tensor_numel(x) == 0) return status;
  status = tensor_as(&triangle, a, x->dtype);
  if (status != TENSOR_OK) return status;
  status = a_like_x(&spread, &triangle, x);
  if (status == TENSOR_OK) {
    bool single = x->dtype == TENSOR_FLOAT32;
    Solve s = {.a = triangle.data,
               .x = x->data,
               .n = linalg_rows(a),
               .k = linalg_columns(x),
               .a_for_x = &spread,
               .upper = upper};
    LinalgBatch each = {.items = tensor_linalg_items(x),
                        .work = cube(s.n) / 2,
                        .large = LINALG_BLOCKS,
                        .item = single ? float32_triangular_item
                                       : float64_triangular_item,
                        .job = &s};
    status = tensor_linalg_run(&each);
    tensor_release(&spread);
  }
  tensor_release(&triangle);
  return status;
}

/* }== inverses ========================================================= */

/* An item for each matrix of out, which holds a before. */
static int run_inverse(LinalgBatch *each, Tensor *out, const Tensor *a,
                       const char *name, Inverse *job) {
  int status = tensor_linalg_check_sizes(name, a);
  if (status == TENSOR_OK) status = tensor_copy(out, a);
  job->out = out->data;
  job->n = linalg_rows(a);
  size_t size = tensor_dtype_size(out->dtype);
  each->failed = -1;
  each->items = tensor_linalg_items(a);
  each->job = job;
  each->work = cube(job->n);
  each->large = LINALG_BLOCKS;
  each->scratch = (size_t)job->n * (INVERSE_BLOCK * size + sizeof(LinalgInt));
  if (status != TENSOR_OK || tensor_numel(out) == 0) return status;
  return tensor_linalg_run(each);
}

int tensor_inv(Tensor *out, const Tensor *a, bool infinite) {
  bool single = out->dtype == TENSOR_FLOAT32;
  Inverse job = {.infinite = infinite};
  LinalgBatch each = {.item =
                          single ? float32_inverse_item : float64_inverse_item};
  int status = run_inverse(&each, out, a, "linalg.inv", &job);
  if (status != TENSOR_OK || each.failed < 0) return status;
  return singular("linalg.inv", a, &each);
}

int tensor_adjugate(Tensor *out, const Tensor *a) {
  bool single = out->dtype == TENSOR_FLOAT32;
  Inverse job = {0};
  LinalgBatch each = {.item = single ? float32_adjugate_item
                                     : float64_adjugate_item};
  return run_inverse(&each, out, a, "linalg.det", &job);
}

int tensor_cholesky(Tensor *out, const Tensor *a, bool upper) {
  char text[TENSOR_SHAPE_TEXT];
  bool single = out->dtype == TENSOR_FLOAT32;
  Inverse job = {.upper = upper, .diagonal = 1};
  LinalgBatch each = {.item = single ? float32_cholesky_item
                                     : float64_cholesky_item};
  int status = run_inverse(&each, out, a, "linalg.cholesky", &job);
  if (status != TENSOR_OK || each.failed < 0) return status;
  if (each.why == LINALG_NOT_FINITE)
    return tensor_linalg_not_finite("linalg.cholesky", a, each.failed);
  return tensor_fail("linalg.cholesky: %s is not positive definite (its "
                     "leading minor of order %d is not positive)",
                     tensor_linalg_subject(a, each.failed, text), each.why);
}

int tensor_triangle(Tensor *out, const Tensor *x, bool upper, double diagonal) {
  bool single = out->dtype == TENSOR_FLOAT32;
  Inverse job = {.upper = upper, .diagonal = diagonal};
  LinalgBatch each = {.item = single ? float32_triangle_item
                                     : float64_triangle_item};
  return run_inverse(&each, out, x, "linalg", &job);
}

/* }== determinants ===================================================== */

static int run_determinant(Tensor *sign, Tensor *det, const Tensor *a) {
  Tensor factors;
  bool single = det->dtype == TENSOR_FLOAT32;
  int status = tensor_linalg_check_sizes("linalg.det", a);
  if (status == TENSOR_OK) status = tensor_clone(&factors, a, det->dtype);
  if (status != TENSOR_OK) return status;
  Determinant job = {factors.data, linalg_rows(a),
                     sign == NULL ? NULL : sign->data, det->data};
  LinalgBatch each = {.items = tensor_linalg_items(a),
                      .work = cube(job.n) / 3,
                      .large = LINALG_BLOCKS,
                      .scratch = (size_t)job.n * sizeof(LinalgInt),
                      .job = &job};
  if (sign == NULL)
    each.item = single ? float32_det_item : float64_det_item;
  else
    each.item = single ? float32_slogdet_item : float64_slogdet_item;
  status = tensor_linalg_run(&each);
  tensor_release(&factors);
  return status;
}

int tensor_det(Tensor *out, const Tensor *a) {
  if (linalg_rows(a) == 0) return tensor_fill(out, 1);
  return run_determinant(NULL, out, a);
}

int tensor_slogdet(Tensor *sign, Tensor *log_size, const Tensor *a) {
  if (linalg_rows(a) > 0) return run_determinant(sign, log_size, a);
  int status = tensor_fill(sign, 1);
  return status == TENSOR_OK ? tensor_fill(log_size, 0) : status;
}

/* }== */
