/*
** linalg_lu_body.h - solving, inverting and determinants of one float dtype.
** Included with these defined: TYPE of an element, LAPACK(f) and BLAS(f),
** which make a routine's name, and NAME(word), which makes a function's.
**
** The factors are those of the transpose: A' = P L U. A pivot of 0, which
** LAPACK never gives, marks a matrix with NaN in it.
*/

static bool NAME(has_nan)(const TYPE *a, int64_t count) {
  bool found = false;
  for (int64_t i = 0; i < count; i++) found |= isnan(a[i]);
  return found;
}

static void NAME(fill)(TYPE *a, int64_t count, TYPE value) {
  for (int64_t i = 0; i < count; i++) a[i] = value;
}

/* The factors in place of a; LAPACK's answer: the first pivot that is 0. */
static int NAME(factor)(TYPE *a, LinalgInt n, LinalgInt *pivots) {
  pivots[0] = 0;
  if (NAME(has_nan)(a, (int64_t)n * n)) return 0;
  return LAPACK(getrf)(LAPACK_COL_MAJOR, n, n, a, n, pivots);
}

static int NAME(factor_item)(const void *job, int64_t item, void *scratch) {
  const Solve *s = job;
  (void)scratch;
  return NAME(factor)((TYPE *)s->a + item * s->n * s->n, (LinalgInt)s->n,
                      s->pivots + item * s->n);
}

/* X' A' = B', from the right: by U, by L, and the exchanges undone, which
** are of rows of X as it lies here. */
static int NAME(solve_item)(const void *job, int64_t item, void *scratch) {
  const Solve *s = job;
  LinalgInt n = (LinalgInt)s->n, k = (LinalgInt)s->k;
  TYPE *x = (TYPE *)s->x + item * s->n * s->k;
  int64_t offset = tensor_linalg_offset(s->a_for_x, item);
  const TYPE *a = (const TYPE *)s->a + offset;
  const LinalgInt *pivots = s->pivots + offset / s->n;
  (void)scratch;
  if (pivots[0] == 0) {
    NAME(fill)(x, s->n * s->k, (TYPE)NAN);
    return 0;
  }
  BLAS(trsm)
  (CblasColMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, k, n, 1,
   a, n, x, k);
  BLAS(trsm)
  (CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasUnit, k, n, 1, a,
   n, x, k);
  for (LinalgInt i = n - 1; i >= 0; i--)
    if (pivots[i] != i + 1)
      BLAS(swap)(k, x + (int64_t)i * k, 1, x + (int64_t)(pivots[i] - 1) * k, 1);
  return 0;
}

static int NAME(triangular_item)(const void *job, int64_t item, void *scratch) {
  const Solve *s = job;
  (void)scratch;
  BLAS(trsm)
  (CblasRowMajor, CblasLeft, s->upper ? CblasUpper : CblasLower, CblasNoTrans,
   CblasNonUnit, (LinalgInt)s->n, (LinalgInt)s->k, 1,
   (const TYPE *)s->a + tensor_linalg_offset(s->a_for_x, item), (LinalgInt)s->n,
   (TYPE *)s->x + item * s->n * s->k, (LinalgInt)s->k);
  return 0;
}

/* The inverse from the factors; the inverse of the transpose is the
** transpose of the inverse. */
static void NAME(invert)(TYPE *a, LinalgInt n, const LinalgInt *pivots,
                         TYPE *work) {
  LAPACK(getri)(LAPACK_COL_MAJOR, n, a, n, pivots, work, n * INVERSE_BLOCK);
}

static int NAME(inverse_item)(const void *job, int64_t item, void *scratch) {
  const Inverse *v = job;
  int64_t count = v->n * v->n;
  TYPE *a = (TYPE *)v->out + item * count, *work = scratch;
  LinalgInt *pivots = (LinalgInt *)(void *)(work + v->n * INVERSE_BLOCK);
  int zero = NAME(factor)(a, (LinalgInt)v->n, pivots);
  if (pivots[0] == 0)
    NAME(fill)(a, count, (TYPE)NAN);
  else if (zero == 0)
    NAME(invert)(a, (LinalgInt)v->n, pivots, work);
  else if (v->infinite)
    NAME(fill)(a, count, (TYPE)INFINITY);
  else
    return zero;
  return 0;
}

/* The determinant's sign, and the determinant, from the factors. */
static double NAME(sign)(const TYPE *a, int64_t n, const LinalgInt *pivots) {
  double sign = 1;
  for (int64_t i = 0; i < n; i++) {
    double u = (double)a[i * n + i];
    if (pivots[i] != i + 1) sign = -sign;
    sign *= u > 0 ? 1 : u < 0 ? -1 : u;
  }
  return sign;
}

static double NAME(product)(const TYPE *a, int64_t n, const LinalgInt *pivots) {
  double product = 1;
  for (int64_t i = 0; i < n; i++) {
    double u = (double)a[i * n + i];
    product *= pivots[i] != i + 1 ? -u : u;
  }
  return product;
}

static int NAME(det_item)(const void *job, int64_t item, void *scratch) {
  const Determinant *d = job;
  LinalgInt *pivots = scratch;
  TYPE *a = (TYPE *)d->a + item * d->n * d->n, *det = d->det;
  NAME(factor)(a, (LinalgInt)d->n, pivots);
  det[item] = pivots[0] == 0 ? (TYPE)NAN : (TYPE)NAME(product)(a, d->n, pivots);
  return 0;
}

static int NAME(slogdet_item)(const void *job, int64_t item, void *scratch) {
  const Determinant *d = job;
  LinalgInt *pivots = scratch;
  TYPE *a = (TYPE *)d->a + item * d->n * d->n, *sign = d->sign;
  double log_size = 0;
  NAME(factor)(a, (LinalgInt)d->n, pivots);
  for (int64_t i = 0; i < d->n; i++)
    log_size += log(fabs((double)a[i * d->n + i]));
  if (pivots[0] == 0) log_size = NAN;
  sign[item] = pivots[0] == 0 ? (TYPE)NAN : (TYPE)NAME(sign)(a, d->n, pivots);
  ((TYPE *)d->det)[item] = (TYPE)log_size;
  return 0;
}

/* det(A) times the inverse of A. It is a polynomial of A's elements, so where
** A is singular, pivots that vanish next to the largest element change it
** only in the last digits. */
static int NAME(adjugate_item)(const void *job, int64_t item, void *scratch) {
  const Inverse *v = job;
  int64_t n = v->n, count = n * n;
  TYPE *a = (TYPE *)v->out + item * count, *work = scratch, largest = 0;
  LinalgInt *pivots = (LinalgInt *)(void *)(work + n * INVERSE_BLOCK);
  for (int64_t i = 0; i < count; i++)
    largest = fabs((double)a[i]) > (double)largest ? (TYPE)fabs((double)a[i])
                                                   : largest;
  NAME(factor)(a, (LinalgInt)n, pivots);
  if (pivots[0] == 0) {
    NAME(fill)(a, count, (TYPE)NAN);
    return 0;
  }
  for (int64_t i = 0; i < n; i++)
    if (a[i * n + i] == 0) a[i * n + i] = largest > 0 ? TINY * largest : 1;
  double det = NAME(product)(a, n, pivots);
  if (largest == 0 && n > 1) det = 0;
  NAME(invert)(a, (LinalgInt)n, pivots, work);
  for (int64_t i = 0; i < count; i++) a[i] = (TYPE)(det * (double)a[i]);
  return 0;
}

/* One triangle of a, in place. */
static int NAME(triangle_item)(const void *job, int64_t item, void *scratch) {
  const Inverse *v = job;
  int64_t n = v->n;
  TYPE *a = (TYPE *)v->out + item * n * n;
  (void)scratch;
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = v->upper ? 0 : i + 1; j < (v->upper ? i : n); j++)
      a[i * n + j] = 0;
    a[i * n + i] *= (TYPE)v->diagonal;
  }
  return 0;
}

/* Whether the triangle that is read, row by row, is finite. */
static bool NAME(triangle_finite)(const TYPE *a, int64_t n, bool upper) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = upper ? i : 0; j < (upper ? n : i + 1); j++)
      if (!isfinite(a[i * n + j])) return false;
  return true;
}

/* The lower triangle by rows is the upper one by columns. */
static int NAME(cholesky_item)(const void *job, int64_t item, void *scratch) {
  const Inverse *v = job;
  int64_t n = v->n;
  TYPE *a = (TYPE *)v->out + item * n * n;
  (void)scratch;
  if (!NAME(triangle_finite)(a, n, v->upper)) return LINALG_NOT_FINITE;
  int minor = LAPACK(potrf)(LAPACK_COL_MAJOR, v->upper ? 'L' : 'U',
                            (LinalgInt)n, a, (LinalgInt)n);
  NAME(triangle_item)(job, item, scratch);
  return minor;
}

#undef TYPE
#undef TINY
#undef LAPACK
#undef BLAS
#undef NAME
