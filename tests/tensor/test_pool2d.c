/*
** test_pool2d.c - pooling against plain loops, over many geometries.
*/
#include "tests/tensor/window_support.h"

/* The offsets of what output element (n, row, column, c) sees, in order;
** returns how many. */
static int window_of(const TensorWindow *w, int64_t n, int64_t row,
                     int64_t column, int64_t c, int64_t seen[256]) {
  int count = 0;
  for (int64_t i = 0; i < w->kernel_h * w->kernel_w; i++) {
    int64_t h =
        row * w->stride_h - w->pad_top + i / w->kernel_w * w->dilation_h;
    int64_t v =
        column * w->stride_w - w->pad_left + i % w->kernel_w * w->dilation_w;
    if (h >= 0 && h < w->in_h && v >= 0 && v < w->in_w)
      seen[count++] = test_pixel(w, false, n, h, v, c);
  }
  return count;
}

/* What one call of each kernel made, and the gradient that is due. */
typedef struct Results {
  Tensor x, y, position, mean, gx;
} Results;

static void expect_element(const Results *v, int64_t y, const int64_t *seen,
                           int count) {
  int best = 0;
  double sum = 0;
  for (int i = 0; i < count; i++) {
    double value = tensor_get(&v->x, seen[i]);
    double old = tensor_get(&v->x, seen[best]);
    if (value > old || (isnan(value) && !isnan(old))) best = i;
    sum += value;
  }
  cr_assert_eq(tensor_get_int(&v->position, y), seen[best] + 1);
  cr_assert(test_near(tensor_get(&v->y, y), tensor_get(&v->x, seen[best]), 0));
  cr_assert(test_near(tensor_get(&v->mean, y), sum / count, 1e-5));
  for (int i = 0; i < count; i++) /* y serves as the gradient */
    ((double *)v->gx.data)[seen[i]] += tensor_get(&v->y, y) / count;
}

static void expect_all(const TensorWindow *w, const Results *v) {
  int64_t seen[256];
  int64_t per_image = w->out_h * w->out_w * w->in_channels;
  for (int64_t i = 0; i < w->batch * per_image; i++) {
    int64_t n = i / per_image, c = i % w->in_channels;
    int64_t row = i % per_image / w->in_channels / w->out_w;
    int64_t column = i / w->in_channels % w->out_w;
    int count = window_of(w, n, row, column, c, seen);
    expect_element(v, test_pixel(w, true, n, row, column, c), seen, count);
  }
}

/* Whether each window sees a pixel. */
static bool sees(const TensorWindow *w) {
  int64_t seen[256];
  for (int64_t row = 0; row < w->out_h; row++)
    for (int64_t column = 0; column < w->out_w; column++)
      if (window_of(w, 0, row, column, 0, seen) == 0) return false;
  return true;
}

static void release(Results *v) {
  tensor_release(&v->x);
  tensor_release(&v->y);
  tensor_release(&v->position);
  tensor_release(&v->mean);
  tensor_release(&v->gx);
}

/* Small whole numbers, so that equals are common; special: NaN and -inf. */
static void fill(const Tensor *x, bool special) {
  for (int64_t i = 0, n = tensor_numel(x); i < n; i++) {
    int64_t r = test_random() % 12;
    tensor_set(x, i, (double)(r % 5));
    if (special && r == 11) tensor_set(x, i, (double)NAN);
    if (special && r > 3 && r < 11) tensor_set(x, i, -(double)INFINITY);
  }
}

static void check(const TensorWindow *w, TensorDType dtype, bool special) {
  Results v = {.x = test_image(w, dtype, false),
               .y = test_image(w, dtype, true),
               .position = test_image(w, TENSOR_INT64, true),
               .mean = test_image(w, dtype, true)};
  Tensor gx = test_image(w, dtype, false);
  fill(&v.x, special);
  v.gx = test_zeros_like(&v.x);
  test_ok(tensor_max_pool2d(w, &v.y, &v.position, &v.x));
  test_ok(tensor_avg_pool2d(w, &v.mean, &v.x));
  test_ok(tensor_avg_pool2d_backward(w, &gx, &v.y));
  expect_all(w, &v);
  test_expect_close(&gx, &v.gx, 1e-4);
  tensor_release(&gx);
  release(&v);
}

/* Both formats, both dtypes, one thread and two. */
static void check_all(TensorWindow w) {
  for (int i = 0; i < 16; i++) {
    tensor_set_threads(1 + (i & 1));
    w.channels_first = (i & 2) != 0;
    check(&w, i & 4 ? TENSOR_FLOAT64 : TENSOR_FLOAT32, i & 8);
  }
}

static TensorWindow square(int64_t batch, int64_t in, int64_t channels,
                           int64_t size, int64_t stride, int64_t pad) {
  return test_square(batch, in, channels, size, channels, stride, pad);
}

/* Any geometry where no window is empty. */
static TensorWindow random_window(void) {
  TensorWindow w;
  do {
    w = test_random_window();
    w.in_channels = w.out_channels = test_between(1, 5);
  } while (!sees(&w));
  return w;
}

Test(pool2d, random_geometries) {
  for (int i = 0; i < 200; i++) check_all(random_window());
}

/* More lanes than fit at once; shares of two threads. */
Test(pool2d, larger_images) {
  check_all(square(3, 12, 70, 2, 2, 0));
  check_all(square(2, 9, 130, 3, 2, 1));
  check_all(square(1, 150, 1, 3, 1, 1));
  check_all(square(2, 140, 2, 2, 2, 0));
  check_all(square(4, 8, 64, 8, 1, 0));
}

Test(pool2d, empty_batch) { check_all(square(0, 6, 3, 2, 2, 0)); }

/* Windows of nothing are the caller's mistake, but read nothing outside. */
Test(pool2d, survives_empty_windows) {
  TensorWindow w = square(2, 4, 3, 2, 2, 0);
  w.pad_top = 20;
  w.pad_left = -20;
  for (int first = 0; first < 2; first++) {
    w.channels_first = first != 0;
    Tensor x = test_image(&w, TENSOR_FLOAT32, false);
    Tensor y = test_image(&w, TENSOR_FLOAT32, true);
    Tensor position = test_image(&w, TENSOR_INT64, true);
    test_ok(tensor_max_pool2d(&w, &y, &position, &x));
    for (int64_t i = 0; i < tensor_numel(&position); i++) {
      int64_t at = tensor_get_int(&position, i);
      cr_expect(at >= 1 && at <= tensor_numel(&x));
    }
    test_ok(tensor_avg_pool2d(&w, &y, &x));
    test_ok(tensor_avg_pool2d_backward(&w, &x, &y));
    tensor_release(&x);
    tensor_release(&y);
    tensor_release(&position);
  }
}

Test(pool2d, refuses_integers) {
  TensorWindow w = square(1, 4, 1, 2, 2, 0);
  Tensor x = test_image(&w, TENSOR_INT32, false);
  Tensor y = test_image(&w, TENSOR_INT32, true);
  test_fails(tensor_avg_pool2d(&w, &y, &x), "float");
  tensor_release(&x);
  tensor_release(&y);
}
