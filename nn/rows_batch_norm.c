/*
** rows_batch_norm.c - batch normalization.
**
** What users call joins the dtypes and calls an internal row, whose gradient
** is a row as well. Where the gradient is to have a gradient itself, or flows
** into the statistics too, the same is said in plain operations.
*/
#include "nn/ops.h"
#include "nn/rows.h"

static int axis_of(const OpAttrs *attrs) { return (int)attrs->i[0]; }

/* {== the fused rows ==================================================== */

/* x, gamma, beta -> y, mean, variance. */
static int fused_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t;
  nn_shape_like(&out[0], x->dtype, x);
  nn_shape_of(&out[1], x->dtype, 1, &x->shape[axis_of(call->attrs)]);
  out[2] = out[1];
  return TENSOR_OK;
}

/* Contiguous references to `count` inputs; the caller releases them. */
static int contiguous(const OpCall *call, int count, Tensor *list) {
  for (int k = 0; k < count; k++) {
    const Tensor *t = &call->in[k]->t;
    int status = tensor_as(&list[k], t, t->dtype);
    if (status == TENSOR_OK) continue;
    while (k-- > 0) tensor_release(&list[k]);
    return status;
  }
  return TENSOR_OK;
}

static int fused_kernel(const OpCall *call, Tensor *out) {
  Tensor in[3];
  int status = contiguous(call, 3, in);
  if (status != TENSOR_OK) return status;
  TensorBatchNorm n = {.x = &in[0],
                       .gamma = &in[1],
                       .beta = &in[2],
                       .axis = axis_of(call->attrs),
                       .epsilon = call->attrs->f[0]};
  status = tensor_batch_norm(&n, &out[0], &out[1], &out[2]);
  for (int k = 0; k < 3; k++) tensor_release(&in[k]);
  return status;
}

/* x, gamma, g, mean, variance -> the gradients of x, gamma, beta. */
static int backward_kernel(const OpCall *call, Tensor *out) {
  Tensor in[5];
  int status = contiguous(call, 5, in);
  if (status != TENSOR_OK) return status;
  TensorBatchNorm n = {.x = &in[0],
                       .gamma = &in[1],
                       .axis = axis_of(call->attrs),
                       .epsilon = call->attrs->f[0]};
  status = tensor_batch_norm_backward(&n, &in[2], &in[3], &in[4], &out[0],
                                      &out[1], &out[2]);
  for (int k = 0; k < 5; k++) tensor_release(&in[k]);
  return status;
}

static const OpRow row_backward = {
    .name = "batch_norm_backward",
    .args = "x: tensor, gamma: tensor, g: tensor, mean: tensor, variance: "
            "tensor, axis: dim, epsilon: number",
    .help = "",
    .internal = true,
    .outputs = 3,
    .shape = fused_shape,
    .kernel = backward_kernel,
};

/* }== the gradient in plain operations {== */

/* Values of channels as they meet x. */
static Value *meeting(Grad *c, Value *v, const Value *x) {
  return op_restore_dims(
      c, v, ((1u << x->t.ndim) - 1) & ~(1u << axis_of(c->attrs)), x->t.ndim);
}

static void plain_gradient(Grad *c) {
  Value *x = c->in[0], *g = c->g == NULL ? op_full_like(c, x, 0) : c->g;
  unsigned dims = ((1u << x->t.ndim) - 1) & ~(1u << axis_of(c->attrs));
  Value *gamma = meeting(c, c->in[1], x);
  Value *centered = op_sub(c, x, op_mean(c, x, dims, true));
  Value *variance = op_mean(c, op_square(c, centered), dims, true);
  Value *scale = op_rsqrt(c, op_shift(c, variance, c->attrs->f[0]));
  Value *normal = op_mul(c, centered, scale), *product = op_mul(c, g, normal);
  Value *part = op_mul(c, normal, op_mean(c, product, dims, true));
  Value *rest = op_sub(c, op_sub(c, g, op_mean(c, g, dims, true)), part);
  Value *gx = op_mul(c, op_mul(c, gamma, scale), rest);
  int64_t count = nn_count_dims(&x->t, dims);
  double share = count > 0 ? 1 / (double)count : 0;
  if (c->g2 != NULL)
    gx = op_add(c, gx, op_scale(c, meeting(c, c->g2, x), share));
  if (c->g3 != NULL)
    gx = op_add(
        c, gx,
        op_mul(c, op_scale(c, meeting(c, c->g3, x), 2 * share), centered));
  c->to[0] = gx;
  c->to[1] = op_sum(c, product, dims, false);
  c->to[2] = op_sum(c, g, dims, false);
}

static void fused_gradient(Grad *c) {
  if (nn_grad_enabled() || c->g == NULL || c->g2 != NULL || c->g3 != NULL) {
    plain_gradient(c);
    return;
  }
  Value *in[] = {c->in[0], c->in[1], c->g, c->r2, c->r3};
  Value *results[NN_FEW];
  nn_apply_all(c, &row_backward, 5, in, c->attrs, results);
  for (int k = 0; k < 3; k++) c->to[k] = results[k];
}

static const OpRow row_fused = {
    .name = "batch_norm_fused",
    .args = "x: tensor, gamma: tensor, beta: tensor, axis: dim, epsilon: "
            "number",
    .help = "",
    .internal = true,
    .outputs = 3,
    .keeps = 3,
    .keeps_result = true,
    .shape = fused_shape,
    .kernel = fused_kernel,
    .gradient = fused_gradient,
};

/* }== what users call {== */

static int check_channels(const OpCall *call, const char *name, int k) {
  const Tensor *x = &call->in[0]->t, *t = &call->in[k]->t;
  char text[TENSOR_SHAPE_TEXT], shape[TENSOR_SHAPE_TEXT];
  int axis = axis_of(call->attrs);
  if (t->ndim == 1 && t->shape[0] == x->shape[axis]) return TENSOR_OK;
  return tensor_fail("batch_norm: %s must have one number for each of the "
                     "%lld channels (dim %d of %s), got shape %s",
                     name, (long long)x->shape[axis], axis + 1,
                     tensor_shape_text(x->ndim, x->shape, text),
                     tensor_shape_text(t->ndim, t->shape, shape));
}

static int batch_norm_compose(Grad *c, const OpCall *call, OpResults *out) {
  if (call->in[0]->t.ndim == 0)
    return tensor_fail("batch_norm: x must have a dim of channels, got a 0-d "
                       "tensor");
  if (!(call->attrs->f[0] >= 0))
    return tensor_fail("batch_norm: epsilon must be at least 0, got %g",
                       call->attrs->f[0]);
  int status = check_channels(call, "gamma", 1);
  if (status == TENSOR_OK) status = check_channels(call, "beta", 2);
  if (status != TENSOR_OK) return status;
  Value *in[3], *results[NN_FEW];
  TensorDType dtype = nn_joined_float(3, call->in);
  for (int k = 0; k < 3; k++) in[k] = op_to(c, call->in[k], dtype);
  nn_apply_all(c, &row_fused, 3, in, call->attrs, results);
  for (int k = 0; k < 3; k++) status = nn_answer(c, out, results[k]);
  return status;
}

static const OpRow row_batch_norm = {
    .name = "batch_norm",
    .args = "x: tensor, gamma: tensor, beta: tensor, axis: dim = -1, epsilon: "
            "number = 0.001",
    .outputs = 3,
    .help = "Brings each channel of x, its slices along dim axis, to mean 0 "
            "and variance 1: y = gamma (x - mean) / sqrt(variance + epsilon) "
            "+ beta, with the mean and the variance (over the count) of the "
            "channel, and gamma and beta of one number a channel. Returns y, "
            "mean, variance. Source: Ioffe and Szegedy, Batch Normalization "
            "(2015). nn.BatchNormalization keeps averages of them.\n"
            "  > y, mean = tensor.batch_norm(tensor({{2, 5}, {4, 9}}), "
            "tensor.ones(2), tensor.zeros(2), -1, 0)\n"
            "  > y\n"
            "  float32 (2, 2)\n"
            "    -1  -1\n"
            "     1   1\n"
            "  > mean\n"
            "  float32 (2)\n"
            "    3  7",
    .compose = batch_norm_compose,
};

/* }====================================================================== */

const OpRow *const nn_rows_batch_norm[] = {&row_batch_norm, &row_fused,
                                           &row_backward, NULL};
