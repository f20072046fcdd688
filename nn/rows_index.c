/*
** rows_index.c - picking elements by tensors of positions and by masks.
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
  return tensor_put(out, &call->in[1]->t, &call->in[0]->t, true);
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
      .shape = nn_listed_shape,                                                \
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
    .name = "take_flat",
    .args = "x, index: tensor",
    .help = "",
    .internal = true,
    .keeps = 2,
    .shape = take_shape,
    .kernel = take_kernel,
    .gradient = take_gradient,
};

/* }== indices of several dims {== */

/*
** inputs: x, then an index tensor for each picked dim; attrs: the set of
** picked dims, and which dims x's are in messages (0: its own).
*/
void nn_index_of(TensorIndex *k, const OpCall *call, int first) {
  k->dims = (unsigned)call->attrs->i[0];
  k->names = (unsigned)call->attrs->i[1];
  for (int n = first; n < call->inputs; n++)
    k->index[n - first] = &call->in[n]->t;
}

static int index_shape(const OpCall *call, OpShape *out) {
  TensorIndex k;
  int first;
  nn_index_of(&k, call, 1);
  out->dtype = call->in[0]->t.dtype;
  return tensor_index_shape(&k, &call->in[0]->t, &out->ndim, out->shape,
                            &first);
}

static int index_kernel(const OpCall *call, Tensor *out) {
  TensorIndex k;
  nn_index_of(&k, call, 1);
  return tensor_index_get(out, &call->in[0]->t, &k);
}

/* Zeros of the shape in lists[0], plus g at the positions. */
static int index_back_kernel(const OpCall *call, Tensor *out) {
  TensorIndex k;
  nn_index_of(&k, call, 1);
  tensor_fill(out, 0);
  return tensor_index_put(out, &k, &call->in[0]->t, true);
}

/* The row's other inputs go on as they are; g takes the place of the first. */
static Value *index_with(Grad *c, const OpRow *row, const OpAttrs *attrs) {
  Value *in[TENSOR_MAX_DIMS + 1] = {c->g};
  for (int k = 1; k < c->inputs; k++) in[k] = c->in[k];
  return nn_apply(c, row, c->inputs, in, attrs);
}

static void index_back_gradient(Grad *c) {
  c->to[0] = index_with(c, &nn_row_index, c->attrs);
}

static const OpRow row_index_back = {
    .name = "index_backward",
    .args = "g, list: tensors, dims: int, names: int, shape: ints",
    .help = "",
    .internal = true,
    .keeps = ~1u,
    .shape = nn_listed_shape,
    .kernel = index_back_kernel,
    .gradient = index_back_gradient,
};

static void index_gradient(Grad *c) {
  OpAttrs attrs = *c->attrs;
  nn_list_input_shape(c, 0, &attrs);
  c->to[0] = index_with(c, &row_index_back, &attrs);
}

const OpRow nn_row_index = {
    .name = "index",
    .args = "x, list: tensors, dims: int, names: int",
    .help = "",
    .internal = true,
    .keeps = ~1u,
    .shape = index_shape,
    .kernel = index_kernel,
    .gradient = index_gradient,
};

/* Along a dim: the index, of any shape, takes the dim's place. */
static int take_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0], *index = call->in[1];
  int64_t dim = call->attrs->i[0];
  if (dim == NN_ABSENT)
    return nn_answer(c, out, nn_apply2(c, &nn_row_take, x, index, NULL));
  if (index->t.dtype == TENSOR_BOOL)
    return tensor_fail("take: the index must hold positions, not bool (a mask "
                       "is for masked_select)");
  OpAttrs attrs;
  attrs.i[0] = (int64_t)1 << dim;
  attrs.i[1] = 0;
  return nn_answer(c, out, nn_apply2(c, &nn_row_index, x, index, &attrs));
}

static const OpRow row_take = {
    .name = "take",
    .args = "x, index: tensor, dim: dim = nil",
    .help = "The elements of x, as one long row, at the positions of index, "
            "from 1; the result has index's shape. With dim, the slices of x "
            "along it: the dims of index, which may have any number, take the "
            "place of that dim (NumPy's take with an axis).\n"
            "  > local x = tensor({{1, 2, 3}, {4, 5, 6}})\n"
            "  > local index = tensor({{6, -1}, {1, 2}}, \"int64\")\n"
            "  > x:take(index)\n"
            "  float32 (2, 2)\n"
            "    6  6\n"
            "    1  2\n"
            "  > x:take(tensor({3, 1}, \"int64\"), 2)\n"
            "  float32 (2, 2)\n"
            "    3  1\n"
            "    6  4",
    .compose = take_compose,
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

/* x with its first `count` dims as one, where that takes no copy; else NULL. */
static Value *first_dims_joined(Grad *c, Value *x, int count) {
  int64_t shape[TENSOR_MAX_DIMS] = {1};
  Tensor view;
  int n = 1;
  for (int d = 0; d < count; d++) shape[0] *= x->t.shape[d];
  for (int d = count; d < x->t.ndim; d++) shape[n++] = x->t.shape[d];
  if (!tensor_view_as(&view, &x->t, n, shape)) return NULL;
  tensor_release(&view);
  return op_reshape(c, x, n, shape);
}

/* The elements under a mask whose dims are x's first ones. */
static int masked_select_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *source = call->in[0], *where = call->in[1];
  const Tensor *x = &source->t, *mask = &where->t;
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
  int64_t count = tensor_numel(mask);
  Value *joined = first_dims_joined(c, source, mask->ndim);
  if (joined != NULL) {
    source = joined;
    where = op_reshape(c, where, 1, &count);
  }
  Value *at = nn_apply1(c, &row_nonzero, where, NULL);
  if (at == NULL) return c->status;
  int dims = where->t.ndim;
  Value *in[TENSOR_MAX_DIMS + 1] = {source};
  count = at->t.shape[0];
  for (int d = 0; d < dims; d++)
    in[d + 1] = op_reshape(c, op_slice_dim(c, at, 1, d, 1, 1), 1, &count);
  OpAttrs attrs;
  attrs.i[0] = nn_dims(NN_ABSENT, dims);
  attrs.i[1] = 0;
  return nn_answer(c, out, nn_apply(c, &nn_row_index, dims + 1, in, &attrs));
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

const OpRow *const nn_rows_index[] = {&nn_row_gather,
                                      &row_gather_back,
                                      &nn_row_index_select,
                                      &row_index_select_back,
                                      &nn_row_take,
                                      &row_take_back,
                                      &row_take,
                                      &nn_row_index,
                                      &row_index_back,
                                      &row_nonzero,
                                      &row_masked_select,
                                      NULL};
