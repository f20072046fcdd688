/*
** Linear algebra against naive twins: elimination by hand, and products that
** must give the input back. Every layout, both float dtypes, empty sizes.
*/
#include "support.h"

static double tolerance(TensorDType d) {
  return d == TENSOR_FLOAT32 ? 2e-4 : 1e-10;
}

/* The pattern with more on the diagonals: no matrix is near singular. */
static Tensor regular(TestLayout layout, TensorDType dtype, int64_t m,
                      int64_t n) {
  Tensor t = test_view(layout, dtype, TEST_SHAPE(2, m, n));
  for (int64_t item = 0; item < 2; item++)
    for (int64_t i = 0; i < m && i < n; i++) {
      int64_t at = (item * m + i) * n + i;
      test_put(&t, at, test_at(&t, at) + 3 + (double)i);
    }
  return t;
}

static Tensor make(TensorDType dtype, int64_t m, int64_t n) {
  Tensor t;
  test_ok(tensor_new(&t, dtype, TEST_SHAPE(2, m, n)));
  return t;
}

static Tensor row(TensorDType dtype, int64_t n) {
  Tensor t;
  test_ok(tensor_new(&t, dtype, TEST_SHAPE(2, n)));
  return t;
}

static Tensor turned(const Tensor *t) {
  Tensor v;
  tensor_transpose(&v, t, 1, 2);
  return v;
}

/* Element (i, j) of matrix `item`. */
static double at(const Tensor *t, int64_t item, int64_t i, int64_t j) {
  return test_at(t, (item * t->shape[1] + i) * t->shape[2] + j);
}

/* a b, times s between them, is c: (2, m, k), (2, k, n), (2, m, n). */
static void expect_product(const Tensor *a, const Tensor *s, const Tensor *b,
                           const Tensor *c, double tol) {
  int64_t k = a->shape[2];
  for (int64_t item = 0; item < 2; item++)
    for (int64_t i = 0; i < a->shape[1]; i++)
      for (int64_t j = 0; j < b->shape[2]; j++) {
        double sum = 0;
        for (int64_t l = 0; l < k; l++)
          sum += at(a, item, i, l) * at(b, item, l, j) *
                 (s == NULL ? 1 : test_at(s, item * k + l));
        cr_assert(test_near(sum, at(c, item, i, j), tol),
                  "element (%lld, %lld) is %g where %g was due", (long long)i,
                  (long long)j, sum, at(c, item, i, j));
      }
}

static Tensor identity(TensorDType dtype, int64_t n) {
  Tensor t = make(dtype, n, n);
  test_ok(tensor_fill(&t, 0));
  for (int64_t i = 0; i < 2 * n; i++) test_put(&t, i * n + i % n, 1);
  return t;
}

/* t' t is the identity. */
static void expect_orthonormal(const Tensor *t, double tol) {
  Tensor back = turned(t), one = identity(t->dtype, t->shape[2]);
  expect_product(&back, NULL, t, &one, tol);
  tensor_release(&back);
  tensor_release(&one);
}

/* The determinant by elimination with pivots. */
static double naive_det(const Tensor *t, int64_t item) {
  enum { MOST = 40 };
  static double a[MOST][MOST];
  int64_t n = t->shape[1];
  double det = 1;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) a[i][j] = at(t, item, i, j);
  for (int64_t k = 0; k < n; k++) {
    int64_t p = k;
    for (int64_t i = k; i < n; i++)
      if (fabs(a[i][k]) > fabs(a[p][k])) p = i;
    for (int64_t j = 0; p != k && j < n; j++) {
      double kept = a[k][j];
      a[k][j] = a[p][j];
      a[p][j] = kept;
    }
    det *= p != k ? -a[k][k] : a[k][k];
    for (int64_t i = k + 1; i < n; i++)
      for (int64_t j = n - 1; j >= k; j--)
        a[i][j] -= a[i][k] / a[k][k] * a[k][j];
  }
  return det;
}

static void each_case(void (*check)(TestLayout, TensorDType, int64_t)) {
  static const int64_t sizes[] = {1, 2, 3, 7, 33};
  for (int layout = 0; layout < TEST_LAYOUTS; layout++)
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
      check((TestLayout)layout, TENSOR_FLOAT32, sizes[k]);
      check((TestLayout)layout, TENSOR_FLOAT64, sizes[k]);
    }
}

/* {== equations, inverses, determinants */

static void check_solve(TestLayout layout, TensorDType dtype, int64_t n) {
  Tensor a = regular(layout, dtype, n, n), x = make(dtype, n, 4);
  Tensor b = test_view(layout, dtype, TEST_SHAPE(2, n, 4));
  test_ok(tensor_solve(&x, &a, &b));
  expect_product(&a, NULL, &x, &b, tolerance(dtype));
  tensor_release(&a);
  tensor_release(&b);
  tensor_release(&x);
}

Test(linalg, solve) { each_case(check_solve); }

static void check_inverse(TestLayout layout, TensorDType dtype, int64_t n) {
  Tensor a = regular(layout, dtype, n, n), x = make(dtype, n, n);
  Tensor one = identity(dtype, n);
  test_ok(tensor_inv(&x, &a, false));
  expect_product(&a, NULL, &x, &one, tolerance(dtype));
  tensor_release(&a);
  tensor_release(&x);
  tensor_release(&one);
}

Test(linalg, inverse) { each_case(check_inverse); }

static void check_det(TestLayout layout, TensorDType dtype, int64_t n) {
  Tensor a = regular(layout, dtype, n, n), adjugate = make(dtype, n, n), sign,
         size, det;
  if (n <= 7) {
    test_ok(tensor_new(&det, dtype, TEST_SHAPE(2)));
    test_ok(tensor_new_like(&sign, dtype, &det));
    test_ok(tensor_new_like(&size, dtype, &det));
    test_ok(tensor_det(&det, &a));
    test_ok(tensor_slogdet(&sign, &size, &a));
    test_ok(tensor_adjugate(&adjugate, &a));
    for (int64_t item = 0; item < 2; item++) {
      double due = naive_det(&a, item), first = 0;
      for (int64_t j = 0; j < n; j++)
        first += at(&a, item, 0, j) * at(&adjugate, item, j, 0);
      cr_expect(test_near(test_at(&det, item), due, tolerance(dtype)));
      cr_expect(test_near(first, due, tolerance(dtype)));
      cr_expect(test_near(test_at(&sign, item) * exp(test_at(&size, item)), due,
                          tolerance(dtype)));
    }
    tensor_release(&det);
    tensor_release(&sign);
    tensor_release(&size);
  }
  tensor_release(&a);
  tensor_release(&adjugate);
}

Test(linalg, determinants) { each_case(check_det); }

Test(linalg, the_adjugate_of_a_singular_matrix_is_that_of_its_cofactors) {
  static const double a_values[] = {1, 2, 3, 2, 4, 6, 1, 0, 1};
  static const double due[] = {4, -2, 0, 4, -2, 0, -4, 2, 0};
  Tensor a = test_from(TENSOR_FLOAT64, a_values, TEST_SHAPE(3, 3));
  Tensor out = test_make(TENSOR_FLOAT64, TEST_SHAPE(3, 3));
  Tensor expected = test_from(TENSOR_FLOAT64, due, TEST_SHAPE(3, 3));
  test_ok(tensor_adjugate(&out, &a));
  test_expect_close(&out, &expected, 1e-12);
  tensor_release(&a);
  tensor_release(&out);
  tensor_release(&expected);
}

Test(linalg, one_matrix_for_a_batch_of_right_sides) {
  Tensor b = test_make(TENSOR_FLOAT64, TEST_SHAPE(2, 5, 3));
  Tensor a = test_make(TENSOR_FLOAT64, TEST_SHAPE(5, 5)), x, spread;
  test_ok(tensor_new_like(&x, TENSOR_FLOAT64, &b));
  test_ok(tensor_solve(&x, &a, &b));
  test_ok(tensor_broadcast_to(&spread, &a, TEST_SHAPE(2, 5, 5)));
  expect_product(&spread, NULL, &x, &b, 1e-9);
  tensor_release(&a);
  tensor_release(&b);
  tensor_release(&x);
  tensor_release(&spread);
}

Test(linalg, singular_matrices_are_named) {
  Tensor a = test_make(TENSOR_FLOAT64, TEST_SHAPE(2, 2, 3, 3)), out;
  test_ok(tensor_new_like(&out, TENSOR_FLOAT64, &a));
  for (int64_t k = 0; k < 3; k++) test_put(&a, 2 * 9 + k * 3 + 1, 0);
  test_fails(tensor_inv(&out, &a, false),
             "linalg.inv: matrix (2, 1) of the batch is singular (pivot ");
  test_fails(tensor_solve(&out, &a, &a), "linalg.solve: matrix (2, 1) of");
  test_ok(tensor_inv(&out, &a, true));
  cr_expect(isinf(test_at(&out, 2 * 9)) && isfinite(test_at(&out, 9)));
  tensor_release(&a);
  tensor_release(&out);
}

/* }== factors {== */

static void check_cholesky(TestLayout layout, TensorDType dtype, int64_t n) {
  Tensor x = regular(layout, dtype, n, n), xt = turned(&x), l, lt;
  Tensor a = make(dtype, n, n);
  double tol = tolerance(dtype) * (double)(n + 3);
  test_ok(tensor_matmul(&a, &x, &xt));
  l = make(dtype, n, n);
  for (int upper = 0; upper < 2; upper++) {
    test_ok(tensor_cholesky(&l, &a, upper != 0));
    lt = turned(&l);
    expect_product(upper ? &lt : &l, NULL, upper ? &l : &lt, &a, tol);
    cr_expect(n == 1 || at(&l, 1, upper ? n - 1 : 0, upper ? 0 : n - 1) == 0);
    tensor_release(&lt);
  }
  tensor_release(&x);
  tensor_release(&xt);
  tensor_release(&a);
  tensor_release(&l);
}

Test(linalg, cholesky) { each_case(check_cholesky); }

static void qr_of(TestLayout layout, TensorDType dtype, int64_t m, int64_t n,
                  int64_t k) {
  Tensor a = test_view(layout, dtype, TEST_SHAPE(2, m, n));
  Tensor q = make(dtype, m, k), r = make(dtype, k, n);
  test_ok(tensor_qr(&q, &r, &a));
  expect_orthonormal(&q, tolerance(dtype));
  expect_product(&q, NULL, &r, &a, tolerance(dtype));
  for (int64_t i = 1; i < k; i++)
    for (int64_t j = 0; j < i && j < n; j++) cr_assert(at(&r, 1, i, j) == 0);
  tensor_release(&a);
  tensor_release(&q);
  tensor_release(&r);
}

static void check_qr(TestLayout layout, TensorDType dtype, int64_t n) {
  qr_of(layout, dtype, n, n, n);
  qr_of(layout, dtype, n + 2, n, n);
  qr_of(layout, dtype, n + 2, n, n + 2);
  qr_of(layout, dtype, n, n + 2, n);
}

Test(linalg, qr) { each_case(check_qr); }

static void svd_of(TestLayout layout, TensorDType dtype, int64_t m, int64_t n) {
  int64_t k = m < n ? m : n;
  Tensor a = test_view(layout, dtype, TEST_SHAPE(2, m, n)), vt;
  Tensor u = make(dtype, m, k), s = row(dtype, k), vh = make(dtype, k, n);
  Tensor values = row(dtype, k), all_u = make(dtype, m, m);
  Tensor all_vh = make(dtype, n, n);
  double tol = 4 * tolerance(dtype);
  test_ok(tensor_svd(&u, &s, &vh, &a));
  expect_product(&u, &s, &vh, &a, tol);
  expect_orthonormal(&u, tol);
  vt = turned(&vh);
  expect_orthonormal(&vt, tol);
  for (int64_t i = 1; i < k; i++)
    cr_assert(test_at(&s, i) <= test_at(&s, i - 1) && test_at(&s, i) >= 0);
  test_ok(tensor_svd(NULL, &values, NULL, &a));
  test_expect_close(&values, &s, tol);
  test_ok(tensor_svd(&all_u, &values, &all_vh, &a));
  expect_orthonormal(&all_u, tol);
  expect_orthonormal(&all_vh, tol);
  Tensor *const all[] = {&a, &u, &s, &vh, &vt, &values, &all_u, &all_vh};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) tensor_release(all[i]);
}

static void check_svd(TestLayout layout, TensorDType dtype, int64_t n) {
  svd_of(layout, dtype, n, n);
  svd_of(layout, dtype, n + 3, n);
  svd_of(layout, dtype, n, n + 3);
}

Test(linalg, svd) { each_case(check_svd); }

static void check_eigh(TestLayout layout, TensorDType dtype, int64_t n) {
  Tensor x = regular(layout, dtype, n, n), w = row(dtype, n);
  Tensor v = make(dtype, n, n), a = make(dtype, n, n), vt,
         other = row(dtype, n);
  double tol = tolerance(dtype) * 4;
  for (int upper = 0; upper < 2; upper++) {
    for (int64_t i = 0; i < 2 * n * n; i++) { /* what the triangle tells */
      int64_t r = i / n % n, c = i % n, item = i / (n * n);
      bool read = upper ? c >= r : r >= c;
      test_put(&a, i, read ? at(&x, item, r, c) : at(&x, item, c, r));
    }
    test_ok(tensor_eigh(&w, &v, &x, upper != 0));
    vt = turned(&v);
    expect_product(&v, &w, &vt, &a, tol);
    expect_orthonormal(&v, tol);
    test_ok(tensor_eigh(&other, NULL, &x, upper != 0));
    test_expect_close(&other, &w, tol);
    tensor_release(&vt);
  }
  Tensor *const all[] = {&x, &w, &v, &a, &other};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) tensor_release(all[i]);
}

Test(linalg, eigh) { each_case(check_eigh); }

/* a p a = a and p a p = p. */
static void pinv_of(TestLayout layout, TensorDType dtype, int64_t m,
                    int64_t n) {
  Tensor a = regular(layout, dtype, m, n), p = make(dtype, n, m);
  Tensor ap = make(dtype, m, m), b = make(dtype, m, 2), x = make(dtype, n, 2);
  Tensor rank, due = make(dtype, n, 2);
  double tol = 4 * tolerance(dtype);
  test_ok(tensor_pinv(&p, &a, NAN));
  test_ok(tensor_matmul(&ap, &a, &p));
  expect_product(&ap, NULL, &a, &a, tol);
  expect_product(&p, NULL, &ap, &p, tol);
  test_fill(&b);
  test_ok(tensor_new(&rank, TENSOR_INT64, TEST_SHAPE(2)));
  test_ok(tensor_lstsq(&x, &rank, &a, &b, NAN));
  test_ok(tensor_matmul(&due, &p, &b));
  test_expect_close(&x, &due, tol);
  cr_expect_eq(test_int_at(&rank, 1), m < n ? m : n);
  Tensor *const all[] = {&a, &p, &ap, &b, &x, &rank, &due};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) tensor_release(all[i]);
}

static void check_pinv(TestLayout layout, TensorDType dtype, int64_t n) {
  pinv_of(layout, dtype, n, n);
  pinv_of(layout, dtype, n + 3, n);
  pinv_of(layout, dtype, n, n + 3);
}

Test(linalg, pinv_and_least_squares) { each_case(check_pinv); }

/* }== */

Test(linalg, an_interrupt_stops_a_batch) {
  Tensor a = test_make(TENSOR_FLOAT32, TEST_SHAPE(1000, 3, 3)), out;
  test_ok(tensor_new_like(&out, TENSOR_FLOAT32, &a));
  tensor_interrupt = 1;
  cr_expect_eq(tensor_inv(&out, &a, true), TENSOR_INTERRUPTED);
  tensor_interrupt = 0;
  test_ok(tensor_inv(&out, &a, true));
  tensor_release(&a);
  tensor_release(&out);
}

Test(linalg, a_batch_gives_the_same_on_any_number_of_threads) {
  Tensor a = test_make(TENSOR_FLOAT32, TEST_SHAPE(2000, 4, 4)), one, two;
  test_ok(tensor_new_like(&one, TENSOR_FLOAT32, &a));
  test_ok(tensor_new_like(&two, TENSOR_FLOAT32, &a));
  tensor_set_threads(1);
  test_ok(tensor_inv(&one, &a, true));
  tensor_set_threads(2);
  test_ok(tensor_inv(&two, &a, true));
  test_expect_same(&two, &one);
  tensor_release(&a);
  tensor_release(&one);
  tensor_release(&two);
}

Test(linalg, sizes_beyond_an_int_are_refused) {
  Tensor one = test_make(TENSOR_FLOAT32, TEST_SHAPE(1, 1)), large, out = one;
  test_ok(tensor_broadcast_to(&large, &one, TEST_SHAPE(INT64_C(3) << 30, 2)));
  test_fails(tensor_svd(NULL, &out, NULL, &large),
             "linalg.svd: matrices of shape (3221225472, 2) are too large");
  tensor_release(&large);
  tensor_release(&one);
}
