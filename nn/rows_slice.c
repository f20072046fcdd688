/*
** rows_slice.c - parts of a tensor by start, step and length: views, and
** writing through them.
**
** A slice's attrs: lists of start, step and length for every dim (from 0),
** and whether the dim is kept or dropped.
*/
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

void nn_whole_slice(OpAttrs *attrs, const Tensor *t) {
  for (int k = 0; k < NN_LISTS; k++) attrs->counts[k] = t->ndim;
  for (int d = 0; d < t->ndim; d++) {
    attrs->lists[0][d] = 0;
    attrs->lists[1][d] = 1;
    attrs->lists[2][d] = t->shape[d];
    attrs->lists[3][d] = NN_KEEP;
  }
}

void nn_slice_view(Tensor *out, const Tensor *x, const OpAttrs *a) {
  Tensor view = *x;
  int n = 0;
  int64_t size = (int64_t)tensor_dtype_size(x->dtype);
  for (int d = 0; d < x->ndim; d++) {
    if (a->lists[2][d] > 0) view.data += a->lists[0][d] * x->strides[d] * size;
    if (a->lists[3][d] == NN_DROP) continue;
    view.shape[n] = a->lists[2][d];
    view.strides[n++] = x->strides[d] * a->lists[1][d];
  }
  view.ndim = n;
  tensor_alias(out, &view);
}

static int slice_view(const OpCall *call, Tensor *out) {
  nn_slice_view(out, &call->in[0]->t, call->attrs);
  return TENSOR_OK;
}

static void slice_gradient(Grad *c) {
  OpAttrs attrs = *c->attrs;
  const OpShape *x = nn_input_shape(c, 0);
  memcpy(attrs.i, x->shape, sizeof attrs.i);
  c->to[0] = nn_apply1(c, &nn_row_unslice, c->g, &attrs);
}

const OpRow nn_row_slice = {
    .name = "slice",
    .args = "x, start: ints, step: ints, length: ints, drop: ints",
    .help = "",
    .internal = true,
    .view = slice_view,
    .gradient = slice_gradient,
};

/* A slice put back into zeros of the whole shape, attrs->i. */
static int unslice_shape(const OpCall *call, OpShape *out) {
  return nn_shape_of(out, call->in[0]->t.dtype, call->attrs->counts[0],
                     call->attrs->i);
}

static int unslice_kernel(const OpCall *call, Tensor *out) {
  Tensor part;
  tensor_fill(out, 0);
  nn_slice_view(&part, out, call->attrs);
  int status = tensor_copy(&part, &call->in[0]->t);
  tensor_release(&part);
  return status;
}

static void unslice_gradient(Grad *c) {
  c->to[0] = nn_apply1(c, &nn_row_slice, c->g, c->attrs);
}

const OpRow nn_row_unslice = {
    .name = "unslice",
    .args = "g, start: ints, step: ints, length: ints, drop: ints",
    .help = "",
    .internal = true,
    .shape = unslice_shape,
    .kernel = unslice_kernel,
    .gradient = unslice_gradient,
};

/* x's slice = source; the source broadcasts. */
static int set_slice_kernel(const OpCall *call, Tensor *out) {
  Tensor part, source;
  const Tensor *x = &call->in[1]->t;
  nn_slice_view(&part, out, call->attrs);
  int status = tensor_broadcast_to(&source, x, part.ndim, part.shape);
  if (status == TENSOR_OK) {
    status = tensor_copy(&part, &source);
    tensor_release(&source);
  }
  tensor_release(&part);
  return nn_named("assignment", status);
}

/* What the assignment covered no longer counts; the source takes it over. */
static void set_slice_gradient(Grad *c) {
  OpAttrs attrs = *c->attrs;
  Value *part = nn_apply1(c, &nn_row_slice, c->g, &attrs);
  memcpy(attrs.i, nn_input_shape(c, 0)->shape, sizeof attrs.i);
  if (c->needs[0])
    c->to[0] = op_sub(c, c->g, nn_apply1(c, &nn_row_unslice, part, &attrs));
  if (c->needs[1]) c->to[1] = part;
}

static const OpRow row_set_slice = {
    .name = "set_slice_",
    .args = "x, source, start: ints, step: ints, length: ints, drop: ints",
    .help = "",
    .internal = true,
    .in_place = true,
    .kernel = set_slice_kernel,
    .gradient = set_slice_gradient,
};

static int select_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  int dim = (int)call->attrs->i[0];
  int64_t index = call->attrs->i[1], size = x->t.shape[dim];
  if (index == 0 || index > size || index < -size)
    return tensor_fail("select: index %lld is outside dim %d of size %lld "
                       "(positions are 1..%lld, or -1 from the end)",
                       (long long)index, dim + 1, (long long)size,
                       (long long)size);
  OpAttrs attrs;
  nn_whole_slice(&attrs, &x->t);
  attrs.lists[0][dim] = index < 0 ? index + size : index - 1;
  attrs.lists[2][dim] = 1;
  attrs.lists[3][dim] = NN_DROP;
  return nn_answer(c, out, nn_apply1(c, &nn_row_slice, x, &attrs));
}

static int narrow_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  int dim = (int)call->attrs->i[0];
  int64_t first = call->attrs->i[1], length = call->attrs->i[2];
  int64_t size = x->t.shape[dim], start = first < 0 ? first + size : first - 1;
  if (first == 0 || start < 0 || length < 0 || length > size ||
      start > size - length)
    return tensor_fail("narrow: %lld positions from %lld on do not fit into "
                       "dim %d of size %lld",
                       (long long)length, (long long)first, dim + 1,
                       (long long)size);
  return nn_answer(c, out, op_slice_dim(c, x, dim, start, 1, length));
}

static const OpRow row_select = {
    .name = "select",
    .args = "x: tensor, dim: dim, index: int",
    .help = "The view of x at one position along dim, without that dim.\n"
            "  > tensor({{1, 2}, {3, 4}}):select(2, -1)\n"
            "  float32 (2)\n"
            "    2  4",
    .compose = select_compose,
};
static const OpRow row_narrow = {
    .name = "narrow",
    .args = "x: tensor, dim: dim, first: int, length: int",
    .help = "The view of length positions along dim, from first on.\n"
            "  > tensor({10, 20, 30, 40}):narrow(1, 2, 2)\n"
            "  float32 (2)\n"
            "    20  30",
    .compose = narrow_compose,
};

const OpRow *const nn_rows_slice[] = {&nn_row_slice,  &nn_row_unslice,
                                      &row_set_slice, &row_select,
                                      &row_narrow,    NULL};
