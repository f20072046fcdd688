/*
** rows_cumulative.c - sums, products and extremes that run along a dim, and
** differences of neighbours.
*/
#include "nn/ops.h"
#include "nn/rows.h"

/* {== sums and products; attrs: the dim, and where a rule may ask for it,
** whether to begin at the other end */

static int sum_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t;
  bool is_float = tensor_dtype_is_float(x->dtype);
  return nn_shape_like(out, is_float ? x->dtype : TENSOR_INT64, x);
}

static int cumsum_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  return nn_named("cumsum",
                  tensor_cumulative(TENSOR_CUMSUM, out, &call->in[0]->t,
                                    (int)a->i[0], a->i[1] != 0));
}

static int cumprod_kernel(const OpCall *call, Tensor *out) {
  return nn_named("cumprod",
                  tensor_cumulative(TENSOR_CUMPROD, out, &call->in[0]->t,
                                    (int)call->attrs->i[0], false));
}

static const OpRow row_cumsum_along, row_scan, row_shift;

/* A row along the dim of this call. */
static Value *along(Grad *c, const OpRow *row, Value *a, Value *b,
                    bool backwards, double fill) {
  OpAttrs attrs;
  attrs.i[0] = c->attrs->i[0];
  attrs.i[1] = backwards;
  attrs.f[0] = fill;
  return nn_apply(c, row, b == NULL ? 1 : 2, (Value *[]){a, b}, &attrs);
}

/* Each element is in the sums that come after it. */
static void cumsum_gradient(Grad *c) {
  c->to[0] = along(c, &row_cumsum_along, c->g, NULL, c->attrs->i[1] == 0, 0);
}

/* What comes before x[i], r[i - 1], times s[i] = g[i] + x[i + 1] s[i + 1]:
** no division, so zeros need no care. */
static void cumprod_gradient(Grad *c) {
  Value *before = along(c, &row_shift, c->r, NULL, false, 1);
  Value *after = along(c, &row_scan, c->g, c->in[0], true, 0);
  c->to[0] = op_mul(c, before, after);
}

static const OpRow row_cumsum_along = {
    .name = "cumsum_along",
    .args = "x, dim: dim, backwards: bool",
    .help = "",
    .internal = true,
    .shape = sum_shape,
    .kernel = cumsum_kernel,
    .gradient = cumsum_gradient,
};

static int cumsum_compose(Grad *c, const OpCall *call, OpResults *out) {
  OpAttrs attrs = *call->attrs;
  attrs.i[1] = false;
  return nn_answer(c, out,
                   nn_apply1(c, &row_cumsum_along, call->in[0], &attrs));
}

static const OpRow row_cumsum = {
    .name = "cumsum",
    .args = "x, dim: dim = -1",
    .help = "Running sums along dim: element i of the result is the sum of "
            "elements 1 to i. Integers and bool add up to int64.\n"
            "  > tensor({1, 2, 3, 4}):cumsum()\n"
            "  float32 (4)\n"
            "     1   3   6  10",
    .form_in_place = true,
    .compose = cumsum_compose,
};
static const OpRow row_cumprod = {
    .name = "cumprod",
    .args = "x, dim: dim = -1",
    .help = "Running products along dim: element i of the result is the "
            "product of elements 1 to i. Integers and bool multiply to int64; "
            "the gradient is right where elements are 0, too.\n"
            "  > tensor({1, 2, 3, 4}):cumprod()\n"
            "  float32 (4)\n"
            "     1   2   6  24",
    .keeps = 1,
    .keeps_result = true,
    .form_in_place = true,
    .shape = sum_shape,
    .kernel = cumprod_kernel,
    .gradient = cumprod_gradient,
};

/* }== what the gradient of a product is made of {== */

/* y[i] = x[i] + link[i] y[i - 1]; backwards, x[i] + link[i + 1] y[i + 1]. */
static int scan_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  return nn_named("cumprod",
                  tensor_linear_scan(out, &call->in[0]->t, &call->in[1]->t,
                                     (int)a->i[0], a->i[1] != 0));
}

/* What flows back runs the other way through the same links. Link i joins
** places i - 1 and i: it takes what flowed back to the one times what the
** scan brought from the other. */
static void scan_gradient(Grad *c) {
  bool backwards = c->attrs->i[1] != 0;
  Value *flow = along(c, &row_scan, c->g, c->in[1], !backwards, 0);
  if (c->needs[0]) c->to[0] = flow;
  if (!c->needs[1]) return;
  Value *one = backwards ? along(c, &row_shift, flow, NULL, false, 0) : flow;
  Value *other = backwards ? c->r : along(c, &row_shift, c->r, NULL, false, 0);
  c->to[1] = op_mul(c, one, other);
}

static const OpRow row_scan = {
    .name = "scan_along",
    .args = "x, link, dim: dim, backwards: bool",
    .help = "",
    .internal = true,
    .keeps = 2,
    .keeps_result = true,
    .shape = nn_same_shape,
    .kernel = scan_kernel,
    .gradient = scan_gradient,
};

/* out[i] = x[i - 1] (backwards: x[i + 1]), and fill at the end left free. */
static int shift_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  int dim = (int)a->i[0], status;
  int64_t n = out->shape[dim], from = a->i[1] ? 1 : 0;
  Tensor to_part, from_part;
  status = tensor_fill(out, a->f[0]);
  if (n < 2 || status != TENSOR_OK) return status;
  tensor_slice(&to_part, out, dim, 1 - from, 1, n - 1);
  tensor_slice(&from_part, &call->in[0]->t, dim, from, 1, n - 1);
  status = tensor_copy(&to_part, &from_part);
  tensor_release(&from_part);
  tensor_release(&to_part);
  return status;
}

static void shift_gradient(Grad *c) {
  c->to[0] = along(c, &row_shift, c->g, NULL, c->attrs->i[1] == 0, 0);
}

static const OpRow row_shift = {
    .name = "shift_along",
    .args = "x, dim: dim, backwards: bool, fill: number",
    .help = "",
    .internal = true,
    .shape = nn_same_shape,
    .kernel = shift_kernel,
    .gradient = shift_gradient,
};

/* }== extremes {== */

static int cummax_kernel(const OpCall *call, Tensor *out) {
  return nn_named("cummax", tensor_cumulative_extreme(TENSOR_CUMMAX, &out[0],
                                                      &out[1], &call->in[0]->t,
                                                      (int)call->attrs->i[0]));
}
static int cummin_kernel(const OpCall *call, Tensor *out) {
  return nn_named("cummin", tensor_cumulative_extreme(TENSOR_CUMMIN, &out[0],
                                                      &out[1], &call->in[0]->t,
                                                      (int)call->attrs->i[0]));
}

static const OpRow row_cummax = {
    .name = "cummax",
    .args = "x, dim: dim = -1",
    .help = "Running maxima along dim: the values, and their positions from 1 "
            "(the last of equals). From the first NaN on all are NaN.\n"
            "  > local values, positions = tensor({3, 1, 4, 1}):cummax()\n"
            "  > positions\n"
            "  int64 (4)\n"
            "    1  1  3  3",
    .outputs = 2,
    .keeps_result = true,
    .shape = nn_values_and_positions_shape,
    .kernel = cummax_kernel,
    .gradient = nn_positions_gradient,
};
static const OpRow row_cummin = {
    .name = "cummin",
    .args = "x, dim: dim = -1",
    .help = "Running minima along dim: the values, and their positions from 1 "
            "(the last of equals). From the first NaN on all are NaN.\n"
            "  > (tensor({3, 1, 4, 1}):cummin())\n"
            "  float32 (4)\n"
            "    3  1  1  1",
    .outputs = 2,
    .keeps_result = true,
    .shape = nn_values_and_positions_shape,
    .kernel = cummin_kernel,
    .gradient = nn_positions_gradient,
};

/* }== differences {== */

static int diff_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  int64_t times = call->attrs->i[0];
  int dim = (int)call->attrs->i[1];
  bool truth = x->t.dtype == TENSOR_BOOL;
  if (times < 0)
    return tensor_fail("diff: n is %lld, it cannot be negative",
                       (long long)times);
  for (; times > 0 && x != NULL && x->t.shape[dim] > 0; times--) {
    int64_t n = x->t.shape[dim] - 1;
    Value *next = op_slice_dim(c, x, dim, n > 0 ? 1 : 0, 1, n);
    Value *here = op_slice_dim(c, x, dim, 0, 1, n);
    x = truth ? op_ne(c, next, here) : op_sub(c, next, here);
  }
  return nn_answer(c, out, x);
}

static const OpRow row_diff = {
    .name = "diff",
    .args = "x, n: int = 1, dim: dim = -1",
    .help = "The differences of neighbours along dim, x[i + 1] - x[i], n "
            "times over; each time the dim gets shorter by 1. Of bool: "
            "whether the neighbours differ.\n"
            "  > tensor({1, 4, 9, 16}):diff()\n"
            "  float32 (3)\n"
            "    3  5  7",
    .compose = diff_compose,
};

/* }== */

const OpRow *const nn_rows_cumulative[] = {
    &row_cumsum, &row_cumsum_along, &row_cumprod, &row_scan, &row_shift,
    &row_cummax, &row_cummin,       &row_diff,    NULL};
