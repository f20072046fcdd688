/*
** test_print.c - tensors as text.
*/
#include "tests/tensor/support.h"

static const TensorPrint usual = {.precision = 4,
                                  .threshold = 1000,
                                  .edge = 3,
                                  .width = 80,
                                  .margins = TENSOR_NEVER};

/* t's text is `due`; takes over t. */
static void shows(Tensor t, const TensorPrint *options, const char *due) {
  char *text = tensor_to_text(&t, options);
  cr_assert_not_null(text);
  cr_expect_str_eq(text, due, "got:\n%s\ndue:\n%s", text, due);
  free(text);
  tensor_release(&t);
}

/* Elements first, first + step, ... */
static Tensor counted(TensorDType dtype, double first, double step, int ndim,
                      const int64_t *shape) {
  Tensor t = test_make(dtype, ndim, shape);
  for (int64_t i = 0, n = tensor_numel(&t); i < n; i++)
    test_put(&t, i, first + step * (double)i);
  return t;
}

static Tensor vector(TensorDType dtype, int n, const double *values) {
  return test_from(dtype, values, TEST_SHAPE(n));
}

Test(print, matrices) {
  shows(counted(TENSOR_FLOAT32, 1, 1, TEST_SHAPE(2, 3)), &usual,
        "float32 (2, 3)\n  1  2  3\n  4  5  6");
  shows(counted(TENSOR_FLOAT32, 0, 0.5, TEST_SHAPE(2, 2)), &usual,
        "float32 (2, 2)\n       0  0.5000\n  1.0000  1.5000");
  shows(counted(TENSOR_INT64, -5, 5, TEST_SHAPE(3, 1)), &usual,
        "int64 (3, 1)\n  -5\n   0\n   5");
  shows(counted(TENSOR_BOOL, 0, 1, TEST_SHAPE(1, 2)), &usual,
        "bool (1, 2)\n  false   true");
}

Test(print, views) {
  shows(test_transposed(counted(TENSOR_INT32, 1, 1, TEST_SHAPE(2, 3))), &usual,
        "int32 (3, 2)\n  1  4\n  2  5\n  3  6");
  shows(test_flipped(counted(TENSOR_UINT8, 1, 1, TEST_SHAPE(4)), 0), &usual,
        "uint8 (4)\n  4  3  2  1");
}

Test(print, small_shapes) {
  shows(counted(TENSOR_FLOAT32, 3.14159, 0, 0, NULL), &usual,
        "float32 ()  3.1416");
  shows(counted(TENSOR_INT32, 7, 0, 0, NULL), &usual, "int32 ()  7");
  shows(counted(TENSOR_FLOAT32, 0, 0, TEST_SHAPE(0, 3)), &usual,
        "float32 (0, 3)  (empty)");
  shows(counted(TENSOR_BOOL, 0, 0, TEST_SHAPE(2, 3, 0)), &usual,
        "bool (2, 3, 0)  (empty)");
}

Test(print, slices) {
  shows(counted(TENSOR_INT64, 1, 1, TEST_SHAPE(2, 1, 1, 2)), &usual,
        "int64 (2, 1, 1, 2)\n(1, 1, :, :)\n  1  2\n\n(2, 1, :, :)\n  3  4");
}

Test(print, numbers) {
  static const double odd[] = {NAN, INFINITY, -INFINITY, 1.5, -0.};
  static const double tiny[] = {0.25, 1e-7, -3e-9, 0};
  static const double small[] = {1e-5, 2.5e-5};
  static const double large[] = {1e6, 0.5};
  static const double whole[] = {99999999, -1, NAN};
  static const double huge[] = {1e300, -1e-300};
  static const double limits[] = {9223372036854774784., -9223372036854775808.};
  shows(vector(TENSOR_FLOAT32, 5, odd), &usual,
        "float32 (5)\n     nan     inf    -inf  1.5000       0");
  shows(vector(TENSOR_FLOAT64, 4, tiny), &usual,
        "float64 (4)\n  0.2500   1e-07  -3e-09       0");
  shows(vector(TENSOR_FLOAT64, 2, small), &usual,
        "float64 (2)\n  1.0000e-05  2.5000e-05");
  shows(vector(TENSOR_FLOAT64, 2, large), &usual,
        "float64 (2)\n  1.0000e+06  5.0000e-01");
  shows(vector(TENSOR_FLOAT64, 3, whole), &usual,
        "float64 (3)\n  99999999        -1       nan");
  shows(vector(TENSOR_FLOAT64, 2, huge), &usual,
        "float64 (2)\n   1.0000e+300  -1.0000e-300");
  shows(vector(TENSOR_INT64, 2, limits), &usual,
        "int64 (2)\n   9223372036854774784  -9223372036854775808");
}

Test(print, options) {
  TensorPrint o = {.precision = 1,
                   .threshold = 5,
                   .edge = 2,
                   .width = 80,
                   .margins = TENSOR_NEVER};
  shows(counted(TENSOR_FLOAT32, 0.5, 1, TEST_SHAPE(6)), &o,
        "float32 (6)\n  0.5  1.5  ...  4.5  5.5");
  o = (TensorPrint){.precision = -3,
                    .threshold = -1,
                    .edge = -1,
                    .width = -1,
                    .margins = TENSOR_NEVER};
  shows(counted(TENSOR_FLOAT32, 0.75, 1, TEST_SHAPE(3, 3)), &o,
        "float32 (3, 3)\n  1  ...  3\n  ...\n  7  ...  9");
}

Test(print, long_tensors) {
  shows(counted(TENSOR_INT64, 1, 1, TEST_SHAPE(1001)), &usual,
        "int64 (1001)\n     1     2     3  ...   999  1000  1001");
  shows(counted(TENSOR_INT64, 1, 1, TEST_SHAPE(600, 2)), &usual,
        "int64 (600, 2)\n     1     2\n     3     4\n     5     6\n  ...\n"
        "  1195  1196\n  1197  1198\n  1199  1200");
  TensorPrint o = {.precision = 4,
                   .threshold = 8,
                   .edge = 1,
                   .width = 80,
                   .margins = TENSOR_NEVER};
  shows(counted(TENSOR_UINT8, 1, 1, TEST_SHAPE(3, 3, 3)), &o,
        "uint8 (3, 3, 3)\n(1, :, :)\n   1   2   3\n  ...\n   7   8   9\n\n"
        "...\n\n(3, :, :)\n  19  20  21\n  ...\n  25  26  27");
}

Test(print, fits_the_page) {
  TensorPrint narrow = {.precision = 4,
                        .threshold = 1000,
                        .edge = 3,
                        .width = 20,
                        .margins = TENSOR_NEVER};
  shows(counted(TENSOR_INT32, 1, 1, TEST_SHAPE(9)), &narrow,
        "int32 (9)\n  1  2  3  4  5  6\n  7  8  9");
  shows(counted(TENSOR_INT32, 11, 1, TEST_SHAPE(1, 9)), &narrow,
        "int32 (1, 9)\n  11  12  ...  19");
  shows(counted(TENSOR_INT32, 1, 1, TEST_SHAPE(1, 6)), &narrow,
        "int32 (1, 6)\n  1  2  3  4  5  6");
}

/* A billion elements in one: only what is shown is looked at. */
Test(print, does_not_read_what_it_does_not_show, .timeout = 5) {
  Tensor t, one = counted(TENSOR_FLOAT32, 1, 0, TEST_SHAPE(1));
  test_ok(tensor_broadcast_to(&t, &one, TEST_SHAPE(1000, 1000, 1000, 100000)));
  char *text = tensor_to_text(&t, &usual);
  cr_assert_not_null(text);
  cr_expect_lt(strlen(text), 2000);
  free(text);
  tensor_release(&t);
  tensor_release(&one);
}

Test(print, margins) {
  const TensorPrint marked = {
      .precision = 4, .threshold = 1000, .edge = 2, .width = 26, .margins = 1};
  const TensorPrint elided = {
      .precision = 4, .threshold = 10, .edge = 2, .width = 80};
  const TensorPrint bare = {.precision = 4,
                            .threshold = 10,
                            .edge = 2,
                            .width = 80,
                            .margins = TENSOR_NEVER};
  shows(counted(TENSOR_INT64, 1, 1, TEST_SHAPE(12)), &marked,
        "int64 (12)\n   1:   1   2   3   4   5\n   6:   6   7   8   9  10\n"
        "  11:  11  12");
  shows(counted(TENSOR_INT64, 1, 1, TEST_SHAPE(12, 2)), &elided,
        "int64 (12, 2)\n        1   2\n   1:   1   2\n   2:   3   4\n  ...\n"
        "  11:  21  22\n  12:  23  24");
  shows(counted(TENSOR_INT64, 1, 1, TEST_SHAPE(12, 2)), &bare,
        "int64 (12, 2)\n   1   2\n   3   4\n  ...\n  21  22\n  23  24");
  shows(counted(TENSOR_UINT8, 1, 0, TEST_SHAPE(1, 1, 1)), &marked,
        "uint8 (1, 1, 1)\n(1, :, :)\n      1\n  1:  1");
}

Test(print, scientific) {
  const TensorPrint always = {.precision = 1,
                              .threshold = 10,
                              .edge = 2,
                              .width = 80,
                              .scientific = TENSOR_ALWAYS};
  TensorPrint never = always;
  never.scientific = TENSOR_NEVER;
  shows(vector(TENSOR_FLOAT32, 2, (double[]){1, 0.25}), &always,
        "float32 (2)\n  1.0e+00  2.5e-01");
  shows(vector(TENSOR_FLOAT64, 2, (double[]){1e12, 0.5}), &never,
        "float64 (2)\n  1000000000000.0              0.5");
}

Test(print, summary) {
  TensorPrint with = usual;
  with.summary = true;
  shows(
      vector(TENSOR_FLOAT32, 3, (double[]){1, NAN, 4}), &with,
      "float32 (3)  12 bytes, min 1, max 4, mean 2.5, 1 nan\n    1  nan    4");
  shows(test_transposed(counted(TENSOR_INT32, 0, 1, TEST_SHAPE(2, 2))), &with,
        "int32 (2, 2)  16 bytes, min 0, max 3, mean 1.5\n  0  2\n  1  3");
  shows(counted(TENSOR_FLOAT64, 0, 0, TEST_SHAPE(0, 3)), &with,
        "float64 (0, 3)  0 bytes  (empty)");
}
