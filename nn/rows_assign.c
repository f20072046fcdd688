/*
** rows_assign.c - writing to what index tensors and masks pick.
**
** Of equal positions the last one wins, in row-major order of the index; the
** gradient flows to the winner alone.
*/
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== what is shared with scatter */

Value *nn_numbered(Grad *c, int ndim, const int64_t *shape) {
  Value *v = op_zeros(c, TENSOR_INT64, ndim, shape);
  if (v == NULL) return NULL;
  int64_t *at = (int64_t *)(void *)v->t.data, n = tensor_numel(&v->t);
  for (int64_t k = 0; k < n; k++) at[k] = k + 1;
  return v;
}

int nn_on_copy(Grad *c, const OpCall *call, const OpRow *row, OpResults *out) {
  Value *in[TENSOR_MAX_DIMS];
  in[0] = op_clone(c, call->in[0]);
  if (in[0] == NULL) return c->status;
  for (int k = 1; k < call->inputs; k++) in[k] = call->in[k];
  int status = nn_call_in_place(row, call->inputs, in, call->attrs);
  return status == TENSOR_OK ? nn_answer(c, out, in[0]) : status;
}

/* }== x[slice][index] = source {== */

/*
** inputs: x, source, then the index tensors; attrs: a slice of x in the
** lists, and which of its dims are picked, as row `index` takes them.
*/
enum { PICKS = 2 };

static const OpRow row_set_index;

static int set_index_kernel(const OpCall *call, Tensor *x) {
  TensorIndex k;
  Tensor part;
  nn_index_of(&k, call, PICKS);
  nn_slice_view(&part, x, call->attrs);
  int status = tensor_index_put(&part, &k, &call->in[1]->t, false);
  tensor_release(&part);
  return status;
}

/* The index tensors of an assignment, and the attrs of row set_index_. */
typedef struct Picks {
  int count;
  Value *const *index;
  const OpAttrs *attrs;
} Picks;

static Value *read_picks(Grad *c, Value *x, const Picks *p) {
  Value *in[1 + TENSOR_MAX_DIMS] = {x};
  for (int k = 0; k < p->count; k++) in[1 + k] = p->index[k];
  return nn_apply(c, &nn_row_index, 1 + p->count, in, p->attrs);
}

static void write_picks(Grad *c, Value *x, Value *source, const Picks *p) {
  Value *in[PICKS + TENSOR_MAX_DIMS] = {x, source};
  for (int k = 0; k < p->count; k++) in[PICKS + k] = p->index[k];
  if (x == NULL || source == NULL || c->status != TENSOR_OK) return;
  c->status = nn_call_in_place(&row_set_index, PICKS + p->count, in, p->attrs);
}

/* Where each place of the joined index is the one whose write lasts: the
** places write their numbers, and see whether they find them again. The
** answer is shaped to broadcast to the picked elements of part. */
static Value *winners(Grad *c, const Value *part, const Picks *p) {
  int64_t shape[TENSOR_MAX_DIMS], sizes[TENSOR_MAX_DIMS];
  int ndim, first, picked = 0;
  TensorIndex k = {.dims = (unsigned)p->attrs->i[0]};
  OpAttrs attrs;
  Picks all = {p->count, p->index, &attrs};
  for (int n = 0; n < p->count; n++) k.index[n] = &p->index[n]->t;
  c->status = tensor_index_shape(&k, &part->t, &ndim, shape, &first);
  if (c->status != TENSOR_OK) return NULL;
  for (int d = 0; d < part->t.ndim; d++)
    if (k.dims >> d & 1) sizes[picked++] = part->t.shape[d];
  int rest = part->t.ndim - picked, joined = ndim - rest;
  Value *table = op_zeros(c, TENSOR_INT64, picked, sizes);
  Value *number = nn_numbered(c, joined, shape + first);
  if (table == NULL || number == NULL) return NULL;
  nn_whole_slice(&attrs, &table->t);
  attrs.i[0] = nn_dims(NN_ABSENT, picked);
  attrs.i[1] = 0;
  write_picks(c, table, number, &all);
  Value *wins = op_eq(c, read_picks(c, table, &all), number);
  for (int d = 0; d < rest - first; d++) shape[first + joined + d] = 1;
  return op_reshape(c, wins, joined + rest - first, shape + first);
}

/* x's gradient: what was overwritten no longer counts. */
static Value *rest_gradient(Grad *c, const Picks *p) {
  Value *rest = op_clone(c, c->g);
  write_picks(c, rest, op_num(c, 0), p);
  return rest;
}

/* The source takes over what flows into the picked elements. */
static Value *source_gradient(Grad *c, const Picks *p) {
  Value *part = nn_apply1(c, &nn_row_slice, c->g, p->attrs);
  Value *picked = part == NULL ? NULL : read_picks(c, part, p);
  if (picked == NULL || tensor_numel(&picked->t) == 0) return picked;
  return op_where(c, winners(c, part, p), picked, op_num(c, 0));
}

static void set_index_gradient(Grad *c) {
  Picks p = {c->inputs - PICKS, c->in + PICKS, c->attrs};
  if (c->needs[0]) c->to[0] = rest_gradient(c, &p);
  if (c->needs[1]) c->to[1] = source_gradient(c, &p);
}

static const OpRow row_set_index = {
    .name = "set_index_",
    .args = "x, source, list: tensors, start: ints, step: ints, length: ints, "
            "drop: ints, dims: int, names: int",
    .help = "",
    .internal = true,
    .in_place = true,
    .keeps = ~3u,
    .kernel = set_index_kernel,
    .gradient = set_index_gradient,
};

/* }== x[slice][mask] = number {== */

/* attrs: the slice, and from which of its dims on the mask holds. */
static const OpRow row_set_mask;

/* The shape in which the mask broadcasts to part. */
static int mask_shape(const Tensor *mask, int part_ndim, int first,
                      int64_t *shape) {
  int ndim = part_ndim - first;
  for (int d = 0; d < ndim; d++) shape[d] = d < mask->ndim ? mask->shape[d] : 1;
  return ndim;
}

static int set_mask_kernel(const OpCall *call, Tensor *x) {
  Tensor part, mask = call->in[2]->t;
  nn_slice_view(&part, x, call->attrs);
  mask.ndim = mask_shape(&call->in[2]->t, part.ndim, (int)call->attrs->i[0],
                         mask.shape);
  for (int d = call->in[2]->t.ndim; d < mask.ndim; d++) mask.strides[d] = 0;
  int status = tensor_where(&part, &mask, &call->in[1]->t, &part);
  tensor_release(&part);
  return status;
}

static void set_mask_gradient(Grad *c) {
  Value *mask = c->in[2], *zero = op_num(c, 0);
  if (c->needs[0]) {
    Value *rest = op_clone(c, c->g);
    if (rest == NULL || zero == NULL) return;
    c->status = nn_call_in_place(&row_set_mask, 3,
                                 (Value *[]){rest, zero, mask}, c->attrs);
    c->to[0] = rest;
  }
  if (!c->needs[1]) return;
  int64_t shape[TENSOR_MAX_DIMS];
  Value *part = nn_apply1(c, &nn_row_slice, c->g, c->attrs);
  if (part == NULL) return;
  int ndim = mask_shape(&mask->t, part->t.ndim, (int)c->attrs->i[0], shape);
  c->to[1] = op_where(c, op_reshape(c, mask, ndim, shape), part, zero);
}

static const OpRow row_set_mask = {
    .name = "set_mask_",
    .args = "x, value, mask: tensor, start: ints, step: ints, length: ints, "
            "drop: ints, first: int",
    .help = "",
    .internal = true,
    .in_place = true,
    .keeps = 4,
    .kernel = set_mask_kernel,
    .gradient = set_mask_gradient,
};

/* }== slices along a dim {== */

/*
** index_copy_, index_fill_ and index_add_: the index, of 1 dim, names slices
** of x along dim. inputs: x, index, source.
*/

static int check_index(const OpCall *call) {
  const Tensor *index = &call->in[1]->t;
  if (index->ndim == 1 && index->dtype != TENSOR_BOOL &&
      !tensor_dtype_is_float(index->dtype))
    return TENSOR_OK;
  return tensor_fail("%s: the index must be an integer tensor with 1 dim, not "
                     "%s with %d",
                     call->row->name, tensor_dtype_name(index->dtype),
                     index->ndim);
}

static int check_slices(const OpCall *call, const Tensor *x) {
  const Tensor *source = &call->in[2]->t;
  int dim = (int)call->attrs->i[0], status = check_index(call);
  if (status != TENSOR_OK) return status;
  Tensor due = {.ndim = x->ndim};
  memcpy(due.shape, x->shape, sizeof due.shape);
  due.shape[dim] = call->in[1]->t.shape[0];
  if (tensor_same_shape(source, &due)) return TENSOR_OK;
  char texts[2][TENSOR_SHAPE_TEXT];
  return tensor_fail("%s: the source must have shape %s (x's, with the size of "
                     "the index in dim %d), not %s",
                     call->row->name,
                     tensor_shape_text(due.ndim, due.shape, texts[0]), dim + 1,
                     tensor_shape_text(source->ndim, source->shape, texts[1]));
}

static int write_slices(const OpCall *call, Tensor *x, bool add) {
  TensorIndex k = {.dims = 1u << call->attrs->i[0], .index = {&call->in[1]->t}};
  int status = tensor_index_put(x, &k, &call->in[2]->t, add);
  return nn_named(call->row->name, status);
}

static int index_copy_kernel(const OpCall *call, Tensor *x) {
  int status = check_slices(call, x);
  return status == TENSOR_OK ? write_slices(call, x, false) : status;
}

static int index_fill_kernel(const OpCall *call, Tensor *x) {
  int status = check_index(call), ndim = call->in[2]->t.ndim;
  if (status == TENSOR_OK && ndim > 0)
    status = tensor_fail("%s: the value must be a number or a tensor without "
                         "dims, not one with %d",
                         call->row->name, ndim);
  return status == TENSOR_OK ? write_slices(call, x, false) : status;
}

int nn_check_addend(const OpCall *call, const Tensor *x) {
  TensorDType source = call->in[2]->t.dtype;
  if (!tensor_dtype_is_float(source) || tensor_dtype_is_float(x->dtype))
    return TENSOR_OK;
  return tensor_fail("%s: the source is %s, which does not fit into a tensor "
                     "of %s",
                     call->row->name, tensor_dtype_name(source),
                     tensor_dtype_name(x->dtype));
}

static int index_add_kernel(const OpCall *call, Tensor *x) {
  int status = check_slices(call, x);
  if (status == TENSOR_OK) status = nn_check_addend(call, x);
  return status == TENSOR_OK ? write_slices(call, x, true) : status;
}

/* The attrs of an assignment through one picked dim of all that g has. */
static void one_pick(const Grad *c, OpAttrs *attrs) {
  nn_whole_slice(attrs, &c->g->t);
  attrs->i[0] = (int64_t)1 << c->attrs->i[0];
  attrs->i[1] = 0;
}

static void index_copy_gradient(Grad *c) {
  OpAttrs attrs;
  Picks p = {1, &c->in[1], &attrs};
  one_pick(c, &attrs);
  if (c->needs[0]) c->to[0] = rest_gradient(c, &p);
  if (c->needs[2]) c->to[2] = source_gradient(c, &p);
}

static void index_add_gradient(Grad *c) {
  OpAttrs attrs;
  Picks p = {1, &c->in[1], &attrs};
  one_pick(c, &attrs);
  if (c->needs[0]) c->to[0] = c->g;
  if (c->needs[2]) c->to[2] = read_picks(c, c->g, &p);
}

static const OpRow row_index_copy_ = {
    .name = "index_copy_",
    .args = "x, dim: dim, index: tensor, source: tensor",
    .help = "Writes the slices of source along dim into x at the positions of "
            "a 1-d index, from 1; the last of equal positions wins. The "
            "source has x's shape but for dim, where it has the size of "
            "index.\n"
            "  > local x = tensor.zeros(3, 2)\n"
            "  > x:index_copy_(1, tensor({3, 1}, \"int64\"), tensor({{1, 2}, "
            "{3, 4}}))\n"
            "  float32 (3, 2)\n"
            "    3  4\n"
            "    0  0\n"
            "    1  2",
    .in_place = true,
    .keeps = 2,
    .kernel = index_copy_kernel,
    .gradient = index_copy_gradient,
};
static const OpRow row_index_fill_ = {
    .name = "index_fill_",
    .args = "x, dim: dim, index: tensor, value",
    .help = "Sets the slices of x along dim at the positions of a 1-d index, "
            "from 1, to a number.\n"
            "  > tensor.zeros(2, 3):index_fill_(2, tensor({-1, 1}, "
            "\"int64\"), 7)\n"
            "  float32 (2, 3)\n"
            "    7  0  7\n"
            "    7  0  7",
    .in_place = true,
    .keeps = 2,
    .kernel = index_fill_kernel,
    .gradient = index_copy_gradient,
};
static const OpRow row_index_add_ = {
    .name = "index_add_",
    .args = "x, dim: dim, index: tensor, source: tensor",
    .help = "Adds the slices of source along dim to those of x at the "
            "positions of a 1-d index, from 1; equal positions add up. The "
            "source has x's shape but for dim, where it has the size of "
            "index.\n"
            "  > tensor.zeros(3):index_add_(1, tensor({1, 3, 1}, \"int64\"), "
            "tensor({1, 2, 4}))\n"
            "  float32 (3)\n"
            "    5  0  2",
    .in_place = true,
    .keeps = 2,
    .kernel = index_add_kernel,
    .gradient = index_add_gradient,
};

static int index_copy_compose(Grad *c, const OpCall *call, OpResults *out) {
  return nn_on_copy(c, call, &row_index_copy_, out);
}
static int index_fill_compose(Grad *c, const OpCall *call, OpResults *out) {
  return nn_on_copy(c, call, &row_index_fill_, out);
}
static int index_add_compose(Grad *c, const OpCall *call, OpResults *out) {
  return nn_on_copy(c, call, &row_index_add_, out);
}

static const OpRow row_index_copy = {
    .name = "index_copy",
    .args = "x, dim: dim, index: tensor, source: tensor",
    .help = "As index_copy_, on a copy of x.\n"
            "  > tensor.zeros(3):index_copy(1, tensor({2}, \"int64\"), "
            "tensor({5}))\n"
            "  float32 (3)\n"
            "    0  5  0",
    .compose = index_copy_compose,
};
static const OpRow row_index_fill = {
    .name = "index_fill",
    .args = "x, dim: dim, index: tensor, value",
    .help = "As index_fill_, on a copy of x.\n"
            "  > tensor.zeros(3):index_fill(1, tensor({2}, \"int64\"), 5)\n"
            "  float32 (3)\n"
            "    0  5  0",
    .compose = index_fill_compose,
};
static const OpRow row_index_add = {
    .name = "index_add",
    .args = "x, dim: dim, index: tensor, source: tensor",
    .help =
        "As index_add_, on a copy of x.\n"
        "  > tensor.ones(3):index_add(1, tensor({2}, \"int64\"), tensor({5}))\n"
        "  float32 (3)\n"
        "    1  6  1",
    .compose = index_add_compose,
};

/* }== */

const OpRow *const nn_rows_assign[] = {
    &row_set_index,  &row_set_mask,    &row_index_copy_,
    &row_index_copy, &row_index_fill_, &row_index_fill,
    &row_index_add_, &row_index_add,   NULL};
