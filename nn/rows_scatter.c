/*
** rows_scatter.c - writing element by element to positions: put_, scatter_.
**
** inputs: x, index, source. Of equal positions the last one wins, in
** row-major order of the index; the gradient flows to the winner alone.
*/
#include "nn/ops.h"
#include "nn/rows.h"

/* {== what the rows share */

/* The source in x's dtype, apart from x, and broadcast to the index's shape
** where `broadcast` or where it is a number. */
static int as_source(Tensor *out, const OpCall *call, const Tensor *x,
                     bool broadcast) {
  const Tensor *source = &call->in[2]->t, *index = &call->in[1]->t;
  Tensor apart;
  int status = TENSOR_OK;
  if (source->dtype == x->dtype && !tensor_may_share(source, x))
    tensor_alias(&apart, source);
  else
    status = tensor_clone(&apart, source, x->dtype);
  if (status != TENSOR_OK) return status;
  if (broadcast || source->ndim == 0) {
    status = tensor_broadcast_to(out, &apart, index->ndim, index->shape);
    tensor_release(&apart);
    return nn_named(call->row->name, status);
  }
  *out = apart;
  return TENSOR_OK;
}

/* g with 0 where the row writes. */
static Value *rest_gradient(Grad *c, const OpRow *row) {
  Value *rest = op_clone(c, c->g), *zero = op_num(c, 0);
  if (rest == NULL || zero == NULL) return NULL;
  c->status =
      nn_call_in_place(row, 3, (Value *[]){rest, c->in[1], zero}, c->attrs);
  return rest;
}

/* Where each element of index is the one whose write lasts: the elements
** write their numbers into a table of x's shape, and look what they find. */
static Value *winners(Grad *c, const OpRow *write, const OpRow *read) {
  Value *index = c->in[1];
  const OpShape *x = nn_input_shape(c, 0);
  Value *table = op_zeros(c, TENSOR_INT64, x->ndim, x->shape);
  Value *number = nn_numbered(c, index->t.ndim, index->t.shape);
  if (table == NULL || number == NULL) return NULL;
  c->status =
      nn_call_in_place(write, 3, (Value *[]){table, index, number}, c->attrs);
  return op_eq(c, nn_apply2(c, read, table, index, c->attrs), number);
}

/* What flowed into the written elements, of the index's shape. */
static Value *written_gradient(Grad *c, const OpRow *write, const OpRow *read) {
  Value *picked = nn_apply2(c, read, c->g, c->in[1], c->attrs);
  if (picked == NULL || tensor_numel(&picked->t) < 2) return picked;
  return op_where(c, winners(c, write, read), picked, op_num(c, 0));
}

/* }== put_ {== */

static const OpRow row_put;

static int put_kernel(const OpCall *call, Tensor *x) {
  Tensor source;
  int status = as_source(&source, call, x, true);
  if (status != TENSOR_OK) return status;
  status = tensor_put(x, &call->in[1]->t, &source, false);
  tensor_release(&source);
  return status;
}

static void put_gradient(Grad *c) {
  if (c->needs[0]) c->to[0] = rest_gradient(c, &row_put);
  if (c->needs[2]) c->to[2] = written_gradient(c, &row_put, &nn_row_take);
}

static const OpRow row_put = {
    .name = "put_",
    .args = "x, index: tensor, source",
    .help = "Writes source into x, as one long row, at the positions of "
            "index, from 1; the source broadcasts to index, and the last of "
            "equal positions wins.\n"
            "  > tensor.zeros(2, 3):put_(tensor({2, -1}, \"int64\"), "
            "tensor({5, 6}))\n"
            "  float32 (2, 3)\n"
            "    0  5  0\n"
            "    0  0  6",
    .in_place = true,
    .keeps = 2,
    .kernel = put_kernel,
    .gradient = put_gradient,
};

/* }== scatter_ and scatter_add_ {== */

static const OpRow row_scatter_;

/* As many dims; nowhere but along dim larger than x, nowhere larger than the
** source. */
static int check_scatter(const OpCall *call, const Tensor *x) {
  const Tensor *index = &call->in[1]->t, *source = &call->in[2]->t;
  int dim = (int)call->attrs->i[0];
  bool number = source->ndim == 0, in_x = index->ndim == x->ndim;
  bool in_source = number || source->ndim == index->ndim;
  for (int d = 0; in_x && d < x->ndim; d++) {
    in_x = d == dim || index->shape[d] <= x->shape[d];
    in_source = in_source && (number || index->shape[d] <= source->shape[d]);
  }
  if (in_x && in_source) return TENSOR_OK;
  const Tensor *other = in_x ? source : x;
  char a[TENSOR_SHAPE_TEXT], b[TENSOR_SHAPE_TEXT];
  return tensor_fail("%s: an index of shape %s does not go with a %s of shape "
                     "%s (as many dims, and no larger%s)",
                     call->row->name,
                     tensor_shape_text(index->ndim, index->shape, a),
                     in_x ? "source" : "tensor",
                     tensor_shape_text(other->ndim, other->shape, b),
                     in_x ? "" : " but in the dim of the positions");
}

static int run_scatter(const OpCall *call, Tensor *x, bool add) {
  Tensor source;
  int status = check_scatter(call, x);
  if (status == TENSOR_OK) status = as_source(&source, call, x, false);
  if (status != TENSOR_OK) return status;
  status =
      tensor_scatter(x, (int)call->attrs->i[0], &call->in[1]->t, &source, add);
  tensor_release(&source);
  return status;
}

static int scatter_kernel(const OpCall *call, Tensor *x) {
  return run_scatter(call, x, false);
}

static int scatter_add_kernel(const OpCall *call, Tensor *x) {
  int status = nn_check_addend(call, x);
  return status == TENSOR_OK ? run_scatter(call, x, true) : status;
}

/* The source's part that the index covers is its first corner; nothing flows
** to what lies outside. A number gets the sum, by broadcasting's rule. */
static Value *in_corner(Grad *c, Value *picked) {
  const OpShape *source = nn_input_shape(c, 2);
  if (picked == NULL || source->ndim == 0) return picked;
  return op_unslice(c, picked, source->shape, 0, 0);
}

static void scatter_gradient(Grad *c) {
  if (c->needs[0]) c->to[0] = rest_gradient(c, &row_scatter_);
  if (c->needs[2])
    c->to[2] = in_corner(c, written_gradient(c, &row_scatter_, &nn_row_gather));
}

static void scatter_add_gradient(Grad *c) {
  if (c->needs[0]) c->to[0] = c->g;
  if (c->needs[2])
    c->to[2] =
        in_corner(c, nn_apply2(c, &nn_row_gather, c->g, c->in[1], c->attrs));
}

static const OpRow row_scatter_ = {
    .name = "scatter_",
    .args = "x, dim: dim, index: tensor, source",
    .help = "Writes source into x at the positions of index along dim, the "
            "reverse of gather: for 2 dims, x[index[i][j]][j] = source[i][j] "
            "(dim 1) or x[i][index[i][j]] = source[i][j] (dim 2). Positions "
            "count from 1, negative ones from the end; the last of equal "
            "positions wins. The source is a number, or a tensor at least as "
            "large as index in every dim.\n"
            "  > tensor.zeros(2, 3):scatter_(2, tensor({{2}, {3}}, "
            "\"int64\"), 1)\n"
            "  float32 (2, 3)\n"
            "    0  1  0\n"
            "    0  0  1",
    .in_place = true,
    .keeps = 2,
    .kernel = scatter_kernel,
    .gradient = scatter_gradient,
};
static const OpRow row_scatter_add_ = {
    .name = "scatter_add_",
    .args = "x, dim: dim, index: tensor, source",
    .help = "As scatter_, but adds to what is there; equal positions add "
            "up.\n"
            "  > tensor.zeros(3):scatter_add_(1, tensor({1, 1, 3}, "
            "\"int64\"), tensor({1, 2, 4}))\n"
            "  float32 (3)\n"
            "    3  0  4",
    .in_place = true,
    .keeps = 2,
    .kernel = scatter_add_kernel,
    .gradient = scatter_add_gradient,
};

static int scatter_compose(Grad *c, const OpCall *call, OpResults *out) {
  return nn_on_copy(c, call, &row_scatter_, out);
}
static int scatter_add_compose(Grad *c, const OpCall *call, OpResults *out) {
  return nn_on_copy(c, call, &row_scatter_add_, out);
}

static const OpRow row_scatter = {
    .name = "scatter",
    .args = "x, dim: dim, index: tensor, source",
    .help = "As scatter_, on a copy of x.\n"
            "  > tensor.zeros(3):scatter(1, tensor({2}, \"int64\"), 5)\n"
            "  float32 (3)\n"
            "    0  5  0",
    .compose = scatter_compose,
};
static const OpRow row_scatter_add = {
    .name = "scatter_add",
    .args = "x, dim: dim, index: tensor, source",
    .help = "As scatter_add_, on a copy of x.\n"
            "  > tensor.ones(3):scatter_add(1, tensor({2}, \"int64\"), 5)\n"
            "  float32 (3)\n"
            "    1  6  1",
    .compose = scatter_add_compose,
};

/* }== */

const OpRow *const nn_rows_scatter[] = {&row_put,         &row_scatter_,
                                        &row_scatter,     &row_scatter_add_,
                                        &row_scatter_add, NULL};
