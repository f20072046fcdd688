/*
** rows_norm.c - norms of vectors and, in tensor.linalg, of matrices; condition
** and rank.
*/
#include <math.h>

#include "nn/linalg.h"

/* What an `ord` is: absent, a number, or a word. */
enum { ORD_ABSENT = -1, ORD_NUMBER, ORD_FRO, ORD_NUC };

static int ord_kind(const OpAttrs *a) {
  return a->i[0] == NN_ABSENT ? ORD_ABSENT : (int)a->i[0];
}

static Value *extreme(Grad *c, bool greatest, Value *x, unsigned dims,
                      bool keepdim) {
  return greatest ? op_amax(c, x, dims, keepdim) : op_amin(c, x, dims, keepdim);
}

/* {== vectors */

static Value *vector_norm(Grad *c, Value *x, double p, unsigned dims,
                          bool keepdim) {
  if (x == NULL) return NULL;
  if (p == 0) {
    Value *not_zero = op_to(c, op_ne(c, x, op_num(c, 0)), x->t.dtype);
    return op_sum(c, not_zero, dims, keepdim);
  }
  if (p == 2)
    return op_safe_root(c, op_sum(c, op_square(c, x), dims, keepdim), 2);
  Value *size = op_abs(c, x);
  if (isinf(p)) return extreme(c, p > 0, size, dims, keepdim);
  if (p == 1) return op_sum(c, size, dims, keepdim);
  Value *sum = op_sum(c, op_pow(c, size, op_num(c, p)), dims, keepdim);
  return p > 0 ? op_safe_root(c, sum, p) : op_pow(c, sum, op_num(c, 1 / p));
}

static int norm_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = op_to_float(c, call->in[0]);
  const OpAttrs *a = call->attrs;
  unsigned dims = nn_dims(a->i[0], call->in[0]->t.ndim);
  return nn_answer(c, out, vector_norm(c, x, a->f[0], dims, a->i[1] != 0));
}

static const OpRow row_norm = {
    .name = "norm",
    .args = "x: tensor, dim: dims = nil, keepdim: bool = false, p: number = 2",
    .help = "The p-norm: sum(|x|^p)^(1/p); p = math.huge is the greatest |x|, "
            "-math.huge the least, 0 counts the elements that are not 0. The "
            "gradient at 0 is 0.\n"
            "  > tensor({3, 4}):norm():item()\n"
            "  5.0\n"
            "  > tensor({3, -4}):norm({p=1}):item()\n"
            "  7.0",
    .compose = norm_compose,
};

/* }== matrices: the lower of two dims counts the rows {== */

/* The singular values along the last dim, of matrices in any two dims. */
static Value *values_of(Grad *c, Value *x, int rows, int columns) {
  int64_t order[TENSOR_MAX_DIMS];
  int n = 0;
  if (x == NULL) return NULL;
  for (int d = 0; d < x->t.ndim; d++)
    if (d != rows && d != columns) order[n++] = d;
  order[n++] = rows;
  order[n] = columns;
  return op_svdvals(c, op_permute(c, x, order));
}

/* From one number for each matrix to the shape that keepdim asks for. */
static Value *kept(Grad *c, Value *v, unsigned dims, int ndim, bool keepdim) {
  return keepdim ? op_restore_dims(c, v, dims, ndim) : v;
}

/* The greatest or least sum of sizes over the dim `over`, among `among`. */
static Value *sum_norm(Grad *c, Value *x, int over, int among, bool greatest,
                       bool keepdim) {
  Value *sums = op_sum(c, op_abs(c, x), 1u << over, true);
  Value *norm = extreme(c, greatest, sums, 1u << among, true);
  unsigned dims = 1u << over | 1u << among;
  if (norm == NULL || keepdim) return norm;
  int64_t shape[TENSOR_MAX_DIMS];
  int n = 0;
  for (int d = 0; d < norm->t.ndim; d++)
    if ((dims >> d & 1) == 0) shape[n++] = norm->t.shape[d];
  return op_reshape(c, norm, n, shape);
}

/* ord as nuc, or a number; fro is a vector's. */
static Value *matrix_norm(Grad *c, Value *x, int kind, double p, unsigned dims,
                          bool keepdim) {
  int rows = __builtin_ctz(dims), columns = 31 - __builtin_clz(dims);
  if (kind == ORD_NUMBER && fabs(p) == 1)
    return sum_norm(c, x, rows, columns, p > 0, keepdim);
  if (kind == ORD_NUMBER && isinf(p))
    return sum_norm(c, x, columns, rows, p > 0, keepdim);
  Value *s = values_of(c, x, rows, columns);
  if (s == NULL) return NULL;
  unsigned last = 1u << (s->t.ndim - 1);
  Value *norm = kind == ORD_NUC ? op_sum(c, s, last, false)
                                : extreme(c, p > 0, s, last, false);
  return kept(c, norm, dims, x->t.ndim, keepdim);
}

static bool is_matrix_number(double p) {
  return fabs(p) == 1 || fabs(p) == 2 || isinf(p);
}

static int bad_matrix_ord(const char *name, double p) {
  return tensor_fail("%s: ord of a matrix is 1, -1, 2, -2, math.huge, "
                     "-math.huge, \"fro\" or \"nuc\", not %g",
                     name, p);
}

/* Whether ord goes with so many dims. */
static int check_ord(int kind, double p, int dims, bool named) {
  if (kind == ORD_ABSENT) return TENSOR_OK;
  if (dims == 0 || dims > 2)
    return tensor_fail("linalg.norm: ord goes with one dim (vectors) or two "
                       "(matrices), not with %d; %s",
                       dims, named ? "leave ord out" : "name dims");
  if (kind != ORD_NUMBER && dims == 1)
    return tensor_fail("linalg.norm: ord \"%s\" is of matrices: it takes two "
                       "dims, not one",
                       kind == ORD_FRO ? "fro" : "nuc");
  if (kind == ORD_NUMBER && isnan(p))
    return tensor_fail("linalg.norm: ord is NaN");
  if (kind == ORD_NUMBER && dims == 2 && !is_matrix_number(p))
    return bad_matrix_ord("linalg.norm", p);
  return TENSOR_OK;
}

/* attrs->i: ord, dims, keepdim */
static int linalg_norm_compose(Grad *c, const OpCall *call, OpResults *out) {
  const OpAttrs *a = call->attrs;
  Value *x = call->in[0];
  unsigned dims = nn_dims(a->i[1], x->t.ndim);
  bool keepdim = a->i[2] != 0;
  int kind = ord_kind(a), count = __builtin_popcount(dims);
  double p = kind == ORD_NUMBER ? a->f[0] : 2;
  int status = check_ord(kind, p, count, a->i[1] != NN_ABSENT);
  if (status != TENSOR_OK) return status;
  x = op_to_float(c, x);
  bool as_vector = count != 2 || kind == ORD_ABSENT || kind == ORD_FRO;
  return nn_answer(c, out,
                   as_vector ? vector_norm(c, x, p, dims, keepdim)
                             : matrix_norm(c, x, kind, p, dims, keepdim));
}

static const OpRow row_linalg_norm = {
    .name = "linalg.norm",
    .args = "x: tensor, ord: number|fro|nuc = nil, dim: dims = nil, keepdim: "
            "bool = false",
    .help =
        "Without ord, the square root of the sum of squares over the dims "
        "(all, unless said). With ord and one dim, vector norms: "
        "sum(|x|^ord)^(1/ord); math.huge is the greatest |x|, -math.huge the "
        "least, 0 counts the elements that are not 0. With ord and two dims, "
        "of which the lower counts the rows, matrix norms: \"fro\", "
        "\"nuc\" (the sum of the singular values), 2 and -2 (the greatest and "
        "least of them), 1 and -1 (the greatest and least sum of a column's "
        "sizes), math.huge and -math.huge (of a row's). Without dims, x has "
        "one or two. The gradient at 0 is 0.\n"
        "  > tensor.linalg.norm(tensor({{1, -2}, {3, 4}}), 1):item()\n"
        "  6.0\n"
        "  > tensor.linalg.norm(tensor({{3, 4}, {5, 12}}), 2, 2)\n"
        "  float32 (2)\n"
        "     5  13",
    .compose = linalg_norm_compose,
};

/* }== condition and rank {== */

static Value *position(Grad *c, Value *s, bool last) {
  if (s == NULL) return NULL;
  int dim = s->t.ndim - 1;
  int64_t at = last ? s->t.shape[dim] - 1 : 0;
  return op_uncolumn(c, op_slice_dim(c, s, dim, at, 1, 1));
}

/* Where there are only singular values to look at. */
static Value *cond_by_values(Grad *c, Value *a, int kind, double p) {
  Value *s = op_svdvals(c, a);
  if (s == NULL) return NULL;
  unsigned last = 1u << (s->t.ndim - 1);
  if (kind == ORD_FRO || kind == ORD_NUC) {
    double q = kind == ORD_FRO ? 2 : 1;
    return op_mul(c, vector_norm(c, s, q, last, false),
                  vector_norm(c, op_reciprocal(c, s), q, last, false));
  }
  return op_div(c, position(c, s, p < 0), position(c, s, p > 0));
}

/* |a| |a^-1|, infinite where a is singular, also where |a| is 0. */
static Value *cond_by_inverse(Grad *c, Value *a, double p) {
  if (a == NULL) return NULL;
  unsigned dims = 3u << (a->t.ndim - 2);
  Value *size = matrix_norm(c, a, ORD_NUMBER, p, dims, false);
  Value *other = matrix_norm(c, op_inv(c, a), ORD_NUMBER, p, dims, false);
  return op_where(c, op_isinf(c, other), other, op_mul(c, size, other));
}

static int cond_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *a = call->in[0];
  const Tensor *t = &a->t;
  int kind = ord_kind(call->attrs);
  double p = kind == ORD_NUMBER ? call->attrs->f[0] : 2;
  bool any_shape = kind == ORD_ABSENT || fabs(p) == 2;
  int status = kind == ORD_NUMBER && !is_matrix_number(p)
                   ? bad_matrix_ord("linalg.cond", p)
               : any_shape && kind != ORD_FRO && kind != ORD_NUC
                   ? nn_linalg_matrix(call, t)
                   : nn_linalg_square(call, t);
  if (status != TENSOR_OK) return status;
  if (t->shape[t->ndim - 1] == 0 || t->shape[t->ndim - 2] == 0)
    return tensor_fail("linalg.cond: a matrix without elements has no "
                       "condition number");
  a = op_to_float(c, a);
  bool by_values = kind != ORD_NUMBER || fabs(p) == 2;
  return nn_answer(c, out,
                   by_values ? cond_by_values(c, a, kind, p)
                             : cond_by_inverse(c, a, p));
}

static const OpRow row_cond = {
    .name = "linalg.cond",
    .args = "a: tensor, ord: number|fro|nuc = nil",
    .help = "The condition number of each matrix: the greatest singular value "
            "over the least (ord 2, the default; -2 turns it round), or "
            "norm(a, ord) * norm(inv(a), ord) of a square one. Infinite for "
            "a singular matrix.\n"
            "  > tensor.linalg.cond(tensor({{1, 2}, {3, 4}}))\n"
            "  float32 ()  14.9330",
    .compose = cond_compose,
};

static Value *count_above(Grad *c, Value *s, double rtol) {
  if (s == NULL) return NULL;
  unsigned last = 1u << (s->t.ndim - 1);
  if (s->t.shape[s->t.ndim - 1] == 0) /* there is no greatest */
    return op_sum(c, op_gt(c, s, op_num(c, 0)), last, false);
  Value *most = extreme(c, true, s, last, true);
  Value *counts = op_gt(c, s, op_scale(c, most, rtol));
  return op_sum(c, counts, last, false);
}

static int rank_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *a = call->in[0];
  const Tensor *t = &a->t;
  int status = nn_linalg_matrix(call, t);
  if (status != TENSOR_OK) return status;
  TensorDType dtype = nn_float_of(call->in[0]->t.dtype);
  int64_t m = t->shape[t->ndim - 2], n = t->shape[t->ndim - 1];
  double rtol = call->attrs->f[0];
  if (isnan(rtol))
    rtol =
        (dtype == TENSOR_FLOAT32 ? 0x1p-23 : 0x1p-52) * (double)(m > n ? m : n);
  bool was = nn_set_grad_enabled(false);
  Value *s = op_svdvals(c, op_to(c, a, dtype));
  Value *rank = count_above(c, s, rtol);
  nn_set_grad_enabled(was);
  return nn_answer(c, out, rank);
}

static const OpRow row_matrix_rank = {
    .name = "linalg.matrix_rank",
    .args = "a: tensor, rtol: number = nil",
    .help = "How many singular values of each matrix are above rtol times the "
            "largest (int64); rtol is machine precision times the larger "
            "size unless said. NaN and infinity are an error.\n"
            "  > tensor.linalg.matrix_rank(tensor({{1, 2}, {2, 4}})):item()\n"
            "  1",
    .compose = rank_compose,
};

/* }== */

const OpRow *const nn_rows_norm[] = {&row_norm, &row_linalg_norm, &row_cond,
                                     &row_matrix_rank, NULL};
