/*
** optimize.c - fused optimiser steps: blocks of the parameter in parallel.
**
** The running means of a unit that has died shrink towards 0 for ever, and
** arithmetic on numbers below the normal range (1e-38) is a hundred times
** slower. In a step such numbers count as 0: beside epsilon they are.
*/
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "tensor/kernel.h"
#include "tensor/optimize.h"

#define REAL    float
#define NAME(f) f##_float
#include "tensor/optimize_body.h"
#define REAL    double
#define NAME(f) f##_double
#include "tensor/optimize_body.h"

#define BLOCK    16384
#define OPERANDS 5

typedef void (*Kernel)(const TensorStep *s, int64_t n, void *const *at);

/* Both directions: results below the normal range, and operands. */
static unsigned flush_tiny(void) {
#if defined(__SSE2__)
  unsigned was = _mm_getcsr();
  _mm_setcsr(was | 0x8040u);
  return was;
#else
  return 0;
#endif
}

static void restore_tiny(unsigned was) {
#if defined(__SSE2__)
  _mm_setcsr(was);
#else
  (void)was;
#endif
}

static int check(Tensor *const *t) {
  for (int k = 0; k < OPERANDS; k++) {
    if (t[k] == NULL) continue;
    if (!tensor_dtype_is_float(t[k]->dtype) || t[k]->dtype != t[0]->dtype ||
        !tensor_same_shape(t[k], t[0]) || !tensor_is_contiguous(t[k]))
      return tensor_fail("an optimiser's step needs a parameter, a gradient "
                         "and states of one shape and float dtype, "
                         "contiguous");
  }
  return TENSOR_OK;
}

/* The elements from `first` on, as many as a block has or are left. */
static void run_block(const TensorStep *s, Kernel kernel, Tensor *const *t,
                      int64_t first) {
  int64_t size = (int64_t)tensor_dtype_size(t[0]->dtype);
  void *at[OPERANDS];
  for (int k = 0; k < OPERANDS; k++)
    at[k] = t[k] == NULL ? NULL : t[k]->data + first * size;
  unsigned was = flush_tiny();
  kernel(s, tensor_min64(BLOCK, tensor_numel(t[0]) - first), at);
  restore_tiny(was);
}

static int run(const TensorStep *s, Kernel of_float, Kernel of_double,
               Tensor *const *t) {
  int status = check(t);
  if (status != TENSOR_OK) return status;
  int64_t n = tensor_numel(t[0]);
  Kernel kernel = t[0]->dtype == TENSOR_FLOAT32 ? of_float : of_double;
  int threads = tensor_threads_for(n);
  if (threads == 1) { /* a team of one costs more than a small step */
    for (int64_t i = 0; i < n; i += BLOCK) run_block(s, kernel, t, i);
    return TENSOR_OK;
  }
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int64_t i = 0; i < n; i += BLOCK) run_block(s, kernel, t, i);
  return TENSOR_OK;
}

/* g is among the operands that the kernels only read. */
static Tensor *unchanged(const Tensor *g) { return (Tensor *)(uintptr_t)g; }

int tensor_sgd_step(const TensorStep *s, Tensor *p, const Tensor *g,
                    Tensor *v) {
  Tensor *t[OPERANDS] = {p, unchanged(g), v};
  return v == NULL ? run(s, sgd_float, sgd_double, t)
                   : run(s, momentum_float, momentum_double, t);
}

int tensor_adagrad_step(const TensorStep *s, Tensor *p, const Tensor *g,
                        Tensor *a) {
  Tensor *t[OPERANDS] = {p, unchanged(g), a};
  return run(s, adagrad_float, adagrad_double, t);
}

int tensor_adadelta_step(const TensorStep *s, Tensor *p, const Tensor *g,
                         Tensor *a, Tensor *u) {
  Tensor *t[OPERANDS] = {p, unchanged(g), a, u};
  return run(s, adadelta_float, adadelta_double, t);
}

int tensor_rmsprop_step(const TensorStep *s, Tensor *p, const Tensor *g,
                        Tensor *a, Tensor *v, Tensor *m) {
  Tensor *t[OPERANDS] = {p, unchanged(g), a, v, m};
  if (v == NULL && m != NULL)
    return tensor_fail("a centred RMSprop step needs its momentum's state");
  if (m != NULL)
    return run(s, rmsprop_centered_float, rmsprop_centered_double, t);
  return v == NULL ? run(s, rmsprop_float, rmsprop_double, t)
                   : run(s, rmsprop_momentum_float, rmsprop_momentum_double, t);
}

int tensor_adam_step(const TensorStep *s, Tensor *p, const Tensor *g, Tensor *m,
                     Tensor *v, Tensor *most) {
  Tensor *t[OPERANDS] = {p, unchanged(g), m, v, most};
  return most == NULL ? run(s, adam_float, adam_double, t)
                      : run(s, amsgrad_float, amsgrad_double, t);
}

int tensor_adamax_step(const TensorStep *s, Tensor *p, const Tensor *g,
                       Tensor *m, Tensor *u) {
  Tensor *t[OPERANDS] = {p, unchanged(g), m, u};
  return run(s, adamax_float, adamax_double, t);
}

int tensor_nadam_step(const TensorStep *s, Tensor *p, const Tensor *g,
                      Tensor *m, Tensor *v) {
  Tensor *t[OPERANDS] = {p, unchanged(g), m, v};
  return run(s, nadam_float, nadam_double, t);
}
