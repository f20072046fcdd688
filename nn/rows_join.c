/*
** rows_join.c - tensors joined into one, and taken apart into views.
*/
#include <stdlib.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== joining {== */

static int concat_failure(const OpCall *call, int k) {
  const Tensor *a = &call->in[0]->t, *b = &call->in[k]->t;
  char first[TENSOR_SHAPE_TEXT], other[TENSOR_SHAPE_TEXT];
  return tensor_fail("%s: tensor 1 has shape %s and tensor %d %s; all sizes "
                     "but that of dim %lld must agree",
                     call->row->name,
                     tensor_shape_text(a->ndim, a->shape, first), k + 1,
                     tensor_shape_text(b->ndim, b->shape, other),
                     (long long)call->attrs->i[0] + 1);
}

static int concat_shape(const OpCall *call, OpShape *out) {
  if (call->inputs == 0)
    return tensor_fail("%s: the list of tensors is empty", call->row->name);
  int dim = (int)call->attrs->i[0];
  const Tensor *a = &call->in[0]->t;
  nn_shape_like(out, a->dtype, a);
  for (int k = 1; k < call->inputs; k++) {
    const Tensor *b = &call->in[k]->t;
    if (b->ndim != a->ndim) return concat_failure(call, k);
    for (int d = 0; d < a->ndim; d++)
      if (d != dim && b->shape[d] != a->shape[d])
        return concat_failure(call, k);
    out->dtype = tensor_dtype_promote(out->dtype, b->dtype);
    if (__builtin_add_overflow(out->shape[dim], b->shape[dim],
                               &out->shape[dim]))
      return tensor_no_memory(INT64_MAX);
  }
  return TENSOR_OK;
}

static int concat_kernel(const OpCall *call, Tensor *out) {
  int dim = (int)call->attrs->i[0], status = TENSOR_OK;
  int64_t at = 0;
  for (int k = 0; k < call->inputs && status == TENSOR_OK; k++) {
    const Tensor *x = &call->in[k]->t;
    Tensor part;
    tensor_slice(&part, out, dim, at, 1, x->shape[dim]);
    status = tensor_copy(&part, x);
    tensor_release(&part);
    at += x->shape[dim];
  }
  return status;
}

static void concat_gradient(Grad *c) {
  int dim = (int)c->attrs->i[0];
  int64_t at = 0;
  for (int k = 0; k < c->inputs; k++) {
    int64_t size = nn_input_shape(c, k)->shape[dim];
    if (c->needs[k]) c->to[k] = op_slice_dim(c, c->g, dim, at, 1, size);
    at += size;
  }
}

static const OpRow row_concat = {
    .name = "concat",
    .args = "list: tensors, dim: dim = 1",
    .help = "The tensors of a list one after the other along dim; all other "
            "sizes must agree. The dtype is that in which all meet.\n"
            "  > tensor.concat({tensor({1, 2}), tensor({3})})\n"
            "  float32 (3)\n"
            "    1  2  3\n"
            "  > tensor.concat({tensor.zeros(2, 3), tensor.ones(1, 3)}).shape\n"
            "  (3, 3)",
    .shape = concat_shape,
    .kernel = concat_kernel,
    .gradient = concat_gradient,
};

static int stack_compose(Grad *c, const OpCall *call, OpResults *out) {
  int64_t dim = call->attrs->i[0];
  Value *few[16], **in = few;
  void *more = NULL;
  if (call->inputs == 0)
    return tensor_fail("stack: the list of tensors is empty");
  if (call->in[0]->t.ndim == TENSOR_MAX_DIMS)
    return tensor_fail("stack: a tensor has at most %d dims", TENSOR_MAX_DIMS);
  if (call->inputs > 16) {
    in = more = malloc((size_t)call->inputs * sizeof *in);
    if (more == NULL) return tensor_no_memory(call->inputs);
  }
  for (int k = 0; k < call->inputs; k++) {
    const Tensor *x = &call->in[k]->t, *a = &call->in[0]->t;
    if (!tensor_same_shape(x, a)) {
      char first[TENSOR_SHAPE_TEXT], other[TENSOR_SHAPE_TEXT];
      c->status = tensor_fail(
          "stack: tensor 1 has shape %s and tensor %d %s; they must be equal",
          tensor_shape_text(a->ndim, a->shape, first), k + 1,
          tensor_shape_text(x->ndim, x->shape, other));
      break;
    }
    in[k] = op_unsqueeze(c, call->in[k], (int)dim);
  }
  OpAttrs attrs;
  attrs.i[0] = dim;
  Value *result = c->status != TENSOR_OK
                      ? NULL
                      : nn_apply(c, &row_concat, call->inputs, in, &attrs);
  free(more);
  return nn_answer(c, out, result);
}

static const OpRow row_stack = {
    .name = "stack",
    .args = "list: tensors, dim: place = 1",
    .help = "The tensors of a list, all of one shape, side by side along a "
            "new dim.\n"
            "  > tensor.stack({tensor.zeros(3), tensor.ones(3)}).shape\n"
            "  (2, 3)",
    .compose = stack_compose,
};

/* }== taking apart {== */

/* Pieces of `size` along dim; the last one may be shorter. */
static int pieces(Grad *c, Value *x, int dim, int64_t size, OpResults *out) {
  int64_t whole = x->t.shape[dim];
  int64_t count = whole == 0 ? 1 : whole / size + (whole % size != 0);
  int status = nn_answers(c, out, count);
  for (int64_t at = 0; status == TENSOR_OK && count > 0; count--, at += size) {
    int64_t length = whole - at < size ? whole - at : size;
    status = nn_answer(c, out, op_slice_dim(c, x, dim, at, 1, length));
  }
  return status;
}

/* Pieces of the sizes of a list, which must add up. */
static int listed_pieces(Grad *c, const OpCall *call, int dim, OpResults *out) {
  Value *x = call->in[0];
  const OpAttrs *a = call->attrs;
  int64_t sum = 0, at = 0;
  for (int k = 0; k < a->counts[0]; k++) {
    int64_t size = a->lists[0][k];
    if (size < 0 || size > x->t.shape[dim])
      return tensor_fail("split: the size %lld does not fit into dim %d of "
                         "size %lld",
                         (long long)size, dim + 1, (long long)x->t.shape[dim]);
    sum = size > INT64_MAX - sum ? INT64_MAX : sum + size;
  }
  if (sum != x->t.shape[dim])
    return tensor_fail("split: the sizes add up to %lld, dim %d has size %lld",
                       (long long)sum, dim + 1, (long long)x->t.shape[dim]);
  int status = nn_answers(c, out, a->counts[0]);
  for (int k = 0; k < a->counts[0] && status == TENSOR_OK; k++) {
    int64_t size = a->lists[0][k];
    status = nn_answer(c, out, op_slice_dim(c, x, dim, at, 1, size));
    at += size;
  }
  return status;
}

static int split_compose(Grad *c, const OpCall *call, OpResults *out) {
  const OpAttrs *a = call->attrs;
  int dim = (int)a->i[0];
  if (a->counts[0] != 1) return listed_pieces(c, call, dim, out);
  if (a->lists[0][0] < 1)
    return tensor_fail("split: the size of the pieces must be 1 or more, not "
                       "%lld",
                       (long long)a->lists[0][0]);
  return pieces(c, call->in[0], dim, a->lists[0][0], out);
}

static int chunk_compose(Grad *c, const OpCall *call, OpResults *out) {
  int64_t count = call->attrs->i[0];
  int dim = (int)call->attrs->i[1];
  if (count < 1)
    return tensor_fail("chunk: the number of pieces must be 1 or more, not "
                       "%lld",
                       (long long)count);
  int64_t whole = call->in[0]->t.shape[dim];
  int64_t size = whole / count + (whole % count != 0);
  return pieces(c, call->in[0], dim, size < 1 ? 1 : size, out);
}

static int unbind_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  int dim = (int)call->attrs->i[0], status;
  int64_t count = x->t.shape[dim];
  status = nn_answers(c, out, count);
  for (int64_t k = 0; k < count && status == TENSOR_OK; k++) {
    OpAttrs attrs;
    nn_whole_slice(&attrs, &x->t);
    attrs.lists[0][dim] = k;
    attrs.lists[2][dim] = 1;
    attrs.lists[3][dim] = NN_DROP;
    status = nn_answer(c, out, nn_apply1(c, &nn_row_slice, x, &attrs));
  }
  return status;
}

static const OpRow row_split = {
    .name = "split",
    .args = "x: tensor, size: ints, dim: dim = 1",
    .help = "A list of views of x along dim: pieces of one size (the last "
            "may be smaller), or of the sizes of a list, which must add up "
            "to x's.\n"
            "  > tensor.arange(5):split(2)[3]\n"
            "  int64 (1)\n"
            "    5\n"
            "  > tensor.arange(5):split({1, 4})[2]\n"
            "  int64 (4)\n"
            "    2  3  4  5",
    .list = true,
    .compose = split_compose,
};
static const OpRow row_chunk = {
    .name = "chunk",
    .args = "x: tensor, count: int, dim: dim = 1",
    .help = "A list of views of x along dim: at most count pieces of equal "
            "size (the last may be smaller).\n"
            "  > #tensor.arange(5):chunk(2)\n"
            "  2\n"
            "  > tensor.arange(5):chunk(2)[1]\n"
            "  int64 (3)\n"
            "    1  2  3",
    .list = true,
    .compose = chunk_compose,
};
static const OpRow row_unbind = {
    .name = "unbind",
    .args = "x: tensor, dim: dim = 1",
    .help = "A list of views of x, one for each position along dim, without "
            "that dim.\n"
            "  > tensor({{1, 2}, {3, 4}}):unbind(2)[1]\n"
            "  float32 (2)\n"
            "    1  3",
    .list = true,
    .compose = unbind_compose,
};

/* }== */

const OpRow *const nn_rows_join[] = {&row_concat, &row_stack,  &row_split,
                                     &row_chunk,  &row_unbind, NULL};
