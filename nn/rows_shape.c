/*
** rows_shape.c - operations that change the shape: views where possible.
*/
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== reshape */

static int bad_shape(const OpCall *call, const OpShape *s) {
  char text[TENSOR_SHAPE_TEXT];
  return tensor_fail("%s: %s is not a shape (sizes are 0 or more; one may be "
                     "-1 and is worked out)",
                     call->row->name,
                     tensor_shape_text(s->ndim, s->shape, text));
}

static int bad_count(const OpCall *call, const Tensor *x, const OpShape *s) {
  char from[TENSOR_SHAPE_TEXT], to[TENSOR_SHAPE_TEXT];
  return tensor_fail(
      "%s: %s has %lld elements, which do not fill %s", call->row->name,
      tensor_shape_text(x->ndim, x->shape, from), (long long)tensor_numel(x),
      tensor_shape_text(s->ndim, s->shape, to));
}

/* The asked-for shape with its -1 worked out. */
static int resolve_shape(const OpCall *call, const Tensor *x, OpShape *out) {
  const OpAttrs *a = call->attrs;
  int64_t known = 1, count = tensor_numel(x);
  int unknown = -1;
  nn_shape_of(out, x->dtype, a->counts[0], a->lists[0]);
  for (int d = 0; d < out->ndim; d++) {
    if (out->shape[d] == -1 && unknown < 0)
      unknown = d;
    else if (out->shape[d] < 0 ||
             __builtin_mul_overflow(known, out->shape[d], &known))
      return bad_shape(call, out);
  }
  if (unknown >= 0 && known > 0 && count % known == 0)
    out->shape[unknown] = count / known;
  else if (unknown >= 0 || known != count)
    return bad_count(call, x, out);
  return TENSOR_OK;
}

/* A view where the strides allow one, else a copy. */
static int reshape_view(const OpCall *call, Tensor *out) {
  const Tensor *x = &call->in[0]->t;
  OpShape s;
  Tensor copy;
  int status = resolve_shape(call, x, &s);
  if (status != TENSOR_OK) return status;
  if (tensor_view_as(out, x, s.ndim, s.shape)) return TENSOR_OK;
  status = tensor_clone(&copy, x, x->dtype);
  if (status != TENSOR_OK) return status;
  tensor_view_as(out, &copy, s.ndim, s.shape);
  tensor_release(&copy);
  return TENSOR_OK;
}

static int view_view(const OpCall *call, Tensor *out) {
  const Tensor *x = &call->in[0]->t;
  OpShape s;
  int status = resolve_shape(call, x, &s);
  if (status != TENSOR_OK) return status;
  if (tensor_view_as(out, x, s.ndim, s.shape)) return TENSOR_OK;
  return tensor_fail("view: the elements do not lie in the order of the new "
                     "shape; use reshape, which copies where it must");
}

static void reshape_gradient(Grad *c) {
  const OpShape *x = nn_input_shape(c, 0);
  c->to[0] = op_reshape(c, c->g, x->ndim, x->shape);
}

const OpRow nn_row_reshape = {
    .name = "reshape",
    .args = "x: tensor, shape: ints",
    .help = "The same elements, in the same order, in another shape; one size "
            "may be -1 and is worked out. A view where possible, else a "
            "copy.\n"
            "  > tensor.arange(6):reshape(2, -1)\n"
            "  int64 (2, 3)\n"
            "    1  2  3\n"
            "    4  5  6",
    .view = reshape_view,
    .gradient = reshape_gradient,
};
static const OpRow row_view = {
    .name = "view",
    .args = "x: tensor, shape: ints",
    .help = "As reshape, but never a copy: an error where x's strides allow "
            "no such view.\n"
            "  > tensor.arange(6):view(2, 3).shape\n"
            "  (2, 3)",
    .view = view_view,
    .gradient = reshape_gradient,
};

/* x with dims first..last made one; both count from 0. */
static int flatten_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  int64_t first = call->attrs->i[0], last = call->attrs->i[1];
  int64_t shape[TENSOR_MAX_DIMS], joined = 1;
  int n = 0;
  if (x->t.ndim == 0) return nn_answer(c, out, op_reshape(c, x, 1, &joined));
  if (first == NN_ABSENT) first = 0;
  if (last == NN_ABSENT) last = x->t.ndim - 1;
  if (first > last)
    return tensor_fail("flatten: the first dim, %lld, comes after the last, "
                       "%lld",
                       (long long)first + 1, (long long)last + 1);
  for (int d = 0; d < x->t.ndim; d++) {
    int64_t size = x->t.shape[d];
    if (d < first || d > last)
      shape[n++] = size;
    else if (__builtin_mul_overflow(joined, size, &joined))
      return tensor_no_memory(INT64_MAX);
    else if (d == last)
      shape[n++] = joined;
  }
  return nn_answer(c, out, op_reshape(c, x, n, shape));
}

static int squeeze_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  unsigned dims = nn_dims(call->attrs->i[0], x->t.ndim);
  int64_t shape[TENSOR_MAX_DIMS];
  int n = 0;
  for (int d = 0; d < x->t.ndim; d++)
    if (x->t.shape[d] != 1 || (dims >> d & 1) == 0) shape[n++] = x->t.shape[d];
  return nn_answer(c, out, op_reshape(c, x, n, shape));
}

/* The places count in the result. */
static int unsqueeze_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  const OpAttrs *a = call->attrs;
  int ndim = x->t.ndim + a->counts[0];
  int64_t shape[TENSOR_MAX_DIMS], places[TENSOR_MAX_DIMS];
  unsigned fresh = 0;
  if (ndim > TENSOR_MAX_DIMS)
    return tensor_fail("unsqueeze: a tensor has at most %d dims",
                       TENSOR_MAX_DIMS);
  int status = nn_read_dims("unsqueeze", "the result", ndim, a->counts[0],
                            a->lists[0], places);
  if (status != TENSOR_OK) return status;
  for (int k = 0; k < a->counts[0]; k++) fresh |= 1u << places[k];
  for (int d = 0, from = 0; d < ndim; d++)
    shape[d] = fresh >> d & 1 ? 1 : x->t.shape[from++];
  return nn_answer(c, out, op_reshape(c, x, ndim, shape));
}

static const OpRow row_flatten = {
    .name = "flatten",
    .args = "x: tensor, first: dim = nil, last: dim = nil",
    .help = "x with dims first to last (all, unless said) made one; a view "
            "where possible.\n"
            "  > tensor.zeros(2, 3, 4):flatten(2).shape\n"
            "  (2, 12)\n"
            "  > tensor.zeros(2, 3, 4):flatten().shape\n"
            "  (24)",
    .compose = flatten_compose,
};
static const OpRow row_squeeze = {
    .name = "squeeze",
    .args = "x: tensor, dim: dims = nil",
    .help = "x without its dims of size 1, or without those named that have "
            "size 1 (one dim, or a list).\n"
            "  > tensor.zeros(1, 3, 1):squeeze().shape\n"
            "  (3)\n"
            "  > tensor.zeros(1, 3, 1):squeeze({-1, 2}).shape\n"
            "  (1, 3)",
    .compose = squeeze_compose,
};
static const OpRow row_unsqueeze = {
    .name = "unsqueeze",
    .args = "x: tensor, dims: ints",
    .help = "x with a new dim of size 1 at each of the places dims (one or "
            "several), counted in the result.\n"
            "  > tensor.zeros(2, 3):unsqueeze(-1).shape\n"
            "  (2, 3, 1)\n"
            "  > tensor.zeros(2, 3):unsqueeze({1, 3}).shape\n"
            "  (1, 2, 1, 3)",
    .compose = unsqueeze_compose,
};

/* }== order of dims {== */

/* The list counts from 0 here. */
static int axes_view(const OpCall *call, Tensor *out) {
  int order[TENSOR_MAX_DIMS];
  for (int d = 0; d < call->in[0]->t.ndim; d++)
    order[d] = (int)call->attrs->lists[0][d];
  tensor_permute(out, &call->in[0]->t, order);
  return TENSOR_OK;
}

static void axes_gradient(Grad *c) {
  int64_t back[TENSOR_MAX_DIMS];
  for (int d = 0; d < c->attrs->counts[0]; d++) back[c->attrs->lists[0][d]] = d;
  c->to[0] = op_permute(c, c->g, back);
}

const OpRow nn_row_axes = {
    .name = "axes",
    .args = "x, order: ints",
    .help = "",
    .internal = true,
    .view = axes_view,
    .gradient = axes_gradient,
};

static int permute_compose(Grad *c, const OpCall *call, OpResults *out) {
  const OpAttrs *a = call->attrs;
  int ndim = call->in[0]->t.ndim;
  int64_t order[TENSOR_MAX_DIMS];
  unsigned seen = 0;
  for (int d = 0; d < a->counts[0] && d < ndim; d++) {
    int64_t dim = a->lists[0][d];
    order[d] = dim < 0 ? dim + ndim : dim - 1;
    if (dim != 0 && order[d] >= 0 && order[d] < ndim) seen |= 1u << order[d];
  }
  if (a->counts[0] != ndim || seen != nn_dims(NN_ABSENT, ndim)) {
    char text[TENSOR_SHAPE_TEXT];
    return tensor_fail(
        "%s: %s does not name each of the dims 1..%d once", call->row->name,
        tensor_shape_text(a->counts[0], a->lists[0], text), ndim);
  }
  return nn_answer(c, out, op_permute(c, call->in[0], order));
}

/* Two dims of a list, from 0. */
static int two_dims(const OpAttrs *a, int ndim, int64_t dims[2]) {
  for (int k = 0; k < 2; k++) {
    int64_t dim = a->lists[0][k];
    dims[k] = dim < 0 ? dim + ndim : dim - 1;
    if (dim == 0)
      return tensor_fail("transpose: dim 0 does not exist: dims count from 1, "
                         "or from -1 at the end");
    if (dims[k] < 0 || dims[k] >= ndim)
      return tensor_fail("transpose: dim %lld does not exist: the tensor has "
                         "%d dim%s",
                         (long long)dim, ndim, ndim == 1 ? "" : "s");
  }
  return TENSOR_OK;
}

static int transpose_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  const OpAttrs *a = call->attrs;
  int count = a->counts[0], ndim = x->t.ndim;
  int64_t order[TENSOR_MAX_DIMS], dims[2] = {0};
  if (count == 2) {
    int status = two_dims(a, ndim, dims);
    if (status != TENSOR_OK) return status;
    return nn_answer(c, out, op_transpose(c, x, (int)dims[0], (int)dims[1]));
  }
  if (count > 0 && count == ndim) return permute_compose(c, call, out);
  if (count > 0)
    return tensor_fail("transpose: takes two dims, or none to reverse all, or "
                       "the order of all");
  for (int d = 0; d < ndim; d++) order[d] = ndim - 1 - d;
  return nn_answer(c, out, op_permute(c, x, order));
}

static const OpRow row_permute = {
    .name = "permute",
    .args = "x: tensor, order: ints",
    .help = "A view of x whose dim k is x's dim order[k].\n"
            "  > tensor.zeros(2, 3, 4):permute(3, 1, 2).shape\n"
            "  (4, 2, 3)",
    .compose = permute_compose,
};
static const OpRow row_transpose = {
    .name = "transpose",
    .args = "x: tensor, dims: ints = nil",
    .help = "A view of x with two dims exchanged, with all dims in reverse "
            "order (as x.T), or in the order of three dims or more (as "
            "permute).\n"
            "  > tensor.zeros(2, 3, 4):transpose(1, 2).shape\n"
            "  (3, 2, 4)\n"
            "  > tensor.zeros(2, 3, 4):transpose().shape\n"
            "  (4, 3, 2)\n"
            "  > tensor.zeros(2, 3, 4):transpose(2, 3, 1).shape\n"
            "  (3, 4, 2)",
    .compose = transpose_compose,
};

/* }== expansion {== */

static int expand_view(const OpCall *call, Tensor *out) {
  const Tensor *x = &call->in[0]->t;
  const OpAttrs *a = call->attrs;
  int64_t shape[TENSOR_MAX_DIMS];
  int shift = a->counts[0] - x->ndim;
  for (int d = 0; d < a->counts[0]; d++) {
    shape[d] = a->lists[0][d];
    if (shape[d] == -1 && d >= shift) shape[d] = x->shape[d - shift];
    if (shape[d] < 0)
      return tensor_fail("expand: a size cannot be negative (but -1 keeps a "
                         "dim as it is)");
  }
  int64_t count;
  int status = tensor_count(a->counts[0], shape, &count);
  if (status == TENSOR_OK)
    status = tensor_broadcast_to(out, x, a->counts[0], shape);
  return nn_named("expand", status);
}

/* flow() adds up what was repeated. */
static void expand_gradient(Grad *c) { c->to[0] = c->g; }

const OpRow nn_row_expand = {
    .name = "expand",
    .args = "x: tensor, shape: ints",
    .help = "A view of x repeated to a larger shape along dims of size 1 or "
            "new ones in front; -1 keeps a size. No elements are copied.\n"
            "  > tensor({1, 2}):expand(3, -1)\n"
            "  float32 (3, 2)\n"
            "    1  2\n"
            "    1  2\n"
            "    1  2",
    .view = expand_view,
    .gradient = expand_gradient,
};

/* Each dim doubled into (repeats, size), expanded, and joined again. */
static int tile_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  const OpAttrs *a = call->attrs;
  int ndim = a->counts[0] > x->t.ndim ? a->counts[0] : x->t.ndim;
  Value *result = x;
  int64_t shape[TENSOR_MAX_DIMS] = {0};
  for (int d = 0; d < ndim; d++) {
    int s = d - (ndim - x->t.ndim);
    shape[d] = s < 0 ? 1 : x->t.shape[s];
  }
  result = op_clone(c, op_reshape(c, result, ndim, shape));
  for (int d = 0; d < ndim; d++) {
    int k = d - (ndim - a->counts[0]);
    int64_t repeats = k < 0 ? 1 : a->lists[0][k], three[3] = {1, 1, 1};
    if (repeats == 1) continue;
    if (repeats < 0) return tensor_fail("tile: repeats cannot be negative");
    for (int e = 0; e < d; e++) three[0] *= shape[e];
    for (int e = d; e < ndim; e++) three[2] *= shape[e];
    result = op_reshape(c, result, 3, three);
    three[1] = repeats;
    result = op_expand(c, result, 3, three);
    if (__builtin_mul_overflow(shape[d], repeats, &shape[d]))
      return tensor_no_memory(INT64_MAX);
    result = op_reshape(c, result, ndim, shape);
  }
  return nn_answer(c, out, result);
}

static const OpRow row_tile = {
    .name = "tile",
    .args = "x: tensor, repeats: ints",
    .help = "x repeated along each dim (NumPy's tile).\n"
            "  > tensor({1, 2}):tile(2)\n"
            "  float32 (4)\n"
            "    1  2  1  2",
    .compose = tile_compose,
};

/* }== */

const OpRow *const nn_rows_shape[] = {
    &nn_row_reshape, &row_view,    &row_flatten, &row_squeeze,
    &row_unsqueeze,  &nn_row_axes, &row_permute, &row_transpose,
    &nn_row_expand,  &row_tile,    NULL};
