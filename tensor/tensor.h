/*
** tensor.h - tensors in memory: storage, views, element types, kernels,
** random numbers and files.
**
** This folder knows nothing of gradients and nothing of Lua.
**
** Conventions that hold for every function declared here:
** - A function that can fail returns an int: TENSOR_OK, or another
**   TensorStatus after it has left a message for tensor_message(). On
**   failure its outputs are untouched or empty, and it keeps nothing.
** - Positions inside C (dims, offsets) count from 0. Only index *tensors*
**   that come from the user hold positions counted from 1 (negative ones
**   from the end); the functions that read them say so.
** - Sizes are int64_t; products that size memory are checked for overflow.
** - References are counted by one thread, the one that runs the program.
*/
#ifndef TENSOR_H
#define TENSOR_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TENSOR_MAX_DIMS 8

/* {================================================================
** Status and messages
** ================================================================= */

typedef enum TensorStatus {
  TENSOR_OK = 0,
  TENSOR_FAIL,       /* the arguments or the world are wrong: see message */
  TENSOR_NO_MEMORY,  /* worth one more try after collecting garbage */
  TENSOR_INTERRUPTED /* the user asked to stop: tensor_interrupt was set */
} TensorStatus;

#if defined(__GNUC__)
#define TENSOR_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define TENSOR_PRINTF(f, a)
#endif

/* Leaves a message and returns TENSOR_FAIL. */
int tensor_fail(const char *format, ...) TENSOR_PRINTF(1, 2);
/* Leaves "not enough memory ..." and returns TENSOR_NO_MEMORY. */
int tensor_no_memory(int64_t bytes);
/* Puts text in front of the message that is there; returns `status`. */
int tensor_fail_in(int status, const char *format, ...) TENSOR_PRINTF(2, 3);
/* The message of the last failure. */
const char *tensor_message(void);

/* Set (by a signal handler) to stop the kernel that is running. */
extern volatile sig_atomic_t tensor_interrupt;
/* TENSOR_INTERRUPTED with a message when tensor_interrupt is set. Kernels
** that can run longer than about 50 ms call it between blocks, from the
** thread that called them. */
int tensor_poll(void);

/* How many threads kernels may use (OpenMP). At least 1. */
int tensor_threads(void);
void tensor_set_threads(int count);

/* }================================================================ */

/* {================================================================
** Element types. One row: enum name, C type, type of a sum, name.
** The order is the order of promotion.
** ================================================================= */

#define TENSOR_DTYPES(X)                                                       \
  X(BOOL, bool, int64_t, "bool")                                               \
  X(UINT8, uint8_t, int64_t, "uint8")                                          \
  X(INT32, int32_t, int64_t, "int32")                                          \
  X(INT64, int64_t, int64_t, "int64")                                          \
  X(FLOAT32, float, double, "float32")                                         \
  X(FLOAT64, double, double, "float64")

typedef enum TensorDType {
#define X(NAME, type, sum, text) TENSOR_##NAME,
  TENSOR_DTYPES(X)
#undef X
      TENSOR_DTYPE_COUNT
} TensorDType;

size_t tensor_dtype_size(TensorDType dtype);
const char *tensor_dtype_name(TensorDType dtype);
/* The dtype of that name ("float" and "double" too), or -1. */
int tensor_dtype_parse(const char *name);
/* The type that holds both. */
TensorDType tensor_dtype_promote(TensorDType a, TensorDType b);
static inline bool tensor_dtype_is_float(TensorDType d) {
  return d >= TENSOR_FLOAT32;
}

/* }================================================================ */

/* {================================================================
** Storage: counted bytes, aligned to 64, recycled by size.
** ================================================================= */

typedef struct TensorStorage {
  int64_t refs;
  int64_t bytes;    /* usable size */
  uint64_t version; /* counts the writes after creation */
  char *data;
} TensorStorage;

/* NULL when there is no memory (the message is left). Not zeroed. */
TensorStorage *tensor_storage_new(int64_t bytes);
void tensor_storage_retain(TensorStorage *s);
void tensor_storage_release(TensorStorage *s);

typedef struct TensorMemory {
  int64_t live;      /* bytes that tensors hold now */
  int64_t peak;      /* the most they ever held */
  int64_t cached;    /* bytes kept for the next tensor */
  int64_t allocated; /* bytes handed out since the program began */
} TensorMemory;

TensorMemory tensor_memory(void);
/* Gives back to the system what was not reused since the last trim. */
void tensor_memory_trim(void);
/* Gives back everything that is cached. */
void tensor_memory_clear(void);

/* }================================================================ */

/* {================================================================
** A tensor is a view of a storage.
** ================================================================= */

typedef struct Tensor {
  TensorStorage *storage; /* a counted reference; NULL when empty-handed */
  char *data;             /* the element at index (0, 0, ...) */
  int64_t shape[TENSOR_MAX_DIMS];
  int64_t strides[TENSOR_MAX_DIMS]; /* in elements; may be 0 or negative */
  int ndim;
  TensorDType dtype;
} Tensor;

/* A fresh contiguous tensor, its elements not set. */
int tensor_new(Tensor *out, TensorDType dtype, int ndim, const int64_t *shape);
int tensor_new_like(Tensor *out, TensorDType dtype, const Tensor *shape_of);
void tensor_retain(const Tensor *t);
/* Gives the reference back and forgets it; harmless when there is none. */
void tensor_release(Tensor *t);

int64_t tensor_numel(const Tensor *t);
int64_t tensor_bytes(const Tensor *t); /* numel times element size */
bool tensor_is_contiguous(const Tensor *t);
bool tensor_same_shape(const Tensor *a, const Tensor *b);
/* Whether two index positions can meet in one element (a stride of 0, or
** windows that overlap). Views made by slicing, permuting and expanding are
** judged exactly, odder ones on the safe side. */
bool tensor_overlaps_itself(const Tensor *t);
/* Whether a and b are views of one storage whose bytes may meet. */
bool tensor_may_share(const Tensor *a, const Tensor *b);

/* Product of sizes; TENSOR_FAIL on overflow or a negative size. */
int tensor_count(int ndim, const int64_t *shape, int64_t *count);
/* "(2, 3)" into text; returns text. */
#define TENSOR_SHAPE_TEXT 192
char *tensor_shape_text(int ndim, const int64_t *shape,
                        char text[TENSOR_SHAPE_TEXT]);
/* "float32 (2, 3)" into text; returns text. */
char *tensor_describe(const Tensor *t, char text[TENSOR_SHAPE_TEXT]);

/* Views: `out` gets a counted reference to x's storage. out may be x when
** the caller has given the old reference up. */
void tensor_alias(Tensor *out, const Tensor *x);
void tensor_permute(Tensor *out, const Tensor *x, const int *order);
void tensor_transpose(Tensor *out, const Tensor *x, int dim0, int dim1);
/* Elements start, start + step, ...: `length` of them along dim. */
void tensor_slice(Tensor *out, const Tensor *x, int dim, int64_t start,
                  int64_t step, int64_t length);
void tensor_select(Tensor *out, const Tensor *x, int dim, int64_t index);
void tensor_unsqueeze(Tensor *out, const Tensor *x, int dim);
void tensor_squeeze(Tensor *out, const Tensor *x, int dim);
/* NumPy's rule; TENSOR_FAIL where x does not broadcast to the shape. */
int tensor_broadcast_to(Tensor *out, const Tensor *x, int ndim,
                        const int64_t *shape);
/* The shape that both broadcast to. */
int tensor_broadcast_shape(const Tensor *a, const Tensor *b, int *ndim,
                           int64_t *shape);
/* Whether a view of that shape (same count) exists; fills out if so. */
bool tensor_view_as(Tensor *out, const Tensor *x, int ndim,
                    const int64_t *shape);

/* out[...] = x[...] converted; x broadcasts to out. */
int tensor_copy(Tensor *out, const Tensor *x);
/* A fresh contiguous copy, converted to dtype. */
int tensor_clone(Tensor *out, const Tensor *x, TensorDType dtype);
/* x itself (another reference) if it is contiguous and of dtype, else a
** clone. */
int tensor_as(Tensor *out, const Tensor *x, TensorDType dtype);
int tensor_fill(Tensor *out, double value);
int tensor_fill_int(Tensor *out, int64_t value);

/* One element, at an element offset from t->data. */
double tensor_get(const Tensor *t, int64_t offset);
int64_t tensor_get_int(const Tensor *t, int64_t offset);
void tensor_set(const Tensor *t, int64_t offset, double value);
void tensor_set_int(const Tensor *t, int64_t offset, int64_t value);

/* }================================================================ */

/* {================================================================
** Reductions and what works along one dim. Outputs are made by the caller
** with the right shape and dtype, contiguous; inputs may be any view.
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
** elements; out may not share x's storage. */
int tensor_softmax(Tensor *out, const Tensor *x, int dim, bool log);

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
** Positions are int64 and count from 1. Outputs made by the caller,
** contiguous, in memory of their own, unless said otherwise; inputs may be
** any view.
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

/* Solving and factorisations: float32 or float64, outputs contiguous, made by
** the caller, a and b any view; leading dims of a and b are equal to the
** output's or broadcast to them. Messages begin with the user's name of the
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
** other sign where inverse. Inputs may be any view, outputs are made by the
** caller, contiguous; both of one dtype. Any length n >= 1.
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
** position and the index that is wrong). Outputs made by the caller.
** ================================================================= */

/* out[...] = x as one long row [index[...]]; out has index's shape. */
int tensor_take(Tensor *out, const Tensor *x, const Tensor *index);
/* out as one long row [index[i]] = x[i], the last of equal positions
** winning; x apart from out, of its dtype and of index's shape. */
int tensor_put(Tensor *out, const Tensor *index, const Tensor *x);
/* out (contiguous) as one long row [index[i]] += x[i]. */
int tensor_take_add(Tensor *out, const Tensor *index, const Tensor *x);
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

/* {================================================================
** Random numbers: Philox 4x32-10, one stream, a counter that each call
** moves on by what it used; results do not depend on the thread count.
** Outputs contiguous, made by the caller.
** ================================================================= */

typedef struct TensorRandom { /* what a checkpoint must keep */
  uint64_t seed, counter;
} TensorRandom;

void tensor_random_seed(uint64_t seed);
TensorRandom tensor_random_state(void);
void tensor_random_restore(TensorRandom state);
/* Float dtypes: low <= element < high. */
int tensor_random_uniform(Tensor *out, double low, double high);
/* Float dtypes: mean, standard deviation. */
int tensor_random_normal(Tensor *out, double mean, double sd);
/* The same with parameters that have out's shape or broadcast to it. */
int tensor_random_uniform_given(Tensor *out, const Tensor *low,
                                const Tensor *high);
int tensor_random_normal_given(Tensor *out, const Tensor *mean,
                               const Tensor *sd);
/* Float dtypes; parameters have out's shape or broadcast to it, finite and
** above 0. Exponential: element > 0. Gamma: of mean concentration / rate.
** Beta: of mean a / (a + b). */
int tensor_random_exponential(Tensor *out, const Tensor *rate);
int tensor_random_gamma(Tensor *out, const Tensor *concentration,
                        const Tensor *rate);
int tensor_random_beta(Tensor *out, const Tensor *a, const Tensor *b);
/* Any dtype, integers clipped to their range: counts of mean rate, finite
** and not negative. */
int tensor_random_poisson(Tensor *out, const Tensor *rate);
/* Any numeric dtype: integers low..high, both included, unbiased. */
int tensor_random_integers(Tensor *out, int64_t low, int64_t high);
/* 1 where a uniform number is below the element of p, else 0. p has out's
** shape or broadcasts to it; an element of p outside 0..1 fails. */
int tensor_random_bernoulli(Tensor *out, const Tensor *p);
/* int64: the numbers 1..n in random order. */
int tensor_random_permutation(Tensor *out);
/* int64 (..., count): positions from 1 drawn by the weights in the last dim
** of p (not negative, not all 0, finite). */
int tensor_random_multinomial(Tensor *out, const Tensor *p, bool replacement);

/* }================================================================ */

/* {================================================================
** Files. Readers survive any bytes and say what is wrong; writers write a
** temporary file in the same folder and rename it. Messages begin with the
** path.
** ================================================================= */

/* NumPy's npy, versions 1 to 3: bool, integers and floats of any size and
** byte order (those that tensors lack become the next wider dtype, uint64
** int64 where it fits), complex numbers as a last dim of 2; an array in
** Fortran's order becomes a transposed view. Writes what numpy.save does. */
int tensor_load_npy(Tensor *out, const char *path);
int tensor_save_npy(const Tensor *x, const char *path);

/* IDX, gzipped or not; big endian; uint8, int8, int16 (both read as int32),
** int32, float32, float64. Writes uint8, int32, float32, float64; gzips
** where the path ends in ".gz". */
int tensor_load_idx(Tensor *out, const char *path);
int tensor_save_idx(const Tensor *x, const char *path);

/* PNG of any colour type, depth and interlacing -> uint8 (height, width,
** channels), channels 1 grey, 2 grey+alpha, 3 RGB, 4 RGBA. */
int tensor_load_png(Tensor *out, const char *path);
/* (h, w) or (h, w, 1..4): uint8 or bool as they are; floats 0..1, clipped,
** rounded to the nearest of 255 steps (NaN is 0); integers clipped. */
int tensor_save_png(const Tensor *x, const char *path);

/* Named tensors: what a safetensors or npz file holds. */
typedef struct TensorFile {
  int count; /* tensors, in the order of the file */
  char **names;
  Tensor *tensors;
  int entries; /* metadata: a table of strings, safetensors only */
  char **keys;
  char **values;
  bool compress; /* write deflated, npz only */
} TensorFile;

int tensor_load_safetensors(TensorFile *file, const char *path);
int tensor_save_safetensors(const TensorFile *file, const char *path);
/* NumPy's npz: a zip archive of npy files, stored or deflated. */
int tensor_load_npz(TensorFile *file, const char *path);
int tensor_save_npz(const TensorFile *file, const char *path);
void tensor_file_free(TensorFile *file);

/* A table of numbers as text, gzipped or not. */
typedef enum TensorCsvHeader {
  TENSOR_CSV_GUESS, /* names where a field of the first line is no number */
  TENSOR_CSV_NAMES,
  TENSOR_CSV_NUMBERS
} TensorCsvHeader;
typedef struct TensorCsvOptions {
  TensorDType dtype;
  TensorCsvHeader header;
  char separator; /* '\0': tab, semicolon or comma, as the first line has */
} TensorCsvOptions;
typedef struct TensorCsv {
  Tensor table;  /* (rows, columns) */
  int64_t count; /* of names: that of the columns, or 0 */
  char **names;
} TensorCsv;
int tensor_load_csv(TensorCsv *csv, const char *path,
                    const TensorCsvOptions *options);
void tensor_csv_free(TensorCsv *csv);
/* (rows, columns), or (rows) as one column, under `count` names (or 0),
** gzipped where the path ends in ".gz". Each number with as few digits as
** give it again. */
int tensor_save_csv(const Tensor *x, const char *path, int64_t count,
                    char *const *names, char separator);

/* Whole-file writing: opens a temporary file beside path. */
typedef struct TensorOutput TensorOutput;
TensorOutput *tensor_output_open(const char *path);
int tensor_output_write(TensorOutput *o, const void *data, size_t bytes);
/* Renames into place; on failure removes the temporary. Frees o. */
int tensor_output_commit(TensorOutput *o);
void tensor_output_cancel(TensorOutput *o);

/* }================================================================ */

/* {================================================================
** Text
** ================================================================= */

typedef enum TensorChoice {
  TENSOR_AUTO,
  TENSOR_ALWAYS,
  TENSOR_NEVER
} TensorChoice;

/* The tensor as a person reads it: elements with shape and dtype; elided
** beyond `threshold` elements (edge items at each end) and fitted to
** `width` columns. The caller frees the text; NULL when out of memory. */
typedef struct TensorPrint {
  int precision;           /* digits after the point, 4 */
  int64_t threshold;       /* more elements: the middle is left out, 1000 */
  int edge;                /* items kept at each end, 3 */
  int width;               /* columns of the page, 80 */
  TensorChoice scientific; /* exponents; auto: where they are needed */
  TensorChoice margins;    /* indices of rows and columns; auto: where some
                           ** are left out */
  bool summary;            /* behind the shape: see TensorSummary */
} TensorPrint;
char *tensor_to_text(const Tensor *t, const TensorPrint *options);

/* What there is to say of all elements. */
typedef struct TensorSummary {
  int64_t bytes;
  int64_t numbers, nan;  /* how many elements are numbers, and are not */
  double min, max, mean; /* of the numbers; NaN where there are none */
} TensorSummary;
void tensor_summary(TensorSummary *s, const Tensor *t);

/* "float32 (2, 3)  24 bytes, min -1, max 2.5, mean 0.5, 1 nan" into text;
** returns text. */
#define TENSOR_SUMMARY_TEXT (TENSOR_SHAPE_TEXT + 160)
char *tensor_summary_text(const Tensor *t, char text[TENSOR_SUMMARY_TEXT]);

/* }================================================================ */

#endif
