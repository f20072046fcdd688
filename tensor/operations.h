/*
** operations.h - what is computed with whole tensors: reductions, order,
** linear algebra, Fourier transforms, convolution, signals, index tensors.
** Elementwise operations are in map.h.
**
** Unless said otherwise, outputs are made by the caller with the right shape
** and dtype, contiguous and in memory of their own, and inputs may be any
** view. Dims count from 0; positions in tensors count from 1.
*/
#ifndef TENSOR_OPERATIONS_H
#define TENSOR_OPERATIONS_H

#include "tensor/tensor.h"

/* {================================================================
** Reductions and what works along one dim
** ================================================================= */

typedef enum TensorReduce {
  TENSOR_SUM,
  TENSOR_PROD,
  TENSOR_MAX,
  TENSOR_MIN,
  TENSOR_ANY,
  TENSOR_ALL
} TensorReduce;

/* Reduces the dims whose bit is set in `dims` (bit 0 is dim 0). out holds
** the kept dims in order, without the reduced ones (or with size 1: only
** the order of elements matters). Dtypes: sum and prod of bool and integers
** into int64, of floats into the same; max and min into the same dtype; any
** and all into bool. Sums of floats are added up in double precision, in
** fixed blocks: the result does not depend on the thread count. NaN is
** greatest and least at once: it comes out of max and min. max and min of
** nothing fail; the sum of nothing is 0, the product 1. */
int tensor_reduce(TensorReduce op, Tensor *out, const Tensor *x, unsigned dims);
/* Position (from 1, int64) of the greatest or least element along dim, the
** first of equals, NaN before everything; dim -1 takes x as one long row.
** `value` may be NULL; else it gets the element itself. */
int tensor_arg_reduce(bool greatest, Tensor *position, Tensor *value,
                      const Tensor *x, int dim);
/* softmax, or its logarithm, along dim; float dtypes; stable for large
** elements. */
int tensor_softmax(Tensor *out, const Tensor *x, int dim, bool log);

/* What brings each channel of x, its slices along dim `axis`, to mean 0 and
** variance 1: y = gamma (x - mean) / sqrt(variance + epsilon) + beta. All are
** contiguous and of one float dtype; gamma and beta have a number a channel,
** and so have mean and variance (over the count), which are those of x. */
typedef struct TensorBatchNorm {
  const Tensor *x, *gamma, *beta;
  int axis;
  double epsilon;
} TensorBatchNorm;
int tensor_batch_norm(const TensorBatchNorm *n, Tensor *y, Tensor *mean,
                      Tensor *variance);
/* The gradients of x, gamma and beta (which is not read) where g is that of
** y. */
int tensor_batch_norm_backward(const TensorBatchNorm *n, const Tensor *g,
                               const Tensor *mean, const Tensor *variance,
                               Tensor *gx, Tensor *ggamma, Tensor *gbeta);

typedef enum TensorCumulative {
  TENSOR_CUMSUM,
  TENSOR_CUMPROD,
  TENSOR_CUMMAX,
  TENSOR_CUMMIN
} TensorCumulative;

/* out[i] = x[1] + ... + x[i] along dim, or the product; `backwards` begins
** at the other end. out has x's dtype, or int64 where x holds integers or
** bool. Floats are added up and multiplied in double precision. */
int tensor_cumulative(TensorCumulative op, Tensor *out, const Tensor *x,
                      int dim, bool backwards);
/* CUMMAX or CUMMIN: the extreme of x[1] to x[i] and its position (from 1),
** the last of equals; from the first NaN on it is NaN. */
int tensor_cumulative_extreme(TensorCumulative op, Tensor *value,
                              Tensor *position, const Tensor *x, int dim);
/* out[i] = x[i] + link[i] * out[i - 1] along dim; backwards, out[i] = x[i] +
** link[i + 1] * out[i + 1]. The first link is never read. Float dtypes, all
** three of one shape and dtype. */
int tensor_linear_scan(Tensor *out, const Tensor *x, const Tensor *link,
                       int dim, bool backwards);

/* }================================================================ */

/* {================================================================
** Order. NaN is greatest, all NaN are equal, and so are 0.0 and -0.0.
** Positions are int64.
** ================================================================= */

/* Sorts along dim; equals stay in their order, in either direction. values
** may be NULL. */
int tensor_sort(Tensor *values, Tensor *positions, const Tensor *x, int dim,
                bool descending);
/* The greatest (or least) elements along dim, as many as the outputs have
** places there: the best first, or, not sorted, in their order in x. */
int tensor_topk(Tensor *values, Tensor *positions, const Tensor *x, int dim,
                bool largest, bool sorted);

/* Where in n sorted elements (from 0) the quantile q of 0..1 lies: a part
** of the way from rank lower to rank upper. */
typedef struct TensorRank {
  int64_t lower, upper;
  double part;
} TensorRank;
TensorRank tensor_rank(int64_t n, double q);
/* The quantile of each row along x's last dim (not empty; float dtypes), and
** in a last dim of 2 the positions of the elements it lies between. NaN
** where a row has one. */
int tensor_quantile(Tensor *value, Tensor *positions, const Tensor *x,
                    double q);

/* The different elements of x, or with dim >= 0 its different slices, in
** ascending order. Makes the outputs: where each stands first, which one
** every element is (x's shape; or one a slice), how often each occurs. */
int tensor_unique(Tensor *first, Tensor *inverse, Tensor *counts,
                  const Tensor *x, int dim);

/* The greatest label, 0 of none; labels (integers) below 1 fail. */
int tensor_most_label(const Tensor *labels, int64_t *most);
/* out[k] (int64) = how many labels, which are known to fit, are k. */
int tensor_bincount(Tensor *out, const Tensor *labels);
/* Counts the elements in equal bins from low to high, as many as out (a
** float dtype) has places; both 0: from the least to the greatest. */
int tensor_histc(Tensor *out, const Tensor *x, double low, double high);
/* Where each value belongs in the row (the last dim) of `sorted` that goes
** with it: before its equals, or after them where `right`. values have the
** leading dims of sorted; where that is 1-d, any shape. One dtype. */
int tensor_searchsorted(Tensor *out, const Tensor *sorted, const Tensor *values,
                        bool right);

/* }================================================================ */

/* {================================================================
** Linear algebra
** ================================================================= */

/* out (..., m, n) = a (..., m, k) times b (..., k, n). Leading dims of a and
** b are equal to out's or broadcast to them (sizes 1 or stride 0). All three
** of one dtype, any of the six; out contiguous, a and b any view (transposed
** ones go to BLAS without a copy). k = 0 gives zeros. Long products are
** split and poll for an interrupt. */
int tensor_matmul(Tensor *out, const Tensor *a, const Tensor *b);

/* Solving and factorisations: float32 or float64; leading dims of a and b are
** equal to the output's or broadcast to them. Messages begin with the user's
*name of the
** operation ("linalg.solve: ...") and say which matrix of a batch is wrong. A
** call of LAPACK cannot be interrupted; between matrices the flag is polled.
** NaN comes out of solve, inv, det, slogdet and qr; the others refuse it, and
** infinity too. Matrices are checked for the right shapes by the caller. */

/* x (..., n, k): a x = b. A singular a fails. */
int tensor_solve(Tensor *x, const Tensor *a, const Tensor *b);
/* The same where one triangle of a alone counts; a 0 on the diagonal gives
** infinity or NaN. */
int tensor_solve_triangular(Tensor *x, const Tensor *a, const Tensor *b,
                            bool upper);
/* A singular matrix fails, or gives infinities. */
int tensor_inv(Tensor *out, const Tensor *a, bool infinite);
/* det(a) times the inverse of a; there is one for singular matrices too. */
int tensor_adjugate(Tensor *out, const Tensor *a);
int tensor_det(Tensor *out, const Tensor *a);
/* The determinant's sign (-1, 0, 1) and the logarithm of its size. */
int tensor_slogdet(Tensor *sign, Tensor *log_size, const Tensor *a);
/* out out' = a from the lower triangle of a, or out' out = a from the upper
** one. */
int tensor_cholesky(Tensor *out, const Tensor *a, bool upper);
/* a (..., m, n) = q r, q (..., m, k), r (..., k, n); k the lesser of m and n,
** or m. */
int tensor_qr(Tensor *q, Tensor *r, const Tensor *a);
/* a = u diag(s) vh, s falling. u (..., m, k) and vh (..., k, n), or (m, m) and
** (n, n); both may be NULL. */
int tensor_svd(Tensor *u, Tensor *s, Tensor *vh, const Tensor *a);
/* Eigenvalues, rising, of the symmetric matrices that one triangle of a
** tells, and their vectors, as columns (NULL: not wanted). */
int tensor_eigh(Tensor *values, Tensor *vectors, const Tensor *a, bool upper);
/* The pseudo-inverse. Singular values of rtol times the largest or less count
** as 0; rtol NaN is machine precision times the larger size. */
int tensor_pinv(Tensor *out, const Tensor *a, double rtol);
/* The x (..., n, k) of least norm among those for which the norm of a x - b
** is least, and the rank (int64) of each a. */
int tensor_lstsq(Tensor *x, Tensor *rank, const Tensor *a, const Tensor *b,
                 double rtol);
/* One triangle of x, its diagonal times `diagonal`; the rest is 0. */
int tensor_triangle(Tensor *out, const Tensor *x, bool upper, double diagonal);

/* }================================================================ */

/* {================================================================
** Fourier transforms, of float32 or float64. Complex tensors have a last dim
** of 2 (real and imaginary part), which the dims and shapes named here leave
** out. y[k] = scale * sum over j of x[j] exp(-2 pi i j k / n), or with the
** other sign where inverse. Both of one dtype. Any length n >= 1.
** ================================================================= */

/* Complex to complex, along each dim whose bit is set in `dims`, at least
** one. out may be x. */
int tensor_fft(Tensor *out, const Tensor *x, unsigned dims, bool inverse,
               double scale);
/* Real to complex, of the same shape. */
int tensor_fft_real(Tensor *out, const Tensor *x, unsigned dims, double scale);
/* Real to complex along one dim: the first n / 2 + 1 elements, which tell
** the others. */
int tensor_rfft(Tensor *out, const Tensor *x, int dim, double scale);
/* Back, with the other sign: out has n elements along dim and x n / 2 + 1;
** their imaginary parts do not count where n's symmetry makes them 0. */
int tensor_irfft(Tensor *out, const Tensor *x, int dim, double scale);
/* sqrt(re^2 + im^2) of the complex z, without overflow on the way. */
int tensor_complex_abs(Tensor *out, const Tensor *z);

/* }================================================================ */

/* {================================================================
** Convolution and pooling over images. All tensors contiguous, float32 or
** float64 alike. Images are (batch, height, width, channels), or (batch,
** channels, height, width) where channels_first; kernels are always
** (kernel_h, kernel_w, in_channels / groups, out_channels).
** ================================================================= */

typedef struct TensorWindow {
  int64_t batch;
  int64_t in_h, in_w, in_channels;
  int64_t out_h, out_w, out_channels; /* out_channels: not for pooling */
  int64_t kernel_h, kernel_w;
  int64_t stride_h, stride_w;
  int64_t dilation_h, dilation_w;
  int64_t pad_top, pad_left; /* padding below and right follows from out_* */
  int64_t groups;            /* 1 for pooling */
  bool channels_first;
} TensorWindow;

/* y = x * k (cross-correlation, as in every deep-learning library). */
int tensor_conv2d(const TensorWindow *w, Tensor *y, const Tensor *x,
                  const Tensor *kernel);
int tensor_conv2d_backward_input(const TensorWindow *w, Tensor *gx,
                                 const Tensor *gy, const Tensor *kernel);
int tensor_conv2d_backward_kernel(const TensorWindow *w, Tensor *gk,
                                  const Tensor *x, const Tensor *gy);

/* The same through volumes (batch, depth, height, width, channels), kernels
** (kernel_d, kernel_h, kernel_w, in_channels / groups, out_channels). */
typedef struct TensorVolume {
  TensorWindow slice; /* what holds within a slice; not channels_first */
  int64_t in_d, out_d, kernel_d, stride_d, dilation_d, pad_front;
} TensorVolume;

int tensor_conv3d(const TensorVolume *v, Tensor *y, const Tensor *x,
                  const Tensor *kernel);
int tensor_conv3d_backward_input(const TensorVolume *v, Tensor *gx,
                                 const Tensor *gy, const Tensor *kernel);
int tensor_conv3d_backward_kernel(const TensorVolume *v, Tensor *gk,
                                  const Tensor *x, const Tensor *gy);

/* position (int64, same shape as y): where in x, as one long row counted
** from 1, each maximum stands; windows see only real elements. */
int tensor_max_pool2d(const TensorWindow *w, Tensor *y, Tensor *position,
                      const Tensor *x);
/* The mean of the real elements under each window (padding not counted). */
int tensor_avg_pool2d(const TensorWindow *w, Tensor *y, const Tensor *x);
int tensor_avg_pool2d_backward(const TensorWindow *w, Tensor *gx,
                               const Tensor *gy);

/* }================================================================ */

/* {================================================================
** Signals
** ================================================================= */

/* out[k] = sum over j of a[k + j - before] b[j], elements outside a being 0,
** in one to three dims; all int64, contiguous; sums wrap around. */
int tensor_correlate(Tensor *out, const Tensor *a, const Tensor *b,
                     const int64_t *before);

/* How the elements along one dim make others between them. */
typedef enum TensorSampling {
  TENSOR_NEAREST, /* the element at the floor */
  TENSOR_LINEAR,
  TENSOR_CUBIC, /* Keys, a = -0.75; with antialias -0.5 */
  TENSOR_AREA   /* the mean of all that the new element covers */
} TensorSampling;

typedef struct TensorResample {
  TensorSampling mode;
  int64_t in, out;    /* sizes, 1 or more */
  double scale;       /* new elements to an old one; 0: out / in */
  bool align_corners; /* the first and last elements stay in their places */
  bool antialias;     /* linear, cubic: the filter is as wide as the step */
  bool transposed;    /* the adjoint, from out to in: the gradient */
} TensorResample;

/* y = x with `in` elements along dim made `out`. Both contiguous, of one
** float dtype. */
int tensor_resample(const TensorResample *r, Tensor *y, const Tensor *x,
                    int dim);
/* Where in x TENSOR_NEAREST finds element i, from 0. */
int64_t tensor_nearest(const TensorResample *r, int64_t i);

/* }================================================================ */

/* {================================================================
** Picking elements by index tensors (int64 or int32; positions from 1,
** negative ones from the end; anything else is an error that names the
** position and the index that is wrong).
** ================================================================= */

/* out[...] = x as one long row [index[...]]; out has index's shape. */
int tensor_take(Tensor *out, const Tensor *x, const Tensor *index);
/* out, any view, as one long row [index[i]] = x[i], or += where add; the last
** of equal positions wins; x apart from out, of its dtype and of index's
** shape. */
int tensor_put(Tensor *out, const Tensor *index, const Tensor *x, bool add);
/* out[i][j] = x[i][index[i][j]] along dim (PyTorch's gather). */
int tensor_gather(Tensor *out, const Tensor *x, int dim, const Tensor *index);
/* out[i][index[i][j]] = x[i][j], or += where add (PyTorch's scatter_); the
** last of equal positions wins; x apart from out. */
int tensor_scatter(Tensor *out, int dim, const Tensor *index, const Tensor *x,
                   bool add);
/* out = x's slices at index (1-d) along dim. */
int tensor_index_select(Tensor *out, const Tensor *x, int dim,
                        const Tensor *index);
/* out's slices at index (1-d) along dim += x's slices. */
int tensor_index_add(Tensor *out, int dim, const Tensor *index,
                     const Tensor *x);
/* Some of a tensor's dims picked at once, by index tensors (any integer
** dtype) that broadcast together: NumPy's advanced indexing. The result has
** the dims of the broadcast index in the place of the picked dims where those
** stand side by side, else in front; the other dims follow in their order. */
typedef struct TensorIndex {
  unsigned dims;  /* the picked dims, bit 0 is dim 0 */
  unsigned names; /* which dims x's are in the words of messages; 0: its own */
  const Tensor *index[TENSOR_MAX_DIMS]; /* one for each picked dim */
} TensorIndex;

/* The result's shape, and where in it the index's dims begin. */
int tensor_index_shape(const TensorIndex *k, const Tensor *x, int *ndim,
                       int64_t *shape, int *first);
/* out (of that shape, x's dtype) = what is picked from x. */
int tensor_index_get(Tensor *out, const Tensor *x, const TensorIndex *k);
/* What would be picked = source, or += where add; the source broadcasts and
** is converted. Of equal positions the last one in row-major order wins. */
int tensor_index_put(Tensor *x, const TensorIndex *k, const Tensor *source,
                     bool add);
/* Makes out: (count, ndim) int64 positions from 1 of the elements that are
** not 0. */
int tensor_nonzero(Tensor *out, const Tensor *x);

/* }================================================================ */

#endif
