/*
** rows_factor.c - tensor.linalg: orthogonal factors.
**
** The gradients of singular and eigenvectors divide by the differences of
** (squared) values, as in PyTorch: where two are equal the vectors are not
** unique and the gradient is infinite or NaN. Gradients of values alone
** never divide.
*/
#include "nn/linalg.h"

/* {== what the rules share */

/* a + b, either of which may be missing on purpose. */
static Value *plus(Grad *c, Value *a, Value *b) {
  return a == NULL ? b : b == NULL ? a : op_add(c, a, b);
}

/* x - x' */
static Value *skew(Grad *c, Value *x) { return op_sub(c, x, op_turn(c, x)); }

/* v (..., k) on diagonals. */
static Value *on_diagonal(Grad *c, Value *v, Value *mask) {
  return op_where(c, mask, op_column(c, v), op_num(c, 0));
}

static int least_size(const Tensor *x) {
  return x->shape[x->ndim - 1] < x->shape[x->ndim - 2] ? x->ndim - 1
                                                       : x->ndim - 2;
}

/* }== QR {== */

enum { QR_REDUCED, QR_COMPLETE };

static int qr_shape(const OpCall *call, OpShape *out) {
  const Tensor *a = &call->in[0]->t;
  int status = nn_linalg_matrix(call, a);
  if (status != TENSOR_OK) return status;
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1];
  int64_t k = call->attrs->i[0] == QR_COMPLETE || m < n ? m : n;
  nn_shape_like(&out[0], nn_float_of(call->in[0]->t.dtype), a);
  out[1] = out[0];
  out[0].shape[a->ndim - 1] = out[1].shape[a->ndim - 2] = k;
  return TENSOR_OK;
}

static int qr_kernel(const OpCall *call, Tensor *out) {
  return tensor_qr(&out[0], &out[1], &call->in[0]->t);
}

/* Of a tall or square a: (gq + q H) r^-T, H symmetric with the lower triangle
** of r gr' - gq' q. Walter, Lehmann, "Algorithmic differentiation of linear
** algebra functions", 2010. */
static Value *tall_qr_gradient(Grad *c, Value *q, Value *r, Value *gq,
                               Value *gr) {
  Value *m = NULL;
  if (gr != NULL) m = op_matmul_turned(c, r, gr);
  if (gq != NULL) m = plus(c, m, op_neg(c, op_turned_matmul(c, gq, q)));
  Value *lower = op_triangle(c, m, false, 0.5);
  Value *h = op_add(c, lower, op_turn(c, lower));
  Value *right = plus(c, gq, op_bmatmul(c, q, h));
  return op_turn(c, op_solve_triangular(c, r, op_turn(c, right), true));
}

/* Columns start.. of x, and columns put back among n of zeros. */
static Value *columns(Grad *c, Value *x, int64_t start, int64_t count) {
  return x == NULL ? NULL : op_slice_dim(c, x, x->t.ndim - 1, start, 1, count);
}

static Value *among(Grad *c, Value *x, int64_t start, int64_t n) {
  if (x == NULL) return NULL;
  Tensor whole = x->t;
  int last = whole.ndim - 1;
  whole.shape[last] = n;
  return op_unslice(c, x, whole.shape, last, start);
}

/* Of a wide a = (x y): q, u come from x, and v is q' y. */
static Value *wide_qr_gradient(Grad *c, int64_t m, int64_t n) {
  Value *q = c->r, *gq = c->g, *gr = c->g2, *gu = NULL, *gy = NULL;
  if (gr != NULL) {
    Value *gv = columns(c, gr, m, n - m);
    gu = columns(c, gr, 0, m);
    gy = op_bmatmul(c, q, gv);
    Value *y = op_bmatmul(c, q, columns(c, c->r2, m, n - m));
    gq = plus(c, gq, op_matmul_turned(c, y, gv));
  }
  Value *gx = tall_qr_gradient(c, q, columns(c, c->r2, 0, m), gq, gu);
  Value *ga = among(c, gx, 0, n);
  return gr == NULL ? ga : op_add(c, ga, among(c, gy, m, n));
}

static void qr_gradient(Grad *c) {
  const OpShape *a = nn_input_shape(c, 0);
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1];
  if (m < n) {
    c->to[0] = wide_qr_gradient(c, m, n);
  } else if (m > n && c->attrs->i[0] == QR_COMPLETE) {
    c->status = tensor_fail("linalg.qr: the complete factors of a matrix with "
                            "more rows than columns are not unique and have "
                            "no gradient; use mode \"reduced\"");
  } else {
    c->to[0] = tall_qr_gradient(c, c->r, c->r2, c->g, c->g2);
  }
}

static const OpRow row_qr = {
    .name = "linalg.qr",
    .args = "a: tensor, mode: reduced|complete = reduced",
    .help = "Q and R with a = Q R, the columns of Q orthonormal, R upper "
            "triangular: a (..., m, n) gives Q (..., m, k) and R (..., k, n), "
            "k the lesser of m and n; k = m with mode \"complete\", which has "
            "no gradient where m > n. The diagonal of R may have either "
            "sign. The gradient needs the first k columns of a to be "
            "independent.\n"
            "  > local q, r = tensor.linalg.qr(tensor({{1, 2}, {2, 1}}))\n"
            "  > r:abs()\n"
            "  float32 (2, 2)\n"
            "    2.2361  1.7889\n"
            "         0  1.3416",
    .outputs = 2,
    .keeps_result = true,
    .shape = qr_shape,
    .kernel = qr_kernel,
    .gradient = qr_gradient,
};

/* }== singular values {== */

static int svd_shape(const OpCall *call, OpShape *out) {
  const Tensor *a = &call->in[0]->t;
  int d = a->ndim, status = nn_linalg_matrix(call, a);
  if (status != TENSOR_OK) return status;
  nn_shape_like(&out[0], nn_float_of(call->in[0]->t.dtype), a);
  out[1] = out[2] = out[0];
  int64_t k = a->shape[least_size(a)], full = call->attrs->i[0];
  out[0].shape[d - 1] = full ? a->shape[d - 2] : k;
  out[2].shape[d - 2] = full ? a->shape[d - 1] : k;
  out[1].shape[--out[1].ndim - 1] = k;
  return TENSOR_OK;
}

static int svd_kernel(const OpCall *call, Tensor *out) {
  return tensor_svd(&out[0], &out[1], &out[2], &call->in[0]->t);
}

/* What u's and v's turning within their own space asks of the values'
** matrix: (skew(u' gu) / e) s + s (skew(v' gv) / e), e the differences of the
** squared values. */
static Value *turning(Grad *c, Value *u, Value *s, Value *vh, Value *mask) {
  Value *row = op_row(c, s), *column = op_column(c, s), *sum = NULL;
  Value *e = op_mul(c, op_sub(c, row, column), op_add(c, row, column));
  e = op_where(c, mask, op_num(c, 1), e);
  if (c->g != NULL) {
    Value *of_u = op_div(c, skew(c, op_turned_matmul(c, u, c->g)), e);
    sum = op_mul(c, of_u, row);
  }
  if (c->g3 != NULL) {
    Value *of_v = op_div(c, skew(c, op_matmul_turned(c, vh, c->g3)), e);
    sum = plus(c, sum, op_mul(c, column, of_v));
  }
  return sum;
}

/* J. Townsend, "Differentiating the singular value decomposition", 2016. */
static Value *vectors_gradient(Grad *c, Value *u, Value *s, Value *vh,
                               int64_t k, bool tall, bool wide) {
  Value *mask = op_diagonal_mask(c, k);
  Value *inside = turning(c, u, s, vh, mask);
  if (c->g2 != NULL) inside = plus(c, inside, on_diagonal(c, c->g2, mask));
  Value *ga = op_bmatmul(c, u, op_bmatmul(c, inside, vh));
  if (c->g != NULL && tall) { /* u turns out of its space */
    Value *w = op_div(c, c->g, op_row(c, s));
    w = op_sub(c, w, op_bmatmul(c, u, op_turned_matmul(c, u, w)));
    ga = plus(c, ga, op_bmatmul(c, w, vh));
  }
  if (c->g3 != NULL && wide) {
    Value *w = op_div(c, c->g3, op_column(c, s));
    w = op_sub(c, w, op_bmatmul(c, op_matmul_turned(c, w, vh), vh));
    ga = plus(c, ga, op_bmatmul(c, u, w));
  }
  return ga;
}

static Value *values_gradient(Grad *c, Value *g, Value *u, Value *vh) {
  return op_bmatmul(c, op_mul(c, u, op_row(c, g)), vh);
}

static void svd_gradient(Grad *c) {
  const OpShape *a = nn_input_shape(c, 0);
  int64_t m = a->shape[a->ndim - 2], n = a->shape[a->ndim - 1];
  int64_t k = m < n ? m : n;
  Value *u = c->r, *vh = c->r3;
  if (c->g == NULL && c->g3 == NULL) {
    if (m > k) u = columns(c, u, 0, k);
    if (n > k) vh = op_slice_dim(c, vh, a->ndim - 2, 0, 1, k);
    c->to[0] = values_gradient(c, c->g2, u, vh);
  } else if (m != n && c->attrs->i[0]) {
    c->status = tensor_fail("linalg.svd: the vectors of full_matrices = true "
                            "are not unique and have no gradient; use "
                            "full_matrices = false");
  } else {
    c->to[0] = vectors_gradient(c, u, c->r2, vh, k, m > k, n > k);
  }
}

static const OpRow row_svd = {
    .name = "linalg.svd",
    .args = "a: tensor, full_matrices: bool = false",
    .help =
        "U, S and Vh with a = U diag(S) Vh: a (..., m, n) gives orthonormal "
        "columns U (..., m, k), singular values S (..., k), falling, and "
        "orthonormal rows Vh (..., k, n), k the lesser of m and n; "
        "full_matrices = true gives square U and Vh, which have no gradient "
        "where m is not n. Vectors are unique up to their sign at best. The "
        "gradient of U and Vh is infinite or NaN where two singular values "
        "are equal or, for m not n, one is 0. NaN and infinity in a are an "
        "error.\n"
        "  > local u, s, vh = tensor.linalg.svd(tensor({{3, 0}, {4, 5}}))\n"
        "  > s\n"
        "  float32 (2)\n"
        "    6.7082  2.2361",
    .outputs = 3,
    .keeps_result = true,
    .shape = svd_shape,
    .kernel = svd_kernel,
    .gradient = svd_gradient,
};

static int svdvals_shape(const OpCall *call, OpShape *out) {
  const Tensor *a = &call->in[0]->t;
  int status = nn_linalg_matrix(call, a);
  if (status != TENSOR_OK) return status;
  nn_shape_like(out, nn_float_of(call->in[0]->t.dtype), a);
  out->shape[--out->ndim - 1] = a->shape[least_size(a)];
  return TENSOR_OK;
}

static int svdvals_kernel(const OpCall *call, Tensor *out) {
  return tensor_svd(NULL, out, NULL, &call->in[0]->t);
}

/* The vectors are only worked out where a gradient is wanted. */
static void svdvals_gradient(Grad *c) {
  OpAttrs attrs;
  Value *usv[NN_FEW];
  attrs.i[0] = 0;
  nn_apply_all(c, &row_svd, 1, c->in, &attrs, usv);
  c->to[0] = values_gradient(c, c->g, usv[0], usv[2]);
}

static const OpRow row_svdvals = {
    .name = "linalg.svdvals",
    .args = "a: tensor",
    .help = "The singular values alone (..., k), falling: faster than svd, "
            "and with a gradient where some are equal.\n"
            "  > tensor.linalg.svdvals(tensor({{3, 0}, {4, 5}}))\n"
            "  float32 (2)\n"
            "    6.7082  2.2361",
    .keeps = 1,
    .shape = svdvals_shape,
    .kernel = svdvals_kernel,
    .gradient = svdvals_gradient,
};

Value *op_svdvals(Grad *c, Value *a) {
  return nn_apply1(c, &row_svdvals, a, NULL);
}

/* }== eigenvalues {== */

static int eigvalsh_shape(const OpCall *call, OpShape *out) {
  const Tensor *a = &call->in[0]->t;
  int status = nn_linalg_square(call, a);
  if (status != TENSOR_OK) return status;
  nn_shape_like(out, nn_float_of(call->in[0]->t.dtype), a);
  out->ndim--;
  return TENSOR_OK;
}

static int eigh_shape(const OpCall *call, OpShape *out) {
  int status = eigvalsh_shape(call, out);
  out[1] = out[0];
  if (status == TENSOR_OK)
    out[1].shape[out[1].ndim++] = out[0].shape[out->ndim - 1];
  return status;
}

static int eigh_kernel(const OpCall *call, Tensor *out) {
  return tensor_eigh(&out[0], &out[1], &call->in[0]->t, call->attrs->i[0] == 0);
}
static int eigvalsh_kernel(const OpCall *call, Tensor *out) {
  return tensor_eigh(&out[0], NULL, &call->in[0]->t, call->attrs->i[0] == 0);
}

/* v (diag(g) + the symmetric part of (v' gv) / e) v', e the differences of
** the values. */
static Value *eigh_back(Grad *c, Value *values, Value *v, Value *g, Value *gv) {
  if (gv == NULL || v == NULL)
    return op_matmul_turned(c, op_mul(c, v, op_row(c, g)), v);
  Value *mask = op_diagonal_mask(c, v->t.shape[v->t.ndim - 1]);
  Value *e = op_sub(c, op_row(c, values), op_column(c, values));
  e = op_where(c, mask, op_num(c, 1), e);
  Value *inside = op_div(c, op_turned_matmul(c, v, gv), e);
  inside = op_scale(c, op_add(c, inside, op_turn(c, inside)), 0.5);
  inside = op_where(c, mask, op_num(c, 0), inside);
  if (g != NULL) inside = op_add(c, inside, on_diagonal(c, g, mask));
  return op_bmatmul(c, v, op_matmul_turned(c, inside, v));
}

static void eigh_gradient(Grad *c) {
  c->to[0] = eigh_back(c, c->r, c->r2, c->g, c->g2);
}

static const OpRow row_eigh = {
    .name = "linalg.eigh",
    .args = "a: tensor, lower: bool = true",
    .help =
        "The eigenvalues (..., n), rising, and orthonormal eigenvectors "
        "(..., n, n), as columns, of symmetric matrices: a V = V "
        "diag(values). Only the lower triangle of a is read (lower = false: "
        "the upper one); the gradient is that of a symmetric a. Vectors are "
        "unique up to their sign at best, and their gradient is infinite or "
        "NaN where two eigenvalues are equal. NaN and infinity in a are an "
        "error.\n"
        "  > local values, vectors = tensor.linalg.eigh(tensor({{2, 1}, "
        "{1, 3}}))\n"
        "  > values\n"
        "  float32 (2)\n"
        "    1.3820  3.6180",
    .outputs = 2,
    .keeps_result = true,
    .shape = eigh_shape,
    .kernel = eigh_kernel,
    .gradient = eigh_gradient,
};

static void eigvalsh_gradient(Grad *c) {
  Value *both[NN_FEW];
  nn_apply_all(c, &row_eigh, 1, c->in, c->attrs, both);
  c->to[0] = eigh_back(c, both[0], both[1], c->g, NULL);
}

static const OpRow row_eigvalsh = {
    .name = "linalg.eigvalsh",
    .args = "a: tensor, lower: bool = true",
    .help = "The eigenvalues of eigh alone: faster, and with a gradient "
            "where some are equal.\n"
            "  > tensor.linalg.eigvalsh(tensor({{2, 1}, {1, 3}}))\n"
            "  float32 (2)\n"
            "    1.3820  3.6180",
    .keeps = 1,
    .shape = eigvalsh_shape,
    .kernel = eigvalsh_kernel,
    .gradient = eigvalsh_gradient,
};

/* }== */

const OpRow *const nn_rows_factor[] = {&row_qr,   &row_svd,      &row_svdvals,
                                       &row_eigh, &row_eigvalsh, NULL};
