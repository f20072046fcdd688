/*
** test_reduce.c - reductions and positions of greatest and least elements,
** against plain loops.
*/
#include "tests/tensor/support.h"

static const char *const op_names[] = {"sum", "prod", "max",
                                       "min", "any",  "all"};

static TensorDType result_dtype(TensorReduce op, TensorDType dtype) {
  if (op == TENSOR_ANY || op == TENSOR_ALL) return TENSOR_BOOL;
  if (op == TENSOR_SUM || op == TENSOR_PROD)
    return tensor_dtype_is_float(dtype) ? dtype : TENSOR_INT64;
  return dtype;
}

static Tensor result_for(TensorReduce op, const Tensor *x, unsigned dims) {
  int64_t shape[TENSOR_MAX_DIMS];
  int ndim = 0;
  for (int d = 0; d < x->ndim; d++)
    if (!(dims >> d & 1)) shape[ndim++] = x->shape[d];
  Tensor out;
  test_ok(tensor_new(&out, result_dtype(op, x->dtype), ndim, shape));
  return out;
}

static double combine(TensorReduce op, double a, double b) {
  switch (op) {
  case TENSOR_SUM: return a + b;
  case TENSOR_PROD: return a * b;
  case TENSOR_MAX: return isnan(a) || a > b ? a : b;
  case TENSOR_MIN: return isnan(a) || a < b ? a : b;
  case TENSOR_ANY: return a != 0 || b != 0;
  default: return a != 0 && b != 0;
  }
}

/* The place in a contiguous result where element `at` of x goes. */
static int64_t result_place(const Tensor *x, unsigned dims, int64_t at) {
  int64_t place = 0, step = 1;
  for (int d = x->ndim - 1; d >= 0; d--) {
    if (!(dims >> d & 1)) {
      place += at % x->shape[d] * step;
      step *= x->shape[d];
    }
    at /= x->shape[d];
  }
  return place;
}

static Tensor reduced_plainly(TensorReduce op, const Tensor *x, unsigned dims) {
  Tensor out = result_for(op, x, dims), wide;
  int64_t n = tensor_numel(&out);
  test_ok(tensor_new_like(&wide, TENSOR_FLOAT64, &out));
  double first[] = {0, 1, -INFINITY, INFINITY, 0, 1};
  for (int64_t i = 0; i < n; i++) tensor_set(&wide, i, first[op]);
  for (int64_t i = 0, all = tensor_numel(x); i < all; i++) {
    int64_t place = result_place(x, dims, i);
    tensor_set(&wide, place,
               combine(op, tensor_get(&wide, place), test_at(x, i)));
  }
  for (int64_t i = 0; i < n; i++) tensor_set(&out, i, tensor_get(&wide, i));
  tensor_release(&wide);
  return out;
}

static void check(TensorReduce op, const Tensor *x, unsigned dims) {
  char text[TENSOR_SHAPE_TEXT];
  Tensor got = result_for(op, x, dims), due = reduced_plainly(op, x, dims);
  test_ok(tensor_reduce(op, &got, x, dims));
  for (int64_t i = 0, n = tensor_numel(&got); i < n; i++)
    cr_assert(test_near(tensor_get(&got, i), tensor_get(&due, i), 1e-6),
              "%s of %s over dims %x: element %lld is %g, not %g", op_names[op],
              tensor_describe(x, text), dims, (long long)i, tensor_get(&got, i),
              tensor_get(&due, i));
  tensor_release(&got);
  tensor_release(&due);
}

Test(reduce, every_dtype_layout_and_set_of_dims) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
    for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
      Tensor x = test_view(layout, dtype, TEST_SHAPE(3, 4, 5));
      for (TensorReduce op = 0; op <= TENSOR_ALL; op++) {
        if (op == TENSOR_PROD && !tensor_dtype_is_float(x.dtype)) continue;
        for (unsigned dims = 0; dims < 8; dims++) check(op, &x, dims);
      }
      tensor_release(&x);
    }
}

/* Each way in which a reduction can be cut. */
Test(reduce, shapes) {
  static const int64_t shapes[][3] = {
      {1, 1, 1},    {1, 700, 1},  {5, 1, 700}, {3, 600, 5},   {70, 33, 40},
      {2, 40, 600}, {300, 7, 31}, {9, 100, 3}, {1, 5, 70000}, {70001, 1, 3}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
      Tensor x = test_view(layout, TENSOR_FLOAT32, 3, shapes[i]);
      for (unsigned dims = 0; dims < 8; dims++) {
        check(TENSOR_SUM, &x, dims);
        check(TENSOR_MAX, &x, dims);
      }
      tensor_release(&x);
    }
}

Test(reduce, products_of_integers_wrap) {
  double values[64];
  for (int i = 0; i < 64; i++) values[i] = 3;
  Tensor x = test_from(TENSOR_INT32, values, TEST_SHAPE(64)), out;
  test_ok(tensor_new(&out, TENSOR_INT64, 0, NULL));
  test_ok(tensor_reduce(TENSOR_PROD, &out, &x, 1));
  uint64_t due = 1;
  for (int i = 0; i < 64; i++) due *= 3;
  cr_expect_eq(tensor_get_int(&out, 0), (int64_t)due);
  tensor_release(&x);
  tensor_release(&out);
}

Test(reduce, zero_dims_and_nothing) {
  Tensor x = test_make(TENSOR_FLOAT64, 0, NULL);
  for (TensorReduce op = 0; op <= TENSOR_ALL; op++) check(op, &x, 0);
  tensor_release(&x);
  x = test_make(TENSOR_FLOAT32, TEST_SHAPE(3, 0));
  check(TENSOR_SUM, &x, 2);
  check(TENSOR_PROD, &x, 3);
  check(TENSOR_ANY, &x, 2);
  check(TENSOR_ALL, &x, 2);
  check(TENSOR_MAX, &x, 1); /* an empty result of real rows */
  Tensor out = result_for(TENSOR_MAX, &x, 2);
  test_fails(tensor_reduce(TENSOR_MAX, &out, &x, 2),
             "there are no elements to compare");
  test_fails(tensor_reduce(TENSOR_MIN, &out, &x, 2), "no elements");
  tensor_release(&out);
  tensor_release(&x);
}

Test(reduce, nan_and_infinity) {
  for (int at = 0; at < 100; at += 9) {
    Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(100));
    tensor_set(&x, at, NAN);
    for (TensorReduce op = TENSOR_SUM; op <= TENSOR_ALL; op++) check(op, &x, 1);
    test_fill(&x);
    tensor_set(&x, at, INFINITY);
    check(TENSOR_SUM, &x, 1);
    check(TENSOR_MAX, &x, 1);
    tensor_release(&x);
  }
  double low[] = {-INFINITY, -INFINITY};
  Tensor x = test_from(TENSOR_FLOAT64, low, TEST_SHAPE(2));
  check(TENSOR_MAX, &x, 1);
  tensor_release(&x);
}

Test(reduce, float32_is_summed_in_double) {
  Tensor x, out;
  test_ok(tensor_new(&x, TENSOR_FLOAT32, TEST_SHAPE(3000000)));
  test_ok(tensor_fill(&x, 0.1));
  test_ok(tensor_new(&out, TENSOR_FLOAT32, 0, NULL));
  test_ok(tensor_reduce(TENSOR_SUM, &out, &x, 1));
  cr_expect_float_eq(tensor_get(&out, 0), 3e6 * (double)0.1f, 0.02);
  tensor_release(&x);
  tensor_release(&out);
}

Test(reduce, threads_do_not_change_bits) {
  static const int64_t shapes[][2] = {{1000, 1000}, {200000, 3}, {3, 200000}};
  for (int i = 0; i < 3; i++)
    for (unsigned dims = 1; dims < 4; dims++) {
      Tensor x = test_make(TENSOR_FLOAT32, 2, shapes[i]);
      Tensor one = result_for(TENSOR_SUM, &x, dims);
      Tensor two = result_for(TENSOR_SUM, &x, dims);
      tensor_set_threads(1);
      test_ok(tensor_reduce(TENSOR_SUM, &one, &x, dims));
      tensor_set_threads(2);
      test_ok(tensor_reduce(TENSOR_SUM, &two, &x, dims));
      test_expect_same(&two, &one);
      tensor_release(&x);
      tensor_release(&one);
      tensor_release(&two);
    }
}

/* {== positions ========================================================= */

static bool goes_before(bool greatest, double a, double b) {
  if (isnan(a) || isnan(b)) return isnan(a) && !isnan(b);
  return greatest ? a > b : a < b;
}

/* x's element i along dim, at the kept place. */
static double along(const Tensor *x, int dim, int64_t place, int64_t i) {
  if (dim < 0) return test_at(x, i);
  int64_t offset = i * x->strides[dim];
  for (int d = x->ndim - 1; d >= 0; d--) {
    if (d == dim) continue;
    offset += place % x->shape[d] * x->strides[d];
    place /= x->shape[d];
  }
  return tensor_get(x, offset);
}

static void check_arg(bool greatest, const Tensor *x, int dim) {
  unsigned dims = dim < 0 ? (1u << x->ndim) - 1 : 1u << dim;
  int64_t n = dim < 0 ? tensor_numel(x) : x->shape[dim];
  Tensor value = result_for(TENSOR_MAX, x, dims), position;
  test_ok(tensor_new_like(&position, TENSOR_INT64, &value));
  test_ok(tensor_arg_reduce(greatest, &position, &value, x, dim));
  for (int64_t p = 0, all = tensor_numel(&position); p < all; p++) {
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
      if (goes_before(greatest, along(x, dim, p, i), along(x, dim, p, best)))
        best = i;
    cr_assert_eq(tensor_get_int(&position, p), best + 1);
    cr_assert(test_near(tensor_get(&value, p), along(x, dim, p, best), 0));
  }
  test_ok(tensor_arg_reduce(greatest, &position, NULL, x, dim));
  tensor_release(&position);
  tensor_release(&value);
}

Test(arg_reduce, every_dtype_and_layout) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
    for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
      Tensor x = test_view(layout, dtype, TEST_SHAPE(3, 40, 50));
      for (int dim = -1; dim < 3; dim++) {
        check_arg(true, &x, dim);
        check_arg(false, &x, dim);
      }
      tensor_release(&x);
    }
}

Test(arg_reduce, long_rows_and_nan) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(2, 100003));
  for (int round = 0; round < 4; round++) {
    for (int dim = -1; dim < 2; dim++) {
      check_arg(true, &x, dim);
      check_arg(false, &x, dim);
    }
    tensor_set(&x, 150001 - 40001 * round, NAN);
  }
  Tensor t = test_transposed(x);
  check_arg(true, &t, 0);
  check_arg(false, &t, -1);
  tensor_release(&t);
}

Test(arg_reduce, zero_dims_and_nothing) {
  Tensor x = test_make(TENSOR_FLOAT32, 0, NULL);
  check_arg(true, &x, -1);
  tensor_release(&x);
  x = test_make(TENSOR_FLOAT32, TEST_SHAPE(0, 3));
  Tensor position;
  test_ok(tensor_new(&position, TENSOR_INT64, TEST_SHAPE(3)));
  test_fails(tensor_arg_reduce(true, &position, NULL, &x, 0),
             "there are no elements to compare");
  test_fails(tensor_arg_reduce(false, &position, NULL, &x, -1), "no elements");
  tensor_release(&position);
  tensor_release(&x);
}

Test(arg_reduce, threads_do_not_change_the_first_of_equals) {
  Tensor x, position;
  test_ok(tensor_new(&x, TENSOR_INT32, TEST_SHAPE(1000000)));
  test_ok(tensor_fill_int(&x, 7));
  test_ok(tensor_new(&position, TENSOR_INT64, 0, NULL));
  for (int threads = 1; threads <= 2; threads++) {
    tensor_set_threads(threads);
    test_ok(tensor_arg_reduce(true, &position, NULL, &x, -1));
    cr_expect_eq(tensor_get_int(&position, 0), 1);
  }
  tensor_release(&x);
  tensor_release(&position);
}

/* }====================================================================== */
