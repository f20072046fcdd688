/*
** linalg.h - what the files of linear algebra share: walking over a batch of
** matrices, one LAPACK call after another or side by side, and saying which
** of them failed.
**
** A row-major matrix is LAPACK's column-major transpose. The factorisations
** are called on that transpose wherever its answer, read back as row-major,
** is the one wanted; so most of them copy nothing but the input.
*/
#ifndef TENSOR_LINALG_H
#define TENSOR_LINALG_H

#include "tensor/kernel.h"

/* LAPACK counts in int. */
typedef int LinalgInt;

/* What an item returns when it holds what LAPACK must not see; LAPACK's own
** answers above 0 pass through. */
#define LINALG_NOT_FINITE (-1)

/* The work, in multiplications, from which the threads of BLAS speed up one
** matrix: where it is products of blocks, and where half of it is sweeps over
** memory, in which threads mostly wait for each other. Smaller matrices are
** worked on side by side, a thread each. */
#define LINALG_BLOCKS 2e8
#define LINALG_SWEEPS 1e10

typedef struct LinalgBatch {
  int64_t items;
  double work;    /* multiplications for one item, about */
  double large;   /* LINALG_BLOCKS or LINALG_SWEEPS */
  size_t scratch; /* bytes that an item works in */
  /* 0, or why the item failed */
  int (*item)(const void *job, int64_t item, void *scratch);
  const void *job;
  int64_t failed; /* answers: the first item that failed, from 0, or -1 */
  int why;
} LinalgBatch;

/* Runs all items; looks at the interrupt flag between them. An item that
** failed is no failure here: see batch->failed. */
int tensor_linalg_run(LinalgBatch *batch);

/* Matrices in t, which has at least 2 dims. */
int64_t tensor_linalg_items(const Tensor *t);
/* The offset, in elements, of matrix `item` of t, whose batch dims may be
** strided. */
int64_t tensor_linalg_offset(const Tensor *t, int64_t item);
/* "the matrix", or "matrix 3 of the batch", into text; returns text. */
const char *tensor_linalg_subject(const Tensor *t, int64_t item,
                                  char text[TENSOR_SHAPE_TEXT]);
/* Fails with "NAME: the matrix holds NaN or infinity". */
int tensor_linalg_not_finite(const char *name, const Tensor *t, int64_t item);

/* TENSOR_FAIL where a size does not fit LAPACK's int. */
int tensor_linalg_check_sizes(const char *name, const Tensor *t);
/* The length of LAPACK's workspace, as it answered itself, or TENSOR_FAIL
** where it does not fit an int. */
int tensor_linalg_check_work(const char *name, double length);

static inline int64_t linalg_rows(const Tensor *t) {
  return t->shape[t->ndim - 2];
}
static inline int64_t linalg_columns(const Tensor *t) {
  return t->shape[t->ndim - 1];
}
/* A leading dimension for LAPACK, which wants 1 even of nothing. */
static inline LinalgInt linalg_leading(int64_t rows) {
  return rows > 0 ? (LinalgInt)rows : 1;
}
/* t with its last two dims exchanged: a view. */
static inline void linalg_turn(Tensor *out, const Tensor *t) {
  tensor_transpose(out, t, t->ndim - 2, t->ndim - 1);
}
/* The dims of t but its last two, as a tensor that holds nothing. */
static inline Tensor linalg_batch_of(const Tensor *t) {
  Tensor batch = *t;
  batch.ndim -= 2;
  return batch;
}

#endif
