/*
** complex_abs.c - absolute values of complex tensors.
*/
#include "tensor/kernel.h"

/* Elements between two looks at the interrupt flag. */
#define PIECE (INT64_C(1) << 20)

/* Double precision has the room that the squares need. An infinite part makes
** the value infinite whatever the other is. */
TENSOR_CLONES static void abs_f32(float *restrict y, const float *restrict z,
                                  int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    double re = (double)z[2 * i], im = (double)z[2 * i + 1];
    float r = (float)sqrt(re * re + im * im);
    bool infinite = fabs(re) > 1e300 || fabs(im) > 1e300;
    y[i] = infinite ? INFINITY : r;
  }
}

static void abs_f64(double *restrict y, const double *restrict z, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = hypot(z[2 * i], z[2 * i + 1]);
}

static void run(Tensor *out, const Tensor *z, int64_t first, int64_t n) {
  if (out->dtype == TENSOR_FLOAT32)
    abs_f32((float *)out->data + first, (float *)z->data + 2 * first, n);
  else
    abs_f64((double *)out->data + first, (double *)z->data + 2 * first, n);
}

int tensor_complex_abs(Tensor *out, const Tensor *z) {
  Tensor plain;
  int64_t n = tensor_numel(out);
  int status = tensor_as(&plain, z, out->dtype);
  if (status != TENSOR_OK) return status;
  for (int64_t at = 0; at < n && status == TENSOR_OK; at += PIECE) {
    int64_t count = tensor_min64(PIECE, n - at), blocks = count / 4096 + 1;
    int threads = tensor_threads_for(count);
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (int64_t b = 0; b < blocks; b++)
      run(out, &plain, at + b * 4096, tensor_min64(4096, count - b * 4096));
    status = tensor_poll();
  }
  tensor_release(&plain);
  return status;
}
