/*
** test_conv2d.c - convolution and its two gradients against plain loops in
** double precision, over many geometries.
*/
#include "tests/tensor/window_support.h"

typedef struct Case {
  TensorWindow w;
  TensorDType dtype;
  Tensor x, k, y;
} Case;

static Tensor kernel_new(const Case *c) {
  const TensorWindow *w = &c->w;
  return test_make(c->dtype,
                   TEST_SHAPE(w->kernel_h, w->kernel_w,
                              w->in_channels / w->groups, w->out_channels));
}

static void case_open(Case *c, TensorWindow w, TensorDType dtype) {
  c->w = w;
  c->dtype = dtype;
  c->x = test_image(&w, dtype, false);
  c->k = kernel_new(c);
  c->y = test_image(&w, dtype, true);
}

static void case_close(Case *c) {
  tensor_release(&c->x);
  tensor_release(&c->k);
  tensor_release(&c->y);
}

/* Calls visit for every product x * k that is a term of y, by offsets. */
typedef void Visit(void *user, int64_t x, int64_t k, int64_t y);

static void visit_taps(const TensorWindow *w, int64_t n, int64_t row,
                       int64_t column, int64_t out, Visit *visit, void *user) {
  int64_t each = w->in_channels / w->groups;
  int64_t first = out / (w->out_channels / w->groups) * each;
  int64_t y = test_pixel(w, true, n, row, column, out);
  for (int64_t i = 0; i < w->kernel_h * w->kernel_w * each; i++) {
    int64_t c = i % each, a = i / each / w->kernel_w,
            b = i / each % w->kernel_w;
    int64_t h = row * w->stride_h - w->pad_top + a * w->dilation_h;
    int64_t v = column * w->stride_w - w->pad_left + b * w->dilation_w;
    if (h < 0 || h >= w->in_h || v < 0 || v >= w->in_w) continue;
    visit(user, test_pixel(w, false, n, h, v, first + c),
          i * w->out_channels + out, y);
  }
}

static void visit_all(const TensorWindow *w, Visit *visit, void *user) {
  for (int64_t n = 0; n < w->batch; n++)
    for (int64_t row = 0; row < w->out_h; row++)
      for (int64_t column = 0; column < w->out_w; column++)
        for (int64_t out = 0; out < w->out_channels; out++)
          visit_taps(w, n, row, column, out, visit, user);
}

/* The three sums, as plain loops make them. */
typedef struct Reference {
  const Case *c;
  Tensor x, k, y;
} Reference;

static void add_term(void *user, int64_t x, int64_t k, int64_t y) {
  Reference *r = user;
  double vx = tensor_get(&r->c->x, x), vk = tensor_get(&r->c->k, k);
  double vy = tensor_get(&r->c->y, y);
  ((double *)r->y.data)[y] += vx * vk;
  ((double *)r->x.data)[x] += vy * vk;
  ((double *)r->k.data)[k] += vx * vy;
}

static void check(TensorWindow w, TensorDType dtype) {
  Case c;
  case_open(&c, w, dtype);
  Reference r = {&c, test_zeros_like(&c.x), test_zeros_like(&c.k),
                 test_zeros_like(&c.y)};
  visit_all(&w, add_term, &r);
  Tensor y = test_image(&w, dtype, true), x = test_image(&w, dtype, false),
         k = kernel_new(&c);
  test_ok(tensor_conv2d(&w, &y, &c.x, &c.k));
  test_ok(tensor_conv2d_backward_input(&w, &x, &c.y, &c.k));
  test_ok(tensor_conv2d_backward_kernel(&w, &k, &c.x, &c.y));
  double tol = dtype == TENSOR_FLOAT32 ? 1e-4 : 1e-12;
  test_expect_and_release(y, r.y, tol);
  test_expect_and_release(x, r.x, tol);
  /* as many terms as positions: the error grows with them */
  test_expect_and_release(k, r.k, tol * 10);
  case_close(&c);
}

/* Both formats, both dtypes, one thread and two. */
static void check_all(TensorWindow w) {
  for (int i = 0; i < 8; i++) {
    tensor_set_threads(1 + (i & 1));
    w.channels_first = (i & 2) != 0;
    check(w, i & 4 ? TENSOR_FLOAT64 : TENSOR_FLOAT32);
  }
}

static TensorWindow random_window(void) {
  TensorWindow w = test_random_window();
  w.groups = test_between(1, 3);
  w.in_channels = w.groups * test_between(1, 3);
  w.out_channels = w.groups * test_between(1, 4);
  return w;
}

Test(conv2d, random_geometries) {
  for (int i = 0; i < 400; i++) check_all(random_window());
}

Test(conv2d, known_numbers) {
  TensorWindow w = test_square(1, 3, 1, 2, 1, 1, 0);
  Tensor x = test_from(TENSOR_FLOAT32, (double[]){1, 2, 3, 4, 5, 6, 7, 8, 9},
                       TEST_SHAPE(1, 3, 3, 1));
  Tensor k = test_from(TENSOR_FLOAT32, (double[]){1, 0, 0, -2},
                       TEST_SHAPE(2, 2, 1, 1));
  Tensor due = test_from(TENSOR_FLOAT32, (double[]){-9, -10, -12, -13},
                         TEST_SHAPE(1, 2, 2, 1));
  Tensor y;
  test_ok(tensor_new_like(&y, TENSOR_FLOAT32, &due));
  test_ok(tensor_conv2d(&w, &y, &x, &k));
  test_expect_close(&y, &due, 0);
  tensor_release(&x);
  tensor_release(&k);
  tensor_release(&y);
  tensor_release(&due);
}

/* Sizes above a block and above what one thread takes alone. */
Test(conv2d, larger_images) {
  check_all(test_square(3, 28, 1, 3, 16, 1, 0));
  check_all(test_square(5, 13, 16, 3, 8, 1, 1));
  check_all(test_square(40, 5, 8, 3, 16, 1, 0));
  check_all(test_square(1, 40, 6, 3, 8, 2, 1));
  check_all(test_square(2, 24, 12, 5, 8, 1, 2));
  check_all(test_square(3, 14, 16, 3, 16, 1, 1));
  check_all(test_square(1, 43, 16, 3, 16, 2, 1));
  check_all(test_square(3, 32, 1, 5, 16, 1, 2));
}

Test(conv2d, one_by_one) {
  check_all(test_square(3, 20, 24, 1, 16, 1, 0));
  check_all(test_square(20, 5, 32, 1, 24, 1, 0));
  check_all(test_square(3, 9, 8, 1, 4, 2, 0));
  TensorWindow w = test_square(2, 8, 4, 1, 4, 1, 0);
  w.out_h = 9; /* a row of padding below */
  check_all(w);
  w.out_h = 6; /* rows not used */
  check_all(w);
  w = test_square(2, 8, 4, 1, 4, 1, 0);
  w.out_w = 9;
  check_all(w);
}

Test(conv2d, groups) {
  TensorWindow w = test_square(4, 12, 12, 3, 24, 1, 1);
  for (w.groups = 1; w.groups <= 12; w.groups++)
    if (12 % w.groups == 0) check_all(w); /* the last is depthwise */
  w = test_square(2, 30, 16, 3, 16, 2, 1);
  w.groups = 16;
  check_all(w);
  w = test_square(3, 36, 32, 3, 32, 1, 1);
  w.groups = 32; /* enough for two threads */
  check_all(w);
  w = test_square(6, 7, 20, 1, 10, 1, 0);
  w.groups = 5;
  check_all(w);
}

/* A window as large as the image; a row; strides that skip pixels. */
Test(conv2d, odd_windows) {
  check_all(test_square(9, 6, 7, 6, 11, 1, 0));
  check_all(test_square(2, 17, 3, 2, 4, 5, 0));
  TensorWindow w = test_square(3, 30, 5, 1, 6, 1, 0);
  w.in_h = w.out_h = 1;
  w.kernel_w = 4;
  w.dilation_w = 3;
  w.pad_left = 9; /* causal */
  check_all(w);
}

Test(conv2d, nothing_to_do) {
  TensorWindow w = test_square(0, 6, 3, 3, 4, 1, 1);
  check_all(w);
  w = test_square(2, 6, 3, 3, 4, 1, 1);
  w.out_h = 0;
  check_all(w);
  w = test_square(2, 6, 0, 3, 4, 1, 1);
  check_all(w);
  w = test_square(2, 6, 3, 3, 0, 1, 1);
  check_all(w);
}

static double inner(const Tensor *a, const Tensor *b) {
  double sum = 0;
  for (int64_t i = 0, n = tensor_numel(a); i < n; i++)
    sum += tensor_get(a, i) * tensor_get(b, i);
  return sum;
}

/* <conv(x, k), y> == <x, backward_input> == <k, backward_kernel> */
Test(conv2d, gradients_are_adjoint) {
  for (int i = 0; i < 100; i++) {
    Case c;
    TensorWindow w = random_window();
    w.channels_first = i % 2;
    case_open(&c, w, TENSOR_FLOAT64);
    Tensor y = test_image(&w, c.dtype, true),
           x = test_image(&w, c.dtype, false);
    Tensor k = kernel_new(&c);
    test_ok(tensor_conv2d(&w, &y, &c.x, &c.k));
    test_ok(tensor_conv2d_backward_input(&w, &x, &c.y, &c.k));
    test_ok(tensor_conv2d_backward_kernel(&w, &k, &c.x, &c.y));
    double due = inner(&y, &c.y);
    cr_expect(test_near(inner(&x, &c.x), due, 1e-10));
    cr_expect(test_near(inner(&k, &c.k), due, 1e-10));
    tensor_release(&x);
    tensor_release(&y);
    tensor_release(&k);
    case_close(&c);
  }
}

/* The same thread count gives the same bits. */
Test(conv2d, repeats_itself) {
  Case c;
  TensorWindow w = test_square(8, 20, 8, 3, 16, 1, 1);
  tensor_set_threads(2);
  case_open(&c, w, TENSOR_FLOAT32);
  Tensor first = kernel_new(&c), again = kernel_new(&c);
  test_ok(tensor_conv2d_backward_kernel(&w, &first, &c.x, &c.y));
  for (int i = 0; i < 20; i++) {
    test_ok(tensor_conv2d_backward_kernel(&w, &again, &c.x, &c.y));
    test_expect_same(&again, &first);
  }
  tensor_release(&first);
  tensor_release(&again);
  case_close(&c);
}

Test(conv2d, gives_its_workspace_back) {
  Case c;
  TensorWindow w = test_square(8, 20, 8, 3, 16, 1, 1);
  case_open(&c, w, TENSOR_FLOAT32);
  int64_t live = tensor_memory().live;
  test_ok(tensor_conv2d(&w, &c.y, &c.x, &c.k));
  cr_expect_eq(tensor_memory().live, live);
  tensor_interrupt = 1;
  cr_expect_eq(tensor_conv2d(&w, &c.y, &c.x, &c.k), TENSOR_INTERRUPTED);
  tensor_interrupt = 0;
  cr_expect_eq(tensor_memory().live, live);
  case_close(&c);
}

Test(conv2d, refuses_integers) {
  Case c;
  TensorWindow w = test_square(1, 4, 1, 3, 1, 1, 0);
  case_open(&c, w, TENSOR_INT32);
  test_fails(tensor_conv2d(&w, &c.y, &c.x, &c.k), "float");
  case_close(&c);
}
