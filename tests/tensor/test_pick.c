/*
** test_pick.c - reading and writing by index tensors, against plain loops.
*/
#include "tests/tensor/support.h"

/* An index tensor with legal positions for a dim of that size, some counted
** from the end. */
static Tensor make_index(TestLayout layout, TensorDType dtype, int64_t size,
                         int ndim, const int64_t *shape) {
  Tensor t = test_view(layout, dtype, ndim, shape);
  for (int64_t i = 0, n = tensor_numel(&t); i < n; i++) {
    int64_t r = test_random() % size + 1;
    tensor_set_int(&t, test_offset(&t, i), r % 3 == 0 ? r - size - 1 : r);
  }
  return t;
}

static int64_t from_zero(const Tensor *index, int64_t at, int64_t size) {
  int64_t q = test_int_at(index, at);
  return q > 0 ? q - 1 : q + size;
}

/* Row-major place of element `at` of a `shape`-shaped tensor in t, its
** position along dim replaced. */
static int64_t replaced(const Tensor *shape, int64_t at, const Tensor *t,
                        int dim, int64_t position) {
  int64_t place = 0, step = 1;
  for (int d = shape->ndim - 1; d >= 0; d--) {
    place += (d == dim ? position : at % shape->shape[d]) * step;
    at /= shape->shape[d];
    step *= t->shape[d];
  }
  return place;
}

/* The position along dim of element `at`. */
static int64_t along(const Tensor *shape, int64_t at, int dim) {
  for (int d = shape->ndim - 1; d > dim; d--) at /= shape->shape[d];
  return at % shape->shape[dim];
}

static const int64_t shape3[] = {4, 5, 6};

Test(pick, take_every_dtype_and_layout) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
    for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
      Tensor x = test_view(layout, dtype, 3, shape3), out;
      Tensor index = make_index(layout, dtype % 2 ? TENSOR_INT32 : TENSOR_INT64,
                                120, TEST_SHAPE(7, 30));
      test_ok(tensor_new_like(&out, dtype, &index));
      test_ok(tensor_take(&out, &x, &index));
      for (int64_t i = 0; i < 210; i++)
        cr_assert_eq(test_at(&out, i), test_at(&x, from_zero(&index, i, 120)));
      tensor_release(&out);
      tensor_release(&index);
      tensor_release(&x);
    }
}

Test(pick, put_add_sums_repeated_positions) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++) {
    Tensor out = test_make(dtype, TEST_SHAPE(3, 4)), due;
    test_ok(tensor_clone(&due, &out, dtype));
    Tensor x = test_view(TEST_FLIPPED, dtype, TEST_SHAPE(5, 6));
    Tensor index =
        make_index(TEST_TRANSPOSED, TENSOR_INT64, 12, TEST_SHAPE(5, 6));
    for (int64_t i = 0; i < 30; i++) {
      int64_t q = from_zero(&index, i, 12);
      double sum = tensor_get(&due, q) + test_at(&x, i);
      tensor_set(&due, q, dtype == TENSOR_BOOL ? sum != 0 : sum);
    }
    test_ok(tensor_put(&out, &index, &x, true));
    test_expect_close(&out, &due, 1e-6);
    tensor_release(&out);
    tensor_release(&due);
    tensor_release(&x);
    tensor_release(&index);
  }
}

Test(pick, gather_every_dim_and_layout) {
  for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++)
    for (int dim = 0; dim < 3; dim++) {
      Tensor x = test_view(layout, TENSOR_FLOAT32, 3, shape3), out;
      int64_t shape[] = {3, 5, 4};
      shape[dim] = 9; /* along dim the index may be larger */
      Tensor index = make_index(layout, TENSOR_INT64, shape3[dim], 3, shape);
      test_ok(tensor_new_like(&out, TENSOR_FLOAT32, &index));
      test_ok(tensor_gather(&out, &x, dim, &index));
      for (int64_t i = 0, n = tensor_numel(&out); i < n; i++) {
        int64_t q = from_zero(&index, i, shape3[dim]);
        cr_assert_eq(test_at(&out, i),
                     test_at(&x, replaced(&index, i, &x, dim, q)));
      }
      tensor_release(&out);
      tensor_release(&index);
      tensor_release(&x);
    }
}

static void check_scatter(TensorDType dtype, TestLayout layout, int dim,
                          bool add) {
  Tensor out = test_view(layout == TEST_BROADCAST ? TEST_STEPPED : layout,
                         dtype, 3, shape3);
  Tensor due, x = test_view(layout, dtype, TEST_SHAPE(9, 9, 9));
  int64_t shape[] = {3, 5, 4};
  Tensor index = make_index(layout, TENSOR_INT32, shape3[dim], 3, shape);
  test_ok(tensor_clone(&due, &out, dtype));
  for (int64_t i = 0, n = tensor_numel(&index); i < n; i++) {
    int64_t q = from_zero(&index, i, shape3[dim]);
    int64_t to = replaced(&index, i, &out, dim, q);
    int64_t from = replaced(&index, i, &x, -1, 0);
    double v = test_at(&x, from) + (add ? test_at(&due, to) : 0);
    test_put(&due, to, dtype == TENSOR_BOOL ? v != 0 : v);
  }
  test_ok(tensor_scatter(&out, dim, &index, &x, add));
  test_expect_close(&out, &due, 1e-6);
  tensor_release(&out);
  tensor_release(&due);
  tensor_release(&x);
  tensor_release(&index);
}

Test(pick, scatter_every_dtype_layout_and_dim) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
    for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++)
      for (int dim = 0; dim < 3; dim++) {
        check_scatter(dtype, layout, dim, false);
        check_scatter(dtype, layout, dim, true);
      }
}

static void check_slices(TensorDType dtype, TestLayout layout, int dim,
                         const int64_t *shape) {
  int64_t count = 11, many[3] = {shape[0], shape[1], shape[2]};
  many[dim] = count;
  Tensor x = test_view(layout, dtype, 3, shape), out, due;
  Tensor index = make_index(layout, TENSOR_INT64, shape[dim], 1, &count);
  test_ok(tensor_new(&out, dtype, 3, many));
  test_ok(tensor_index_select(&out, &x, dim, &index));
  for (int64_t i = 0, n = tensor_numel(&out); i < n; i++) {
    int64_t q = from_zero(&index, along(&out, i, dim), shape[dim]);
    cr_assert_eq(test_at(&out, i), test_at(&x, replaced(&out, i, &x, dim, q)));
  }
  Tensor sum = test_make(dtype, 3, shape);
  test_ok(tensor_clone(&due, &sum, dtype));
  for (int64_t i = 0, n = tensor_numel(&out); i < n; i++) {
    int64_t q = from_zero(&index, along(&out, i, dim), shape[dim]);
    int64_t to = replaced(&out, i, &due, dim, q);
    double v = test_at(&due, to) + test_at(&out, i);
    test_put(&due, to, dtype == TENSOR_BOOL ? v != 0 : v);
  }
  test_ok(tensor_index_add(&sum, dim, &index, &out));
  test_expect_close(&sum, &due, 1e-5);
  tensor_release(&x);
  tensor_release(&out);
  tensor_release(&due);
  tensor_release(&sum);
  tensor_release(&index);
}

Test(pick, index_select_and_index_add) {
  static const int64_t shapes[][3] = {
      {4, 5, 6}, {10, 1, 2}, {1, 1, 7}, {3, 1, 1}, {2, 300, 1}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
      for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++)
        for (int dim = 0; dim < 3; dim++)
          check_slices(dtype, layout, dim, shapes[s]);
}

Test(pick, threads_do_not_change_bits) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(3000, 300));
  Tensor index =
      make_index(TEST_CONTIGUOUS, TENSOR_INT64, 50, TEST_SHAPE(3000));
  Tensor flat =
      make_index(TEST_CONTIGUOUS, TENSOR_INT64, 900000, TEST_SHAPE(200000));
  Tensor sums[2], rows[2], taken[2];
  for (int i = 0; i < 2; i++) {
    tensor_set_threads(i + 1);
    test_ok(tensor_new(&sums[i], TENSOR_FLOAT32, TEST_SHAPE(50, 300)));
    test_ok(tensor_fill(&sums[i], 0.1));
    test_ok(tensor_index_add(&sums[i], 0, &index, &x));
    test_ok(tensor_new(&rows[i], TENSOR_FLOAT32, TEST_SHAPE(3000, 300)));
    test_ok(tensor_index_select(&rows[i], &x, 0, &index));
    test_ok(tensor_new(&taken[i], TENSOR_FLOAT32, TEST_SHAPE(200000)));
    test_ok(tensor_take(&taken[i], &x, &flat));
  }
  test_expect_same(&sums[0], &sums[1]);
  test_expect_same(&rows[0], &rows[1]);
  test_expect_same(&taken[0], &taken[1]);
  for (int i = 0; i < 2; i++) {
    tensor_release(&sums[i]);
    tensor_release(&rows[i]);
    tensor_release(&taken[i]);
  }
  tensor_release(&flat);
  tensor_release(&index);
  tensor_release(&x);
}

Test(pick, nothing_and_zero_dims) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(3, 4)), out;
  Tensor none = test_ints(0, NULL);
  test_ok(tensor_new(&out, TENSOR_FLOAT32, TEST_SHAPE(0, 4)));
  test_ok(tensor_index_select(&out, &x, 0, &none));
  test_ok(tensor_index_add(&x, 0, &none, &out));
  tensor_release(&out);
  test_ok(tensor_new(&out, TENSOR_FLOAT32, TEST_SHAPE(0)));
  test_ok(tensor_take(&out, &x, &none));
  tensor_release(&out);
  Tensor one, single = test_make(TENSOR_FLOAT32, 0, NULL);
  test_ok(tensor_new(&one, TENSOR_INT64, 0, NULL));
  tensor_set_int(&one, 0, -1);
  test_ok(tensor_new(&out, TENSOR_FLOAT32, 0, NULL));
  test_ok(tensor_gather(&out, &single, 0, &one));
  cr_expect_eq(tensor_get(&out, 0), tensor_get(&single, 0));
  test_ok(tensor_take(&out, &x, &one));
  cr_expect_eq(tensor_get(&out, 0), tensor_get(&x, 11));
  test_ok(tensor_scatter(&out, 0, &one, &single, false));
  cr_expect_eq(tensor_get(&out, 0), tensor_get(&single, 0));
  tensor_release(&single);
  tensor_release(&one);
  tensor_release(&out);
  tensor_release(&none);
  tensor_release(&x);
}

Test(pick, wrong_positions) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(10, 2)), out;
  test_ok(tensor_new(&out, TENSOR_FLOAT32, TEST_SHAPE(4, 2)));
  static const struct {
    int64_t index[4];
    const char *message;
  } cases[] = {
      {{1, 2, 11, 3},
       "index_select: index 11 at position 3: dim 1 has size 10 (positions "
       "are 1..10, or -10..-1 from the end)"},
      {{1, -11, 12, 3}, "index_select: index -11 at position 2: dim 1"},
      {{1, 2, 3, 0},
       "index_select: index 0 at position 4: positions count from 1"},
      {{INT64_MIN, 2, 3, 1}, "index -9223372036854775808 at position 1"},
      {{INT64_MAX, 2, 3, 1}, "index 9223372036854775807 at position 1"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    Tensor index = test_ints(4, cases[i].index);
    test_fails(tensor_index_select(&out, &x, 0, &index), cases[i].message);
    tensor_release(&index);
  }
  Tensor index = test_make(TENSOR_INT64, TEST_SHAPE(2, 2));
  test_ok(tensor_fill_int(&index, 1));
  tensor_set_int(&index, 2, 3);
  Tensor part;
  tensor_slice(&part, &out, 0, 0, 1, 2);
  test_fails(tensor_gather(&part, &x, 1, &index),
             "gather: index 3 at position (2, 1): dim 2 has size 2");
  tensor_set_int(&index, 2, 21);
  test_fails(tensor_take(&part, &x, &index),
             "take: index 21 at position (2, 1): the tensor has 20 elements");
  tensor_release(&part);
  tensor_release(&index);
  tensor_release(&x);
  tensor_release(&out);
}

Test(pick, a_wrong_position_writes_nothing) {
  int64_t positions[] = {1, 2, 9};
  Tensor out = test_make(TENSOR_FLOAT32, TEST_SHAPE(3)), before;
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(3));
  Tensor index = test_ints(3, positions);
  test_ok(tensor_clone(&before, &out, TENSOR_FLOAT32));
  test_fails(tensor_scatter(&out, 0, &index, &x, false), "scatter: index 9");
  test_fails(tensor_scatter(&out, 0, &index, &x, true), "scatter_add: ");
  test_fails(tensor_index_add(&out, 0, &index, &x), "index_add: index 9");
  test_fails(tensor_put(&out, &index, &x, true), "put_add: index 9");
  test_expect_same(&out, &before);
  tensor_release(&out);
  tensor_release(&before);
  tensor_release(&x);
  tensor_release(&index);
}

Test(pick, wrong_shapes_and_dtypes) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(3, 4)), index, out;
  test_ok(tensor_new(&out, TENSOR_FLOAT32, TEST_SHAPE(5, 4)));
  test_ok(tensor_new(&index, TENSOR_FLOAT32, TEST_SHAPE(5, 4)));
  test_fails(tensor_gather(&out, &x, 0, &index),
             "gather: the index must be int64 or int32, not float32");
  tensor_release(&index);
  test_ok(tensor_new(&index, TENSOR_INT64, TEST_SHAPE(5, 4)));
  test_ok(tensor_fill_int(&index, 1));
  test_fails(tensor_gather(&out, &x, 1, &index),
             "gather: the index (5, 4) does not lie within the tensor (3, 4)");
  test_fails(tensor_scatter(&out, 0, &index, &x, false),
             "scatter: the index (5, 4) does not lie within the source (3, 4)");
  test_fails(tensor_take(&x, &out, &index),
             "take: the index is (5, 4), but the result is (3, 4)");
  test_fails(tensor_index_select(&out, &x, 0, &index),
             "index_select: the index must have 1 dim, not 2");
  tensor_release(&index);
  index = test_ints(2, (int64_t[]){1, 2});
  test_fails(tensor_index_select(&out, &x, 0, &index),
             "index_select: slices of (3, 4) along dim 1");
  test_fails(tensor_take(&index, &x, &index),
             "take: the dtypes int64 and float32 differ");
  tensor_release(&index);
  tensor_release(&out);
  tensor_release(&x);
}

Test(pick, nonzero) {
  for (TensorDType dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++)
    for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
      Tensor x = test_view(layout, dtype, 3, shape3), out;
      for (int64_t i = 0; i < 120; i += 2) test_put(&x, i, 0);
      test_ok(tensor_nonzero(&out, &x));
      int64_t row = 0;
      for (int64_t i = 0; i < 120; i++) {
        if (test_at(&x, i) == 0) continue;
        cr_assert_eq(tensor_get_int(&out, row * 3), i / 30 + 1);
        cr_assert_eq(tensor_get_int(&out, row * 3 + 1), i / 6 % 5 + 1);
        cr_assert_eq(tensor_get_int(&out, row * 3 + 2), i % 6 + 1);
        row++;
      }
      test_expect_shape(&out, TEST_SHAPE(row, 3));
      tensor_release(&out);
      tensor_release(&x);
    }
}

/* Rows of a few elements, over many of the pieces they are found in. */
Test(pick, nonzero_of_short_rows) {
  const int64_t shapes[][3] = {{30000, 1, 1}, {5000, 2, 3}, {3, 2500, 4}};
  for (int k = 0; k < 3; k++) {
    const int64_t *s = shapes[k];
    Tensor x = test_make(TENSOR_FLOAT32, 3, s), out;
    for (int64_t i = 0; i < 30000; i++) test_put(&x, i, i % 7 == 2);
    for (int64_t i = 9000; i < 18000; i++) test_put(&x, i, 0);
    test_ok(tensor_nonzero(&out, &x));
    int64_t row = 0;
    for (int64_t i = 0; i < 30000; i++) {
      if (test_at(&x, i) == 0) continue;
      cr_assert_eq(tensor_get_int(&out, row * 3), i / (s[1] * s[2]) + 1);
      cr_assert_eq(tensor_get_int(&out, row * 3 + 1), i / s[2] % s[1] + 1);
      cr_assert_eq(tensor_get_int(&out, row * 3 + 2), i % s[2] + 1);
      row++;
    }
    test_expect_shape(&out, TEST_SHAPE(row, 3));
    tensor_release(&out);
    tensor_release(&x);
  }
}

Test(pick, nonzero_of_nan_0d_and_nothing) {
  double values[] = {NAN, -0.0, 0, INFINITY};
  Tensor x = test_from(TENSOR_FLOAT64, values, TEST_SHAPE(4)), out;
  test_ok(tensor_nonzero(&out, &x));
  test_expect_shape(&out, TEST_SHAPE(2, 1));
  cr_expect_eq(tensor_get_int(&out, 1), 4);
  tensor_release(&out);
  tensor_release(&x);
  x = test_from(TENSOR_FLOAT64, values, 0, NULL);
  test_ok(tensor_nonzero(&out, &x));
  test_expect_shape(&out, TEST_SHAPE(1, 0));
  tensor_release(&out);
  tensor_release(&x);
  x = test_make(TENSOR_BOOL, TEST_SHAPE(2, 0));
  test_ok(tensor_nonzero(&out, &x));
  test_expect_shape(&out, TEST_SHAPE(0, 2));
  tensor_release(&out);
  tensor_release(&x);
}
