/*
** rows_random.c - random numbers written into a tensor that is there.
*/
#include "nn/ops.h"
#include "nn/rows.h"

/* Fills a contiguous tensor by a row's arguments. */
typedef int Fill(const OpCall *call, Tensor *out);

static bool reads(const OpCall *call, const Tensor *out) {
  for (int k = 1; k < call->inputs; k++)
    if (tensor_may_share(out, &call->in[k]->t)) return true;
  return false;
}

/* The elements in their order, so that the layout makes no difference. */
static int fill_any(const OpCall *call, Tensor *out, Fill *fill) {
  Tensor drawn;
  if (tensor_is_contiguous(out) && !reads(call, out)) return fill(call, out);
  int status = tensor_new_like(&drawn, out->dtype, out);
  if (status != TENSOR_OK) return status;
  status = fill(call, &drawn);
  if (status == TENSOR_OK) status = tensor_copy(out, &drawn);
  tensor_release(&drawn);
  return status;
}

/* Nothing of what was there is left. */
static void overwritten_gradient(Grad *c) {
  if (c->needs[0]) c->to[0] = op_full_like(c, c->g, 0);
}

static int fill_uniform(const OpCall *call, Tensor *out) {
  return tensor_random_uniform(out, call->attrs->f[0], call->attrs->f[1]);
}

static int uniform_kernel(const OpCall *call, Tensor *out) {
  return fill_any(call, out, fill_uniform);
}

static const OpRow row_uniform = {
    .name = "uniform_",
    .args = "x: tensor, low: number = 0, high: number = 1",
    .help = "Fills x, of a float dtype, with uniform random numbers, low <= "
            "element < high; returns x.\n"
            "  > tensor.zeros(100):uniform_(5, 6):floor():eq(5):all():item()\n"
            "  true",
    .in_place = true,
    .kernel = uniform_kernel,
    .gradient = overwritten_gradient,
};

static int fill_normal(const OpCall *call, Tensor *out) {
  return tensor_random_normal(out, call->attrs->f[0], call->attrs->f[1]);
}

static int normal_kernel(const OpCall *call, Tensor *out) {
  return fill_any(call, out, fill_normal);
}

static const OpRow row_normal = {
    .name = "normal_",
    .args = "x: tensor, mean: number = 0, sd: number = 1",
    .help = "Fills x, of a float dtype, with normal random numbers of that "
            "mean and standard deviation; returns x.\n"
            "  > tensor.zeros(3):normal_(10, 0)\n"
            "  float32 (3)\n"
            "    10  10  10",
    .in_place = true,
    .kernel = normal_kernel,
    .gradient = overwritten_gradient,
};

static int fill_bernoulli(const OpCall *call, Tensor *out) {
  return tensor_random_bernoulli(out, &call->in[1]->t);
}

static int bernoulli_kernel(const OpCall *call, Tensor *out) {
  return fill_any(call, out, fill_bernoulli);
}

static const OpRow row_bernoulli = {
    .name = "bernoulli_",
    .args = "x: tensor, p = 0.5",
    .help = "Fills x, of any dtype, with 1 with the probability p (0..1), "
            "else 0; p is a number or a tensor that broadcasts to x. Returns "
            "x.\n"
            "  > tensor.zeros({2, 2}, \"bool\"):bernoulli_(tensor({0, 1}))\n"
            "  bool (2, 2)\n"
            "    false   true\n"
            "    false   true",
    .in_place = true,
    .kernel = bernoulli_kernel,
    .gradient = overwritten_gradient,
};

static int fill_exponential(const OpCall *call, Tensor *out) {
  return tensor_random_exponential(out, &call->in[1]->t);
}

static int exponential_kernel(const OpCall *call, Tensor *out) {
  return fill_any(call, out, fill_exponential);
}

static const OpRow row_exponential = {
    .name = "exponential_",
    .args = "x: tensor, rate = 1",
    .help = "Fills x, of a float dtype, with exponential random numbers of "
            "that rate, above 0: a number or a tensor that broadcasts to x. "
            "Returns x. See tensor.exponential.\n"
            "  > tensor.zeros(100):exponential_(2):gt(0):all():item()\n"
            "  true",
    .in_place = true,
    .kernel = exponential_kernel,
    .gradient = overwritten_gradient,
};

const OpRow *const nn_rows_random[] = {&row_uniform, &row_normal,
                                       &row_bernoulli, &row_exponential, NULL};
