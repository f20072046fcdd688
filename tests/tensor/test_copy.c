/*
** test_copy.c - copies that turn rows into columns.
*/
#include "support.h"

static void check_transposed(TensorDType dtype, int64_t batch, int64_t rows,
                             int64_t columns, int64_t margin) {
  Tensor x = test_make(dtype, TEST_SHAPE(batch, rows, columns + margin));
  Tensor part, turned, copy;
  tensor_slice(&part, &x, 2, margin, 1, columns);
  tensor_transpose(&turned, &part, 1, 2);
  test_ok(tensor_clone(&copy, &turned, dtype));
  test_expect_close(&copy, &turned, 0);
  tensor_release(&copy);
  tensor_release(&turned);
  tensor_release(&part);
  tensor_release(&x);
}

Test(copy, rows_into_columns) {
  static const int64_t sizes[][2] = {{8, 8},   {16, 16},   {17, 33},
                                     {64, 40}, {65, 16},   {9, 200},
                                     {130, 8}, {700, 801}, {512, 1024}};
  static const TensorDType dtypes[] = {TENSOR_FLOAT32, TENSOR_FLOAT64,
                                       TENSOR_INT32, TENSOR_UINT8};
  for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
      for (int64_t margin = 0; margin < 2; margin++)
        check_transposed(dtypes[d], 1 + (int64_t)s % 2, sizes[s][0],
                         sizes[s][1], margin);
}
