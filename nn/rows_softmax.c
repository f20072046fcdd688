/*
** rows_softmax.c - softmax and its logarithm.
*/
#include "nn/ops.h"
#include "nn/rows.h"

static int float_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t;
  return nn_shape_like(out, nn_float_of(x->dtype), x);
}

static int run_softmax(const OpCall *call, Tensor *out, bool log) {
  Tensor x;
  int status = tensor_as(&x, &call->in[0]->t, out->dtype);
  if (status != TENSOR_OK) return status;
  status = tensor_softmax(out, &x, (int)call->attrs->i[0], log);
  tensor_release(&x);
  return status;
}

static int softmax_kernel(const OpCall *call, Tensor *out) {
  return run_softmax(call, out, false);
}
static int log_softmax_kernel(const OpCall *call, Tensor *out) {
  return run_softmax(call, out, true);
}

static void softmax_gradient(Grad *c) {
  Value *flow = op_mul(c, c->g, c->r);
  Value *sum = op_sum(c, flow, 1u << c->attrs->i[0], true);
  c->to[0] = op_sub(c, flow, op_mul(c, c->r, sum));
}

static void log_softmax_gradient(Grad *c) {
  Value *sum = op_sum(c, c->g, 1u << c->attrs->i[0], true);
  c->to[0] = op_sub(c, c->g, op_mul(c, op_exp(c, c->r), sum));
}

static const OpRow row_softmax = {
    .name = "softmax",
    .args = "x: tensor, dim: dim = -1",
    .help = "e^x / sum(e^x) along dim: positive numbers that add up to 1. "
            "Integers give the default float.\n"
            "  > tensor({0, 0}):softmax()\n"
            "  float32 (2)\n"
            "    0.5000  0.5000",
    .keeps_result = true,
    .shape = float_shape,
    .kernel = softmax_kernel,
    .gradient = softmax_gradient,
};
static const OpRow row_log_softmax = {
    .name = "log_softmax",
    .args = "x: tensor, dim: dim = -1",
    .help = "x - log(sum(e^x)) along dim: the logarithm of softmax, without "
            "overflow.\n"
            "  > tensor({0, 0}):log_softmax()\n"
            "  float32 (2)\n"
            "    -0.6931  -0.6931",
    .keeps_result = true,
    .shape = float_shape,
    .kernel = log_softmax_kernel,
    .gradient = log_softmax_gradient,
};

const OpRow *const nn_rows_softmax[] = {&row_softmax, &row_log_softmax, NULL};
