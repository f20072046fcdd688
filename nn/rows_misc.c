/*
** rows_misc.c - selection, conversion and copies.
*/
#include "nn/ops.h"
#include "nn/rows.h"

/* {== where */

/* The dtype and shape that a and b share, as an addition would have. */
static int where_shape(const OpCall *call, OpShape *out) {
  const Value *a = call->in[1], *b = call->in[2];
  Tensor both = {.ndim = 0};
  if (tensor_dtype_is_float(call->in[0]->t.dtype))
    return tensor_fail("where: the condition must be bool, not %s (compare "
                       "first, as in tensor.where(x:gt(0), a, b))",
                       tensor_dtype_name(call->in[0]->t.dtype));
  int status = tensor_broadcast_shape(&a->t, &b->t, &both.ndim, both.shape);
  if (status == TENSOR_OK)
    status =
        tensor_broadcast_shape(&both, &call->in[0]->t, &out->ndim, out->shape);
  if (status != TENSOR_OK) return nn_named("where", status);
  out->dtype = nn_joined_dtype(2, call->in + 1);
  return TENSOR_OK;
}

static int where_kernel(const OpCall *call, Tensor *out) {
  return tensor_where(out, &call->in[0]->t, &call->in[1]->t, &call->in[2]->t);
}

static void where_gradient(Grad *c) {
  Value *condition = c->in[0], *zero = op_num(c, 0);
  if (c->needs[1]) c->to[1] = op_where(c, condition, c->g, zero);
  if (c->needs[2]) c->to[2] = op_where(c, condition, zero, c->g);
}

const OpRow nn_row_where = {
    .name = "where",
    .args = "condition, a, b",
    .help = "a where the condition is true, b elsewhere; all three broadcast. "
            "The condition is bool, or of integers, which are true unless 0. "
            "Where it is true: condition:nonzero().\n"
            "  > local x = tensor({-1, 2})\n"
            "  > tensor.where(x:gt(0), x, 0)\n"
            "  float32 (2)\n"
            "    0  2",
    .keeps = 1,
    .shape = where_shape,
    .kernel = where_kernel,
    .gradient = where_gradient,
};

static int masked_fill_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0], *value = call->in[2];
  if (call->in[1]->t.dtype != TENSOR_BOOL)
    return tensor_fail("masked_fill: the mask must be bool, not %s",
                       tensor_dtype_name(call->in[1]->t.dtype));
  return nn_answer(c, out, op_where(c, call->in[1], value, x));
}

static const OpRow row_masked_fill = {
    .name = "masked_fill",
    .args = "x: tensor, mask: tensor, value",
    .help = "x with value in the places where the bool tensor mask is true; "
            "the mask broadcasts.\n"
            "  > x = tensor({-1, 2, -3})\n"
            "  > x:masked_fill(x:lt(0), 0)\n"
            "  float32 (3)\n"
            "    0  2  0",
    .form_in_place = true,
    .compose = masked_fill_compose,
};

/* A bound that was not given is not applied. */
static int clamp_compose(Grad *c, const OpCall *call, OpResults *out) {
  const OpAttrs *a = call->attrs;
  Value *x = call->in[0];
  double low = a->f[0], high = a->f[1];
  if (low != low && high != high)
    return tensor_fail("clamp: give a least value, a greatest, or both");
  if (low > high)
    return tensor_fail("clamp: the least value, %g, is above the greatest, %g",
                       low, high);
  if (low == low) x = op_maximum(c, x, nn_number_for(c, x, low));
  if (high == high) x = op_minimum(c, x, nn_number_for(c, x, high));
  return nn_answer(c, out, x);
}

static const OpRow row_clamp = {
    .name = "clamp",
    .args = "x: tensor, min: number = nil, max: number = nil",
    .help = "x with what is below min raised to it and what is above max "
            "lowered to it; either may be nil.\n"
            "  > tensor({-5, 0.5, 5}):clamp(0, 1)\n"
            "  float32 (3)\n"
            "         0  0.5000  1.0000",
    .form_in_place = true,
    .compose = clamp_compose,
};

static int lerp_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *a = call->in[0], *b = call->in[1], *weight = call->in[2];
  return nn_answer(c, out, op_add(c, a, op_mul(c, weight, op_sub(c, b, a))));
}

static const OpRow row_lerp = {
    .name = "lerp",
    .args = "a, b, weight",
    .help = "a + weight * (b - a): a for weight 0, b for weight 1.\n"
            "  > tensor({0, 10}):lerp(tensor({4, 20}), 0.5)\n"
            "  float32 (2)\n"
            "     2  15",
    .form_in_place = true,
    .compose = lerp_compose,
};

/* }== conversion and copies {== */

static int to_shape(const OpCall *call, OpShape *out) {
  return nn_shape_like(out, (TensorDType)call->attrs->i[0], &call->in[0]->t);
}

static int copy_kernel(const OpCall *call, Tensor *out) {
  return tensor_copy(out, &call->in[0]->t);
}

/* flow() converts the gradient back. */
static void pass_gradient(Grad *c) { c->to[0] = c->g; }

const OpRow nn_row_to = {
    .name = "convert",
    .args = "x: tensor, dtype: dtype",
    .help = "",
    .internal = true,
    .shape = to_shape,
    .kernel = copy_kernel,
    .gradient = pass_gradient,
};
const OpRow nn_row_clone = {
    .name = "clone",
    .args = "x: tensor",
    .help = "A copy of x with elements of its own; gradients flow through "
            "it. See detach.\n"
            "  > x = tensor({1, 2})\n"
            "  > y = x:clone():zero_()\n"
            "  > x\n"
            "  float32 (2)\n"
            "    1  2",
    .shape = nn_same_shape,
    .kernel = copy_kernel,
    .gradient = pass_gradient,
};

static int to_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  TensorDType dtype = (TensorDType)call->attrs->i[0];
  return nn_answer(c, out, op_to(c, x, dtype));
}

static int contiguous_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  return nn_answer(c, out, tensor_is_contiguous(&x->t) ? x : op_clone(c, x));
}

static const OpRow row_to = {
    .name = "to",
    .args = "x: tensor, dtype: dtype",
    .help = "x converted to dtype; x itself if it has it. Floats become "
            "integers by truncation, clipped to the range (NaN is 0); "
            "anything not 0 is true.\n"
            "  > tensor({1.7, -1.7}):to(\"int64\")\n"
            "  int64 (2)\n"
            "     1  -1",
    .compose = to_compose,
};
static const OpRow row_contiguous = {
    .name = "contiguous",
    .args = "x: tensor",
    .help = "x with its elements in row-major order: itself if it has them "
            "so, else a copy.\n"
            "  > tensor.zeros(2, 3).T:contiguous():is_contiguous()\n"
            "  true",
    .compose = contiguous_compose,
};

static int copy_into_kernel(const OpCall *call, Tensor *out) {
  Tensor source;
  int status =
      tensor_broadcast_to(&source, &call->in[1]->t, out->ndim, out->shape);
  if (status != TENSOR_OK) return nn_named(call->row->name, status);
  status = tensor_copy(out, &source);
  tensor_release(&source);
  return status;
}

static void overwritten_gradient(Grad *c) {
  if (c->needs[0]) c->to[0] = op_full_like(c, c->g, 0);
  if (c->inputs > 1 && c->needs[1]) c->to[1] = c->g;
}

static const OpRow row_copy = {
    .name = "copy_",
    .args = "x: tensor, source",
    .help = "Writes source's elements, broadcast and converted to x's dtype, "
            "into x; returns x.\n"
            "  > tensor.zeros(2, 2):copy_(tensor({1, 2}))\n"
            "  float32 (2, 2)\n"
            "    1  2\n"
            "    1  2",
    .in_place = true,
    .kernel = copy_into_kernel,
    .gradient = overwritten_gradient,
};
static const OpRow row_fill = {
    .name = "fill_",
    .args = "x: tensor, value",
    .help = "Sets every element of x to value; returns x.\n"
            "  > tensor.zeros(3):fill_(7)\n"
            "  float32 (3)\n"
            "    7  7  7",
    .in_place = true,
    .kernel = copy_into_kernel,
    .gradient = overwritten_gradient,
};

static int zero_kernel(const OpCall *call, Tensor *out) {
  (void)call;
  return tensor_fill(out, 0);
}

static const OpRow row_zero = {
    .name = "zero_",
    .args = "x: tensor",
    .help = "Sets every element of x to 0; returns x.\n"
            "  > tensor.ones(3):zero_()\n"
            "  float32 (3)\n"
            "    0  0  0",
    .in_place = true,
    .kernel = zero_kernel,
    .gradient = overwritten_gradient,
};

/* }== */

const OpRow *const nn_rows_misc[] = {
    &nn_row_where, &row_masked_fill, &row_clamp, &row_lerp, &nn_row_to, &row_to,
    &nn_row_clone, &row_contiguous,  &row_copy,  &row_fill, &row_zero,  NULL};
