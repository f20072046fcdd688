/*
** rows_linalg.c - tensor.linalg: equations, inverses, determinants, and what
** is made of products.
*/
#include "nn/linalg.h"

/* {== shapes */

static int like_shape(const OpCall *call, OpShape *out) {
  return nn_shape_like(out, nn_float_of(call->in[0]->t.dtype), &call->in[0]->t);
}

static int square_shape(const OpCall *call, OpShape *out) {
  int status = nn_linalg_square(call, &call->in[0]->t);
  return status == TENSOR_OK ? like_shape(call, out) : status;
}

/* One number for each matrix. */
static int number_shape(const OpCall *call, OpShape *out) {
  int status = square_shape(call, out);
  out->ndim -= 2;
  return status;
}

/* }== triangles {== */

/* attrs: upper; the diagonal's factor */
static int triangle_kernel(const OpCall *call, Tensor *out) {
  return tensor_triangle(out, &call->in[0]->t, call->attrs->i[0] != 0,
                         call->attrs->f[0]);
}

static void triangle_gradient(Grad *c) {
  c->to[0] = op_triangle(c, c->g, c->attrs->i[0] != 0, c->attrs->f[0]);
}

static const OpRow row_triangle = {
    .name = "linalg_triangle",
    .args = "x: tensor, upper: bool, diagonal: number",
    .help = "",
    .internal = true,
    .shape = square_shape,
    .kernel = triangle_kernel,
    .gradient = triangle_gradient,
};

Value *op_triangle(Grad *c, Value *x, bool upper, double diagonal) {
  OpAttrs attrs;
  attrs.i[0] = upper;
  attrs.f[0] = diagonal;
  return nn_apply1(c, &row_triangle, x, &attrs);
}

/* }== equations {== */

static int solve_shape(const OpCall *call, OpShape *out) {
  const Tensor *a = &call->in[0]->t, *b = &call->in[1]->t;
  out->dtype = nn_joined_float(2, call->in);
  return nn_linalg_meet(
      call->attrs == NULL ? "linalg.solve" : "linalg.solve_triangular", a, b,
      a->shape[a->ndim - 1], b->shape[b->ndim - 1], out);
}

static int solve_kernel(const OpCall *call, Tensor *out) {
  return tensor_solve(out, &call->in[0]->t, &call->in[1]->t);
}

static void solve_gradient(Grad *c) {
  Value *gb = op_solve(c, op_turn(c, c->in[0]), c->g);
  if (c->needs[0]) c->to[0] = op_neg(c, op_bmatmul(c, gb, op_turn(c, c->r)));
  if (c->needs[1]) c->to[1] = gb;
}

static const OpRow row_solve_matrix = {
    .name = "linalg_solve",
    .args = "a, b: tensor",
    .help = "",
    .internal = true,
    .keeps = 1,
    .keeps_result = true,
    .shape = solve_shape,
    .kernel = solve_kernel,
    .gradient = solve_gradient,
};

Value *op_solve(Grad *c, Value *a, Value *b) {
  return nn_apply2(c, &row_solve_matrix, a, b, NULL);
}

/* attrs: upper */
static int triangular_kernel(const OpCall *call, Tensor *out) {
  return tensor_solve_triangular(out, &call->in[0]->t, &call->in[1]->t,
                                 call->attrs->i[0] != 0);
}

static void triangular_gradient(Grad *c) {
  bool upper = c->attrs->i[0] != 0;
  Value *gb = op_solve_triangular(c, op_turn(c, c->in[0]), c->g, !upper);
  if (c->needs[0]) {
    Value *whole = op_neg(c, op_bmatmul(c, gb, op_turn(c, c->r)));
    c->to[0] = op_triangle(c, whole, upper, 1);
  }
  if (c->needs[1]) c->to[1] = gb;
}

static const OpRow row_triangular = {
    .name = "linalg_triangular",
    .args = "a: tensor, b: tensor, upper: bool",
    .help = "",
    .internal = true,
    .keeps = 1,
    .keeps_result = true,
    .shape = solve_shape,
    .kernel = triangular_kernel,
    .gradient = triangular_gradient,
};

Value *op_solve_triangular(Grad *c, Value *a, Value *b, bool upper) {
  OpAttrs attrs;
  attrs.i[0] = upper;
  return nn_apply2(c, &row_triangular, a, b, &attrs);
}

/* Both rows that users call: vectors are columns for a while. */
static int solve_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *a = call->in[0], *b = call->in[1];
  int status = nn_linalg_square(call, &a->t);
  if (status != TENSOR_OK) return status;
  int vectors = nn_linalg_vectors(call, &a->t, &b->t);
  if (vectors < 0) return TENSOR_FAIL;
  TensorDType dtype = nn_joined_float(2, call->in);
  a = op_to(c, a, dtype);
  b = op_to(c, b, dtype);
  if (vectors) b = op_column(c, b);
  Value *x = call->attrs == NULL
                 ? op_solve(c, a, b)
                 : op_solve_triangular(c, a, b, call->attrs->i[0] != 0);
  return nn_answer(c, out, vectors ? op_uncolumn(c, x) : x);
}

static const OpRow row_solve = {
    .name = "linalg.solve",
    .args = "a: tensor, b: tensor",
    .help =
        "The x of a x = b, through LU factors: a (..., n, n) and b (..., n, "
        "k) give x (..., n, k); batches broadcast. A b of one dim, or of a's "
        "shape without its last dim, holds vectors and gives vectors. A "
        "singular a is an error that tells which matrix and pivot; NaN in a "
        "matrix gives NaN.\n"
        "  > local a = tensor({{2, 1}, {1, 3}})\n"
        "  > tensor.linalg.solve(a, tensor({3, 5}))\n"
        "  float32 (2)\n"
        "    0.8000  1.4000",
    .compose = solve_compose,
};
static const OpRow row_solve_triangular = {
    .name = "linalg.solve_triangular",
    .args = "a: tensor, b: tensor, upper: bool = false",
    .help = "As solve, for an a of which only the lower triangle counts, or "
            "only the upper one; what is in the other is not read. A 0 on "
            "the diagonal gives infinity or NaN.\n"
            "  > local a = tensor({{2, 0}, {1, 4}})\n"
            "  > tensor.linalg.solve_triangular(a, tensor({2, 5}))\n"
            "  float32 (2)\n"
            "    1  1",
    .compose = solve_compose,
};

/* }== inverses and determinants {== */

static int inv_kernel(const OpCall *call, Tensor *out) {
  return tensor_inv(out, &call->in[0]->t, false);
}
static int infinite_inv_kernel(const OpCall *call, Tensor *out) {
  return tensor_inv(out, &call->in[0]->t, true);
}

static void inv_gradient(Grad *c) {
  Value *turned = op_turn(c, c->r);
  c->to[0] = op_neg(c, op_bmatmul(c, turned, op_bmatmul(c, c->g, turned)));
}

static const OpRow row_inv = {
    .name = "linalg.inv",
    .args = "a: tensor",
    .help = "The inverse of each matrix (..., n, n). A singular one is an "
            "error that tells which matrix and pivot; NaN in a matrix gives "
            "NaN. To multiply by an inverse, solve is faster and more "
            "exact.\n"
            "  > tensor.linalg.inv(tensor({{2, 0}, {0, 4}}))\n"
            "  float32 (2, 2)\n"
            "    0.5000       0\n"
            "         0  0.2500",
    .keeps_result = true,
    .shape = square_shape,
    .kernel = inv_kernel,
    .gradient = inv_gradient,
};
static const OpRow row_infinite_inv = {
    .name = "linalg_inv",
    .args = "a: tensor",
    .help = "",
    .internal = true,
    .keeps_result = true,
    .shape = square_shape,
    .kernel = infinite_inv_kernel,
    .gradient = inv_gradient,
};

Value *op_inv(Grad *c, Value *a) {
  return nn_apply1(c, &row_infinite_inv, a, NULL);
}

static int det_kernel(const OpCall *call, Tensor *out) {
  return tensor_det(out, &call->in[0]->t);
}
static int adjugate_kernel(const OpCall *call, Tensor *out) {
  return tensor_adjugate(out, &call->in[0]->t);
}

static const OpRow row_det;

/* g, one number for each matrix, times the matrices. */
static Value *times(Grad *c, Value *g, Value *matrices) {
  return op_mul(c, op_column(c, op_column(c, g)), matrices);
}

/* det(a) P, with P the inverse: d det(a) tr(P da) P - det(a) P da P. */
static void adjugate_gradient(Grad *c) {
  Value *a = c->in[0], *p = op_inv(c, a);
  Value *turned = op_turn(c, p), *det = nn_apply1(c, &row_det, a, NULL);
  if (turned == NULL) return;
  unsigned last = 3u << (turned->t.ndim - 2);
  Value *along = op_sum(c, op_mul(c, c->g, p), last, false);
  Value *across = op_bmatmul(c, turned, op_bmatmul(c, c->g, turned));
  c->to[0] = times(c, det, op_sub(c, times(c, along, turned), across));
}

static const OpRow row_adjugate = {
    .name = "linalg_adjugate",
    .args = "a: tensor",
    .help = "",
    .internal = true,
    .keeps = 1,
    .shape = square_shape,
    .kernel = adjugate_kernel,
    .gradient = adjugate_gradient,
};

/* The matrix of cofactors: right where a is singular, too. */
static void det_gradient(Grad *c) {
  Value *adjugate = nn_apply1(c, &row_adjugate, c->in[0], NULL);
  c->to[0] = times(c, c->g, op_turn(c, adjugate));
}

static const OpRow row_det = {
    .name = "linalg.det",
    .args = "a: tensor",
    .help = "The determinant of each matrix (..., n, n); 1 for one of no "
            "rows. It soon overflows: see slogdet. The first gradient is "
            "right for singular matrices too, the second is NaN there.\n"
            "  > tensor.linalg.det(tensor({{1, 2}, {3, 4}})):item()\n"
            "  -2.0",
    .keeps = 1,
    .shape = number_shape,
    .kernel = det_kernel,
    .gradient = det_gradient,
};

static int slogdet_shape(const OpCall *call, OpShape *out) {
  int status = number_shape(call, out);
  out[1] = out[0];
  return status;
}

static int slogdet_kernel(const OpCall *call, Tensor *out) {
  return tensor_slogdet(&out[0], &out[1], &call->in[0]->t);
}

/* The sign is flat. */
static void slogdet_gradient(Grad *c) {
  if (c->g2 == NULL)
    c->to[0] = op_full_like(c, c->in[0], 0);
  else
    c->to[0] = times(c, c->g2, op_turn(c, op_inv(c, c->in[0])));
}

static const OpRow row_slogdet = {
    .name = "linalg.slogdet",
    .args = "a: tensor",
    .help = "The sign of each determinant (-1, 0 or 1) and the logarithm of "
            "its size, which does not overflow: det = sign * exp(logabsdet). "
            "A singular matrix gives 0 and -inf, and an infinite "
            "gradient.\n"
            "  > local sign, size = tensor.linalg.slogdet(tensor.eye(3) * "
            "-1)\n"
            "  > sign:item(), size:item()\n"
            "  -1.0\n"
            "  0.0",
    .outputs = 2,
    .keeps = 1,
    .shape = slogdet_shape,
    .kernel = slogdet_kernel,
    .gradient = slogdet_gradient,
};

/* }== Cholesky's factor {== */

static int cholesky_kernel(const OpCall *call, Tensor *out) {
  return tensor_cholesky(out, &call->in[0]->t, call->attrs->i[0] != 0);
}

/* L^-T Phi(L' g) L^-1 made symmetric; Phi is the lower triangle with half
** the diagonal. I. Murray, "Differentiation of the Cholesky decomposition",
** 2016. */
static void cholesky_gradient(Grad *c) {
  bool upper = c->attrs->i[0] != 0;
  Value *l = upper ? op_turn(c, c->r) : c->r,
        *g = upper ? op_turn(c, c->g) : c->g;
  Value *turned = op_turn(c, l);
  Value *phi = op_triangle(c, op_bmatmul(c, turned, g), false, 0.5);
  Value *half = op_solve_triangular(c, turned, phi, true);
  Value *s = op_solve_triangular(c, turned, op_turn(c, half), true);
  c->to[0] = op_scale(c, op_add(c, s, op_turn(c, s)), 0.5);
}

static const OpRow row_cholesky = {
    .name = "linalg.cholesky",
    .args = "a: tensor, upper: bool = false",
    .help = "The lower triangular L with L L' = a, for symmetric positive "
            "definite matrices (..., n, n); upper = true gives L', from the "
            "upper triangle of a. Only one triangle is read; the gradient is "
            "that of a symmetric a. A matrix that is not positive definite "
            "is an error that tells which leading minor is not, and so are "
            "NaN and infinity.\n"
            "  > tensor.linalg.cholesky(tensor({{4, 2}, {2, 5}}))\n"
            "  float32 (2, 2)\n"
            "    2  0\n"
            "    1  2",
    .keeps_result = true,
    .shape = square_shape,
    .kernel = cholesky_kernel,
    .gradient = cholesky_gradient,
};

/* }== products {== */

/* Squares of squares, by the binary digits of n. */
static int matrix_power_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *a = call->in[0], *power = NULL;
  int status = nn_linalg_square(call, &a->t);
  if (status != TENSOR_OK) return status;
  int64_t n = call->attrs->i[0];
  uint64_t digits = n < 0 ? -(uint64_t)n : (uint64_t)n;
  a = op_to_float(c, a);
  if (n < 0) a = nn_apply1(c, &row_inv, a, NULL);
  for (Value *square = a; digits != 0 && square != NULL; digits >>= 1) {
    if (digits & 1)
      power = power == NULL ? square : op_bmatmul(c, power, square);
    if (digits > 1) square = op_bmatmul(c, square, square);
  }
  if (n == 0 && a != NULL) {
    Value *mask = op_diagonal_mask(c, a->t.shape[a->t.ndim - 1]);
    power = op_add(c, op_full_like(c, a, 0), op_to(c, mask, a->t.dtype));
  }
  return nn_answer(c, out, n == 1 ? op_clone(c, power) : power);
}

static const OpRow row_matrix_power = {
    .name = "linalg.matrix_power",
    .args = "a: tensor, n: int",
    .help = "The product of n times each matrix (..., m, m); the identity for "
            "n = 0, powers of the inverse for a negative n.\n"
            "  > tensor.linalg.matrix_power(tensor({{1, 1}, {0, 1}}), 5)\n"
            "  float32 (2, 2)\n"
            "    1  5\n"
            "    0  1",
    .compose = matrix_power_compose,
};

/* x with its three elements along dim in another order (from 1). */
static Value *reordered(Grad *c, Value *x, int dim, const int64_t order[3]) {
  Value *index = op_zeros(c, TENSOR_INT64, 1, (int64_t[]){3});
  if (index == NULL) return NULL;
  for (int k = 0; k < 3; k++) tensor_set_int(&index->t, k, order[k]);
  return op_index_select(c, x, dim, index);
}

static int cross_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *a = call->in[0], *b = call->in[1];
  char left[TENSOR_SHAPE_TEXT], right[TENSOR_SHAPE_TEXT];
  int ndim, from_end = a->t.ndim - (int)call->attrs->i[0];
  int64_t shape[TENSOR_MAX_DIMS];
  if (a->t.shape[a->t.ndim - from_end] != 3 || b->t.ndim < from_end ||
      b->t.shape[b->t.ndim - from_end] != 3)
    return tensor_fail("linalg.cross: the vectors must have 3 elements along "
                       "dim %d from the end, but the shapes are %s and %s",
                       from_end, tensor_shape_text(a->t.ndim, a->t.shape, left),
                       tensor_shape_text(b->t.ndim, b->t.shape, right));
  int status = tensor_broadcast_shape(&a->t, &b->t, &ndim, shape);
  if (status != TENSOR_OK) return nn_named("linalg.cross", status);
  static const int64_t next[3] = {2, 3, 1}, last[3] = {3, 1, 2};
  int in_a = a->t.ndim - from_end, in_b = b->t.ndim - from_end;
  Value *first =
      op_mul(c, reordered(c, a, in_a, next), reordered(c, b, in_b, last));
  Value *second =
      op_mul(c, reordered(c, a, in_a, last), reordered(c, b, in_b, next));
  return nn_answer(c, out, op_sub(c, first, second));
}

static const OpRow row_cross = {
    .name = "linalg.cross",
    .args = "a: tensor, b: tensor, dim: dim = -1",
    .help = "The cross products of vectors of 3 elements along dim of a (the "
            "same dim of b, counted from the end); the other dims "
            "broadcast. Integers stay integers.\n"
            "  > tensor.linalg.cross(tensor({1, 0, 0}), tensor({0, 1, 0}))\n"
            "  float32 (3)\n"
            "    0  0  1",
    .compose = cross_compose,
};

/* }== */

const OpRow *const nn_rows_linalg[] = {&row_solve,        &row_solve_triangular,
                                       &row_inv,          &row_det,
                                       &row_slogdet,      &row_cholesky,
                                       &row_matrix_power, &row_cross,
                                       &row_solve_matrix, &row_triangular,
                                       &row_triangle,     &row_infinite_inv,
                                       &row_adjugate,     NULL};
