/*
** rows_reduce.c - operations that bring dims together: sums, extremes,
** means and spreads.
**
** Those that take `dims` have the set of dims in attrs->i[0] (absent: all)
** and keepdim in attrs->i[1].
*/
#include "nn/ops.h"
#include "nn/rows.h"

#define DIMS "x: tensor, dim: dims = nil, keepdim: bool = false"

/* {== sums and products */

static int reduced_shape(const OpCall *call, TensorDType dtype, OpShape *out) {
  const Tensor *x = &call->in[0]->t;
  unsigned dims = nn_dims(call->attrs->i[0], x->ndim);
  out->dtype = dtype;
  out->ndim = 0;
  for (int d = 0; d < x->ndim; d++) {
    if ((dims >> d & 1) == 0)
      out->shape[out->ndim++] = x->shape[d];
    else if (call->attrs->i[1])
      out->shape[out->ndim++] = 1;
  }
  return TENSOR_OK;
}

static int sum_shape(const OpCall *call, OpShape *out) {
  TensorDType d = call->in[0]->t.dtype;
  return reduced_shape(call, tensor_dtype_is_float(d) ? d : TENSOR_INT64, out);
}

static int same_shape(const OpCall *call, OpShape *out) {
  return reduced_shape(call, call->in[0]->t.dtype, out);
}

static int bool_shape(const OpCall *call, OpShape *out) {
  return reduced_shape(call, TENSOR_BOOL, out);
}

/* Errors speak of what users call, also where an internal row runs. */
static int reduce(TensorReduce op, const OpCall *call, Tensor *out) {
  static const char *const names[] = {
      [TENSOR_SUM] = "sum", [TENSOR_PROD] = "prod", [TENSOR_MAX] = "max",
      [TENSOR_MIN] = "min", [TENSOR_ANY] = "any",   [TENSOR_ALL] = "all"};
  const Tensor *x = &call->in[0]->t;
  unsigned dims = nn_dims(call->attrs->i[0], x->ndim);
  return nn_named(names[op], tensor_reduce(op, out, x, dims));
}

static int sum_kernel(const OpCall *c, Tensor *y) {
  return reduce(TENSOR_SUM, c, y);
}
static int prod_kernel(const OpCall *c, Tensor *y) {
  return reduce(TENSOR_PROD, c, y);
}
static int amax_kernel(const OpCall *c, Tensor *y) {
  return reduce(TENSOR_MAX, c, y);
}
static int amin_kernel(const OpCall *c, Tensor *y) {
  return reduce(TENSOR_MIN, c, y);
}
static int any_kernel(const OpCall *c, Tensor *y) {
  return reduce(TENSOR_ANY, c, y);
}
static int all_kernel(const OpCall *c, Tensor *y) {
  return reduce(TENSOR_ALL, c, y);
}

/* v, which lacks the reduced dims, with size 1 in their place. */
static Value *restored(Grad *c, Value *v) {
  int ndim = nn_input_shape(c, 0)->ndim;
  return op_restore_dims(c, v, nn_dims(c->attrs->i[0], ndim), ndim);
}

static void sum_gradient(Grad *c) {
  const OpShape *x = nn_input_shape(c, 0);
  c->to[0] = op_expand(c, restored(c, c->g), x->ndim, x->shape);
}

/* The product of the others: r / x, but where x is 0 (and alone in that) the
** product of all that are not 0. */
static void prod_gradient(Grad *c) {
  Value *x = c->in[0], *zero = op_num(c, 0);
  unsigned dims = nn_dims(c->attrs->i[0], x->t.ndim);
  Value *is_zero = op_eq(c, x, zero);
  Value *filled = op_where(c, is_zero, op_num(c, 1), x);
  Value *product = op_prod(c, filled, dims, true);
  Value *zeros = op_sum(c, is_zero, dims, true);
  Value *others = op_div(c, product, filled);
  Value *only = op_eq(c, zeros, op_num(c, 1));
  Value *at_zero = op_where(c, op_logical_and(c, is_zero, only), others, zero);
  Value *slope = op_where(c, op_eq(c, zeros, zero), others, at_zero);
  c->to[0] = op_mul(c, restored(c, c->g), slope);
}

/* Equal extremes share the gradient. */
static void extreme_gradient(Grad *c) {
  Value *x = c->in[0];
  unsigned dims = nn_dims(c->attrs->i[0], x->t.ndim);
  Value *is = op_to(c, op_eq(c, x, restored(c, c->r)), x->t.dtype);
  Value *share = op_div(c, is, op_sum(c, is, dims, true));
  c->to[0] = op_mul(c, restored(c, c->g), share);
}

const OpRow nn_row_sum = {
    .name = "sum",
    .args = DIMS,
    .help = "The sum of the elements. Integers and bool add up to int64; the "
            "sum of nothing is 0.\n"
            "  > tensor({{1, 2}, {3, 4}}):sum(1)\n"
            "  float32 (2)\n"
            "    4  6\n"
            "  > tensor({{1, 2}, {3, 4}}):sum():item()\n"
            "  10.0",
    .shape = sum_shape,
    .kernel = sum_kernel,
    .gradient = sum_gradient,
};
const OpRow nn_row_prod = {
    .name = "prod",
    .args = DIMS,
    .help = "The product of the elements; of nothing it is 1. Integers and "
            "bool multiply to int64.\n"
            "  > tensor({2, 3, 4}):prod():item()\n"
            "  24.0",
    .keeps = 1,
    .shape = sum_shape,
    .kernel = prod_kernel,
    .gradient = prod_gradient,
};
const OpRow nn_row_amax = {
    .name = "amax",
    .args = DIMS,
    .help = "The greatest element, without its position; equal ones share "
            "the gradient. NaN where there is one; of nothing it is an error.\n"
            "See also: max, argmax, maximum.\n"
            "  > tensor({{3, 9}, {8, 4}}):amax(2)\n"
            "  float32 (2)\n"
            "    9  8",
    .keeps = 1,
    .keeps_result = true,
    .shape = same_shape,
    .kernel = amax_kernel,
    .gradient = extreme_gradient,
};
const OpRow nn_row_amin = {
    .name = "amin",
    .args = DIMS,
    .help = "The least element, without its position; equal ones share the "
            "gradient. NaN where there is one; of nothing it is an error.\n"
            "See also: min, argmin, minimum.\n"
            "  > tensor({{3, 9}, {8, 4}}):amin(2)\n"
            "  float32 (2)\n"
            "    3  4",
    .keeps = 1,
    .keeps_result = true,
    .shape = same_shape,
    .kernel = amin_kernel,
    .gradient = extreme_gradient,
};
static const OpRow row_any = {
    .name = "any",
    .args = DIMS,
    .help = "Whether any element is true (not 0), as bool; of nothing it is "
            "false.\n"
            "  > tensor({{0, 1}, {0, 0}}):any(2)\n"
            "  bool (2)\n"
            "     true  false",
    .shape = bool_shape,
    .kernel = any_kernel,
};
static const OpRow row_all = {
    .name = "all",
    .args = DIMS,
    .help = "Whether all elements are true (not 0), as bool; of nothing it "
            "is true.\n"
            "  > tensor({{1, 1}, {0, 1}}):all(2)\n"
            "  bool (2)\n"
            "     true  false",
    .shape = bool_shape,
    .kernel = all_kernel,
};

/* }== extremes with their positions {== */

/* attrs: the dim (absent: all as one row), keepdim */
static int arg_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t;
  int64_t dim = call->attrs->i[0];
  out->dtype = TENSOR_INT64;
  out->ndim = 0;
  for (int d = 0; d < x->ndim; d++) {
    if (dim != NN_ABSENT && d != dim)
      out->shape[out->ndim++] = x->shape[d];
    else if (call->attrs->i[1])
      out->shape[out->ndim++] = 1;
  }
  return TENSOR_OK;
}

static int arg_kernel(const char *name, bool greatest, const OpCall *call,
                      Tensor *position, Tensor *value) {
  int64_t dim = call->attrs->i[0];
  return nn_named(name,
                  tensor_arg_reduce(greatest, position, value, &call->in[0]->t,
                                    dim == NN_ABSENT ? -1 : (int)dim));
}

static int argmax_kernel(const OpCall *call, Tensor *out) {
  return arg_kernel("argmax", true, call, out, NULL);
}
static int argmin_kernel(const OpCall *call, Tensor *out) {
  return arg_kernel("argmin", false, call, out, NULL);
}

static int value_and_position_shape(const OpCall *call, OpShape *out) {
  arg_shape(call, &out[1]);
  out[0] = out[1];
  out[0].dtype = call->in[0]->t.dtype;
  return TENSOR_OK;
}

static int max_along_kernel(const OpCall *call, Tensor *out) {
  return arg_kernel("max", true, call, &out[1], &out[0]);
}
static int min_along_kernel(const OpCall *call, Tensor *out) {
  return arg_kernel("min", false, call, &out[1], &out[0]);
}

static const OpRow row_argmax = {
    .name = "argmax",
    .args = "x: tensor, dim: dim = nil, keepdim: bool = false",
    .help = "The position, from 1, of the greatest element along dim, as "
            "int64; without dim, that in x as one long row. The first of "
            "equals; NaN before everything.\n"
            "  > tensor({3, 9, 4}):argmax():item()\n"
            "  2\n"
            "  > tensor({{3, 9}, {8, 4}}):argmax(2)\n"
            "  int64 (2)\n"
            "    2  1",
    .shape = arg_shape,
    .kernel = argmax_kernel,
};
static const OpRow row_argmin = {
    .name = "argmin",
    .args = "x: tensor, dim: dim = nil, keepdim: bool = false",
    .help = "The position, from 1, of the least element along dim, as int64; "
            "without dim, that in x as one long row. The first of equals; "
            "NaN before everything.\n"
            "  > tensor({3, 9, 4}):argmin():item()\n"
            "  1",
    .shape = arg_shape,
    .kernel = argmin_kernel,
};
static const OpRow row_max_along = {
    .name = "max_along",
    .args = "x: tensor, dim: dim, keepdim: bool = false",
    .help = "",
    .internal = true,
    .outputs = 2,
    .keeps_result = true,
    .shape = value_and_position_shape,
    .kernel = max_along_kernel,
    .gradient = nn_positions_gradient,
};
static const OpRow row_min_along = {
    .name = "min_along",
    .args = "x: tensor, dim: dim, keepdim: bool = false",
    .help = "",
    .internal = true,
    .outputs = 2,
    .keeps_result = true,
    .shape = value_and_position_shape,
    .kernel = min_along_kernel,
    .gradient = nn_positions_gradient,
};

/* One dim: values and positions. All, or several: the extreme alone. */
static int extreme(Grad *c, const OpCall *call, const OpRow *along,
                   const OpRow *over, OpResults *out) {
  Value *x = call->in[0];
  unsigned dims = nn_dims(call->attrs->i[0], x->t.ndim);
  bool one = dims != 0 && (dims & (dims - 1)) == 0;
  if (!one || call->attrs->i[0] == NN_ABSENT)
    return nn_answer(c, out, nn_apply1(c, over, x, call->attrs));
  OpAttrs attrs = *call->attrs;
  OpResults r;
  attrs.i[0] = __builtin_ctz(dims);
  int status = nn_call(along, 1, &x, &attrs, &r);
  if (status != TENSOR_OK) return status;
  Value *value = nn_scope_own(c, r.many[0]);
  Value *position = nn_scope_own(c, r.many[1]);
  nn_answer(c, out, value);
  return nn_answer(c, out, position);
}

static int max_compose(Grad *c, const OpCall *call, OpResults *out) {
  return extreme(c, call, &row_max_along, &nn_row_amax, out);
}
static int min_compose(Grad *c, const OpCall *call, OpResults *out) {
  return extreme(c, call, &row_min_along, &nn_row_amin, out);
}

static const OpRow row_max = {
    .name = "max",
    .args = DIMS,
    .help = "The greatest element. Along one dim it returns two tensors: the "
            "values and their positions from 1; over all dims, or a list of "
            "several, the values alone. NaN wins.\n"
            "See also: amax, argmax, maximum.\n"
            "  > tensor({3, 9, 4}):max():item()\n"
            "  9.0\n"
            "  > values, positions = tensor({{3, 9}, {8, 4}}):max(2)\n"
            "  > positions\n"
            "  int64 (2)\n"
            "    2  1",
    .compose = max_compose,
};
static const OpRow row_min = {
    .name = "min",
    .args = DIMS,
    .help = "The least element. Along one dim it returns two tensors: the "
            "values and their positions from 1; over all dims, or a list of "
            "several, the values alone. NaN wins.\n"
            "See also: amin, argmin, minimum.\n"
            "  > tensor({3, 9, 4}):min():item()\n"
            "  3.0\n"
            "  > values, positions = tensor({{3, 9}, {8, 4}}):min(2)\n"
            "  > values\n"
            "  float32 (2)\n"
            "    3  4",
    .compose = min_compose,
};

/* }== means and spreads {== */

static int mean_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = op_to_float(c, call->in[0]);
  if (x == NULL) return c->status;
  unsigned dims = nn_dims(call->attrs->i[0], x->t.ndim);
  Value *sum = op_sum(c, x, dims, call->attrs->i[1] != 0);
  double count = (double)nn_count_dims(&x->t, dims);
  return nn_answer(c, out, op_div(c, sum, op_num(c, count)));
}

/* Sum of squared distances from the mean, over n - correction. */
static Value *variance(Grad *c, const OpCall *call) {
  Value *x = op_to_float(c, call->in[0]);
  if (x == NULL) return NULL;
  unsigned dims = nn_dims(call->attrs->i[0], x->t.ndim);
  double n = (double)nn_count_dims(&x->t, dims) - call->attrs->f[0];
  Value *distance = op_sub(c, x, op_mean(c, x, dims, true));
  Value *sum = op_sum(c, op_square(c, distance), dims, call->attrs->i[1] != 0);
  return op_div(c, sum, op_num(c, n > 0 ? n : 0));
}

static int var_compose(Grad *c, const OpCall *call, OpResults *out) {
  return nn_answer(c, out, variance(c, call));
}

static int std_compose(Grad *c, const OpCall *call, OpResults *out) {
  return nn_answer(c, out, op_safe_root(c, variance(c, call), 2));
}

/* The greatest element is taken out first, so that nothing overflows. */
static int logsumexp_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = op_to_float(c, call->in[0]);
  if (x == NULL) return c->status;
  unsigned dims = nn_dims(call->attrs->i[0], x->t.ndim);
  bool was = nn_set_grad_enabled(false);
  Value *top = op_amax(c, x, dims, true);
  top = op_where(c, op_isfinite(c, top), top, op_num(c, 0));
  nn_set_grad_enabled(was);
  Value *sum = op_sum(c, op_exp(c, op_sub(c, x, top)), dims, true);
  Value *result = op_add(c, op_log(c, sum), top);
  if (result != NULL && call->attrs->i[1] == 0) {
    OpShape shape;
    reduced_shape(call, x->t.dtype, &shape);
    result = op_reshape(c, result, shape.ndim, shape.shape);
  }
  return nn_answer(c, out, result);
}

const OpRow nn_row_mean = {
    .name = "mean",
    .args = DIMS,
    .help = "The mean of the elements: their sum over their count. Integers "
            "give the default float; the mean of nothing is NaN.\n"
            "  > tensor({1, 2, 6}):mean():item()\n"
            "  3.0",
    .compose = mean_compose,
};
#define SPREAD DIMS ", correction: number = 1"
static const OpRow row_var = {
    .name = "var",
    .args = SPREAD,
    .help = "The variance: sum((x - mean)^2) / (n - correction). The "
            "default, correction = 1, is PyTorch's; 0 divides by n, as NumPy "
            "does. Of one element with correction 1 it is NaN.\n"
            "  > tensor({1, 3}):var():item()\n"
            "  2.0\n"
            "  > tensor({1, 3}):var({correction=0}):item()\n"
            "  1.0",
    .compose = var_compose,
};
static const OpRow row_std = {
    .name = "std",
    .args = SPREAD,
    .help = "The standard deviation: sqrt(sum((x - mean)^2) / (n - "
            "correction)). The default, correction = 1, is PyTorch's; 0 "
            "divides by n, as NumPy does.\n"
            "  > tensor({1, 2, 3}):std():item()\n"
            "  1.0",
    .compose = std_compose,
};
static const OpRow row_logsumexp = {
    .name = "logsumexp",
    .args = DIMS,
    .help = "log(sum(e^x)), without overflow.\n"
            "  > tensor({1000, 1000}):logsumexp(1, true)\n"
            "  float32 (1)\n"
            "    1000.6932",
    .compose = logsumexp_compose,
};

/* }== */

const OpRow *const nn_rows_reduce[] = {
    &nn_row_sum,    &nn_row_prod, &nn_row_mean,   &row_var,       &row_std,
    &row_logsumexp, &row_max,     &row_min,       &nn_row_amax,   &nn_row_amin,
    &row_argmax,    &row_argmin,  &row_max_along, &row_min_along, &row_any,
    &row_all,       NULL};
