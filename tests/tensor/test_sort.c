/*
** test_sort.c - order, quantiles, different values, places and running sums,
** each beside a plain way to the same result.
*/
#include "support.h"

/* {== sorting =========================================================== */

/* Whether a comes before b: NaN is greatest. */
static bool goes_before(double a, double b) {
  if (isnan(a) || isnan(b)) return !isnan(a) && isnan(b);
  return a < b;
}

/* The offset from x->data of element i of the row at `place` along dim. */
static int64_t along(const Tensor *x, int dim, int64_t place, int64_t i) {
  int64_t offset = i * x->strides[dim];
  for (int d = x->ndim - 1; d >= 0; d--) {
    if (d == dim) continue;
    offset += place % x->shape[d] * x->strides[d];
    place /= x->shape[d];
  }
  return offset;
}

/* Each row ascends, equals by their positions, and holds what x holds. */
static void check_order(const Tensor *values, const Tensor *positions,
                        const Tensor *x, int dim, bool descending) {
  int64_t n = values->shape[dim], rows = n == 0 ? 0 : tensor_numel(values) / n;
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < n; i++) {
      int64_t here = along(values, dim, row, i);
      int64_t at = tensor_get_int(positions, here) - 1;
      double v = tensor_get(values, here);
      cr_assert(at >= 0 && at < x->shape[dim]);
      cr_assert(test_near(v, tensor_get(x, along(x, dim, row, at)), 0));
      if (i == 0) continue;
      int64_t before = along(values, dim, row, i - 1);
      double u = tensor_get(values, before);
      bool less = descending ? goes_before(v, u) : goes_before(u, v);
      bool more = descending ? goes_before(u, v) : goes_before(v, u);
      cr_assert(!more, "place %lld is out of order", (long long)i);
      cr_assert(less || tensor_get_int(positions, before) <= at,
                "equals at place %lld are out of order", (long long)i);
    }
}

static void check_sort(const Tensor *x, int dim) {
  Tensor values, positions, alone;
  test_ok(tensor_new_like(&values, x->dtype, x));
  test_ok(tensor_new_like(&positions, TENSOR_INT64, x));
  test_ok(tensor_new_like(&alone, TENSOR_INT64, x));
  for (int descending = 0; descending < 2; descending++) {
    test_ok(tensor_sort(&values, &positions, x, dim, descending));
    check_order(&values, &positions, x, dim, descending);
    test_ok(tensor_sort(NULL, &alone, x, dim, descending));
    test_expect_same(&alone, &positions);
  }
  tensor_release(&values);
  tensor_release(&positions);
  tensor_release(&alone);
}

Test(sort, every_dtype_layout_and_dim) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
    for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
      Tensor x = test_view(layout, dtype, TEST_SHAPE(3, 40, 5));
      for (int dim = 0; dim < 3; dim++) check_sort(&x, dim);
      tensor_release(&x);
    }
}

/* Keys of few bits and of many, packed and wide, short and long rows. */
Test(sort, lengths_and_ranges) {
  static const int64_t lengths[] = {1, 2, 31, 32, 33, 64, 257, 5000, 150000};
  static const TensorDType dtypes[] = {TENSOR_INT32, TENSOR_INT64,
                                       TENSOR_FLOAT32, TENSOR_FLOAT64};
  for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
    for (int d = 0; d < 4; d++)
      for (int bits = 1; bits < 63; bits += 20) {
        Tensor x = test_make(dtypes[d], TEST_SHAPE(lengths[k]));
        for (int64_t i = 0; i < lengths[k]; i++) {
          int64_t v = test_random() << 32 ^ test_random();
          v >>= 64 - bits;
          if (tensor_dtype_is_float(x.dtype))
            tensor_set(&x, i, (double)v / 3);
          else
            tensor_set_int(&x, i, v);
        }
        check_sort(&x, 0);
        tensor_release(&x);
      }
}

Test(sort, extremes_of_integers) {
  int64_t ends[] = {INT64_MAX, 0, INT64_MIN, -1, INT64_MAX, 1, INT64_MIN};
  int64_t due[] = {3, 7, 4, 2, 6, 1, 5};
  Tensor x = test_ints(7, ends), positions, expected = test_ints(7, due);
  test_ok(tensor_new_like(&positions, TENSOR_INT64, &x));
  test_ok(tensor_sort(NULL, &positions, &x, 0, false));
  test_expect_same(&positions, &expected);
  tensor_release(&x);
  tensor_release(&positions);
  tensor_release(&expected);
}

Test(sort, nan_infinity_and_zeros) {
  static const double odd[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e-300};
  for (TensorDType dtype = TENSOR_FLOAT32; dtype <= TENSOR_FLOAT64; dtype++)
    for (int64_t n = 6; n < 10000; n *= 30) {
      Tensor x = test_make(dtype, TEST_SHAPE(n)), values, positions;
      for (int64_t i = 0; i < n; i++)
        if (test_random() % 2) tensor_set(&x, i, odd[test_random() % 6]);
      check_sort(&x, 0);
      test_ok(tensor_new_like(&values, dtype, &x));
      test_ok(tensor_new_like(&positions, TENSOR_INT64, &x));
      test_ok(tensor_sort(&values, &positions, &x, 0, false));
      for (int64_t i = 0; i < n; i++) { /* zeros keep their sign */
        double v = tensor_get(&values, i);
        double from = tensor_get(&x, tensor_get_int(&positions, i) - 1);
        cr_assert_eq(signbit(v) != 0, signbit(from) != 0);
      }
      tensor_release(&x);
      tensor_release(&values);
      tensor_release(&positions);
    }
}

Test(sort, threads_do_not_change_bits) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(400000)), one, two;
  test_ok(tensor_new_like(&one, TENSOR_INT64, &x));
  test_ok(tensor_new_like(&two, TENSOR_INT64, &x));
  tensor_set_threads(1);
  test_ok(tensor_sort(NULL, &one, &x, 0, true));
  tensor_set_threads(3);
  test_ok(tensor_sort(NULL, &two, &x, 0, true));
  test_expect_same(&one, &two);
  tensor_release(&x);
  tensor_release(&one);
  tensor_release(&two);
}

Test(sort, stops_when_asked) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(3000000)), positions;
  test_ok(tensor_new_like(&positions, TENSOR_INT64, &x));
  int64_t live = tensor_memory().live;
  tensor_interrupt = 1;
  cr_expect_eq(tensor_sort(NULL, &positions, &x, 0, false), TENSOR_INTERRUPTED);
  tensor_interrupt = 0;
  cr_expect_eq(tensor_memory().live, live);
  tensor_release(&x);
  tensor_release(&positions);
}

Test(sort, zero_dims_and_nothing) {
  Tensor x = test_make(TENSOR_FLOAT32, 0, NULL), values, positions;
  test_ok(tensor_new_like(&values, TENSOR_FLOAT32, &x));
  test_ok(tensor_new_like(&positions, TENSOR_INT64, &x));
  test_ok(tensor_sort(&values, &positions, &x, 0, false));
  cr_expect_eq(tensor_get_int(&positions, 0), 1);
  cr_expect_eq(tensor_get(&values, 0), tensor_get(&x, 0));
  tensor_release(&values);
  tensor_release(&positions);
  tensor_release(&x);
  x = test_make(TENSOR_INT32, TEST_SHAPE(0, 3));
  check_sort(&x, 0);
  check_sort(&x, 1);
  tensor_release(&x);
}

/* }== the first few and quantiles ======================================= */

static void check_topk(const Tensor *x, int dim, int64_t k, bool largest) {
  int64_t shape[TENSOR_MAX_DIMS];
  Tensor values, positions, all, order, front, sorted;
  memcpy(shape, x->shape, sizeof shape);
  shape[dim] = k;
  test_ok(tensor_new(&values, x->dtype, x->ndim, shape));
  test_ok(tensor_new(&positions, TENSOR_INT64, x->ndim, shape));
  test_ok(tensor_new_like(&all, x->dtype, x));
  test_ok(tensor_new_like(&order, TENSOR_INT64, x));
  test_ok(tensor_sort(&all, &order, x, dim, largest));
  test_ok(tensor_topk(&values, &positions, x, dim, largest, true));
  tensor_slice(&front, &all, dim, 0, 1, k);
  test_expect_close(&values, &front, 0);
  tensor_release(&front);
  tensor_slice(&front, &order, dim, 0, 1, k);
  test_expect_close(&positions, &front, 0);
  tensor_release(&front);
  test_ok(tensor_topk(&values, &positions, x, dim, largest, false));
  test_ok(tensor_new_like(&sorted, x->dtype, &values));
  test_ok(tensor_sort(&sorted, &positions, &values, dim, largest));
  tensor_slice(&front, &all, dim, 0, 1, k);
  test_expect_close(&sorted, &front, 0);
  tensor_release(&front);
  tensor_release(&sorted);
  tensor_release(&values);
  tensor_release(&positions);
  tensor_release(&all);
  tensor_release(&order);
}

Test(topk, is_the_beginning_of_sort) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
    for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
      Tensor x = test_view(layout, dtype, TEST_SHAPE(4, 70, 3));
      for (int dim = 0; dim < 3; dim++)
        for (int64_t k = 0; k <= x.shape[dim]; k += 1 + k * 3)
          for (int largest = 0; largest < 2; largest++)
            check_topk(&x, dim, k, largest);
      tensor_release(&x);
    }
}

Test(topk, long_rows_with_nan) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(2, 100000));
  for (int i = 0; i < 9; i++) tensor_set(&x, i * 11117, NAN);
  for (int64_t k = 1; k <= 100000; k *= 10) {
    check_topk(&x, 1, k, true);
    check_topk(&x, 1, k, false);
  }
  tensor_release(&x);
}

static void check_quantile(const Tensor *x, double q) {
  int last = x->ndim - 1;
  int64_t n = x->shape[last], shape[TENSOR_MAX_DIMS];
  Tensor value, positions, all, order;
  memcpy(shape, x->shape, sizeof shape);
  shape[last] = 2;
  test_ok(tensor_new(&value, x->dtype, last, x->shape));
  test_ok(tensor_new(&positions, TENSOR_INT64, x->ndim, shape));
  test_ok(tensor_new_like(&all, x->dtype, x));
  test_ok(tensor_new_like(&order, TENSOR_INT64, x));
  test_ok(tensor_sort(&all, &order, x, last, false));
  test_ok(tensor_quantile(&value, &positions, x, q));
  TensorRank rank = tensor_rank(n, q);
  for (int64_t row = 0; row < tensor_numel(&value); row++) {
    double a = tensor_get(&all, row * n + rank.lower);
    double b = tensor_get(&all, row * n + rank.upper);
    double due = a == b ? a : a + rank.part * (b - a);
    if (isnan(tensor_get(&all, row * n + n - 1))) {
      cr_assert(isnan(tensor_get(&value, row)));
      continue;
    }
    cr_assert(test_near(tensor_get(&value, row), due, 1e-6));
    cr_assert_eq(tensor_get_int(&positions, 2 * row),
                 tensor_get_int(&order, row * n + rank.lower));
    cr_assert_eq(tensor_get_int(&positions, 2 * row + 1),
                 tensor_get_int(&order, row * n + rank.upper));
  }
  tensor_release(&value);
  tensor_release(&positions);
  tensor_release(&all);
  tensor_release(&order);
}

Test(quantile, is_what_sort_says) {
  static const int64_t lengths[] = {1, 2, 3, 10, 77, 5000};
  for (TensorDType dtype = TENSOR_FLOAT32; dtype <= TENSOR_FLOAT64; dtype++)
    for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++)
      for (int k = 0; k < 6; k++) {
        Tensor x = test_view(layout, dtype, TEST_SHAPE(3, lengths[k]));
        for (double q = 0; q <= 1; q += 0.125) check_quantile(&x, q);
        if (layout != TEST_BROADCAST) test_put(&x, lengths[k] / 2, NAN);
        check_quantile(&x, 0.5);
        tensor_release(&x);
      }
}

/* }== different values, counts, places ================================== */

static void check_unique(const Tensor *x) {
  Tensor first, inverse, counts;
  test_ok(tensor_unique(&first, &inverse, &counts, x, -1));
  int64_t n = tensor_numel(&first), total = 0;
  for (int64_t k = 0; k < n; k++) {
    double v = test_at(x, tensor_get_int(&first, k) - 1);
    if (k > 0)
      cr_assert(goes_before(test_at(x, tensor_get_int(&first, k - 1) - 1), v));
    total += tensor_get_int(&counts, k);
  }
  cr_assert_eq(total, tensor_numel(x));
  for (int64_t i = 0; i < total; i++) {
    int64_t at = tensor_get_int(&first, tensor_get_int(&inverse, i) - 1) - 1;
    cr_assert(at <= i && test_near(test_at(x, at), test_at(x, i), 0));
  }
  tensor_release(&first);
  tensor_release(&inverse);
  tensor_release(&counts);
}

Test(unique, every_dtype_and_layout) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
    for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
      Tensor x = test_view(layout, dtype, TEST_SHAPE(20, 30));
      if (tensor_dtype_is_float(dtype)) test_put(&x, 7, NAN);
      check_unique(&x);
      tensor_release(&x);
    }
}

/* Whether the rows at a and b (from 0) of x, (count, n), are equal. */
static bool same_rows(const Tensor *x, int64_t a, int64_t b) {
  int64_t n = x->shape[1];
  for (int64_t i = 0; i < n; i++)
    if (test_at(x, a * n + i) != test_at(x, b * n + i)) return false;
  return true;
}

Test(unique, slices) {
  Tensor x = test_make(TENSOR_BOOL, TEST_SHAPE(300, 6)), first, inverse, counts;
  test_ok(tensor_unique(&first, &inverse, &counts, &x, 0));
  cr_expect(tensor_numel(&first) <= 64);
  for (int64_t i = 0; i < 300; i++)
    for (int64_t j = 0; j < i; j++)
      cr_assert_eq(same_rows(&x, i, j),
                   tensor_get_int(&inverse, i) == tensor_get_int(&inverse, j));
  for (int64_t i = 0; i < 300; i++) { /* none stands before the first */
    int64_t group = tensor_get_int(&inverse, i);
    cr_assert(tensor_get_int(&first, group - 1) <= i + 1);
  }
  tensor_release(&first);
  tensor_release(&inverse);
  tensor_release(&counts);
  tensor_release(&x);
}

Test(count, labels) {
  int64_t values[] = {3, 1, 3, 7}, most, bad[] = {1, 2, -4};
  Tensor x = test_ints(4, values), y = test_ints(3, bad), out;
  test_ok(tensor_most_label(&x, &most));
  cr_expect_eq(most, 7);
  test_ok(tensor_new(&out, TENSOR_INT64, 1, &most));
  test_ok(tensor_bincount(&out, &x));
  for (int64_t k = 0; k < 7; k++)
    cr_expect_eq(tensor_get_int(&out, k), k == 2 ? 2 : k == 0 || k == 6);
  test_fails(tensor_most_label(&y, &most), "the value -4 at position 3");
  tensor_release(&x);
  tensor_release(&y);
  tensor_release(&out);
}

Test(count, bins) {
  Tensor x = test_view(TEST_STEPPED, TENSOR_FLOAT32, TEST_SHAPE(30, 40)), out;
  test_ok(tensor_new(&out, TENSOR_FLOAT32, TEST_SHAPE(8)));
  test_ok(tensor_histc(&out, &x, -1, 1));
  for (int64_t bin = 0; bin < 8; bin++) {
    double low = -1 + 0.25 * (double)bin, count = 0;
    for (int64_t i = 0; i < 1200; i++) {
      double v = test_at(&x, i);
      count += v >= low && (v < low + 0.25 || (bin == 7 && v == 1));
    }
    cr_expect_eq(tensor_get(&out, bin), count);
  }
  tensor_release(&x);
  tensor_release(&out);
}

Test(search, every_dtype) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
    for (int right = 0; right < 2; right++) {
      Tensor x = test_make(dtype, TEST_SHAPE(3, 50)), rows, positions, out;
      Tensor v = test_view(TEST_FLIPPED, dtype, TEST_SHAPE(3, 20));
      test_ok(tensor_new_like(&positions, TENSOR_INT64, &x));
      test_ok(tensor_new_like(&out, TENSOR_INT64, &v));
      test_ok(tensor_new_like(&rows, dtype, &x));
      test_ok(tensor_sort(&rows, &positions, &x, 1, false));
      test_ok(tensor_searchsorted(&out, &rows, &v, right));
      for (int64_t i = 0; i < 60; i++) {
        int64_t due = 1;
        for (int64_t j = 0; j < 50; j++) {
          double there = test_at(&rows, i / 20 * 50 + j), here = test_at(&v, i);
          due += there < here || (right && there == here);
        }
        cr_assert_eq(tensor_get_int(&out, i), due);
      }
      tensor_release(&x);
      tensor_release(&rows);
      tensor_release(&v);
      tensor_release(&positions);
      tensor_release(&out);
    }
}

/* }== what runs along a dim ============================================= */

/* Element by element, from the definition. */
static double running(TensorCumulative op, const Tensor *x, int dim,
                      int64_t row, int64_t i, bool backwards) {
  double sum = 0, product = 1;
  int64_t n = x->shape[dim];
  for (int64_t j = backwards ? i : 0; j < (backwards ? n : i + 1); j++) {
    double v = tensor_get(x, along(x, dim, row, j));
    sum += v;
    product *= v;
  }
  return op == TENSOR_CUMSUM ? sum : product;
}

static void check_cumulative(TensorCumulative op, const Tensor *x, int dim,
                             bool backwards) {
  Tensor out;
  bool is_float = tensor_dtype_is_float(x->dtype);
  test_ok(tensor_new_like(&out, is_float ? x->dtype : TENSOR_INT64, x));
  test_ok(tensor_cumulative(op, &out, x, dim, backwards));
  int64_t n = x->shape[dim], rows = tensor_numel(x) / n;
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < n; i++) {
      double got = tensor_get(&out, along(&out, dim, row, i));
      cr_assert(test_near(got, running(op, x, dim, row, i, backwards), 1e-5));
    }
  tensor_release(&out);
}

Test(cumulative, every_dtype_layout_and_dim) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
    for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
      Tensor x = test_view(layout, dtype, TEST_SHAPE(3, 6, 4));
      for (int dim = 0; dim < 3; dim++)
        for (int backwards = 0; backwards < 2; backwards++) {
          check_cumulative(TENSOR_CUMSUM, &x, dim, backwards);
          check_cumulative(TENSOR_CUMPROD, &x, dim, backwards);
        }
      tensor_release(&x);
    }
  Tensor wide = test_make(TENSOR_FLOAT64, TEST_SHAPE(3, 5, 300));
  check_cumulative(TENSOR_CUMSUM, &wide, 1, false);
  check_cumulative(TENSOR_CUMSUM, &wide, 1, true);
  tensor_release(&wide);
}

static void check_scan(const Tensor *x, const Tensor *link, int dim,
                       bool backwards) {
  Tensor out;
  test_ok(tensor_new_like(&out, x->dtype, x));
  test_ok(tensor_linear_scan(&out, x, link, dim, backwards));
  int64_t n = x->shape[dim], rows = tensor_numel(x) / n;
  for (int64_t row = 0; row < rows; row++)
    for (int64_t k = 0; k < n; k++) {
      int64_t i = backwards ? n - 1 - k : k;
      double due = tensor_get(x, along(x, dim, row, i));
      if (k > 0)
        due +=
            tensor_get(link, along(link, dim, row, backwards ? i + 1 : i)) *
            tensor_get(&out, along(&out, dim, row, backwards ? i + 1 : i - 1));
      double got = tensor_get(&out, along(&out, dim, row, i));
      cr_assert(test_near(got, due, 1e-6));
    }
  tensor_release(&out);
}

Test(cumulative, linear_scans) {
  for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
    Tensor x = test_view(layout, TENSOR_FLOAT64, TEST_SHAPE(3, 6, 200));
    Tensor link = test_view(layout, TENSOR_FLOAT64, TEST_SHAPE(3, 6, 200));
    for (int dim = 0; dim < 3; dim++)
      for (int backwards = 0; backwards < 2; backwards++)
        if (dim < 2) check_scan(&x, &link, dim, backwards);
    tensor_release(&x);
    tensor_release(&link);
  }
  Tensor x = test_make(TENSOR_FLOAT64, TEST_SHAPE(2, 9));
  Tensor link = test_make(TENSOR_FLOAT64, TEST_SHAPE(2, 9));
  for (int row = 0; row < 2; row++) tensor_set(&link, 9 * row, NAN);
  check_scan(&x, &link, 1, false); /* the first link is not read */
  check_scan(&x, &link, 1, true);
  tensor_release(&x);
  tensor_release(&link);
}

Test(cumulative, extremes) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
    for (int least = 0; least < 2; least++) {
      Tensor x = test_view(TEST_FLIPPED, dtype, TEST_SHAPE(3, 40, 2));
      Tensor value, position;
      if (tensor_dtype_is_float(dtype)) test_put(&x, 100, NAN);
      test_ok(tensor_new_like(&value, dtype, &x));
      test_ok(tensor_new_like(&position, TENSOR_INT64, &x));
      test_ok(tensor_cumulative_extreme(least ? TENSOR_CUMMIN : TENSOR_CUMMAX,
                                        &value, &position, &x, 1));
      for (int64_t row = 0; row < 6; row++)
        for (int64_t i = 0, best = 0; i < 40; i++) {
          double v = tensor_get(&x, along(&x, 1, row, i));
          double b = tensor_get(&x, along(&x, 1, row, best));
          if (isnan(v) || (!isnan(b) && (least ? v <= b : v >= b))) best = i;
          int64_t here = along(&value, 1, row, i);
          b = tensor_get(&x, along(&x, 1, row, best));
          cr_assert_eq(tensor_get_int(&position, here), best + 1);
          cr_assert(test_near(tensor_get(&value, here), b, 0));
        }
      tensor_release(&x);
      tensor_release(&value);
      tensor_release(&position);
    }
}

/* }====================================================================== */
