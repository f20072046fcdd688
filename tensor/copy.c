/*
** copy.c - copies, conversions and fills.
*/
#include <string.h>

#include "tensor/kernel.h"
#include "tensor/map.h"

#define BLOCK 32 /* side of the square that a transposing copy works on */

/* Rows of y from columns of x, in squares so that both stay in the cache. */
#define X(size, type)                                                          \
  static void transpose_##size(type *restrict y, int64_t y_step,               \
                               const type *restrict x, int64_t x_step,         \
                               int64_t rows, int64_t columns) {                \
    for (int64_t c0 = 0; c0 < columns; c0 += BLOCK) {                          \
      int64_t c1 = tensor_min64(c0 + BLOCK, columns);                          \
      for (int64_t r = 0; r < rows; r++)                                       \
        for (int64_t c = c0; c < c1; c++)                                      \
          y[r * y_step + c] = x[c * x_step + r];                               \
    }                                                                          \
  }
X(4, uint32_t)
X(8, uint64_t)
#undef X

/* Whether copying x into contiguous out of the same dtype turns rows into
** columns: x runs fastest along the dim before the last. */
static bool is_transposition(const Tensor *out, const Tensor *x) {
  int n = out->ndim;
  return n >= 2 && x->ndim == n && x->dtype == out->dtype &&
         tensor_same_shape(out, x) && tensor_dtype_size(x->dtype) >= 4 &&
         x->strides[n - 2] == 1 && x->strides[n - 1] > 1 &&
         out->shape[n - 2] >= 8 && out->shape[n - 1] >= 8 &&
         tensor_is_contiguous(out) && out->storage != x->storage;
}

/* One matrix, rows r0..r1-1 of it. */
static void transpose_rows(const Tensor *out, char *to, const Tensor *x,
                           const char *from, int64_t r0, int64_t r1) {
  int n = out->ndim;
  int64_t columns = out->shape[n - 1], step = x->strides[n - 1];
  if (tensor_dtype_size(x->dtype) == 4)
    transpose_4((uint32_t *)(void *)to + r0 * columns, columns,
                (const uint32_t *)(const void *)from + r0, step, r1 - r0,
                columns);
  else
    transpose_8((uint64_t *)(void *)to + r0 * columns, columns,
                (const uint64_t *)(const void *)from + r0, step, r1 - r0,
                columns);
}

/* Where matrix number `batch` of the leading dims begins in x. */
static const char *matrix_of(const Tensor *x, int64_t batch) {
  int64_t at = 0;
  for (int d = x->ndim - 3; d >= 0; d--) {
    at += batch % x->shape[d] * x->strides[d];
    batch /= x->shape[d];
  }
  return x->data + at * (int64_t)tensor_dtype_size(x->dtype);
}

static void transposing_copy(Tensor *out, const Tensor *x) {
  int n = out->ndim;
  int64_t rows = out->shape[n - 2], columns = out->shape[n - 1];
  int64_t bands = (rows + BLOCK - 1) / BLOCK, total = tensor_numel(out);
  int64_t jobs = bands * (total / (rows * columns));
  int64_t bytes = rows * columns * (int64_t)tensor_dtype_size(x->dtype);
  int threads = tensor_threads_for(total);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t j = 0; j < jobs; j++) {
    int64_t batch = j / bands, r0 = j % bands * BLOCK;
    transpose_rows(out, out->data + batch * bytes, x, matrix_of(x, batch), r0,
                   tensor_min64(r0 + BLOCK, rows));
  }
}

int tensor_copy(Tensor *out, const Tensor *x) {
  if (tensor_numel(out) > 0 && is_transposition(out, x)) {
    transposing_copy(out, x);
    return TENSOR_OK;
  }
  return tensor_map_copy(out, x);
}

int tensor_clone(Tensor *out, const Tensor *x, TensorDType dtype) {
  Tensor copy;
  int status = tensor_new_like(&copy, dtype, x);
  if (status != TENSOR_OK) return status;
  status = tensor_copy(&copy, x);
  if (status != TENSOR_OK)
    tensor_release(&copy);
  else
    *out = copy;
  return status;
}

int tensor_as(Tensor *out, const Tensor *x, TensorDType dtype) {
  if (x->dtype != dtype || !tensor_is_contiguous(x))
    return tensor_clone(out, x, dtype);
  tensor_alias(out, x);
  return TENSOR_OK;
}

/* A 0-d tensor around a C value, to copy from. */
static int fill_from(Tensor *out, TensorDType dtype, void *value) {
  Tensor number = {.data = value, .ndim = 0, .dtype = dtype};
  return tensor_map_copy(out, &number);
}

int tensor_fill(Tensor *out, double value) {
  if (value == 0 && !signbit(value) && tensor_is_contiguous(out)) {
    memset(out->data, 0, (size_t)tensor_bytes(out));
    return TENSOR_OK;
  }
  return fill_from(out, TENSOR_FLOAT64, &value);
}

int tensor_fill_int(Tensor *out, int64_t value) {
  return fill_from(out, TENSOR_INT64, &value);
}
