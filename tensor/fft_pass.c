/*
** fft_pass.c - the steps of a Fourier transform, for each float type, and
** the transform of what has been brought into a job's buffer.
*/
#include <string.h>

#include "tensor/fft.h"
#include "tensor/parallel.h"

/* Elements of a step between two looks at the interrupt flag. */
#define PIECE (INT64_C(1) << 18)

/* {== kernels */

/* 64 bytes of elements side by side; the compiler cuts them to what the
** machine has. */
typedef float Floats __attribute__((vector_size(64), __may_alias__));
typedef double Doubles __attribute__((vector_size(64), __may_alias__));

#define REAL       float
#define VECTOR     float
#define NAME(word) word##_f32
#include "tensor/fft_pass_body.h"
#define VECTOR     Floats
#define NAME(word) word##_f32_wide
#include "tensor/fft_pass_body.h"
#define FULL       16
#define NAME(word) word##_f32
#include "tensor/fft_line_body.h"

#define REAL       double
#define VECTOR     double
#define NAME(word) word##_f64
#include "tensor/fft_pass_body.h"
#define VECTOR     Doubles
#define NAME(word) word##_f64_wide
#include "tensor/fft_pass_body.h"
#define FULL       8
#define NAME(word) word##_f64
#include "tensor/fft_line_body.h"

const FftKernels tensor_fft_f32 = {
    16,           load_f32,      store_f32,    pass_f32,  pass_f32_wide,
    chirp_in_f32, chirp_out_f32, convolve_f32, split_f32, join_f32,
    unfold_f32};
const FftKernels tensor_fft_f64 = {8,
                                   load_f64,
                                   store_f64,
                                   pass_f64,
                                   pass_f64_wide,
                                   chirp_in_f64,
                                   chirp_out_f64,
                                   convolve_f64,
                                   split_f64,
                                   join_f64,
                                   unfold_f64};

const FftKernels *tensor_fft_kernels(const FftPlan *plan) {
  return plan->dtype == TENSOR_FLOAT32 ? &tensor_fft_f32 : &tensor_fft_f64;
}

/* }== steps in a row {== */

int tensor_fft_each(const FftJob *j, FftStep step, int64_t count,
                    int64_t weight) {
  int64_t pieces = 1 + count * weight / PIECE;
  int threads = (int)tensor_min64(j->threads, pieces);
  if (pieces == 1) {
    step(j, 0, count);
    return TENSOR_OK;
  }
  if (threads > 1) {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < pieces; i++)
      if (!tensor_stopped(j->status))
        step(j, tensor_piece(count, i, pieces),
             tensor_piece(count, i + 1, pieces));
  } else {
    for (int64_t i = 0; i < pieces && !tensor_stopped(j->status); i++)
      step(j, tensor_piece(count, i, pieces),
           tensor_piece(count, i + 1, pieces));
  }
  return *j->status;
}

void tensor_fft_turn(FftJob *j) {
  FftBuffer a = j->a;
  j->a = j->b;
  j->b = a;
}

/* Real parts for imaginary ones. */
static void exchange_parts(FftJob *j) {
  j->a = (FftBuffer){j->a.im, j->a.re};
  j->b = (FftBuffer){j->b.im, j->b.re};
}

static int run_passes(FftJob *j, const FftPlan *plan) {
  const FftKernels *k = tensor_fft_kernels(plan);
  int status = TENSOR_OK;
  for (int i = 0; i < plan->passes && status == TENSOR_OK; i++) {
    const FftPass *f = j->pass = &plan->pass[i];
    int64_t width = f->before * j->lanes;
    bool wide = width % k->lanes == 0;
    if (wide) width /= k->lanes;
    status = tensor_fft_each(j, wide ? k->pass_wide : k->pass, f->after * width,
                             (int64_t)f->radix * (wide ? k->lanes : 1));
    tensor_fft_turn(j);
  }
  return status;
}

/* With c[k] = exp(-pi i k k / n), the transform is c times the convolution of
** c x with c's conjugate: k j = (k k + j j - (k - j)(k - j)) / 2. */
static int run_convolution(FftJob *j, const FftPlan *plan) {
  const FftKernels *k = tensor_fft_kernels(plan);
  int64_t m = plan->inner->length;
  int status = tensor_fft_each(j, k->chirp_in, m, j->lanes);
  tensor_fft_turn(j);
  if (status == TENSOR_OK) status = run_passes(j, plan->inner);
  if (status == TENSOR_OK)
    status = tensor_fft_each(j, k->convolve, m, j->lanes);
  exchange_parts(j);
  if (status == TENSOR_OK) status = run_passes(j, plan->inner);
  exchange_parts(j);
  if (status == TENSOR_OK)
    status = tensor_fft_each(j, k->chirp_out, plan->length, j->lanes);
  return status;
}

int tensor_fft_transform(FftJob *j, bool inverse) {
  if (inverse) exchange_parts(j);
  int status = j->plan->inner == NULL ? run_passes(j, j->plan)
                                      : run_convolution(j, j->plan);
  if (inverse) exchange_parts(j);
  return status;
}

/* }== */
