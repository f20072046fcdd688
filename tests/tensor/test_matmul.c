/*
** test_matmul.c - matrix products against three plain loops.
*/
#include "tests/tensor/support.h"

/* The offset of t's matrix for batch index `at` of out's batch dims. */
static int64_t matrix_offset(const Tensor *t, const Tensor *out, int64_t at) {
  int64_t offset = 0;
  for (int d = out->ndim - 3; d >= 0; d--) {
    int in_t = d - (out->ndim - t->ndim);
    if (in_t >= 0 && t->shape[in_t] != 1)
      offset += at % out->shape[d] * t->strides[in_t];
    at /= out->shape[d];
  }
  return offset;
}

static double number(const Tensor *t, int64_t offset, int64_t i, int64_t j) {
  return tensor_get(t, offset + i * t->strides[t->ndim - 2] +
                           j * t->strides[t->ndim - 1]);
}

static void multiply_plainly(Tensor *out, const Tensor *a, const Tensor *b) {
  int64_t m = out->shape[out->ndim - 2], n = out->shape[out->ndim - 1];
  int64_t k = a->shape[a->ndim - 1];
  for (int64_t at = 0, all = tensor_numel(out); at < all; at++) {
    int64_t j = at % n, i = at / n % m, batch = at / n / m;
    int64_t from_a = matrix_offset(a, out, batch);
    int64_t from_b = matrix_offset(b, out, batch);
    double sum = 0;
    for (int64_t l = 0; l < k; l++)
      sum += number(a, from_a, i, l) * number(b, from_b, l, j);
    if (out->dtype == TENSOR_BOOL) sum = sum != 0;
    if (tensor_dtype_is_float(out->dtype))
      tensor_set(out, at, sum);
    else if (out->dtype == TENSOR_UINT8)
      tensor_set_int(out, at, (int64_t)sum % 256);
    else
      tensor_set_int(out, at, (int64_t)sum);
  }
}

static Tensor product_of(const Tensor *a, const Tensor *b, bool plainly) {
  int64_t shape[TENSOR_MAX_DIMS];
  int ndim = a->ndim > b->ndim ? a->ndim : b->ndim;
  for (int d = 0; d < ndim - 2; d++) {
    int in_a = d - (ndim - a->ndim), in_b = d - (ndim - b->ndim);
    int64_t size_a = in_a < 0 ? 1 : a->shape[in_a];
    int64_t size_b = in_b < 0 ? 1 : b->shape[in_b];
    shape[d] = size_a == 1 ? size_b : size_a;
  }
  shape[ndim - 2] = a->shape[a->ndim - 2];
  shape[ndim - 1] = b->shape[b->ndim - 1];
  Tensor out;
  test_ok(tensor_new(&out, a->dtype, ndim, shape));
  if (tensor_dtype_is_float(out.dtype))
    test_ok(tensor_fill(&out, NAN)); /* what was there must not matter */
  if (plainly)
    multiply_plainly(&out, a, b);
  else
    test_ok(tensor_matmul(&out, a, b));
  return out;
}

static void check(const Tensor *a, const Tensor *b) {
  Tensor got = product_of(a, b, false), due = product_of(a, b, true);
  test_expect_close(&got, &due, a->dtype == TENSOR_FLOAT32 ? 2e-4 : 1e-11);
  tensor_release(&got);
  tensor_release(&due);
}

/* m, k, n: tiny ones, vectors, and those that BLAS multiplies. */
static const int64_t sizes[][3] = {
    {1, 1, 1},   {2, 3, 4},   {1, 70, 30}, {40, 50, 1},  {1, 900, 1},
    {30, 1, 40}, {17, 23, 9}, {5, 0, 6},   {0, 5, 6},    {60, 70, 300},
    {1, 1, 600}, {600, 1, 1}, {4, 5, 0},   {130, 10, 12}};

Test(matmul, every_dtype_layout_and_size) {
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
      for (TestLayout in_a = 0; in_a < TEST_LAYOUTS; in_a++)
        for (TestLayout in_b = 0; in_b < TEST_LAYOUTS; in_b++) {
          const int64_t *s = sizes[i];
          Tensor a = test_view(in_a, dtype, TEST_SHAPE(s[0], s[1]));
          Tensor b = test_view(in_b, dtype, TEST_SHAPE(s[1], s[2]));
          check(&a, &b);
          tensor_release(&a);
          tensor_release(&b);
        }
}

/* A (batch..., rows, columns) tensor whose matrices lie transposed. */
static Tensor transposed_matrices(Tensor t) {
  Tensor v;
  tensor_transpose(&v, &t, t.ndim - 2, t.ndim - 1);
  tensor_release(&t);
  return v;
}

Test(matmul, batches_and_broadcasting) {
  for (TensorDType dtype = TENSOR_INT32; dtype <= TENSOR_FLOAT32; dtype++)
    for (int size = 2; size <= 20; size += 9) {
      int64_t m = size, k = size + 1, n = size + 2;
      Tensor many_a[] = {
          test_make(dtype, TEST_SHAPE(m, k)),
          test_make(dtype, TEST_SHAPE(4, m, k)),
          test_make(dtype, TEST_SHAPE(3, 4, m, k)),
          test_make(dtype, TEST_SHAPE(3, 1, m, k)),
          test_view(TEST_BROADCAST, dtype, TEST_SHAPE(3, 4, m, k)),
          test_view(TEST_STEPPED, dtype, TEST_SHAPE(3, 4, m, k)),
          test_view(TEST_FLIPPED, dtype, TEST_SHAPE(4, m, k)),
          transposed_matrices(test_make(dtype, TEST_SHAPE(3, 4, k, m))),
          test_make(dtype, TEST_SHAPE(3, 4, m, k))};
      Tensor many_b[] = {
          test_make(dtype, TEST_SHAPE(k, n)),
          test_make(dtype, TEST_SHAPE(4, k, n)),
          test_make(dtype, TEST_SHAPE(1, k, n)),
          test_view(TEST_BROADCAST, dtype, TEST_SHAPE(4, k, n)),
          test_view(TEST_BROADCAST, dtype, TEST_SHAPE(3, 4, k, n)),
          transposed_matrices(test_make(dtype, TEST_SHAPE(n, k))),
          transposed_matrices(test_make(dtype, TEST_SHAPE(4, n, k)))};
      size_t in_a = sizeof many_a / sizeof *many_a;
      size_t in_b = sizeof many_b / sizeof *many_b;
      for (size_t i = 0; i < in_a; i++)
        for (size_t j = 0; j < in_b; j++) check(&many_a[i], &many_b[j]);
      for (size_t i = 0; i < in_a; i++) tensor_release(&many_a[i]);
      for (size_t j = 0; j < in_b; j++) tensor_release(&many_b[j]);
    }
}

Test(matmul, single_rows_of_a_batch) {
  Tensor b = test_make(TENSOR_FLOAT64, TEST_SHAPE(30, 40));
  for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
    Tensor a = test_view(layout, TENSOR_FLOAT64, TEST_SHAPE(5, 6, 1, 30));
    check(&a, &b);
    tensor_release(&a);
  }
  tensor_release(&b);
}

Test(matmul, heads_that_were_permuted) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(2, 20, 3, 16)), q, k;
  tensor_permute(&q, &x, (int[]){0, 2, 1, 3});
  tensor_permute(&k, &x, (int[]){0, 2, 3, 1});
  check(&q, &k);
  tensor_release(&q);
  tensor_release(&k);
  tensor_release(&x);
}

Test(matmul, large_batches_use_threads) {
  Tensor a = test_make(TENSOR_FLOAT32, TEST_SHAPE(500, 8, 24));
  Tensor b = test_make(TENSOR_FLOAT32, TEST_SHAPE(500, 24, 9));
  check(&a, &b);
  tensor_set_threads(1);
  Tensor one = product_of(&a, &b, false);
  tensor_set_threads(2);
  Tensor two = product_of(&a, &b, false);
  test_expect_same(&two, &one);
  tensor_release(&one);
  tensor_release(&two);
  tensor_release(&a);
  tensor_release(&b);
}

Test(matmul, nan_and_infinity) {
  for (int64_t n = 1; n <= 41; n += 20) {
    Tensor a = test_make(TENSOR_FLOAT32, TEST_SHAPE(20, 30));
    Tensor b = test_make(TENSOR_FLOAT32, TEST_SHAPE(30, n));
    tensor_set(&a, 3 * 30 + 4, NAN);
    tensor_set(&a, 5 * 30 + 6, INFINITY);
    Tensor got = product_of(&a, &b, false);
    for (int64_t i = 0; i < 20; i++)
      for (int64_t j = 0; j < n; j++) {
        double v = tensor_get(&got, i * n + j);
        cr_expect_eq(isnan(v) != 0,
                     i == 3 || (i == 5 && tensor_get(&b, 6 * n + j) == 0));
        cr_expect(i == 3 || i == 5 || isfinite(v));
      }
    tensor_release(&got);
    tensor_release(&a);
    tensor_release(&b);
  }
}

Test(matmul, integers_wrap) {
  Tensor a, out;
  test_ok(tensor_new(&a, TENSOR_INT32, TEST_SHAPE(2, 2)));
  test_ok(tensor_fill_int(&a, INT32_MAX));
  test_ok(tensor_new(&out, TENSOR_INT32, TEST_SHAPE(2, 2)));
  test_ok(tensor_matmul(&out, &a, &a));
  cr_expect_eq(tensor_get_int(&out, 3), 2); /* 2 (2^31 - 1)^2 modulo 2^32 */
  tensor_release(&a);
  tensor_release(&out);
}

Test(matmul, shapes_that_do_not_fit) {
  Tensor a = test_make(TENSOR_FLOAT32, TEST_SHAPE(2, 3));
  Tensor b = test_make(TENSOR_FLOAT32, TEST_SHAPE(4, 2));
  Tensor d = test_make(TENSOR_FLOAT64, TEST_SHAPE(3, 2)), out;
  test_ok(tensor_new(&out, TENSOR_FLOAT32, TEST_SHAPE(2, 2)));
  test_fails(tensor_matmul(&out, &a, &b), "matmul: float32 (2, 3) times "
                                          "float32 (4, 2) does not give");
  test_fails(tensor_matmul(&out, &a, &d), "float64 (3, 2)");
  tensor_release(&a);
  tensor_release(&b);
  tensor_release(&d);
  tensor_release(&out);
}

Test(matmul, an_interrupt_stops_it) {
  Tensor a = test_make(TENSOR_FLOAT32, TEST_SHAPE(300, 100)), out;
  test_ok(tensor_new(&out, TENSOR_FLOAT32, TEST_SHAPE(300, 300)));
  Tensor b = test_transposed(a);
  tensor_transpose(&a, &b, 0, 1);
  tensor_interrupt = 1;
  cr_expect_eq(tensor_matmul(&out, &a, &b), TENSOR_INTERRUPTED);
  tensor_interrupt = 0;
  test_ok(tensor_matmul(&out, &a, &b));
  tensor_release(&a);
  tensor_release(&b);
  tensor_release(&out);
}
