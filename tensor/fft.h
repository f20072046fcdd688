/*
** fft.h - inside tensor: the parts of a fast Fourier transform.
**
** Several lines are transformed side by side: element j of line v stands at
** [j * lanes + v], real and imaginary parts in arrays of their own, so that
** every butterfly is plain arithmetic on vectors. A transform is a chain of
** passes (Stockham's: from one buffer into the other, in order all along);
** a length with a large prime factor becomes a circular convolution of a
** kinder length (Bluestein's). Only forward transforms exist: the inverse is
** the same with real and imaginary parts exchanged.
*/
#ifndef TENSOR_FFT_H
#define TENSOR_FFT_H

#include "tensor/kernel.h"

/* Lines side by side: as many as 64 bytes hold. */
#define FFT_MOST_LANES 16
/* Lengths above the first are transformed without other lines beside them,
** for the sake of the cache; above the second, by all threads together. */
#define FFT_WIDE 16384
#define FFT_LONG 131072
/* The largest prime factor that is a pass of its own. */
#define FFT_LARGEST_RADIX 47
#define FFT_MOST_PASSES   48

/* {================================================================
** Plans: what depends on the length alone
** ================================================================= */

typedef struct FftPass {
  int radix;
  int64_t before; /* the product of the radices before this one */
  int64_t after;  /* of those that follow */
  void *twiddles; /* exp(-2 pi i p k / (radix * after)), k from 1, p < after */
  void *roots;    /* of an odd radix: exp(-2 pi i k / radix), k < radix */
} FftPass;

typedef struct FftPlan FftPlan;
struct FftPlan {
  int64_t length; /* of the complex transform */
  bool halves;    /* for real lines of twice the length */
  TensorDType dtype;
  int passes;
  FftPass pass[FFT_MOST_PASSES];
  FftPlan *inner;   /* Bluestein's: the convolution; no passes then */
  void *chirp;      /* exp(-pi i k k / length) */
  void *spectrum;   /* of the chirp's conjugate, divided by inner->length */
  void *half_roots; /* exp(-pi i k / length), k = 0..length */
  int64_t bytes;
  bool kept; /* in the cache */
  uint64_t used;
};

/* The plan for complex lines of that length, or (halves) for real lines of
** twice that. Good until the next call; give it back before. */
int tensor_fft_plan(FftPlan **plan, TensorDType dtype, int64_t length,
                    bool halves);
void tensor_fft_plan_done(FftPlan *plan);

/* }================================================================ */

/* {================================================================
** Lines under way
** ================================================================= */

/* How a line lies in a tensor: element j at j * step, its imaginary part
** another `part` on. */
typedef struct FftSide {
  char *data;
  int64_t strides[TENSOR_MAX_DIMS]; /* from line to line */
  int64_t step, part;
  bool plain;    /* no imaginary part */
  int64_t count; /* elements of a line */
} FftSide;

typedef struct FftBuffer {
  void *re, *im;
} FftBuffer;

typedef struct FftJob {
  const FftPlan *plan;
  const FftPass *pass;
  const FftSide *in, *out;
  int64_t in_at[FFT_MOST_LANES], out_at[FFT_MOST_LANES];
  int lines; /* of the lanes; the others repeat the last */
  int lanes; /* 1, or what the dtype has */
  double scale;
  FftBuffer a, b; /* each step reads a; its result is then made a */
  void *memory;   /* of the buffers */
  int threads;
  int *status; /* shared by all jobs of a call */
} FftJob;

/* Works on elements (of a pass: butterflies) from..to-1. */
typedef void (*FftStep)(const FftJob *j, int64_t from, int64_t to);

typedef struct FftKernels {
  int lanes;
  FftStep load, store;         /* tensor -> a, a -> tensor */
  FftStep pass, pass_wide;     /* a -> b; a lane at a time, or all */
  FftStep chirp_in, chirp_out; /* a -> b, a -> a */
  FftStep convolve;            /* a -> a */
  FftStep split, join, unfold; /* a -> b, a -> b, a -> a */
} FftKernels;

const FftKernels *tensor_fft_kernels(const FftPlan *plan);

/* Runs a step on elements 0..count-1, piece by piece; each moves `weight`
** numbers. */
int tensor_fft_each(const FftJob *j, FftStep step, int64_t count,
                    int64_t weight);
/* Makes b, just written, the a of the next step. */
void tensor_fft_turn(FftJob *j);
/* The transform of what is in a, without scale. */
int tensor_fft_transform(FftJob *j, bool inverse);

/* Takes memory for the buffers of `count` jobs, all with the plan and lanes
** of the first; free(jobs->memory) gives it back. */
int tensor_fft_buffers(FftJob *jobs, int count);

/* }================================================================ */

#endif
