/*
** linalg_factor_body.h - orthogonal factors of one float dtype: QR, singular
** values, eigenvalues, least squares. Included with these defined: TYPE of an
** element, LAPACK(f), which makes a routine's name, and NAME(word), which
** makes a function's.
*/

static bool NAME(finite)(const TYPE *a, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(a[i])) return false;
  return true;
}

/* {== QR: the transpose's L and Q, A' = L Q */

static int NAME(qr_work)(Qr *q, double *length) {
  LinalgInt m = (LinalgInt)q->m, n = (LinalgInt)q->n, rows = (LinalgInt)q->rows;
  TYPE first = 0, second = 0, none = 0;
  int info = LAPACK(gelqf)(LAPACK_COL_MAJOR, n, m, &none, linalg_leading(n),
                           &none, &first, -1);
  if (info == 0)
    info = LAPACK(orglq)(LAPACK_COL_MAJOR, rows, m, (LinalgInt)q->k, &none,
                         linalg_leading(rows), &none, &second, -1);
  *length = (double)(first > second ? first : second);
  return info;
}

static int NAME(qr_item)(const void *job, int64_t item, void *scratch) {
  const Qr *s = job;
  LinalgInt m = (LinalgInt)s->m, n = (LinalgInt)s->n, k = (LinalgInt)s->k;
  LinalgInt rows = (LinalgInt)s->rows;
  TYPE *a = (TYPE *)s->a + item * s->m * s->n;
  TYPE *q = (TYPE *)s->q + item * s->rows * s->m;
  TYPE *r = (TYPE *)s->r + item * s->rows * s->n;
  TYPE *tau = scratch, *work = tau + k;
  int info = LAPACK(gelqf)(LAPACK_COL_MAJOR, n, m, a, linalg_leading(n), tau,
                           work, s->length);
  for (int64_t i = 0; i < s->rows; i++)
    for (int64_t j = 0; j < s->n; j++)
      r[i * s->n + j] = i < s->k && j >= i ? a[i * s->n + j] : 0;
  for (int64_t j = 0; j < s->m; j++)
    memcpy(q + j * s->rows, a + j * s->n, (size_t)k * sizeof *q);
  if (info != 0) return info;
  return LAPACK(orglq)(LAPACK_COL_MAJOR, rows, m, k, q, linalg_leading(rows),
                       tau, work, s->length);
}

/* }== singular values: A' = V S U', so V' and U change places {== */

static int NAME(svd_call)(const Svd *s, TYPE *a, TYPE *values, TYPE *u,
                          TYPE *vh, TYPE *work, LinalgInt length,
                          LinalgInt *integers) {
  LinalgInt m = (LinalgInt)s->m, n = (LinalgInt)s->n;
  return LAPACK(gesdd)(LAPACK_COL_MAJOR, s->mode, n, m, a, n, values, vh, n, u,
                       (LinalgInt)s->u_columns, work, length, integers);
}

static int NAME(svd_work)(const Svd *s, double *length) {
  TYPE none = 0, answer = 0;
  LinalgInt integer = 0;
  int info =
      NAME(svd_call)(s, &none, &none, &none, &none, &answer, -1, &integer);
  *length = (double)answer;
  return info;
}

static int NAME(svd_item)(const void *job, int64_t item, void *scratch) {
  const Svd *s = job;
  TYPE *a = (TYPE *)s->a + item * s->m * s->n, *none = a;
  TYPE *work = scratch;
  LinalgInt *integers = (LinalgInt *)(void *)(work + s->length);
  if (!NAME(finite)(a, s->m * s->n)) return LINALG_NOT_FINITE;
  TYPE *u = s->u == NULL ? none : (TYPE *)s->u + item * s->m * s->u_columns;
  TYPE *vh = s->vh == NULL ? none : (TYPE *)s->vh + item * s->v_rows * s->n;
  return NAME(svd_call)(s, a, (TYPE *)s->s + item * s->k, u, vh, work,
                        s->length, integers);
}

/* Columns of u (m, k) over their singular values; over those that count as
** 0, they are 0. */
static void NAME(divide_columns)(TYPE *u, const TYPE *s, int64_t m, int64_t k,
                                 double rtol) {
  for (int64_t j = 0; j < k; j++) {
    bool counts = (double)s[j] > rtol * (double)s[0];
    for (int64_t i = 0; i < m; i++)
      u[i * k + j] = counts ? u[i * k + j] / s[j] : 0;
  }
}

static void NAME(divide_all)(void *u, const void *s, int64_t items, int64_t m,
                             int64_t k, double rtol) {
  for (int64_t i = 0; i < items; i++) NAME(divide_columns)
  ((TYPE *)u + i * m * k, (const TYPE *)s + i * k, m, k, rtol);
}

/* }== eigenvalues {== */

static int NAME(eigh_work)(const Eigh *e, double *length, LinalgInt *integers) {
  TYPE none = 0, answer = 0;
  LinalgInt n = (LinalgInt)e->n;
  int info = LAPACK(syevd)(LAPACK_COL_MAJOR, e->mode, 'U', n, &none, n, &none,
                           &answer, -1, integers, -1);
  *length = (double)answer;
  return info;
}

static bool NAME(half_finite)(const TYPE *a, int64_t n, bool upper) {
  for (int64_t i = 0; i < n; i++) {
    const TYPE *row = a + i * n;
    if (!NAME(finite)(upper ? row + i : row, upper ? n - i : i + 1))
      return false;
  }
  return true;
}

/* The lower triangle by rows is the upper one by columns. Vectors come as
** columns of LAPACK's, rows of ours, and are turned. */
static int NAME(eigh_item)(const void *job, int64_t item, void *scratch) {
  const Eigh *e = job;
  int64_t n = e->n;
  TYPE *a = (TYPE *)e->vectors + item * n * n, *work = scratch;
  LinalgInt *integers = (LinalgInt *)(void *)(work + e->length);
  if (!NAME(half_finite)(a, n, e->upper)) return LINALG_NOT_FINITE;
  int info =
      LAPACK(syevd)(LAPACK_COL_MAJOR, e->mode, e->upper ? 'L' : 'U',
                    (LinalgInt)n, a, (LinalgInt)n, (TYPE *)e->values + item * n,
                    work, e->length, integers, e->integers);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < i; j++) {
      TYPE swapped = a[i * n + j];
      a[i * n + j] = a[j * n + i];
      a[j * n + i] = swapped;
    }
  return info;
}

/* }== least squares {== */

static int NAME(lstsq_call)(const Lstsq *l, TYPE *a, TYPE *b, TYPE *values,
                            LinalgInt *rank, TYPE *work, LinalgInt length,
                            LinalgInt *integers) {
  return LAPACK(gelsd)(LAPACK_COL_MAJOR, (LinalgInt)l->m, (LinalgInt)l->n,
                       (LinalgInt)l->k, a, (LinalgInt)l->m, b,
                       (LinalgInt)l->b_rows, values, (TYPE)l->rtol, rank, work,
                       length, integers);
}

static int NAME(lstsq_work)(const Lstsq *l, double *length,
                            LinalgInt *integers) {
  TYPE none = 0, answer = 0;
  LinalgInt rank = 0;
  int info =
      NAME(lstsq_call)(l, &none, &none, &none, &rank, &answer, -1, integers);
  *length = (double)answer;
  return info;
}

static int NAME(lstsq_item)(const void *job, int64_t item, void *scratch) {
  const Lstsq *l = job;
  int64_t least = tensor_min64(l->m, l->n);
  TYPE *a = (TYPE *)l->a + item * l->m * l->n;
  TYPE *b = (TYPE *)l->b + item * l->k * l->b_rows;
  TYPE *values = scratch, *work = values + least;
  LinalgInt *integers = (LinalgInt *)(void *)(work + l->length), rank = 0;
  if (!NAME(finite)(a, l->m * l->n)) return LINALG_NOT_FINITE;
  if (!NAME(finite)(b, l->k * l->b_rows)) return LSTSQ_B_NOT_FINITE;
  int info =
      NAME(lstsq_call)(l, a, b, values, &rank, work, l->length, integers);
  l->rank[item] = rank;
  return info;
}

/* }== */

#undef TYPE
#undef LAPACK
#undef NAME
