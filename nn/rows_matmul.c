/*
** rows_matmul.c - products of matrices.
*/
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== the batched product of tensors with at least 2 dims */

static int product_failure(const OpCall *call, const Tensor *a, const Tensor *b,
                           int64_t k, int64_t l) {
  char left[TENSOR_SHAPE_TEXT], right[TENSOR_SHAPE_TEXT];
  return tensor_fail(
      "%s: the shapes %s and %s do not go together: the last "
      "dim of the left (%lld) must be the last but one of the "
      "right (%lld)",
      call->row->name, tensor_shape_text(a->ndim, a->shape, left),
      tensor_shape_text(b->ndim, b->shape, right), (long long)k, (long long)l);
}

static int bmatmul_shape(const OpCall *call, OpShape *out) {
  Tensor a = call->in[0]->t, b = call->in[1]->t;
  int64_t m = a.shape[a.ndim - 2], n = b.shape[b.ndim - 1];
  if (a.shape[a.ndim - 1] != b.shape[b.ndim - 2])
    return product_failure(call, &a, &b, a.shape[a.ndim - 1],
                           b.shape[b.ndim - 2]);
  out->dtype = tensor_dtype_promote(a.dtype, b.dtype);
  a.ndim -= 2; /* what remains are the batches */
  b.ndim -= 2;
  int status = tensor_broadcast_shape(&a, &b, &out->ndim, out->shape);
  if (status != TENSOR_OK)
    return tensor_fail_in(status, "matmul: in the batch dims, ");
  out->shape[out->ndim++] = m;
  out->shape[out->ndim++] = n;
  return TENSOR_OK;
}

/* x in out's dtype and with out's batch dims. */
static int as_factor(Tensor *factor, const Tensor *x, const Tensor *out) {
  Tensor converted;
  int64_t shape[TENSOR_MAX_DIMS];
  int status = TENSOR_OK;
  if (x->dtype == out->dtype)
    tensor_alias(&converted, x);
  else
    status = tensor_clone(&converted, x, out->dtype);
  if (status != TENSOR_OK) return status;
  memcpy(shape, out->shape, sizeof shape);
  for (int k = 1; k <= 2; k++) shape[out->ndim - k] = x->shape[x->ndim - k];
  status = tensor_broadcast_to(factor, &converted, out->ndim, shape);
  tensor_release(&converted);
  return status;
}

static int bmatmul_kernel(const OpCall *call, Tensor *out) {
  Tensor a, b;
  int status = as_factor(&a, &call->in[0]->t, out);
  if (status != TENSOR_OK) return status;
  status = as_factor(&b, &call->in[1]->t, out);
  if (status == TENSOR_OK) {
    status = tensor_matmul(out, &a, &b);
    tensor_release(&b);
  }
  tensor_release(&a);
  return status;
}

static Value *turned(Grad *c, Value *x) {
  return op_transpose(c, x, x->t.ndim - 2, x->t.ndim - 1);
}

/* Broadcast batches are summed up where the answer flows on. */
static void bmatmul_gradient(Grad *c) {
  Value *a = c->in[0], *b = c->in[1];
  if (c->needs[0]) c->to[0] = op_bmatmul(c, c->g, turned(c, b));
  if (c->needs[1]) c->to[1] = op_bmatmul(c, turned(c, a), c->g);
}

const OpRow nn_row_bmatmul = {
    .name = "bmatmul",
    .args = "a, b: tensor",
    .help = "",
    .internal = true,
    .keeps = 3,
    .crosswise = true,
    .shape = bmatmul_shape,
    .kernel = bmatmul_kernel,
    .gradient = bmatmul_gradient,
};

/* }== what users call {== */

static int check_ranks(const OpCall *call) {
  if (call->in[0]->t.ndim > 0 && call->in[1]->t.ndim > 0) return TENSOR_OK;
  return tensor_fail("%s: a tensor without dims takes no part in a matrix "
                     "product; use *",
                     call->row->name);
}

/* A vector on the left is a row, on the right a column; it goes again. */
static int matmul_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *a = call->in[0], *b = call->in[1];
  int status = check_ranks(call);
  if (status != TENSOR_OK) return status;
  int64_t k = a->t.shape[a->t.ndim - 1];
  int64_t l = b->t.shape[b->t.ndim > 1 ? b->t.ndim - 2 : 0];
  if (k != l) return product_failure(call, &a->t, &b->t, k, l);
  if (a->t.ndim > 1 && b->t.ndim > 1)
    return nn_answer(c, out, op_bmatmul(c, a, b));
  int64_t row[2] = {1, k}, column[2] = {k, 1}, shape[TENSOR_MAX_DIMS];
  bool left = a->t.ndim == 1, right = b->t.ndim == 1;
  Value *y = op_bmatmul(c, left ? op_reshape(c, a, 2, row) : a,
                        right ? op_reshape(c, b, 2, column) : b);
  if (y == NULL) return c->status;
  int n = 0;
  for (int d = 0; d < y->t.ndim; d++)
    if (!(left && d == y->t.ndim - 2) && !(right && d == y->t.ndim - 1))
      shape[n++] = y->t.shape[d];
  return nn_answer(c, out, op_reshape(c, y, n, shape));
}

/* NumPy's: the last dim of a with the last but one of b (its only one). */
static int dot_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *a = call->in[0], *b = call->in[1];
  int an = a->t.ndim, bn = b->t.ndim, n = 0;
  if (an == 0 || bn == 0) return nn_answer(c, out, op_mul(c, a, b));
  int contracted = bn == 1 ? 0 : bn - 2;
  int64_t k = a->t.shape[an - 1], l = b->t.shape[contracted];
  int64_t shape[2 * TENSOR_MAX_DIMS], order[TENSOR_MAX_DIMS];
  if (k != l) return product_failure(call, &a->t, &b->t, k, l);
  int64_t left[2] = {1, k}, right[2] = {k, 1};
  for (int d = 0; d < an - 1; d++) left[0] *= shape[n++] = a->t.shape[d];
  order[0] = contracted;
  for (int d = 0, m = 1; d < bn; d++) {
    if (d == contracted) continue;
    order[m++] = d;
    right[1] *= shape[n++] = b->t.shape[d];
  }
  if (n > TENSOR_MAX_DIMS)
    return tensor_fail("dot: the result would have %d dims, more than %d", n,
                       TENSOR_MAX_DIMS);
  Value *y = op_bmatmul(c, op_reshape(c, a, 2, left),
                        op_reshape(c, op_permute(c, b, order), 2, right));
  return nn_answer(c, out, op_reshape(c, y, n, shape));
}

static int outer_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *a = call->in[0], *b = call->in[1];
  if (a->t.ndim != 1 || b->t.ndim != 1)
    return tensor_fail("outer: takes two 1-d tensors, not %d-d and %d-d",
                       a->t.ndim, b->t.ndim);
  int64_t column[2] = {a->t.shape[0], 1};
  return nn_answer(c, out, op_mul(c, op_reshape(c, a, 2, column), b));
}

static const OpRow row_matmul = {
    .name = "matmul",
    .args = "a, b: tensor",
    .help = "The matrix product (..., m, k) x (..., k, n) -> (..., m, n); "
            "leading dims broadcast, a 1-d tensor is a row on the left and a "
            "column on the right.\n"
            "  > tensor({{1, 2}, {3, 4}}):matmul(tensor({1, 1}))\n"
            "  float32 (2)\n"
            "    3  7",
    .compose = matmul_compose,
};
static const OpRow row_dot = {
    .name = "dot",
    .args = "a, b",
    .help = "NumPy's dot: the sum over the last dim of a and the last but "
            "one of b (its only one, if b is 1-d): (a, b, c, d) . (d, e) -> "
            "(a, b, c, e); two 1-d tensors give a 0-d tensor.\n"
            "  > tensor({1, 2}):dot(tensor({3, 4})):item()\n"
            "  11.0\n"
            "  > tensor.ones(2, 3, 4):dot(tensor.ones(4, 5)).shape\n"
            "  (2, 3, 5)",
    .compose = dot_compose,
};
static const OpRow row_outer = {
    .name = "outer",
    .args = "a, b: tensor",
    .help = "The products of each element of a with each of b: (m), (n) -> "
            "(m, n).\n"
            "  > tensor({1, 2}):outer(tensor({3, 4, 5}))\n"
            "  float32 (2, 3)\n"
            "     3   4   5\n"
            "     6   8  10",
    .compose = outer_compose,
};

/* }== */

const OpRow *const nn_rows_matmul[] = {&nn_row_bmatmul, &row_matmul, &row_dot,
                                       &row_outer, NULL};
