/*
** test_conv3d.c - convolution through volumes and its two gradients against
** plain loops, and the correlation of whole numbers.
*/
#include "tests/tensor/support.h"

typedef struct Case {
  TensorVolume v;
  Tensor x, k, y;
} Case;

static void case_open(Case *c, TensorVolume v, TensorDType dtype) {
  const TensorWindow *w = &v.slice;
  c->v = v;
  c->x = test_make(
      dtype, TEST_SHAPE(w->batch, v.in_d, w->in_h, w->in_w, w->in_channels));
  c->k =
      test_make(dtype, TEST_SHAPE(v.kernel_d, w->kernel_h, w->kernel_w,
                                  w->in_channels / w->groups, w->out_channels));
  c->y = test_make(dtype, TEST_SHAPE(w->batch, v.out_d, w->out_h, w->out_w,
                                     w->out_channels));
}

static void case_close(Case *c) {
  tensor_release(&c->x);
  tensor_release(&c->k);
  tensor_release(&c->y);
}

/* The place of element `at` in a tensor, as five indices. */
static void unravel(const Tensor *t, int64_t at, int64_t index[5]) {
  for (int d = 4; d >= 0; d--) {
    index[d] = at % t->shape[d];
    at /= t->shape[d];
  }
}

/* The offset in x under kernel element k for output element y, or -1. */
static int64_t under(const Case *c, const int64_t y[5], const int64_t k[5]) {
  const TensorVolume *v = &c->v;
  const TensorWindow *w = &v->slice;
  int64_t group = k[4] / (w->out_channels / w->groups);
  int64_t i[] = {y[0], y[1] * v->stride_d - v->pad_front + k[0] * v->dilation_d,
                 y[2] * w->stride_h - w->pad_top + k[1] * w->dilation_h,
                 y[3] * w->stride_w - w->pad_left + k[2] * w->dilation_w,
                 group * (w->in_channels / w->groups) + k[3]};
  int64_t at = 0;
  for (int d = 0; d < 5; d++) {
    if (i[d] < 0 || i[d] >= c->x.shape[d]) return -1;
    at = at * c->x.shape[d] + i[d];
  }
  return at;
}

static void add_to(Tensor *t, int64_t at, double more) {
  tensor_set(t, at, tensor_get(t, at) + more);
}

static void plainly(const Case *c, Tensor *x, Tensor *k, Tensor *y) {
  int64_t yi[5], ki[5];
  for (int64_t i = 0, n = tensor_numel(y); i < n; i++)
    for (int64_t j = 0, m = tensor_numel(k); j < m; j++) {
      unravel(y, i, yi);
      unravel(k, j, ki);
      int64_t at = yi[4] == ki[4] ? under(c, yi, ki) : -1;
      if (at < 0) continue;
      double vx = tensor_get(&c->x, at), vk = tensor_get(&c->k, j);
      double vy = tensor_get(&c->y, i);
      add_to(y, i, vx * vk);
      add_to(x, at, vy * vk);
      add_to(k, j, vx * vy);
    }
}

static void check(TensorVolume v, TensorDType dtype) {
  Case c;
  Tensor x, k, y;
  case_open(&c, v, dtype);
  Tensor dx = test_zeros_like(&c.x), dk = test_zeros_like(&c.k),
         dy = test_zeros_like(&c.y);
  plainly(&c, &dx, &dk, &dy);
  test_ok(tensor_new_like(&x, dtype, &c.x));
  test_ok(tensor_new_like(&k, dtype, &c.k));
  test_ok(tensor_new_like(&y, dtype, &c.y));
  test_ok(tensor_conv3d(&v, &y, &c.x, &c.k));
  test_ok(tensor_conv3d_backward_input(&v, &x, &c.y, &c.k));
  test_ok(tensor_conv3d_backward_kernel(&v, &k, &c.x, &c.y));
  double tol = dtype == TENSOR_FLOAT32 ? 1e-4 : 1e-12;
  test_expect_and_release(x, dx, tol);
  test_expect_and_release(k, dk, tol);
  test_expect_and_release(y, dy, tol);
  case_close(&c);
}

/* Cubes: one size, stride, dilation and padding in all directions. */
static TensorVolume cube(int64_t size, int64_t kernel, int64_t stride,
                         int64_t dilation, int64_t pad) {
  int64_t out = (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  TensorWindow slice = {.batch = 2,
                        .in_h = size,
                        .in_w = size,
                        .in_channels = 4,
                        .out_h = out,
                        .out_w = out,
                        .out_channels = 6,
                        .kernel_h = kernel,
                        .kernel_w = kernel,
                        .stride_h = stride,
                        .stride_w = stride,
                        .dilation_h = dilation,
                        .dilation_w = dilation,
                        .pad_top = pad,
                        .pad_left = pad,
                        .groups = 1};
  TensorVolume v = {slice, size, out, kernel, stride, dilation, pad};
  return v;
}

static void check_both(TensorVolume v) {
  check(v, TENSOR_FLOAT32);
  check(v, TENSOR_FLOAT64);
}

Test(conv3d, strides_dilation_padding) {
  check_both(cube(4, 2, 1, 1, 0));
  check_both(cube(4, 3, 1, 1, 1));
  check_both(cube(5, 3, 2, 1, 1));
  check_both(cube(5, 2, 1, 2, 1));
  check_both(cube(3, 1, 1, 1, 0));
  TensorVolume v = cube(4, 3, 1, 1, 1);
  v.in_d = 2; /* the depth differs */
  v.kernel_d = 4;
  v.pad_front = 3;
  v.out_d = 5;
  check_both(v);
  v.pad_front = 6; /* some output slices see padding alone */
  check_both(v);
}

Test(conv3d, groups) {
  TensorVolume v = cube(4, 2, 1, 1, 1);
  v.slice.groups = 2;
  check_both(v);
  v.slice.in_channels = v.slice.groups = 3; /* one channel each */
  check_both(v);
  v.slice.in_channels = v.slice.groups = 1;
  check_both(v);
}

/* More slices than are gathered at a time. */
Test(conv3d, several_blocks) {
  TensorVolume v = cube(6, 2, 1, 1, 0);
  v.slice.batch = 1;
  v.slice.out_channels = 1;
  v.slice.in_h = v.slice.in_w = 160;
  v.slice.stride_h = v.slice.stride_w = 53;
  v.slice.out_h = v.slice.out_w = 3;
  v.slice.in_channels = 8;
  check(v, TENSOR_FLOAT64);
  v.slice.in_channels = v.slice.groups = 1;
  v.slice.in_h = v.slice.in_w = 700;
  v.slice.stride_h = v.slice.stride_w = 233;
  check(v, TENSOR_FLOAT32);
}

Test(conv3d, nothing_to_do) {
  TensorVolume v = cube(4, 2, 1, 1, 0);
  v.slice.batch = 0;
  check_both(v);
  v = cube(4, 2, 1, 1, 0);
  v.slice.in_channels = 0;
  check_both(v);
  v = cube(4, 2, 1, 1, 0);
  v.slice.out_channels = 0;
  check_both(v);
  v = cube(4, 2, 1, 1, 0);
  v.out_d = 0;
  check_both(v);
  v = cube(4, 2, 1, 1, 4);
  v.in_d = 0;
  check_both(v);
}

Test(conv3d, gives_its_workspace_back) {
  Case c;
  TensorVolume v = cube(12, 3, 1, 1, 1);
  case_open(&c, v, TENSOR_FLOAT32);
  int64_t live = tensor_memory().live;
  test_ok(tensor_conv3d(&v, &c.y, &c.x, &c.k));
  test_ok(tensor_conv3d_backward_input(&v, &c.x, &c.y, &c.k));
  test_ok(tensor_conv3d_backward_kernel(&v, &c.k, &c.x, &c.y));
  cr_expect_eq(tensor_memory().live, live);
  tensor_interrupt = 1;
  cr_expect_eq(tensor_conv3d(&v, &c.y, &c.x, &c.k), TENSOR_INTERRUPTED);
  cr_expect_eq(tensor_conv3d_backward_input(&v, &c.x, &c.y, &c.k),
               TENSOR_INTERRUPTED);
  cr_expect_eq(tensor_conv3d_backward_kernel(&v, &c.k, &c.x, &c.y),
               TENSOR_INTERRUPTED);
  tensor_interrupt = 0;
  cr_expect_eq(tensor_memory().live, live);
  case_close(&c);
}

/* The sum for output element `at` as its definition says. */
static int64_t sum_at(const Tensor *out, const Tensor *a, const Tensor *b,
                      const int64_t *before, int64_t at) {
  int64_t sum = 0;
  for (int64_t j = 0, n = tensor_numel(b); j < n; j++) {
    int64_t rest = at, tap = j, offset = 0, size = 1;
    bool inside = true;
    for (int d = out->ndim - 1; d >= 0; d--) {
      int64_t i = rest % out->shape[d] + tap % b->shape[d] - before[d];
      rest /= out->shape[d];
      tap /= b->shape[d];
      inside = inside && i >= 0 && i < a->shape[d];
      offset += i * size;
      size *= a->shape[d];
    }
    if (inside)
      sum = (int64_t)((uint64_t)sum + (uint64_t)tensor_get_int(a, offset) *
                                          (uint64_t)tensor_get_int(b, j));
  }
  return sum;
}

static void check_correlation(int ndim, const int64_t *a, const int64_t *b,
                              const int64_t *before, const int64_t *out) {
  Tensor x = test_make(TENSOR_INT64, ndim, a);
  Tensor taps = test_make(TENSOR_INT64, ndim, b), y;
  tensor_set_int(&x, 0, INT64_MAX); /* sums wrap around */
  test_ok(tensor_new(&y, TENSOR_INT64, ndim, out));
  test_ok(tensor_correlate(&y, &x, &taps, before));
  for (int64_t i = 0, n = tensor_numel(&y); i < n; i++)
    cr_assert_eq(tensor_get_int(&y, i), sum_at(&y, &x, &taps, before, i));
  tensor_release(&x);
  tensor_release(&taps);
  tensor_release(&y);
}

#define LIST(...) ((const int64_t[]){__VA_ARGS__})

Test(correlate, whole_numbers) {
  check_correlation(1, LIST(9), LIST(4), LIST(0), LIST(6));
  check_correlation(1, LIST(9), LIST(4), LIST(3), LIST(12));
  check_correlation(1, LIST(2), LIST(7), LIST(3), LIST(2));
  check_correlation(2, LIST(5, 6), LIST(3, 2), LIST(1, 1), LIST(5, 6));
  check_correlation(2, LIST(1, 6), LIST(3, 1), LIST(2, 0), LIST(3, 6));
  check_correlation(3, LIST(4, 5, 6), LIST(2, 3, 2), LIST(1, 2, 1),
                    LIST(5, 7, 7));
  check_correlation(2, LIST(90, 80), LIST(9, 9), LIST(4, 4), LIST(90, 80));
}
