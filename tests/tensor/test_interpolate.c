/*
** test_interpolate.c - other sizes along a dim against formulas applied
** element by element, and the transposed tables against the plain ones.
*/
#include "tests/tensor/support.h"

/* Element (outer, i, inner) of x seen along dim. */
static int64_t place(const Tensor *x, int dim, int64_t line, int64_t i) {
  int64_t inner = 1;
  for (int d = dim + 1; d < x->ndim; d++) inner *= x->shape[d];
  return (line / inner * x->shape[dim] + i) * inner + line % inner;
}

static double keys(double x, double a) {
  x = fabs(x);
  if (x >= 2) return 0;
  if (x > 1) return a * (x * x * x - 5 * x * x + 8 * x - 4);
  return (a + 2) * x * x * x - (a + 3) * x * x + 1;
}

static double step_of(const TensorResample *r) {
  return r->scale > 0 ? 1 / r->scale : (double)r->in / (double)r->out;
}

/* How much element k, anywhere on the line, counts at position i: the filter
** stretched by wide. */
static double filter(const TensorResample *r, int64_t i, int64_t k) {
  double wide = r->antialias ? fmax(1, step_of(r)) : 1;
  double at = ((double)i + 0.5) * step_of(r) - 0.5;
  if (r->align_corners)
    at = r->out == 1 ? 0
                     : (double)i * (double)(r->in - 1) / (double)(r->out - 1);
  double x = ((double)k - at) / wide;
  if (r->mode == TENSOR_LINEAR) return fmax(0, 1 - fabs(x));
  return keys(x, r->antialias ? -0.5 : -0.75);
}

/* The weight of element k of those that are there. */
static double weight(const TensorResample *r, int64_t i, int64_t k) {
  if (r->mode == TENSOR_NEAREST) return k == tensor_nearest(r, i) ? 1 : 0;
  if (r->mode == TENSOR_AREA) {
    int64_t from = i * r->in / r->out;
    int64_t to = ((i + 1) * r->in + r->out - 1) / r->out;
    return k >= from && k < to ? 1 / (double)(to - from) : 0;
  }
  double sum = 0, all = 0;
  int64_t reach = 8 * (r->in + r->out);
  for (int64_t j = -reach; j < reach; j++) {
    int64_t seen = j < 0 ? 0 : j >= r->in ? r->in - 1 : j;
    bool there = j == seen || !r->antialias;
    if (seen == k && there) sum += filter(r, i, j);
    if (there) all += filter(r, i, j);
  }
  return r->antialias ? sum / all : sum;
}

static Tensor plainly(const TensorResample *r, const Tensor *x, int dim) {
  Tensor y;
  int64_t shape[TENSOR_MAX_DIMS], lines = 1;
  memcpy(shape, x->shape, sizeof shape);
  int64_t rows = r->transposed ? r->in : r->out,
          columns = r->in + r->out - rows;
  shape[dim] = rows;
  for (int d = 0; d < x->ndim; d++) lines *= d == dim ? 1 : x->shape[d];
  test_ok(tensor_new(&y, x->dtype, x->ndim, shape));
  for (int64_t i = 0; i < rows; i++)
    for (int64_t line = 0; line < lines; line++)
      tensor_set(&y, place(&y, dim, line, i), 0);
  for (int64_t i = 0; i < rows; i++)
    for (int64_t k = 0; k < columns; k++) {
      double w = r->transposed ? weight(r, k, i) : weight(r, i, k);
      for (int64_t line = 0; line < lines && w != 0; line++) {
        int64_t at = place(&y, dim, line, i);
        double more = w * tensor_get(x, place(x, dim, line, k));
        tensor_set(&y, at, tensor_get(&y, at) + more);
      }
    }
  return y;
}

static void check(TensorResample r, int64_t outer, int64_t inner,
                  TensorDType dtype) {
  for (int transposed = 0; transposed <= 1; transposed++) {
    r.transposed = transposed != 0;
    int64_t from = transposed ? r.out : r.in;
    Tensor x = test_make(dtype, TEST_SHAPE(outer, from, inner)), y;
    Tensor due = plainly(&r, &x, 1);
    test_ok(tensor_new_like(&y, dtype, &due));
    test_ok(tensor_resample(&r, &y, &x, 1));
    test_expect_close(&y, &due, dtype == TENSOR_FLOAT32 ? 2e-5 : 1e-11);
    tensor_release(&x);
    tensor_release(&y);
    tensor_release(&due);
  }
}

static void check_modes(int64_t in, int64_t out, double scale, int64_t outer,
                        int64_t inner, TensorDType dtype) {
  for (TensorSampling mode = TENSOR_NEAREST; mode <= TENSOR_AREA; mode++) {
    TensorResample r = {.mode = mode, .in = in, .out = out, .scale = scale};
    bool smooth = mode == TENSOR_LINEAR || mode == TENSOR_CUBIC;
    check(r, outer, inner, dtype);
    if (!smooth) continue;
    r.antialias = true;
    check(r, outer, inner, dtype);
    r.antialias = false;
    r.align_corners = true;
    check(r, outer, inner, dtype);
  }
}

Test(interpolate, modes_sizes_and_dtypes) {
  static const int64_t sizes[] = {1, 2, 3, 5, 8, 17};
  for (int i = 0; i < 6; i++)
    for (int o = 0; o < 6; o++)
      check_modes(sizes[i], sizes[o], 0, 2, 3, TENSOR_FLOAT64);
  check_modes(7, 12, 0, 3, 1, TENSOR_FLOAT32);
  check_modes(12, 7, 0, 3, 9, TENSOR_FLOAT32);
  check_modes(5, 31, 0, 1, 1500, TENSOR_FLOAT32); /* several pieces */
  check_modes(31, 5, 0, 2, 1500, TENSOR_FLOAT64);
}

Test(interpolate, scales_that_do_not_divide) {
  check_modes(7, 9, 1.3, 2, 2, TENSOR_FLOAT64);
  check_modes(9, 3, 0.35, 2, 2, TENSOR_FLOAT64);
  check_modes(5, 5, 1.1, 1, 1, TENSOR_FLOAT64);
  check_modes(5, 12, 2.5, 1, 8, TENSOR_FLOAT32);
}

/* A whole factor repeats each element that many times, without exception. */
Test(interpolate, nearest_is_exact) {
  for (int64_t factor = 1; factor < 200; factor++) {
    TensorResample size = {.mode = TENSOR_NEAREST, .in = 50};
    size.out = size.in * factor;
    TensorResample scale = size;
    scale.scale = (double)factor;
    for (int64_t i = 0; i < size.out; i++) {
      cr_assert_eq(tensor_nearest(&size, i), i / factor);
      cr_assert_eq(tensor_nearest(&scale, i), i / factor);
    }
  }
}

Test(interpolate, sums_of_weights_are_1) {
  TensorResample r = {.mode = TENSOR_CUBIC, .in = 1000, .antialias = true};
  Tensor x, y;
  for (r.out = 1; r.out < 3000; r.out = 3 * r.out + 1) {
    test_ok(tensor_new(&x, TENSOR_FLOAT64, TEST_SHAPE(r.in)));
    test_ok(tensor_new(&y, TENSOR_FLOAT64, TEST_SHAPE(r.out)));
    test_ok(tensor_fill(&x, 3));
    test_ok(tensor_resample(&r, &y, &x, 0));
    for (int64_t i = 0; i < r.out; i++)
      cr_assert(test_near(tensor_get(&y, i), 3, 1e-12));
    tensor_release(&x);
    tensor_release(&y);
  }
}

Test(interpolate, nan_and_infinity_stay_where_they_are) {
  double values[] = {1, NAN, 3, 4, INFINITY, 6};
  TensorResample r = {.mode = TENSOR_LINEAR, .in = 6, .out = 12};
  Tensor x = test_from(TENSOR_FLOAT64, values, TEST_SHAPE(6)), y;
  test_ok(tensor_new(&y, TENSOR_FLOAT64, TEST_SHAPE(12)));
  test_ok(tensor_resample(&r, &y, &x, 0));
  for (int64_t i = 0; i < 12; i++) {
    double v = tensor_get(&y, i);
    cr_expect_eq(isnan(v) != 0, i >= 1 && i <= 4);
    cr_expect_eq(isinf(v) != 0, i >= 7 && i <= 10);
  }
  tensor_release(&x);
  tensor_release(&y);
}

Test(interpolate, nothing_to_do) {
  TensorResample r = {.mode = TENSOR_AREA, .in = 5, .out = INT64_C(1) << 60};
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(0, 5)), y;
  test_ok(tensor_new(&y, TENSOR_FLOAT32, TEST_SHAPE(0, INT64_C(1) << 60)));
  test_ok(tensor_resample(&r, &y, &x, 1));
  tensor_release(&x);
  tensor_release(&y);
}

Test(interpolate, threads_do_not_change_bits_and_memory_comes_back) {
  TensorResample r = {.mode = TENSOR_CUBIC, .in = 300, .out = 411};
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(20, 300, 40)), one, two;
  test_ok(tensor_new(&one, TENSOR_FLOAT32, TEST_SHAPE(20, 411, 40)));
  test_ok(tensor_new_like(&two, TENSOR_FLOAT32, &one));
  int64_t live = tensor_memory().live;
  tensor_set_threads(1);
  test_ok(tensor_resample(&r, &one, &x, 1));
  tensor_set_threads(2);
  test_ok(tensor_resample(&r, &two, &x, 1));
  test_expect_same(&one, &two);
  tensor_interrupt = 1;
  cr_expect_eq(tensor_resample(&r, &two, &x, 1), TENSOR_INTERRUPTED);
  tensor_interrupt = 0;
  cr_expect_eq(tensor_memory().live, live);
  tensor_release(&x);
  tensor_release(&one);
  tensor_release(&two);
}
