/*
** test_softmax.c - softmax and its logarithm against the formula.
*/
#include "tests/tensor/support.h"

/* Element (outer, i, inner) of x seen along dim. */
static int64_t place(const Tensor *x, int dim, int64_t line, int64_t i) {
  int64_t inner = 1;
  for (int d = dim + 1; d < x->ndim; d++) inner *= x->shape[d];
  return (line / inner * x->shape[dim] + i) * inner + line % inner;
}

static Tensor softmax_plainly(const Tensor *x, int dim, bool log_of) {
  Tensor out;
  test_ok(tensor_new_like(&out, x->dtype, x));
  int64_t n = x->shape[dim], lines = n > 0 ? tensor_numel(x) / n : 0;
  for (int64_t line = 0; line < lines; line++) {
    double most = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++) {
      double v = test_at(x, place(x, dim, line, i));
      most = isnan(v) || v > most ? v : most;
    }
    for (int64_t i = 0; i < n; i++)
      sum += exp(test_at(x, place(x, dim, line, i)) - most);
    for (int64_t i = 0; i < n; i++) {
      int64_t at = place(x, dim, line, i);
      double v = test_at(x, at) - most;
      tensor_set(&out, at, log_of ? v - log(sum) : exp(v) / sum);
    }
  }
  return out;
}

static void check(const Tensor *x, int dim) {
  for (int log_of = 0; log_of <= 1; log_of++) {
    Tensor due = softmax_plainly(x, dim, log_of), got;
    test_ok(tensor_new_like(&got, x->dtype, x));
    test_ok(tensor_softmax(&got, x, dim, log_of));
    test_expect_close(&got, &due, x->dtype == TENSOR_FLOAT32 ? 2e-6 : 1e-14);
    tensor_release(&got);
    tensor_release(&due);
  }
}

Test(softmax, dtypes_layouts_and_dims) {
  static const int64_t shapes[][3] = {
      {3, 4, 5}, {2, 1, 300}, {5, 33, 17}, {2, 3, 1000}, {131, 2, 150},
      {1, 1, 1}, {0, 3, 4},   {3, 0, 4},   {2, 200, 16}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (TensorDType dtype = TENSOR_FLOAT32; dtype <= TENSOR_FLOAT64; dtype++)
      for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
        Tensor x = test_view(layout, dtype, 3, shapes[i]);
        for (int dim = 0; dim < 3; dim++) check(&x, dim);
        tensor_release(&x);
      }
}

Test(softmax, zero_dims) {
  Tensor x = test_make(TENSOR_FLOAT32, 0, NULL), out;
  test_ok(tensor_new(&out, TENSOR_FLOAT32, 0, NULL));
  test_ok(tensor_softmax(&out, &x, 0, false));
  cr_expect_eq(tensor_get(&out, 0), 1);
  test_ok(tensor_softmax(&out, &x, 0, true));
  cr_expect_eq(tensor_get(&out, 0), 0);
  tensor_release(&x);
  tensor_release(&out);
}

Test(softmax, large_elements_are_stable) {
  double values[] = {1e30, 1e30, -1e30, 1000, 1001, 999, -1000, -1001, -900};
  Tensor x = test_from(TENSOR_FLOAT32, values, TEST_SHAPE(3, 3));
  check(&x, 1);
  check(&x, 0);
  tensor_release(&x);
}

/* Column c of 20 rows, and row c of its transpose, hold `values`. */
static void check_special(const double *values, int64_t n) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(20, 30));
  for (int64_t i = 0; i < n; i++) tensor_set(&x, i * 30 + 7, values[i]);
  check(&x, 0);
  Tensor t = test_transposed(x), rows;
  test_ok(tensor_clone(&rows, &t, TENSOR_FLOAT32));
  check(&rows, 1);
  tensor_release(&t);
  tensor_release(&rows);
}

Test(softmax, nan_and_infinity) {
  double all_low[20], one_low[] = {0, -INFINITY, 1};
  double high[] = {INFINITY}, nan_only[] = {0, 1, NAN};
  for (int i = 0; i < 20; i++) all_low[i] = -INFINITY;
  check_special(all_low, 20);
  check_special(one_low, 3);
  check_special(high, 1);
  check_special(nan_only, 3);
}

Test(softmax, masked_elements_are_exactly_0) {
  double values[] = {2, -INFINITY, 1, -200};
  Tensor x = test_from(TENSOR_FLOAT32, values, TEST_SHAPE(4)), out;
  test_ok(tensor_new_like(&out, TENSOR_FLOAT32, &x));
  test_ok(tensor_softmax(&out, &x, 0, false));
  cr_expect_eq(tensor_get(&out, 1), 0);
  cr_expect_eq(tensor_get(&out, 3), 0);
  test_ok(tensor_softmax(&out, &x, 0, true));
  cr_expect_eq(tensor_get(&out, 1), -INFINITY);
  cr_expect_float_eq(tensor_get(&out, 3), -202.3133, 1e-3);
  tensor_release(&x);
  tensor_release(&out);
}

Test(softmax, threads_do_not_change_bits) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(300, 401)), one, two;
  test_ok(tensor_new_like(&one, TENSOR_FLOAT32, &x));
  test_ok(tensor_new_like(&two, TENSOR_FLOAT32, &x));
  for (int dim = 0; dim < 2; dim++) {
    tensor_set_threads(1);
    test_ok(tensor_softmax(&one, &x, dim, false));
    tensor_set_threads(2);
    test_ok(tensor_softmax(&two, &x, dim, false));
    test_expect_same(&two, &one);
  }
  tensor_release(&x);
  tensor_release(&one);
  tensor_release(&two);
}
