/*
** kernel.h - what the kernels of this folder share: compilation per
** instruction set, vector mathematics, and when threads pay.
*/
#ifndef TENSOR_KERNEL_H
#define TENSOR_KERNEL_H

#include <math.h>

#include "tensor/operations.h"

/*
** A kernel marked TENSOR_CLONES is compiled for several instruction sets,
** and the machine picks one when the program starts. Only serial inner
** loops may carry it: the body of an OpenMP region becomes a function of
** its own, which the mark does not reach.
*/
#if defined(__x86_64__) && !defined(TENSOR_NO_CLONES)
#define TENSOR_CLONES                                                          \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define TENSOR_CLONES
#endif

/* A piece of an inner loop: compiled into its caller, with the constants that
** are given and for its instruction set. */
#if defined(__GNUC__)
#define TENSOR_INLINE static inline __attribute__((always_inline))
#else
#define TENSOR_INLINE static inline
#endif

/*
** The C library's vector mathematics (libmvec): declaring that a SIMD form
** exists lets gcc call it from a loop under `#pragma omp simd`. The last bit
** may differ between the vector and the scalar function, so a kernel that
** calls one works on a multiple of TENSOR_LANES elements (tails are padded).
*/
#define TENSOR_LANES 16

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#define VECTOR_FORM(name)                                                      \
  _Pragma("omp declare simd notinbranch") extern float name##f(float);         \
  _Pragma("omp declare simd notinbranch") extern double name(double);
#define VECTOR_FORM2(name)                                                     \
  _Pragma("omp declare simd notinbranch") extern float name##f(float, float);  \
  _Pragma("omp declare simd notinbranch") extern double name(double, double);
VECTOR_FORM(exp)
VECTOR_FORM(expm1)
VECTOR_FORM(log)
VECTOR_FORM(log1p)
VECTOR_FORM(log2)
VECTOR_FORM(log10)
VECTOR_FORM(sin)
VECTOR_FORM(cos)
VECTOR_FORM(tan)
VECTOR_FORM(asin)
VECTOR_FORM(acos)
VECTOR_FORM(atan)
VECTOR_FORM(sinh)
VECTOR_FORM(cosh)
VECTOR_FORM(tanh)
VECTOR_FORM(erf)
VECTOR_FORM2(pow)
VECTOR_FORM2(atan2)
#undef VECTOR_FORM
#undef VECTOR_FORM2
#endif

/* The function for the type of x: TENSOR_MATH(exp, x). */
#define TENSOR_MATH(name, x) _Generic((x), float : name##f, double : name)(x)
#define TENSOR_MATH2(name, x, y)                                               \
  _Generic((x), float : name##f, double : name)(x, y)

/* Work on fewer elements than this stays on the caller's thread. */
#define TENSOR_PARALLEL_GRAIN 32768

static inline int64_t tensor_min64(int64_t a, int64_t b) {
  return a < b ? a : b;
}
static inline int64_t tensor_max64(int64_t a, int64_t b) {
  return a > b ? a : b;
}

/* The threads to use for `work` element-sized pieces of work. */
static inline int tensor_threads_for(int64_t work) {
  int64_t most = work / TENSOR_PARALLEL_GRAIN;
  return (int)tensor_max64(1, tensor_min64(most, tensor_threads()));
}

#endif
