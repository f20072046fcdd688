/*
** transpose.c - copies that turn rows into columns.
**
** The work goes in squares that fit the registers, so that every line of
** memory is read and written whole. Large results are written past the
** caches: their lines stand a row apart, often a power of two, and would
** push one another out before they are full.
*/
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "tensor/kernel.h"
#include "tensor/transpose.h"

#define BAND         64 /* rows of the result that go together */
#define STREAM_BYTES ((int64_t)1 << 20) /* results this large are streamed */

/* One matrix: y (rows, columns) contiguous; element (r, c) is x[c * step +
** r]. */
typedef struct Transpose {
  void *y;
  const void *x;
  int64_t step, columns;
  bool stream; /* y's rows are aligned to 16 bytes and large */
} Transpose;

TENSOR_INLINE void stream(void *to, const char *from, size_t bytes) {
#if defined(__SSE2__)
  for (size_t k = 0; k < bytes; k += 16) {
    __m128i part;
    memcpy(&part, from + k, sizeof part);
    _mm_stream_si128((__m128i *)(void *)((char *)to + k), part);
  }
#else
  memcpy(to, from, bytes);
#endif
}

#define TYPE uint32_t
#define SIDE 16
#define LOW(a, b)                                                              \
  __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6,   \
                          22, 7, 23)
#define HIGH(a, b)                                                             \
  __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29,  \
                          14, 30, 15, 31)
#define NAME(word) four_##word
#include "tensor/transpose_body.h"

#define TYPE       uint64_t
#define SIDE       8
#define LOW(a, b)  __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define NAME(word) eight_##word
#include "tensor/transpose_body.h"

/* Whether x runs fastest along the dim before the last. */
static bool is_transposition(const Tensor *out, const Tensor *x) {
  int n = out->ndim;
  return n >= 2 && x->ndim == n && x->dtype == out->dtype &&
         tensor_same_shape(out, x) && tensor_dtype_size(x->dtype) >= 4 &&
         x->strides[n - 2] == 1 && x->strides[n - 1] > 1 &&
         out->shape[n - 2] >= 8 && out->shape[n - 1] >= 8 &&
         tensor_is_contiguous(out) && out->storage != x->storage;
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

static void copy_band(const Tensor *out, const Tensor *x, int64_t batch,
                      int64_t r0) {
  int n = out->ndim;
  int64_t rows = out->shape[n - 2], columns = out->shape[n - 1];
  int64_t size = (int64_t)tensor_dtype_size(x->dtype);
  Transpose t = {.y = out->data + batch * rows * columns * size,
                 .x = matrix_of(x, batch),
                 .step = x->strides[n - 1],
                 .columns = columns};
  t.stream = tensor_bytes(out) >= STREAM_BYTES && columns * size % 16 == 0 &&
             (uintptr_t)t.y % 16 == 0;
  int64_t r1 = tensor_min64(r0 + BAND, rows);
  if (size == 4)
    four_band(&t, r0, r1);
  else
    eight_band(&t, r0, r1);
#if defined(__SSE2__)
  _mm_sfence(); /* what was streamed is seen by other threads from here on */
#endif
}

bool tensor_copy_transposed(Tensor *out, const Tensor *x) {
  if (!is_transposition(out, x)) return false;
  int n = out->ndim;
  int64_t rows = out->shape[n - 2], columns = out->shape[n - 1];
  int64_t bands = (rows + BAND - 1) / BAND, total = tensor_numel(out);
  int64_t jobs = total == 0 ? 0 : bands * (total / (rows * columns));
  int threads = tensor_threads_for(total);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t j = 0; j < jobs; j++)
    copy_band(out, x, j / bands, j % bands * BAND);
  return true;
}
