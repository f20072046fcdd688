/*
** rows_matrix.c - matrices: diagonals, triangles, and products by other names.
*/
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== diagonals */

/* The diagonal `offset` above the main one: its view, as the last dim. */
static int diagonal_view(Tensor *out, const Tensor *x, int64_t offset, int dim1,
                         int dim2) {
  Tensor view = *x;
  int64_t rows = x->shape[dim1], columns = x->shape[dim2], start, length;
  /* offset may be any integer: compare before subtracting */
  if (offset >= 0) {
    length = offset >= columns ? 0 : columns - offset;
    length = length < rows ? length : rows;
    start = offset * (length > 0 ? x->strides[dim2] : 0);
  } else {
    length = offset <= -rows ? 0 : rows + offset;
    length = length < columns ? length : columns;
    start = length > 0 ? -offset * x->strides[dim1] : 0;
  }
  view.data += start * (int64_t)tensor_dtype_size(x->dtype);
  view.ndim = 0;
  for (int d = 0; d < x->ndim; d++) {
    if (d == dim1 || d == dim2) continue;
    view.shape[view.ndim] = x->shape[d];
    view.strides[view.ndim++] = x->strides[d];
  }
  view.shape[view.ndim] = length;
  view.strides[view.ndim++] = x->strides[dim1] + x->strides[dim2];
  tensor_alias(out, &view);
  return TENSOR_OK;
}

static int diagonal_of(const OpCall *call, Tensor *out) {
  const Tensor *x = &call->in[0]->t;
  const OpAttrs *a = call->attrs;
  if (x->ndim < 2)
    return tensor_fail("diagonal: takes a tensor with 2 dims or more, not %d",
                       x->ndim);
  if (a->i[1] == a->i[2])
    return tensor_fail("diagonal: the two dims must differ, both are %lld",
                       (long long)a->i[1] + 1);
  return diagonal_view(out, x, a->i[0], (int)a->i[1], (int)a->i[2]);
}

/* Zeros of the shape in lists[0], but for x on their diagonal. */
static int on_diagonal_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  Tensor part;
  tensor_fill(out, 0);
  int status = diagonal_view(&part, out, a->i[0], (int)a->i[1], (int)a->i[2]);
  if (status != TENSOR_OK) return status;
  status = tensor_copy(&part, &call->in[0]->t);
  tensor_release(&part);
  return status;
}

static void on_diagonal_gradient(Grad *c) {
  c->to[0] = nn_apply1(c, &nn_row_diagonal, c->g, c->attrs);
}

static const OpRow row_on_diagonal = {
    .name = "on_diagonal",
    .args = "g, offset: int, dim1: int, dim2: int, shape: ints",
    .help = "",
    .internal = true,
    .shape = nn_listed_shape,
    .kernel = on_diagonal_kernel,
    .gradient = on_diagonal_gradient,
};

static void diagonal_gradient(Grad *c) {
  OpAttrs attrs = *c->attrs;
  nn_list_input_shape(c, 0, &attrs);
  c->to[0] = nn_apply1(c, &row_on_diagonal, c->g, &attrs);
}

const OpRow nn_row_diagonal = {
    .name = "diagonal",
    .args = "x, offset: int = 0, dim1: dim = 1, dim2: dim = 2",
    .help = "The diagonal of the matrices that lie in dims dim1 and dim2 of x, "
            "as a new last dim: a view, so that x:diagonal():fill_(1) writes "
            "into x. A positive offset goes above the main diagonal, a "
            "negative one below.\n"
            "  > local x = tensor.arange(9):reshape(3, 3)\n"
            "  > x:diagonal()\n"
            "  int64 (3)\n"
            "    1  5  9\n"
            "  > x:diagonal(-1)\n"
            "  int64 (2)\n"
            "    4  8",
    .view = diagonal_of,
    .gradient = diagonal_gradient,
};

static int diag_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  OpAttrs attrs;
  int64_t offset = attrs.i[0] = call->attrs->i[0];
  attrs.i[1] = 0;
  attrs.i[2] = 1;
  if (x->t.ndim == 2)
    return nn_answer(c, out, nn_apply1(c, &nn_row_diagonal, x, &attrs));
  if (x->t.ndim != 1)
    return tensor_fail("diag: takes a 1-d tensor or a matrix, not %d dims "
                       "(diagonal takes more)",
                       x->t.ndim);
  int64_t size = x->t.shape[0];
  if (offset == INT64_MIN ||
      __builtin_add_overflow(size, offset < 0 ? -offset : offset, &size))
    return tensor_no_memory(INT64_MAX);
  attrs.counts[0] = 2;
  attrs.lists[0][0] = attrs.lists[0][1] = size;
  return nn_answer(c, out, nn_apply1(c, &row_on_diagonal, x, &attrs));
}

static int check_matrix(const OpCall *call, int k) {
  const Tensor *x = &call->in[k]->t;
  char text[TENSOR_SHAPE_TEXT];
  if (x->ndim == 2) return TENSOR_OK;
  return tensor_fail("%s: takes a matrix (2 dims)%s, got shape %s",
                     call->row->name,
                     call->inputs == 1 ? ""
                     : k == 0          ? " first"
                                       : " second",
                     tensor_shape_text(x->ndim, x->shape, text));
}

static int trace_compose(Grad *c, const OpCall *call, OpResults *out) {
  int status = check_matrix(call, 0);
  if (status != TENSOR_OK) return status;
  OpAttrs attrs;
  attrs.i[0] = call->attrs->i[0];
  attrs.i[1] = 0;
  attrs.i[2] = 1;
  Value *diagonal = nn_apply1(c, &nn_row_diagonal, call->in[0], &attrs);
  return nn_answer(c, out, op_sum(c, diagonal, 1, false));
}

static const OpRow row_diag = {
    .name = "diag",
    .args = "x, offset: int = 0",
    .help = "Of a 1-d tensor, the square matrix with x on a diagonal and 0 "
            "elsewhere; of a matrix, its diagonal (a view). A positive offset "
            "means a diagonal above the main one, a negative one below.\n"
            "  > tensor({1, 2}):diag()\n"
            "  float32 (2, 2)\n"
            "    1  0\n"
            "    0  2\n"
            "  > tensor({{1, 2}, {3, 4}}):diag(1)\n"
            "  float32 (1)\n"
            "    2",
    .compose = diag_compose,
};
static const OpRow row_trace = {
    .name = "trace",
    .args = "x, offset: int = 0",
    .help = "The sum of a matrix's diagonal: a 0-d tensor, int64 for integers. "
            "The traces of many matrices are "
            "x:diagonal(0, -2, -1):sum(-1).\n"
            "  > tensor({{1, 2}, {3, 4}}):trace():item()\n"
            "  5.0",
    .compose = trace_compose,
};

/* }== triangles {== */

static int triangle_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t;
  if (x->ndim < 2)
    return tensor_fail("%s: takes a matrix, or several (2 dims or more), not "
                       "%d dims",
                       call->row->name, x->ndim);
  return nn_shape_like(out, x->dtype, x);
}

static int64_t clipped(int64_t at, int64_t size) {
  return at < 0 ? 0 : at > size ? size : at;
}

/* Zeros columns first..last-1 of every row of a contiguous tensor; the bounds
** move on by one with each row. */
static int zero_triangle(Tensor *out, bool lower, int64_t offset) {
  int n = out->ndim;
  int64_t rows = out->shape[n - 2], columns = out->shape[n - 1];
  int64_t size = (int64_t)tensor_dtype_size(out->dtype);
  int64_t total = columns == 0 ? 0 : tensor_numel(out) / columns;
  int status = TENSOR_OK;
  offset = offset > columns ? columns : offset < -rows ? -rows : offset;
  for (int64_t r = 0; r < total && status == TENSOR_OK; r++) {
    int64_t edge = clipped(r % rows + offset + (lower ? 1 : 0), columns);
    int64_t first = lower ? edge : 0, last = lower ? columns : edge;
    memset(out->data + (r * columns + first) * size, 0,
           (size_t)((last - first) * size));
    if (r % 4096 == 4095) status = tensor_poll();
  }
  return status;
}

static int tril_kernel(const OpCall *call, Tensor *out) {
  int status = tensor_copy(out, &call->in[0]->t);
  if (status != TENSOR_OK) return status;
  return zero_triangle(out, true, call->attrs->i[0]);
}

static int triu_kernel(const OpCall *call, Tensor *out) {
  int status = tensor_copy(out, &call->in[0]->t);
  if (status != TENSOR_OK) return status;
  return zero_triangle(out, false, call->attrs->i[0]);
}

static void triangle_gradient(Grad *c) {
  c->to[0] = nn_apply1(c, c->node->row, c->g, c->attrs);
}

static const OpRow row_tril = {
    .name = "tril",
    .args = "x, offset: int = 0",
    .help = "The lower triangle of the matrices in the last two dims of x: "
            "what lies above the diagonal `offset` above the main one is 0.\n"
            "  > tensor.ones(3, 3):tril()\n"
            "  float32 (3, 3)\n"
            "    1  0  0\n"
            "    1  1  0\n"
            "    1  1  1",
    .form_in_place = true,
    .shape = triangle_shape,
    .kernel = tril_kernel,
    .gradient = triangle_gradient,
};
static const OpRow row_triu = {
    .name = "triu",
    .args = "x, offset: int = 0",
    .help = "The upper triangle of the matrices in the last two dims of x: "
            "what lies below the diagonal `offset` above the main one is 0.\n"
            "  > tensor.ones(3, 3):triu(1)\n"
            "  float32 (3, 3)\n"
            "    0  1  1\n"
            "    0  0  1\n"
            "    0  0  0",
    .form_in_place = true,
    .shape = triangle_shape,
    .kernel = triu_kernel,
    .gradient = triangle_gradient,
};

/* }== products {== */

/* Every size of a beside the same of b: (a1, 1, a2, 1) * (1, b1, 1, b2). */
static int kron_compose(Grad *c, const OpCall *call, OpResults *out) {
  const Tensor *x[2] = {&call->in[0]->t, &call->in[1]->t};
  int ndim = x[0]->ndim > x[1]->ndim ? x[0]->ndim : x[1]->ndim;
  int64_t shape[2][TENSOR_MAX_DIMS], joined[TENSOR_MAX_DIMS];
  if (2 * ndim > TENSOR_MAX_DIMS)
    return tensor_fail("kron: takes tensors with at most %d dims, not %d",
                       TENSOR_MAX_DIMS / 2, ndim);
  for (int d = 0; d < ndim; d++) {
    joined[d] = 1;
    for (int k = 0; k < 2; k++) {
      int e = d - (ndim - x[k]->ndim);
      int64_t size = e < 0 ? 1 : x[k]->shape[e];
      shape[k][2 * d + k] = size;
      shape[k][2 * d + 1 - k] = 1;
      if (__builtin_mul_overflow(joined[d], size, &joined[d]))
        return tensor_no_memory(INT64_MAX);
    }
  }
  Value *y = op_mul(c, op_reshape(c, call->in[0], 2 * ndim, shape[0]),
                    op_reshape(c, call->in[1], 2 * ndim, shape[1]));
  return nn_answer(c, out, op_reshape(c, y, ndim, joined));
}

static int inner_failure(const OpCall *call, const char *rule) {
  char a[TENSOR_SHAPE_TEXT], b[TENSOR_SHAPE_TEXT];
  const Tensor *x = &call->in[0]->t, *y = &call->in[1]->t;
  return tensor_fail("%s: the shapes %s and %s do not go together: %s",
                     call->row->name, tensor_shape_text(x->ndim, x->shape, a),
                     tensor_shape_text(y->ndim, y->shape, b), rule);
}

static int mm_compose(Grad *c, const OpCall *call, OpResults *out) {
  int status = check_matrix(call, 0);
  if (status == TENSOR_OK) status = check_matrix(call, 1);
  if (status != TENSOR_OK) return status;
  if (call->in[0]->t.shape[1] != call->in[1]->t.shape[0])
    return inner_failure(call, "(m, k) x (k, n) is needed");
  return nn_answer(c, out, op_bmatmul(c, call->in[0], call->in[1]));
}

static int mv_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *a = call->in[0], *v = call->in[1];
  int status = check_matrix(call, 0);
  if (status != TENSOR_OK) return status;
  if (v->t.ndim != 1)
    return tensor_fail("mv: takes a 1-d tensor second, not one with %d dims",
                       v->t.ndim);
  if (a->t.shape[1] != v->t.shape[0])
    return inner_failure(call, "(m, k) x (k) is needed");
  int64_t column[2] = {v->t.shape[0], 1};
  Value *y = op_bmatmul(c, a, op_reshape(c, v, 2, column));
  return nn_answer(c, out, op_reshape(c, y, 1, a->t.shape));
}

static int bmm_compose(Grad *c, const OpCall *call, OpResults *out) {
  const Tensor *a = &call->in[0]->t, *b = &call->in[1]->t;
  if (a->ndim != 3 || b->ndim != 3)
    return tensor_fail("bmm: takes two tensors with 3 dims, not %d and %d "
                       "(matmul broadcasts)",
                       a->ndim, b->ndim);
  if (a->shape[0] != b->shape[0] || a->shape[2] != b->shape[1])
    return inner_failure(call, "(batch, m, k) x (batch, k, n) is needed");
  return nn_answer(c, out, op_bmatmul(c, call->in[0], call->in[1]));
}

static const OpRow row_kron = {
    .name = "kron",
    .args = "a, b: tensor",
    .help = "The Kronecker product: each element of a times the whole of b, "
            "side by side; sizes multiply. Where one has fewer dims, it gets "
            "more in front. At most 4 dims.\n"
            "  > tensor({{1, 2}}):kron(tensor({{1, 1}, {0, 1}}))\n"
            "  float32 (2, 4)\n"
            "    1  1  2  2\n"
            "    0  1  0  2",
    .compose = kron_compose,
};
static const OpRow row_mm = {
    .name = "mm",
    .args = "a: tensor, b: tensor",
    .help = "The product of two matrices, (m, k) x (k, n) -> (m, n); matmul "
            "takes more than matrices.\n"
            "  > tensor({{1, 2}, {3, 4}}):mm(tensor({{0, 1}, {1, 0}}))\n"
            "  float32 (2, 2)\n"
            "    2  1\n"
            "    4  3",
    .compose = mm_compose,
};
static const OpRow row_mv = {
    .name = "mv",
    .args = "a: tensor, v: tensor",
    .help = "The product of a matrix and a vector, (m, k) x (k) -> (m).\n"
            "  > tensor({{1, 2}, {3, 4}}):mv(tensor({1, 1}))\n"
            "  float32 (2)\n"
            "    3  7",
    .compose = mv_compose,
};
static const OpRow row_bmm = {
    .name = "bmm",
    .args = "a: tensor, b: tensor",
    .help = "The products of as many matrices each, (batch, m, k) x (batch, "
            "k, n) -> (batch, m, n), without broadcasting.\n"
            "  > tensor.ones(2, 3, 4):bmm(tensor.ones(2, 4, 5)).shape\n"
            "  (2, 3, 5)",
    .compose = bmm_compose,
};

/* }== */

const OpRow *const nn_rows_matrix[] = {
    &nn_row_diagonal, &row_on_diagonal, &row_diag, &row_trace,
    &row_tril,        &row_triu,        &row_kron, &row_mm,
    &row_mv,          &row_bmm,         NULL};
