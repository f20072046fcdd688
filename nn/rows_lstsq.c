/*
** rows_lstsq.c - tensor.linalg: the pseudo-inverse and least squares.
*/
#include "nn/linalg.h"

/* {== the pseudo-inverse */

static int pinv_shape(const OpCall *call, OpShape *out) {
  const Tensor *a = &call->in[0]->t;
  int d = a->ndim, status = nn_linalg_matrix(call, a);
  if (status != TENSOR_OK) return status;
  nn_shape_like(out, nn_float_of(call->in[0]->t.dtype), a);
  out->shape[d - 1] = a->shape[d - 2];
  out->shape[d - 2] = a->shape[d - 1];
  return TENSOR_OK;
}

static int pinv_kernel(const OpCall *call, Tensor *out) {
  return tensor_pinv(out, &call->in[0]->t, call->attrs->f[0]);
}

/* Golub, Pereyra, "The differentiation of pseudo-inverses and nonlinear
** least squares problems whose variables separate", 1973; the rank stays. */
static Value *pinv_back(Grad *c, Value *a, Value *p, Value *g) {
  Value *pt = op_turn(c, p), *gt = op_turn(c, g);
  Value *within = op_bmatmul(c, pt, op_bmatmul(c, g, pt));
  Value *left = op_bmatmul(c, op_bmatmul(c, gt, p), pt);
  left = op_sub(c, left, op_bmatmul(c, a, op_bmatmul(c, p, left)));
  Value *right = op_bmatmul(c, pt, op_bmatmul(c, p, gt));
  right = op_sub(c, right, op_bmatmul(c, op_bmatmul(c, right, p), a));
  return op_sub(c, op_add(c, left, right), within);
}

static void pinv_gradient(Grad *c) {
  c->to[0] = pinv_back(c, c->in[0], c->r, c->g);
}

static const OpRow row_pinv = {
    .name = "linalg.pinv",
    .args = "a: tensor, rtol: number = nil",
    .help = "The Moore-Penrose pseudo-inverse: a (..., m, n) gives (..., n, "
            "m). Singular values not above rtol times the largest count as "
            "0; rtol is machine precision times the larger of m and n unless "
            "said. The gradient takes the rank as fixed. NaN and infinity "
            "are an error.\n"
            "  > tensor.linalg.pinv(tensor({{1}, {2}}))\n"
            "  float32 (1, 2)\n"
            "    0.2000  0.4000",
    .keeps = 1,
    .keeps_result = true,
    .shape = pinv_shape,
    .kernel = pinv_kernel,
    .gradient = pinv_gradient,
};

/* }== least squares {== */

static int lstsq_shape(const OpCall *call, OpShape *out) {
  const Tensor *a = &call->in[0]->t, *b = &call->in[1]->t;
  out[0].dtype = nn_joined_float(2, call->in);
  int status = nn_linalg_meet("linalg.lstsq", a, b, a->shape[a->ndim - 1],
                              b->shape[b->ndim - 1], out);
  out[1] = out[0];
  out[1].dtype = TENSOR_INT64;
  out[1].ndim -= 2;
  return status;
}

static int lstsq_kernel(const OpCall *call, Tensor *out) {
  return tensor_lstsq(&out[0], &out[1], &call->in[0]->t, &call->in[1]->t,
                      call->attrs->f[0]);
}

/* x = p b, p the pseudo-inverse. */
static void lstsq_gradient(Grad *c) {
  Value *a = c->in[0], *b = c->in[1];
  Value *p = nn_apply1(c, &row_pinv, a, c->attrs);
  if (c->needs[0]) c->to[0] = pinv_back(c, a, p, op_matmul_turned(c, c->g, b));
  if (c->needs[1]) c->to[1] = op_turned_matmul(c, p, c->g);
}

static const OpRow row_lstsq_matrix = {
    .name = "linalg_lstsq",
    .args = "a: tensor, b: tensor, rtol: number",
    .help = "",
    .internal = true,
    .outputs = 2,
    .keeps = 3,
    .shape = lstsq_shape,
    .kernel = lstsq_kernel,
    .gradient = lstsq_gradient,
};

static int lstsq_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *in[2] = {call->in[0], call->in[1]}, *found[NN_FEW];
  int status = nn_linalg_matrix(call, &in[0]->t);
  if (status != TENSOR_OK) return status;
  int vectors = nn_linalg_vectors(call, &in[0]->t, &in[1]->t);
  if (vectors < 0) return TENSOR_FAIL;
  TensorDType dtype = nn_joined_float(2, call->in);
  for (int k = 0; k < 2; k++) in[k] = op_to(c, in[k], dtype);
  if (vectors) in[1] = op_column(c, in[1]);
  nn_apply_all(c, &row_lstsq_matrix, 2, in, call->attrs, found);
  if (found[0] == NULL) return c->status;
  Value *off = op_square(c, op_sub(c, op_bmatmul(c, in[0], found[0]), in[1]));
  Value *residuals = op_sum(c, off, 1u << (found[0]->t.ndim - 2), false);
  if (vectors) {
    found[0] = op_uncolumn(c, found[0]);
    residuals = op_uncolumn(c, residuals);
  }
  status = nn_answers(c, out, 3);
  if (status == TENSOR_OK) status = nn_answer(c, out, found[0]);
  if (status == TENSOR_OK) status = nn_answer(c, out, residuals);
  return status == TENSOR_OK ? nn_answer(c, out, found[1]) : status;
}

static const OpRow row_lstsq = {
    .name = "linalg.lstsq",
    .args = "a: tensor, b: tensor, rtol: number = nil",
    .help =
        "Least squares: the x for which |a x - b| is least, and among several "
        "the one of least norm. a (..., m, n) and b (..., m, k), or vectors "
        "as in solve, give x (..., n, k), the residuals sum((a x - b)^2) "
        "over the rows (..., k), and the rank of each a (int64). Singular "
        "values not above rtol times the largest count as 0, as in pinv. "
        "NaN and infinity are an error.\n"
        "  > local a = tensor({{1, 1}, {1, 2}, {1, 3}})\n"
        "  > local x = tensor.linalg.lstsq(a, tensor({1, 2, 2}))\n"
        "  > x\n"
        "  float32 (2)\n"
        "    0.6667  0.5000",
    .compose = lstsq_compose,
};

/* }== */

const OpRow *const nn_rows_lstsq[] = {&row_pinv, &row_lstsq, &row_lstsq_matrix,
                                      NULL};
