/*
** linalg_factor.c - orthogonal factors: QR, singular values, eigenvalues of
** symmetric matrices, and what follows from them.
*/
#include <lapacke.h>
#include <limits.h>
#include <string.h>

#include "tensor/linalg.h"

#define LSTSQ_B_NOT_FINITE (-2)

typedef struct Qr {
  char *a, *q, *r;  /* (m, n), overwritten; (m, rows); (rows, n) */
  int64_t m, n, k;  /* k: the lesser of m and n */
  int64_t rows;     /* k, or m for the complete Q */
  LinalgInt length; /* of LAPACK's workspace */
} Qr;

typedef struct Svd {
  char *a, *u, *s, *vh; /* a (m, n) is overwritten; u, vh may be NULL */
  int64_t m, n, k;
  int64_t u_columns, v_rows;
  char mode; /* LAPACK's: N values, S or A vectors too */
  LinalgInt length;
} Svd;

typedef struct Eigh {
  char *values, *vectors; /* vectors hold the matrices before */
  int64_t n;
  char mode; /* LAPACK's: N values, V vectors too */
  bool upper;
  LinalgInt length, integers;
} Eigh;

typedef struct Lstsq { /* matrices by columns: b's have b_rows rows */
  char *a, *b;         /* overwritten: b by the answers */
  int64_t *rank;
  int64_t m, n, k, b_rows;
  double rtol;
  LinalgInt length;
} Lstsq;

#define TYPE       float
#define LAPACK(f)  LAPACKE_s##f##_work
#define NAME(word) float32_##word
#include "tensor/linalg_factor_body.h"

#define TYPE       double
#define LAPACK(f)  LAPACKE_d##f##_work
#define NAME(word) float64_##word
#include "tensor/linalg_factor_body.h"

static bool is_single(const Tensor *t) { return t->dtype == TENSOR_FLOAT32; }

/* How an item can fail once LAPACK has seen it. */
static int no_convergence(const char *name, const Tensor *t,
                          const LinalgBatch *b) {
  char text[TENSOR_SHAPE_TEXT];
  if (b->why == LINALG_NOT_FINITE)
    return tensor_linalg_not_finite(name, t, b->failed);
  return tensor_fail("%s: the iteration did not converge for %s", name,
                     tensor_linalg_subject(t, b->failed, text));
}

/* The answer to a question for the length of a workspace. */
static int take_length(const char *name, int info, double answer,
                       LinalgInt *length) {
  int status = tensor_linalg_check_work(name, info == 0 ? answer : -1);
  if (status != TENSOR_OK) return status;
  /* a float32 answer may have been rounded down */
  double rounded = ceil(answer * (1 + 1e-6));
  *length = rounded > INT_MAX ? INT_MAX : (LinalgInt)rounded;
  if (*length < 1) *length = 1;
  return TENSOR_OK;
}

/* Ones on the diagonal of every matrix, zeros elsewhere. */
static int fill_identity(Tensor *t) {
  int status = tensor_fill(t, 0);
  int64_t rows = linalg_rows(t), columns = linalg_columns(t);
  int64_t items = tensor_linalg_items(t), ones = tensor_min64(rows, columns);
  for (int64_t i = 0; i < items && status == TENSOR_OK; i++)
    for (int64_t j = 0; j < ones; j++)
      tensor_set(t, (i * rows + j) * columns + j, 1);
  return status;
}

/* {== QR =============================================================== */

static int run_qr(Qr *s, Tensor *q, const Tensor *a) {
  double answer;
  bool single = is_single(q);
  int info = single ? float32_qr_work(s, &answer) : float64_qr_work(s, &answer);
  int status = take_length("linalg.qr", info, answer, &s->length);
  if (status != TENSOR_OK) return status;
  LinalgBatch each = {.items = tensor_linalg_items(a),
                      .work = 4 * (double)s->m * (double)s->n * (double)s->k,
                      .large = LINALG_SWEEPS,
                      .scratch = (size_t)(s->k + s->length) *
                                 tensor_dtype_size(q->dtype),
                      .item = single ? float32_qr_item : float64_qr_item,
                      .job = s};
  return tensor_linalg_run(&each);
}

int tensor_qr(Tensor *q, Tensor *r, const Tensor *a) {
  Tensor copy;
  int status = tensor_linalg_check_sizes("linalg.qr", a);
  if (status != TENSOR_OK || tensor_numel(q) == 0) return status;
  if (tensor_numel(a) == 0) return fill_identity(q);
  status = tensor_clone(&copy, a, q->dtype);
  if (status != TENSOR_OK) return status;
  Qr s = {.a = copy.data,
          .q = q->data,
          .r = r->data,
          .m = linalg_rows(a),
          .n = linalg_columns(a),
          .rows = linalg_columns(q)};
  s.k = tensor_min64(s.m, s.n);
  status = run_qr(&s, q, a);
  tensor_release(&copy);
  return status;
}

/* }== singular values ================================================== */

/* LAPACK adds up lengths in int where it is asked for vectors. */
static int check_svd(const Svd *s) {
  double k = (double)s->k;
  if (s->mode == 'N' || 4 * k * k + 7 * k <= INT_MAX) return TENSOR_OK;
  return tensor_linalg_check_work("linalg.svd", 4 * k * k + 7 * k);
}

static int run_svd(Svd *svd, const Tensor *s, const Tensor *a) {
  double answer = 0;
  bool single = is_single(s);
  int status = check_svd(svd);
  if (status != TENSOR_OK) return status;
  int info =
      single ? float32_svd_work(svd, &answer) : float64_svd_work(svd, &answer);
  status = take_length("linalg.svd", info, answer, &svd->length);
  if (status != TENSOR_OK) return status;
  LinalgBatch each = {
      .items = tensor_linalg_items(a),
      .work = 10 * (double)svd->m * (double)svd->n * (double)svd->k,
      .large = LINALG_SWEEPS,
      .scratch = (size_t)svd->length * tensor_dtype_size(s->dtype) +
                 8 * (size_t)svd->k * sizeof(LinalgInt),
      .item = single ? float32_svd_item : float64_svd_item,
      .job = svd};
  status = tensor_linalg_run(&each);
  if (status != TENSOR_OK || each.failed < 0) return status;
  return no_convergence("linalg.svd", a, &each);
}

/* Of matrices without elements. */
static int empty_svd(Tensor *u, Tensor *vh) {
  int status = u == NULL ? TENSOR_OK : fill_identity(u);
  return status == TENSOR_OK && vh != NULL ? fill_identity(vh) : status;
}

int tensor_svd(Tensor *u, Tensor *s, Tensor *vh, const Tensor *a) {
  Tensor copy;
  int status = tensor_linalg_check_sizes("linalg.svd", a);
  if (status != TENSOR_OK || tensor_linalg_items(a) == 0) return status;
  Svd job = {.m = linalg_rows(a), .n = linalg_columns(a), .mode = 'N'};
  job.k = tensor_min64(job.m, job.n);
  job.u_columns = u == NULL ? 1 : linalg_columns(u);
  job.v_rows = vh == NULL ? 1 : linalg_rows(vh);
  if (job.k == 0) return empty_svd(u, vh);
  status = tensor_clone(&copy, a, s->dtype);
  if (status != TENSOR_OK) return status;
  job.a = copy.data;
  job.s = s->data;
  if (u != NULL) {
    job.mode = job.u_columns == job.k && job.v_rows == job.k ? 'S' : 'A';
    job.u = u->data;
    job.vh = vh->data;
  }
  status = run_svd(&job, s, a);
  tensor_release(&copy);
  return status;
}

/* V (U over S)': with the sizes of the largest at hand, what is in u. */
static int join_pinv(Tensor *out, Tensor *u, const Tensor *s, const Tensor *vh,
                     double rtol) {
  Tensor v_turned, u_turned;
  int64_t items = tensor_linalg_items(u), m = linalg_rows(u),
          k = linalg_columns(u);
  if (is_single(u))
    float32_divide_all(u->data, s->data, items, m, k, rtol);
  else
    float64_divide_all(u->data, s->data, items, m, k, rtol);
  linalg_turn(&v_turned, vh);
  linalg_turn(&u_turned, u);
  int status = tensor_matmul(out, &v_turned, &u_turned);
  tensor_release(&v_turned);
  tensor_release(&u_turned);
  return status;
}

static double tolerance(double rtol, const Tensor *a, TensorDType dtype) {
  double unit = dtype == TENSOR_FLOAT32 ? 0x1p-23 : 0x1p-52;
  if (!isnan(rtol)) return rtol;
  return unit * (double)tensor_max64(linalg_rows(a), linalg_columns(a));
}

int tensor_pinv(Tensor *out, const Tensor *a, double rtol) {
  Tensor u = {0}, s = {0}, vh = {0};
  int64_t shape[TENSOR_MAX_DIMS], m = linalg_rows(a), n = linalg_columns(a);
  int64_t k = tensor_min64(m, n);
  int d = a->ndim, status;
  if (tensor_numel(out) == 0) return TENSOR_OK;
  memcpy(shape, a->shape, sizeof shape);
  shape[d - 1] = k;
  status = tensor_new(&u, out->dtype, d, shape);
  shape[d - 2] = k;
  if (status == TENSOR_OK) status = tensor_new(&s, out->dtype, d - 1, shape);
  shape[d - 1] = n;
  if (status == TENSOR_OK) status = tensor_new(&vh, out->dtype, d, shape);
  if (status == TENSOR_OK) status = tensor_svd(&u, &s, &vh, a);
  if (status == TENSOR_OK)
    status = join_pinv(out, &u, &s, &vh, tolerance(rtol, a, out->dtype));
  tensor_release(&u);
  tensor_release(&s);
  tensor_release(&vh);
  return status;
}

/* }== eigenvalues ====================================================== */

static int run_eigh(Eigh *e, const Tensor *values, const Tensor *a) {
  double answer = 0, n = (double)e->n;
  bool single = is_single(values);
  int status = TENSOR_OK;
  if (e->mode == 'V')
    status = tensor_linalg_check_work("linalg.eigh", 1 + 6 * n + 2 * n * n);
  if (status != TENSOR_OK) return status;
  int info = single ? float32_eigh_work(e, &answer, &e->integers)
                    : float64_eigh_work(e, &answer, &e->integers);
  status = take_length("linalg.eigh", info, answer, &e->length);
  if (status != TENSOR_OK) return status;
  LinalgBatch each = {.items = tensor_linalg_items(a),
                      .work = 9 * n * n * n,
                      .large = LINALG_SWEEPS,
                      .scratch =
                          (size_t)e->length * tensor_dtype_size(values->dtype) +
                          (size_t)e->integers * sizeof(LinalgInt),
                      .item = single ? float32_eigh_item : float64_eigh_item,
                      .job = e};
  status = tensor_linalg_run(&each);
  if (status != TENSOR_OK || each.failed < 0) return status;
  return no_convergence("linalg.eigh", a, &each);
}

int tensor_eigh(Tensor *values, Tensor *vectors, const Tensor *a, bool upper) {
  Tensor copy = {0}, *work = vectors;
  int status = tensor_linalg_check_sizes("linalg.eigh", a);
  if (status != TENSOR_OK || tensor_numel(values) == 0) return status;
  if (vectors != NULL) {
    status = tensor_copy(vectors, a);
  } else {
    status = tensor_clone(&copy, a, values->dtype);
    work = &copy;
  }
  if (status == TENSOR_OK) {
    Eigh e = {.values = values->data,
              .vectors = work->data,
              .n = linalg_rows(a),
              .mode = vectors == NULL ? 'N' : 'V',
              .upper = upper};
    status = run_eigh(&e, values, a);
  }
  tensor_release(&copy);
  return status;
}

/* }== least squares ==================================================== */

/* b by columns, with room for the answers: (..., k, rows). */
static int wide_turned(Tensor *out, const Tensor *b, TensorDType dtype,
                       int64_t rows) {
  Tensor part, turned;
  int64_t shape[TENSOR_MAX_DIMS], m = linalg_rows(b);
  int d = b->ndim;
  memcpy(shape, b->shape, sizeof shape);
  shape[d - 2] = linalg_columns(b);
  shape[d - 1] = rows;
  int status = tensor_new(out, dtype, d, shape);
  if (status != TENSOR_OK) return status;
  status = tensor_fill(out, 0);
  tensor_slice(&part, out, d - 1, 0, 1, m);
  linalg_turn(&turned, b);
  if (status == TENSOR_OK) status = tensor_copy(&part, &turned);
  tensor_release(&part);
  tensor_release(&turned);
  if (status != TENSOR_OK) tensor_release(out);
  return status;
}

static int lstsq_failure(const Tensor *a, const LinalgBatch *b) {
  char text[TENSOR_SHAPE_TEXT];
  if (b->why == LSTSQ_B_NOT_FINITE)
    return tensor_fail("linalg.lstsq: b holds NaN or infinity where it goes "
                       "with %s of a",
                       tensor_linalg_subject(a, b->failed, text));
  return no_convergence("linalg.lstsq", a, b);
}

static int run_lstsq(Lstsq *l, const Tensor *x, const Tensor *a) {
  double answer = 0;
  bool single = is_single(x);
  int64_t least = tensor_min64(l->m, l->n);
  LinalgInt integers = 0;
  int info = single ? float32_lstsq_work(l, &answer, &integers)
                    : float64_lstsq_work(l, &answer, &integers);
  int status = take_length("linalg.lstsq", info, answer, &l->length);
  if (status != TENSOR_OK) return status;
  LinalgBatch each = {
      .items = tensor_linalg_items(a),
      .work = 10 * (double)l->m * (double)l->n * (double)(least + l->k),
      .large = LINALG_SWEEPS,
      .scratch = (size_t)(least + l->length) * tensor_dtype_size(x->dtype) +
                 (size_t)integers * sizeof(LinalgInt),
      .item = single ? float32_lstsq_item : float64_lstsq_item,
      .job = l};
  status = tensor_linalg_run(&each);
  if (status != TENSOR_OK || each.failed < 0) return status;
  return lstsq_failure(a, &each);
}

/* x out of what LAPACK left in b's place. */
static int take_answers(Tensor *x, const Tensor *b) {
  Tensor part, turned;
  tensor_slice(&part, b, b->ndim - 1, 0, 1, linalg_rows(x));
  linalg_turn(&turned, &part);
  int status = tensor_copy(x, &turned);
  tensor_release(&part);
  tensor_release(&turned);
  return status;
}

static int solve_lstsq(Tensor *x, Tensor *rank, const Tensor *a,
                       const Tensor *b, double rtol) {
  Tensor a_turned, columns, answers;
  Lstsq l = {.m = linalg_rows(a),
             .n = linalg_columns(a),
             .k = linalg_columns(x),
             .rank = (int64_t *)(void *)rank->data};
  l.b_rows = tensor_max64(l.m, l.n);
  l.rtol = tolerance(rtol, a, x->dtype);
  linalg_turn(&a_turned, a);
  int status = tensor_clone(&columns, &a_turned, x->dtype);
  tensor_release(&a_turned);
  if (status != TENSOR_OK) return status;
  status = wide_turned(&answers, b, x->dtype, l.b_rows);
  if (status == TENSOR_OK) {
    l.a = columns.data;
    l.b = answers.data;
    status = run_lstsq(&l, x, a);
    if (status == TENSOR_OK) status = take_answers(x, &answers);
    tensor_release(&answers);
  }
  tensor_release(&columns);
  return status;
}

/* t with the batch dims of x. */
static int spread(Tensor *out, const Tensor *t, const Tensor *x) {
  int64_t shape[TENSOR_MAX_DIMS];
  memcpy(shape, x->shape, sizeof shape);
  for (int k = 1; k <= 2; k++) shape[x->ndim - k] = t->shape[t->ndim - k];
  return tensor_broadcast_to(out, t, x->ndim, shape);
}

/* The rank where there is nothing to solve for: LAPACK wants a column. */
static int rank_alone(Tensor *rank, const Tensor *a, const Tensor *x,
                      double rtol) {
  Tensor column, answer;
  int64_t shape[TENSOR_MAX_DIMS];
  memcpy(shape, x->shape, sizeof shape);
  shape[x->ndim - 1] = 1;
  int status = tensor_new(&answer, x->dtype, x->ndim, shape);
  if (status != TENSOR_OK) return status;
  shape[x->ndim - 2] = linalg_rows(a);
  status = tensor_new(&column, x->dtype, x->ndim, shape);
  if (status == TENSOR_OK) {
    status = tensor_fill(&column, 0);
    if (status == TENSOR_OK)
      status = tensor_lstsq(&answer, rank, a, &column, rtol);
    tensor_release(&column);
  }
  tensor_release(&answer);
  return status;
}

int tensor_lstsq(Tensor *x, Tensor *rank, const Tensor *a, const Tensor *b,
                 double rtol) {
  Tensor a_spread, b_spread;
  int status = tensor_linalg_check_sizes("linalg.lstsq", a);
  if (status == TENSOR_OK)
    status = tensor_linalg_check_sizes("linalg.lstsq", b);
  if (status == TENSOR_OK) status = tensor_fill(x, 0);
  if (status == TENSOR_OK) status = tensor_fill(rank, 0);
  if (status != TENSOR_OK || tensor_numel(a) == 0 ||
      tensor_linalg_items(x) == 0)
    return status;
  if (linalg_columns(x) == 0) return rank_alone(rank, a, x, rtol);
  status = spread(&a_spread, a, x);
  if (status != TENSOR_OK) return status;
  status = spread(&b_spread, b, x);
  if (status == TENSOR_OK) {
    status = solve_lstsq(x, rank, &a_spread, &b_spread, rtol);
    tensor_release(&b_spread);
  }
  tensor_release(&a_spread);
  return status;
}

/* }== */
