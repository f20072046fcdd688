/*
** rows_index.c - picking elements by tensors of positions and by masks, and
** writing to them.
*/
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== picking by index tensors, and its way back {== */

/*
** Three ways to pick, all with the index as input 1: gather (element by
** element along a dim), index_select (whole slices of a dim) and take (from
** x as one long row). Each one's gradient adds back into zeros of x's shape,
** noted in lists[0]; the gradient of that is the picking again.
*/

static int gather_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t, *index = &call->in[1]->t;
  bool fits = x->ndim == index->ndim;
  for (int d = 0; fits && d < x->ndim; d++)
    fits = d == call->attrs->i[0] || index->shape[d] <= x->shape[d];
  if (!fits) {
    char a[TENSOR_SHAPE_TEXT], b[TENSOR_SHAPE_TEXT];
    return tensor_fail("gather: an index of shape %s does not go with a "
                       "tensor of shape %s (as many dims, and no larger but "
                       "in dim %lld)",
                       tensor_shape_text(index->ndim, index->shape, a),
                       tensor_shape_text(x->ndim, x->shape, b),
                       (long long)call->attrs->i[0] + 1);
  }
  return nn_shape_like(out, x->dtype, index);
}

static int gather_kernel(const OpCall *call, Tensor *out) {
  return tensor_gather(out, &call->in[0]->t, (int)call->attrs->i[0],
                       &call->in[1]->t);
}

static int index_select_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t, *index = &call->in[1]->t;
  if (index->ndim > 1)
    return tensor_fail("index_select: the index must have 1 dim, not %d",
                       index->ndim);
  nn_shape_like(out, x->dtype, x);
  out->shape[call->attrs->i[0]] = tensor_numel(index);
  return TENSOR_OK;
}

static int index_select_kernel(const OpCall *call, Tensor *out) {
  return tensor_index_select(out, &call->in[0]->t, (int)call->attrs->i[0],
                             &call->in[1]->t);
}

static int take_shape(const OpCall *call, OpShape *out) {
  return nn_shape_like(out, call->in[0]->t.dtype, &call->in[1]->t);
}

static int take_kernel(const OpCall *call, Tensor *out) {
  return tensor_take(out, &call->in[0]->t, &call->in[1]->t);
}

static int back_shape(const OpCall *call, OpShape *out) {
  return nn_shape_of(out, call->in[0]->t.dtype, call->attrs->counts[0],
                     call->attrs->lists[0]);
}

static int gather_back_kernel(const OpCall *call, Tensor *out) {
  tensor_fill(out, 0);
  return tensor_scatter(out, (int)call->attrs->i[0], &call->in[1]->t,
                        &call->in[0]->t, true);
}

static int index_select_back_kernel(const OpCall *call, Tensor *out) {
  tensor_fill(out, 0);
  return tensor_index_add(out, (int)call->attrs->i[0], &call->in[1]->t,
                          &call->in[0]->t);
}

static int take_back_kernel(const OpCall *call, Tensor *out) {
  tensor_fill(out, 0);
  return tensor_take_add(out, &call->in[1]->t, &call->in[0]->t);
}

static void pick_again(Grad *c, const OpRow *row) {
  c->to[0] = nn_apply2(c, row, c->g, c->in[1], c->attrs);
}
static void gather_back_gradient(Grad *c) { pick_again(c, &nn_row_gather); }
static void index_select_back_gradient(Grad *c) {
  pick_again(c, &nn_row_index_select);
}
static void take_back_gradient(Grad *c) { pick_again(c, &nn_row_take); }

#define BACK(of)                                                               \
  static const OpRow row_##of##_back = {                                       \
      .name = #of "_backward",                                                 \
      .args = "g, index: tensor, dim: dim, shape: ints",                       \
      .help = "",                                                              \
      .internal = true,                                                        \
      .keeps = 2,                                                              \
      .shape = back_shape,                                                     \
      .kernel = of##_back_kernel,                                              \
      .gradient = of##_back_gradient,                                          \
  }
BACK(gather);
BACK(index_select);
BACK(take);

static Value *send_back(Grad *c, const OpRow *row, Value *g, Value *index,
                        int64_t dim, const OpShape *x) {
  OpAttrs attrs;
  attrs.i[0] = dim;
  attrs.counts[0] = x->ndim;
  memcpy(attrs.lists[0], x->shape, sizeof x->shape);
  return nn_apply2(c, row, g, index, &attrs);
}

Value *nn_gather_backward(Grad *c, Value *g, Value *index, int dim,
                          const OpShape *x) {
  return send_back(c, &row_gather_back, g, index, dim, x);
}

Value *nn_take_backward(Grad *c, Value *g, Value *index, const OpShape *x) {
  return send_back(c, &row_take_back, g, index, 0, x);
}

static void gather_gradient(Grad *c) {
  c->to[0] = send_back(c, &row_gather_back, c->g, c->in[1], c->attrs->i[0],
                       nn_input_shape(c, 0));
}
static void index_select_gradient(Grad *c) {
  c->to[0] = send_back(c, &row_index_select_back, c->g, c->in[1],
                       c->attrs->i[0], nn_input_shape(c, 0));
}
static void take_gradient(Grad *c) {
  c->to[0] =
      send_back(c, &row_take_back, c->g, c->in[1], 0, nn_input_shape(c, 0));
}

const OpRow nn_row_gather = {
    .name = "gather",
    .args = "x: tensor, dim: dim, index: tensor",
    .help = "The elements at the positions of index along dim: for 2 dims, "
            "out[i][j] = x[index[i][j]][j] (dim 1) or x[i][index[i][j]] (dim "
            "2). Positions count from 1, negative ones from the end.\n"
            "  > tensor({{1, 2}, {3, 4}}):gather(2, tensor({{2}, {1}}, "
            "\"int64\"))\n"
            "  float32 (2, 1)\n"
            "    2\n"
            "    3",
    .keeps = 2,
    .shape = gather_shape,
    .kernel = gather_kernel,
    .gradient = gather_gradient,
};
const OpRow nn_row_index_select = {
    .name = "index_select",
    .args = "x: tensor, dim: dim, index: tensor",
    .help = "The slices of x along dim at the positions of a 1-d index, from "
            "1, in its order.\n"
            "  > tensor({10, 20, 30}):index_select(1, tensor({3, 1}, "
            "\"int64\"))\n"
            "  float32 (2)\n"
            "    30  10",
    .keeps = 2,
    .shape = index_select_shape,
    .kernel = index_select_kernel,
    .gradient = index_select_gradient,
};
const OpRow nn_row_take = {
    .name = "take",
    .args = "x: tensor, index: tensor",
    .help = "The elements of x, as one long row, at the positions of index, "
            "from 1; the result has index's shape.\n"
            "  > tensor({{1, 2}, {3, 4}}):take(tensor({4, 1}, \"int64\"))\n"
            "  float32 (2)\n"
            "    4  1",
    .keeps = 2,
    .shape = take_shape,
    .kernel = take_kernel,
    .gradient = take_gradient,
};

/* }== writing by positions {== */

/* x as one long row [index] = source; the source broadcasts to index. */
static int put_kernel(const OpCall *call, Tensor *x) {
  Tensor index, source, flat;
  const Tensor *values = &call->in[2]->t;
  int64_t n = tensor_numel(x), count;
  int status = tensor_as(&index, &call->in[1]->t, TENSOR_INT64);
  if (status != TENSOR_OK) return status;
  status = tensor_broadcast_to(&source, values, index.ndim, index.shape);
  if (status != TENSOR_OK) {
    tensor_release(&index);
    return tensor_fail_in(status, "assignment: ");
  }
  status = tensor_clone(&flat, &source, x->dtype);
  tensor_release(&source);
  count = tensor_numel(&index);
  const int64_t *at = (const int64_t *)(const void *)index.data;
  for (int64_t k = 0; k < count && status == TENSOR_OK; k++)
    if (at[k] == 0 || at[k] > n || at[k] < -n)
      status = tensor_fail("put_: index %lld is outside the %lld elements",
                           (long long)at[k], (long long)n);
  for (int64_t k = 0; k < count && status == TENSOR_OK; k++) {
    int64_t rest = at[k] < 0 ? at[k] + n : at[k] - 1, offset = 0;
    for (int d = x->ndim - 1; d >= 0; d--) {
      offset += rest % x->shape[d] * x->strides[d];
      rest /= x->shape[d];
    }
    size_t size = tensor_dtype_size(x->dtype);
    memcpy(x->data + offset * (int64_t)size, flat.data + (size_t)k * size,
           size);
  }
  if (flat.storage != NULL) tensor_release(&flat);
  tensor_release(&index);
  return status;
}

static void put_gradient(Grad *c) {
  Value *index = c->in[1];
  if (c->needs[2]) c->to[2] = nn_apply2(c, &nn_row_take, c->g, index, NULL);
  if (!c->needs[0] || c->status != TENSOR_OK) return;
  Value *rest = op_clone(c, c->g), *zero = op_num(c, 0);
  if (rest == NULL || zero == NULL) return;
  c->status =
      nn_call_in_place(&nn_row_put, 3, (Value *[]){rest, index, zero}, NULL);
  c->to[0] = rest;
}

const OpRow nn_row_put = {
    .name = "put_",
    .args = "x: tensor, index: tensor, source",
    .help = "Writes source into x, as one long row, at the positions of "
            "index, from 1; of a position named twice the last counts.\n"
            "  > tensor.zeros(4):put_(tensor({4, 1}, \"int64\"), tensor({7, "
            "8}))\n"
            "  float32 (4)\n"
            "    8  0  0  7",
    .in_place = true,
    .keeps = 2,
    .kernel = put_kernel,
    .gradient = put_gradient,
};

/* }== indices of several dims {== */

/* One index, wrapped and checked against a size: positions from 0. */
static int wrap_kernel(const OpCall *call, Tensor *out) {
  const Tensor *x = &call->in[0]->t;
  int64_t size = call->attrs->i[0], dim = call->attrs->i[1];
  if (x->dtype != TENSOR_INT64 && x->dtype != TENSOR_INT32 &&
      x->dtype != TENSOR_UINT8)
    return tensor_fail("an index tensor must hold integers or be a bool mask, "
                       "this one is %s",
                       tensor_dtype_name(x->dtype));
  int status = tensor_copy(out, x);
  if (status != TENSOR_OK) return status;
  int64_t *at = (int64_t *)(void *)out->data, n = tensor_numel(out);
  for (int64_t k = 0; k < n; k++) {
    if (at[k] == 0)
      return tensor_fail("index 0 at position %lld: positions count from 1",
                         (long long)k + 1);
    if (at[k] > size || at[k] < -size)
      return tensor_fail("index %lld at position %lld is outside dim %lld of "
                         "size %lld",
                         (long long)at[k], (long long)k + 1, (long long)dim + 1,
                         (long long)size);
    at[k] = at[k] < 0 ? at[k] + size : at[k] - 1;
  }
  return TENSOR_OK;
}

static int wrap_shape(const OpCall *call, OpShape *out) {
  return nn_shape_like(out, TENSOR_INT64, &call->in[0]->t);
}

static const OpRow row_wrap = {
    .name = "wrap_index",
    .args = "index, size: int, dim: int",
    .help = "",
    .internal = true,
    .shape = wrap_shape,
    .kernel = wrap_kernel,
};

/* The positions (from 1) in a row of the indexed dims' elements. */
static Value *linear_positions(Grad *c, const OpCall *call, unsigned dims) {
  const Tensor *x = &call->in[0]->t;
  Value *linear = NULL;
  for (int d = 0, k = 1; d < x->ndim; d++) {
    if ((dims >> d & 1) == 0) continue;
    OpAttrs attrs;
    attrs.i[0] = x->shape[d];
    attrs.i[1] = d;
    Value *at = nn_apply1(c, &row_wrap, call->in[k++], &attrs);
    Value *size = nn_scope_own(c, nn_value_integer(x->shape[d]));
    linear = linear == NULL ? at : op_add(c, op_mul(c, linear, size), at);
  }
  return op_add(c, linear, nn_scope_own(c, nn_value_integer(1)));
}

/* The indexed dims first, joined into one, then the others. */
static Value *indexed_first(Grad *c, Value *x, unsigned dims) {
  int64_t order[TENSOR_MAX_DIMS], shape[TENSOR_MAX_DIMS];
  int n = 0, m = 1;
  for (int d = 0; d < x->t.ndim; d++)
    if (dims >> d & 1) order[n++] = d;
  shape[0] = nn_count_dims(&x->t, dims);
  for (int d = 0; d < x->t.ndim; d++) {
    if (dims >> d & 1) continue;
    order[n++] = d;
    shape[m++] = x->t.shape[d];
  }
  return op_reshape(c, op_permute(c, x, order), m, shape);
}

/* picked is (positions, other dims); the index's dims take the place of the
** indexed ones where those stand together, else they come first. */
static Value *placed(Grad *c, Value *picked, const Tensor *index,
                     unsigned dims) {
  int64_t shape[2 * TENSOR_MAX_DIMS], order[2 * TENSOR_MAX_DIMS];
  if (picked == NULL || index == NULL) return NULL;
  int rest = picked->t.ndim - 1, n = index->ndim + rest;
  if (n > TENSOR_MAX_DIMS) {
    c->status = tensor_fail("indexing: the result would have %d dims, more "
                            "than %d",
                            n, TENSOR_MAX_DIMS);
    return NULL;
  }
  memcpy(shape, index->shape, (size_t)index->ndim * sizeof *shape);
  memcpy(shape + index->ndim, picked->t.shape + 1,
         (size_t)rest * sizeof *shape);
  Value *result = op_reshape(c, picked, n, shape);
  int first = __builtin_ctz(dims);
  unsigned run = dims >> first;
  if (first == 0 || (run & (run + 1)) != 0) return result;
  for (int d = 0; d < first; d++) order[d] = index->ndim + d;
  for (int d = 0; d < index->ndim; d++) order[first + d] = d;
  for (int d = first + index->ndim; d < n; d++) order[d] = d;
  return op_permute(c, result, order);
}

static int check_positions(const OpCall *call) {
  Tensor joined = {.ndim = 0};
  for (int k = 1; k < call->inputs; k++) {
    int status = tensor_broadcast_shape(&joined, &call->in[k]->t, &joined.ndim,
                                        joined.shape);
    if (status != TENSOR_OK)
      return tensor_fail_in(status, "indexing: the index tensors must have "
                                    "shapes that go together: ");
  }
  return TENSOR_OK;
}

/* attrs: the set of indexed dims; inputs: x, an index for each of them. */
static int index_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  unsigned dims = (unsigned)call->attrs->i[0];
  int status = check_positions(call);
  if (status != TENSOR_OK) return status;
  Value *linear = linear_positions(c, call, dims);
  if (linear == NULL) return c->status;
  int64_t count = tensor_numel(&linear->t);
  OpAttrs attrs;
  attrs.i[0] = 0;
  Value *picked = nn_apply2(c, &nn_row_index_select, indexed_first(c, x, dims),
                            op_reshape(c, linear, 1, &count), &attrs);
  return nn_answer(c, out, placed(c, picked, &linear->t, dims));
}

static const OpRow row_index = {
    .name = "index",
    .args = "x, list: tensors, dims: int",
    .help = "",
    .internal = true,
    .compose = index_compose,
};

/* }== masks {== */

static int nonzero_compose(Grad *c, const OpCall *call, OpResults *out) {
  Tensor t;
  int status = tensor_nonzero(&t, &call->in[0]->t);
  if (status != TENSOR_OK) return status;
  return nn_answer(c, out, nn_scope_own(c, nn_value_new(&t)));
}

static const OpRow row_nonzero = {
    .name = "nonzero",
    .args = "x: tensor",
    .help = "The positions, from 1, of the elements that are not 0: an int64 "
            "tensor of shape (count, ndim).\n"
            "  > tensor({0, 5, 7}):nonzero()\n"
            "  int64 (2, 1)\n"
            "    2\n"
            "    3",
    .compose = nonzero_compose,
};

/* The elements under a mask whose dims are x's first ones. */
static int masked_select_compose(Grad *c, const OpCall *call, OpResults *out) {
  const Tensor *x = &call->in[0]->t, *mask = &call->in[1]->t;
  bool fits =
      mask->dtype == TENSOR_BOOL && mask->ndim <= x->ndim && mask->ndim > 0;
  for (int d = 0; fits && d < mask->ndim; d++)
    fits = mask->shape[d] == x->shape[d];
  if (!fits) {
    char a[TENSOR_SHAPE_TEXT], b[TENSOR_SHAPE_TEXT];
    return tensor_fail("a mask must be a bool tensor of the shape of the "
                       "first dims: got %s for %s",
                       tensor_describe(mask, a), tensor_describe(x, b));
  }
  Value *at = nn_apply1(c, &row_nonzero, call->in[1], NULL);
  if (at == NULL) return c->status;
  Value *in[TENSOR_MAX_DIMS + 1] = {call->in[0]};
  for (int d = 0; d < mask->ndim; d++) {
    int64_t count = at->t.shape[0];
    in[d + 1] = op_reshape(c, op_slice_dim(c, at, 1, d, 1, 1), 1, &count);
  }
  OpAttrs attrs;
  attrs.i[0] = nn_dims(NN_ABSENT, mask->ndim);
  return nn_answer(c, out, nn_apply(c, &row_index, mask->ndim + 1, in, &attrs));
}

static const OpRow row_masked_select = {
    .name = "masked_select",
    .args = "x: tensor, mask: tensor",
    .help = "The elements of x where the bool tensor mask is true, as a new "
            "row; a mask of fewer dims selects whole slices.\n"
            "  > local x = tensor({1, -2, 3})\n"
            "  > x:masked_select(x:gt(0))\n"
            "  float32 (2)\n"
            "    1  3",
    .compose = masked_select_compose,
};

/* }== */

const OpRow *const nn_rows_index[] = {
    &nn_row_gather,       &row_gather_back,
    &nn_row_index_select, &row_index_select_back,
    &nn_row_take,         &row_take_back,
    &nn_row_put,          &row_wrap,
    &row_index,           &row_nonzero,
    &row_masked_select,   NULL};
