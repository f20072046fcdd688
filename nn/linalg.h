/*
** linalg.h - inside nn: what the rows of tensor.linalg share.
*/
#ifndef NN_LINALG_H
#define NN_LINALG_H

#include "nn/ops.h"
#include "nn/rows.h"

/* Shape rules: x must hold matrices, square ones. */
int nn_linalg_matrix(const OpCall *call, const Tensor *x);
int nn_linalg_square(const OpCall *call, const Tensor *x);
/* The shape (..., rows, columns), where the batches of a and b meet. */
int nn_linalg_meet(const char *name, const Tensor *a, const Tensor *b,
                   int64_t rows, int64_t columns, OpShape *out);
/* Whether b holds vectors for a, as in NumPy and PyTorch: it has one dim, or
** a's without the last. -1: b does not go with a, which is said. */
int nn_linalg_vectors(const OpCall *call, const Tensor *a, const Tensor *b);

/* The last two dims exchanged. */
static inline Value *op_turn(Grad *c, Value *x) {
  return x == NULL ? NULL : op_transpose(c, x, x->t.ndim - 2, x->t.ndim - 1);
}
/* a b' and a' b */
static inline Value *op_matmul_turned(Grad *c, Value *a, Value *b) {
  return op_bmatmul(c, a, op_turn(c, b));
}
static inline Value *op_turned_matmul(Grad *c, Value *a, Value *b) {
  return op_bmatmul(c, op_turn(c, a), b);
}
/* A size-1 dim more: the last (a column), or the last but one (a row). */
Value *op_column(Grad *c, Value *x);
Value *op_row(Grad *c, Value *x);
/* Without the last dim, which has size 1. */
Value *op_uncolumn(Grad *c, Value *x);
/* Whether an element stands on the diagonal: bool (n, n). */
Value *op_diagonal_mask(Grad *c, int64_t n);

/* One triangle of x, its diagonal times a factor. */
Value *op_triangle(Grad *c, Value *x, bool upper, double diagonal);
/* a x = b, batches of matrices; with one triangle of a alone. */
Value *op_solve(Grad *c, Value *a, Value *b);
Value *op_solve_triangular(Grad *c, Value *a, Value *b, bool upper);
/* The inverse; infinities where there is none. */
Value *op_inv(Grad *c, Value *a);
/* The singular values alone. */
Value *op_svdvals(Grad *c, Value *a);

#endif
