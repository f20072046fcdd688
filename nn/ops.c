/*
** ops.c - operations as gradient rules and composites call them.
*/
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== calling */

/* Operations that rules call, not users: there a number computed from plain
** numbers stays one, in full precision, and widens nothing. */
static int inner;

bool nn_is_inner(void) { return inner > 0; }

/* Whether it ran; the results are the caller's then. */
static bool call(Grad *c, const OpRow *row, int inputs, Value *const *in,
                 const OpAttrs *attrs, OpResults *r) {
  if (c->status != TENSOR_OK) return false;
  for (int k = 0; k < inputs; k++) {
    if (in[k] != NULL) continue;
    c->status = tensor_fail("the gradient of %s reads a value that its row "
                            "does not keep",
                            c->node == NULL ? row->name : c->node->row->name);
    return false;
  }
  inner++;
  c->status = nn_call(row, inputs, in, attrs, r);
  inner--;
  return c->status == TENSOR_OK;
}

Value *nn_apply(Grad *c, const OpRow *row, int inputs, Value *const *in,
                const OpAttrs *attrs) {
  OpResults r;
  if (!call(c, row, inputs, in, attrs, &r)) return NULL;
  for (int k = 1; k < r.count; k++) nn_value_release(r.many[k]);
  return nn_scope_own(c, r.many[0]);
}

void nn_apply_all(Grad *c, const OpRow *row, int inputs, Value *const *in,
                  const OpAttrs *attrs, Value *results[NN_FEW]) {
  OpResults r;
  for (int k = 0; k < NN_FEW; k++) results[k] = NULL;
  if (!call(c, row, inputs, in, attrs, &r)) return;
  for (int k = 0; k < r.count; k++) results[k] = nn_scope_own(c, r.many[k]);
}

Value *nn_apply1(Grad *c, const OpRow *row, Value *a, const OpAttrs *attrs) {
  return nn_apply(c, row, 1, &a, attrs);
}

Value *nn_apply2(Grad *c, const OpRow *row, Value *a, Value *b,
                 const OpAttrs *attrs) {
  return nn_apply(c, row, 2, (Value *[]){a, b}, attrs);
}

const OpShape *nn_input_shape(const Grad *c, int k) {
  return &c->node->kept[k].shape;
}

int nn_answer(Grad *c, OpResults *out, Value *result) {
  if (result == NULL) return c->status;
  out->many[out->count++] = result;
  return TENSOR_OK;
}

int nn_answers(Grad *c, OpResults *out, int64_t count) {
  if (count > NN_FEW) {
    out->many = malloc((size_t)count * sizeof *out->many);
    if (out->many == NULL) {
      out->many = out->few;
      return c->status = tensor_no_memory(count);
    }
  }
  return TENSOR_OK;
}

/* }== numbers {== */

Value *op_num(Grad *c, double number) {
  return nn_scope_own(c, nn_value_number(number));
}

Value *nn_number_for(Grad *c, const Value *x, double number) {
  if (x == NULL) return NULL;
  bool whole = number == floor(number) && fabs(number) < 9e15;
  if (whole && !tensor_dtype_is_float(x->t.dtype))
    return nn_scope_own(c, nn_value_integer((int64_t)number));
  return op_num(c, number);
}

Value *op_scale(Grad *c, Value *a, double factor) {
  return op_mul(c, a, op_num(c, factor));
}

Value *op_shift(Grad *c, Value *a, double term) {
  return op_add(c, a, op_num(c, term));
}

Value *op_within(Grad *c, Value *a, double low, double high) {
  return op_logical_and(c, op_gt(c, a, op_num(c, low)),
                        op_lt(c, a, op_num(c, high)));
}

Value *op_mish_slope(Grad *c, Value *a) {
  Value *t = op_tanh(c, op_softplus(c, a));
  Value *slope =
      op_mul(c, op_sigmoid(c, a), op_shift(c, op_neg(c, op_square(c, t)), 1));
  return op_add(c, t, op_mul(c, a, slope));
}

Value *op_zeros(Grad *c, TensorDType dtype, int ndim, const int64_t *shape) {
  Tensor t;
  if (c->status == TENSOR_OK) c->status = tensor_new(&t, dtype, ndim, shape);
  if (c->status != TENSOR_OK) return NULL;
  tensor_fill(&t, 0);
  return nn_scope_own(c, nn_value_new(&t));
}

Value *op_full_like(Grad *c, Value *like, double value) {
  if (like == NULL) return NULL;
  Value *v = op_zeros(c, like->t.dtype, like->t.ndim, like->t.shape);
  if (v != NULL && value != 0) tensor_fill(&v->t, value);
  return v;
}

/* }== sets of dims {== */

unsigned nn_dims(int64_t attr, int ndim) {
  unsigned all = ndim == 0 ? 0u : ~0u >> (32 - ndim);
  return attr == NN_ABSENT ? all : (unsigned)attr & all;
}

int64_t nn_count_dims(const Tensor *t, unsigned dims) {
  int64_t n = 1;
  for (int d = 0; d < t->ndim; d++)
    if (dims >> d & 1) n *= t->shape[d];
  return n;
}

static Value *reduce(Grad *c, const OpRow *row, Value *a, unsigned dims,
                     bool keepdim) {
  OpAttrs attrs;
  attrs.i[0] = dims;
  attrs.i[1] = keepdim;
  return nn_apply1(c, row, a, &attrs);
}

Value *op_sum(Grad *c, Value *a, unsigned dims, bool keepdim) {
  return reduce(c, &nn_row_sum, a, dims, keepdim);
}

Value *op_prod(Grad *c, Value *a, unsigned dims, bool keepdim) {
  return reduce(c, &nn_row_prod, a, dims, keepdim);
}

Value *op_amax(Grad *c, Value *a, unsigned dims, bool keepdim) {
  return reduce(c, &nn_row_amax, a, dims, keepdim);
}

Value *op_amin(Grad *c, Value *a, unsigned dims, bool keepdim) {
  return reduce(c, &nn_row_amin, a, dims, keepdim);
}

Value *op_mean(Grad *c, Value *a, unsigned dims, bool keepdim) {
  return reduce(c, &nn_row_mean, a, dims, keepdim);
}

Value *op_safe_root(Grad *c, Value *sum, double p) {
  Value *zero = op_num(c, 0), *is_zero = op_eq(c, sum, zero);
  Value *safe = op_where(c, is_zero, op_num(c, 1), sum);
  Value *root = p == 2 ? op_sqrt(c, safe) : op_pow(c, safe, op_num(c, 1 / p));
  return op_where(c, is_zero, zero, root);
}

Value *op_sum_to(Grad *c, Value *a, int ndim, const int64_t *shape) {
  if (a == NULL) return NULL;
  unsigned dims = 0;
  int shift = a->t.ndim - ndim;
  for (int d = 0; d < a->t.ndim; d++)
    if (d < shift || (shape[d - shift] == 1 && a->t.shape[d] != 1))
      dims |= 1u << d;
  if (dims == 0) return a;
  Value *sum = op_sum(c, a, dims, true);
  return shift == 0 ? sum : op_reshape(c, sum, ndim, shape);
}

Value *op_restore_dims(Grad *c, Value *a, unsigned dims, int ndim) {
  int64_t shape[TENSOR_MAX_DIMS];
  if (a == NULL || a->t.ndim == ndim) return a;
  for (int d = 0, k = 0; d < ndim; d++)
    shape[d] = dims >> d & 1 ? 1 : a->t.shape[k++];
  return op_reshape(c, a, ndim, shape);
}

/* }== the rest {== */

Value *op_where(Grad *c, Value *condition, Value *a, Value *b) {
  return nn_apply(c, &nn_row_where, 3, (Value *[]){condition, a, b}, NULL);
}

Value *op_to(Grad *c, Value *a, TensorDType dtype) {
  OpAttrs attrs;
  if (a == NULL || a->t.dtype == dtype) return a;
  attrs.i[0] = dtype;
  return nn_apply1(c, &nn_row_to, a, &attrs);
}

Value *op_to_float(Grad *c, Value *a) {
  return a == NULL ? NULL : op_to(c, a, nn_float_of(a->t.dtype));
}

Value *op_clone(Grad *c, Value *a) {
  return nn_apply1(c, &nn_row_clone, a, NULL);
}

static Value *with_list(Grad *c, const OpRow *row, Value *a, int count,
                        const int64_t *list) {
  OpAttrs attrs;
  attrs.counts[0] = count;
  memcpy(attrs.lists[0], list, (size_t)count * sizeof *list);
  return nn_apply1(c, row, a, &attrs);
}

Value *op_reshape(Grad *c, Value *a, int ndim, const int64_t *shape) {
  return with_list(c, &nn_row_reshape, a, ndim, shape);
}

Value *op_expand(Grad *c, Value *a, int ndim, const int64_t *shape) {
  return with_list(c, &nn_row_expand, a, ndim, shape);
}

Value *op_permute(Grad *c, Value *a, const int64_t *order) {
  return a == NULL ? NULL : with_list(c, &nn_row_axes, a, a->t.ndim, order);
}

Value *op_transpose(Grad *c, Value *a, int dim0, int dim1) {
  if (a == NULL) return NULL;
  int64_t order[TENSOR_MAX_DIMS];
  for (int d = 0; d < a->t.ndim; d++) order[d] = d;
  order[dim0] = dim1;
  order[dim1] = dim0;
  return op_permute(c, a, order);
}

Value *op_unsqueeze(Grad *c, Value *a, int place) {
  return a == NULL ? NULL : op_restore_dims(c, a, 1u << place, a->t.ndim + 1);
}

Value *op_slice_dim(Grad *c, Value *a, int dim, int64_t start, int64_t step,
                    int64_t length) {
  if (a == NULL) return NULL;
  OpAttrs attrs;
  nn_whole_slice(&attrs, &a->t);
  attrs.lists[0][dim] = start;
  attrs.lists[1][dim] = step;
  attrs.lists[2][dim] = length;
  return nn_apply1(c, &nn_row_slice, a, &attrs);
}

Value *op_unslice(Grad *c, Value *a, const int64_t *shape, int dim,
                  int64_t start) {
  if (a == NULL) return NULL;
  OpAttrs attrs;
  nn_whole_slice(&attrs, &a->t);
  if (a->t.ndim > 0) attrs.lists[0][dim] = start;
  memcpy(attrs.i, shape, (size_t)a->t.ndim * sizeof *shape);
  return nn_apply1(c, &nn_row_unslice, a, &attrs);
}

Value *op_index_select(Grad *c, Value *a, int dim, Value *index) {
  OpAttrs attrs;
  attrs.i[0] = dim;
  return a == NULL || index == NULL
             ? NULL
             : nn_apply2(c, &nn_row_index_select, a, index, &attrs);
}

Value *op_bmatmul(Grad *c, Value *a, Value *b) {
  return nn_apply2(c, &nn_row_bmatmul, a, b, NULL);
}

/* }== */
