/*
** linalg.c - what the rows of tensor.linalg share: checks of shapes, columns
** and rows, the mask of a diagonal.
*/
#include "nn/linalg.h"

/* {== shapes */

int nn_linalg_matrix(const OpCall *call, const Tensor *x) {
  char text[TENSOR_SHAPE_TEXT];
  if (x->ndim >= 2) return TENSOR_OK;
  return tensor_fail("%s: takes a matrix, or a batch of them in the last two "
                     "dims, not a tensor of shape %s",
                     call->row->name,
                     tensor_shape_text(x->ndim, x->shape, text));
}

int nn_linalg_square(const OpCall *call, const Tensor *x) {
  char text[TENSOR_SHAPE_TEXT];
  int status = nn_linalg_matrix(call, x);
  if (status != TENSOR_OK || x->shape[x->ndim - 1] == x->shape[x->ndim - 2])
    return status;
  return tensor_fail("%s: the matrix must be square, not of shape %s",
                     call->row->name,
                     tensor_shape_text(x->ndim, x->shape, text));
}

int nn_linalg_meet(const char *name, const Tensor *a, const Tensor *b,
                   int64_t rows, int64_t columns, OpShape *out) {
  Tensor x = *a, y = *b;
  x.ndim -= 2;
  y.ndim -= 2;
  int status = tensor_broadcast_shape(&x, &y, &out->ndim, out->shape);
  if (status != TENSOR_OK)
    return tensor_fail_in(status, "%s: in the batch dims, ", name);
  out->shape[out->ndim++] = rows;
  out->shape[out->ndim++] = columns;
  return TENSOR_OK;
}

int nn_linalg_vectors(const OpCall *call, const Tensor *a, const Tensor *b) {
  char left[TENSOR_SHAPE_TEXT], right[TENSOR_SHAPE_TEXT];
  int64_t m = a->shape[a->ndim - 2];
  bool vectors = b->ndim == 1;
  if (b->ndim == a->ndim - 1) {
    Tensor as_if = *a;
    as_if.ndim--;
    vectors |= tensor_same_shape(&as_if, b);
  }
  int64_t rows = b->ndim == 0 ? -1 : b->shape[b->ndim - (vectors ? 1 : 2)];
  if (rows == m) return vectors;
  tensor_fail("%s: the shapes %s and %s do not go together: b must have as "
              "many rows as a (%lld)",
              call->row->name, tensor_shape_text(a->ndim, a->shape, left),
              tensor_shape_text(b->ndim, b->shape, right), (long long)m);
  return -1;
}

/* }== columns, rows, diagonals {== */

Value *op_column(Grad *c, Value *x) {
  return x == NULL ? NULL : op_unsqueeze(c, x, x->t.ndim);
}

Value *op_row(Grad *c, Value *x) {
  return x == NULL ? NULL : op_unsqueeze(c, x, x->t.ndim - 1);
}

Value *op_uncolumn(Grad *c, Value *x) {
  return x == NULL ? NULL : op_reshape(c, x, x->t.ndim - 1, x->t.shape);
}

Value *op_diagonal_mask(Grad *c, int64_t n) {
  Value *mask = op_zeros(c, TENSOR_BOOL, 2, (int64_t[]){n, n});
  for (int64_t i = 0; mask != NULL && i < n; i++)
    tensor_set_int(&mask->t, i * n + i, 1);
  return mask;
}

/* }== */
