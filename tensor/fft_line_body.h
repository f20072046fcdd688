/*
** fft_line_body.h - what is done to lines before, between and after passes,
** for elements REAL; NAME gives the functions their names. Included by
** fft_pass.c. Each function exists for one lane and for FULL of them: the
** compiler sees the constant.
*/

/* Lines are brought in and out by blocks of so many elements, which stay in
** the nearest cache while the lanes take turns. */
#define BLOCK 16
/* How many rows ahead of their use they are asked for. */
#define AHEAD 12

/* How far apart the lanes stand in a tensor where all are evenly spaced
** neighbours (1 or 2), else 0. */
static int64_t NAME(gap)(const int64_t *at, int lanes) {
  int64_t gap = at[1] - at[0];
  for (int v = 1; v < lanes; v++)
    if (at[v] - at[v - 1] != gap) return 0;
  return gap == 1 || gap == 2 ? gap : 0;
}

/* {== in and out */

/* Asks for numbers that lie too far apart for the processor to foresee. */
TENSOR_INLINE void NAME(fetch)(const REAL *at, int64_t count) {
  for (int64_t i = 0; i < count; i += 64 / (int64_t)sizeof(REAL))
    __builtin_prefetch(at + i);
}

TENSOR_INLINE void NAME(load_across)(const FftJob *j, int64_t from, int64_t to,
                                     int lanes, int64_t gap) {
  REAL *re = j->a.re, *im = j->a.im;
  const REAL *x = (const REAL *)j->in->data + j->in_at[0];
  int64_t step = j->in->step, part = gap == 2 ? 1 : j->in->part;
  for (int64_t k = from; k < to; k++) {
    const REAL *at = x + k * step;
    if (k + AHEAD < to) NAME(fetch)(at + AHEAD * step, lanes * gap);
#pragma omp simd
    for (int v = 0; v < lanes; v++) {
      re[k * lanes + v] = at[v * gap];
      im[k * lanes + v] = at[v * gap + part];
    }
  }
}

TENSOR_INLINE void NAME(load_along)(const FftJob *j, int64_t from, int64_t to,
                                    int lanes) {
  REAL *restrict re = j->a.re, *restrict im = j->a.im;
  int64_t step = j->in->step, part = j->in->part;
  for (int64_t block = from; block < to; block += BLOCK) {
    int64_t end = tensor_min64(to, block + BLOCK);
    for (int v = 0; v < lanes; v++) {
      const REAL *x = (const REAL *)j->in->data + j->in_at[v];
      for (int64_t k = block; k < end; k++) {
        re[k * lanes + v] = x[k * step];
        im[k * lanes + v] = j->in->plain ? 0 : x[k * step + part];
      }
    }
  }
}

TENSOR_INLINE void NAME(load_lanes)(const FftJob *j, int64_t from, int64_t to,
                                    int lanes) {
  int64_t gap = lanes > 1 && !j->in->plain ? NAME(gap)(j->in_at, lanes) : 0;
  if (gap == 2 && j->in->part == 1)
    NAME(load_across)(j, from, to, lanes, 2);
  else if (gap == 1)
    NAME(load_across)(j, from, to, lanes, 1);
  else
    NAME(load_along)(j, from, to, lanes);
}

TENSOR_INLINE void NAME(store_across)(const FftJob *j, int64_t from, int64_t to,
                                      int lanes, int64_t gap) {
  const REAL *re = j->a.re, *im = j->a.im;
  REAL *y = (REAL *)j->out->data + j->out_at[0], scale = (REAL)j->scale;
  int64_t step = j->out->step, part = gap == 2 ? 1 : j->out->part;
  for (int64_t k = from; k < to; k++) {
    REAL *at = y + k * step;
    if (k + AHEAD < to) NAME(fetch)(at + AHEAD * step, lanes * gap);
#pragma omp simd
    for (int v = 0; v < lanes; v++) {
      at[v * gap] = scale * re[k * lanes + v];
      at[v * gap + part] = scale * im[k * lanes + v];
    }
  }
}

TENSOR_INLINE void NAME(store_along)(const FftJob *j, int64_t from, int64_t to,
                                     int lanes) {
  const REAL *restrict re = j->a.re, *restrict im = j->a.im;
  REAL scale = (REAL)j->scale;
  int64_t step = j->out->step, part = j->out->part;
  for (int64_t block = from; block < to; block += BLOCK) {
    int64_t end = tensor_min64(to, block + BLOCK);
    for (int v = 0; v < j->lines; v++) {
      REAL *y = (REAL *)j->out->data + j->out_at[v];
      for (int64_t k = block; k < end; k++) {
        y[k * step] = scale * re[k * lanes + v];
        if (!j->out->plain) y[k * step + part] = scale * im[k * lanes + v];
      }
    }
  }
}

TENSOR_INLINE void NAME(store_lanes)(const FftJob *j, int64_t from, int64_t to,
                                     int lanes) {
  bool across = lanes > 1 && j->lines == lanes && !j->out->plain;
  int64_t gap = across ? NAME(gap)(j->out_at, lanes) : 0;
  if (gap == 2 && j->out->part == 1)
    NAME(store_across)(j, from, to, lanes, 2);
  else if (gap == 1)
    NAME(store_across)(j, from, to, lanes, 1);
  else
    NAME(store_along)(j, from, to, lanes);
}

/* }== real lines {== */

/* From the transform Z of x[2j] + i x[2j+1] to that of x, of twice the
** length: X[k] = (Z[k] + Z*[h-k]) / 2 - i w^k (Z[k] - Z*[h-k]) / 2. */
TENSOR_INLINE void NAME(split_lanes)(const FftJob *j, int64_t from, int64_t to,
                                     int lanes) {
  const REAL *zr = j->a.re, *zi = j->a.im, *roots = j->plan->half_roots;
  REAL *xr = j->b.re, *xi = j->b.im;
  int64_t h = j->plan->length;
  for (int64_t k = from; k < to; k++) {
    int64_t p = (k == h ? 0 : k) * lanes, q = (k == 0 ? 0 : h - k) * lanes;
    REAL wr = roots[2 * k] / 2, wi = roots[2 * k + 1] / 2;
#pragma omp simd
    for (int v = 0; v < lanes; v++) {
      REAL dr = zr[p + v] - zr[q + v], di = zi[p + v] + zi[q + v];
      xr[k * lanes + v] = (zr[p + v] + zr[q + v]) / 2 + (wr * di + wi * dr);
      xi[k * lanes + v] = (zi[p + v] - zi[q + v]) / 2 - (wr * dr - wi * di);
    }
  }
}

/* The way back: Z[k] = X[k] + X*[h-k] + i w^-k (X[k] - X*[h-k]). What stands
** in the imaginary parts of X[0] and X[h] does not count. */
TENSOR_INLINE void NAME(join_lanes)(const FftJob *j, int64_t from, int64_t to,
                                    int lanes) {
  const REAL *xr = j->a.re, *xi = j->a.im, *roots = j->plan->half_roots;
  REAL *zr = j->b.re, *zi = j->b.im;
  int64_t h = j->plan->length;
  for (int64_t k = from; k < to; k++) {
    int64_t p = k * lanes, q = (h - k) * lanes;
    REAL wr = roots[2 * k], wi = roots[2 * k + 1];
#pragma omp simd
    for (int v = 0; v < lanes; v++) {
      REAL pi = k == 0 ? 0 : xi[p + v], qi = k == 0 ? 0 : xi[q + v];
      REAL dr = xr[p + v] - xr[q + v], di = pi + qi;
      zr[p + v] = xr[p + v] + xr[q + v] - (wr * di - wi * dr);
      zi[p + v] = pi - qi + (wr * dr + wi * di);
    }
  }
}

/* The other half of the transform of a real line of odd length. */
TENSOR_INLINE void NAME(unfold_lanes)(const FftJob *j, int64_t from, int64_t to,
                                      int lanes) {
  REAL *xr = j->a.re, *xi = j->a.im;
  int64_t n = j->plan->length;
  for (int64_t k = from; k < to; k++) {
    int64_t p = k * lanes, q = (n - k) * lanes;
    for (int v = 0; v < lanes; v++) {
      if (k == 0) {
        xi[v] = 0;
      } else {
        xr[q + v] = xr[p + v];
        xi[q + v] = -xi[p + v];
      }
    }
  }
}

/* }== Bluestein's convolution {== */

TENSOR_INLINE void NAME(multiply)(REAL *yr, REAL *yi, const REAL *xr,
                                  const REAL *xi, const REAL *factor,
                                  int64_t from, int64_t to, int lanes) {
  for (int64_t k = from; k < to; k++) {
    REAL wr = factor[2 * k], wi = factor[2 * k + 1];
#pragma omp simd
    for (int v = 0; v < lanes; v++) {
      REAL re = xr[k * lanes + v], im = xi[k * lanes + v];
      yr[k * lanes + v] = re * wr - im * wi;
      yi[k * lanes + v] = re * wi + im * wr;
    }
  }
}

/* Zeros behind the line, up to the length of the convolution. */
TENSOR_INLINE void NAME(chirp_in_lanes)(const FftJob *j, int64_t from,
                                        int64_t to, int lanes) {
  int64_t end = tensor_max64(from, tensor_min64(to, j->plan->length));
  NAME(multiply)
  (j->b.re, j->b.im, j->a.re, j->a.im, j->plan->chirp, from, end, lanes);
  size_t bytes = (size_t)((to - end) * lanes) * sizeof(REAL);
  memset((REAL *)j->b.re + end * lanes, 0, bytes);
  memset((REAL *)j->b.im + end * lanes, 0, bytes);
}

TENSOR_INLINE void NAME(chirp_out_lanes)(const FftJob *j, int64_t from,
                                         int64_t to, int lanes) {
  NAME(multiply)
  (j->a.re, j->a.im, j->a.re, j->a.im, j->plan->chirp, from, to, lanes);
}

TENSOR_INLINE void NAME(convolve_lanes)(const FftJob *j, int64_t from,
                                        int64_t to, int lanes) {
  NAME(multiply)
  (j->a.re, j->a.im, j->a.re, j->a.im, j->plan->spectrum, from, to, lanes);
}

/* }== */

#define FFT_STEP(step)                                                         \
  TENSOR_CLONES static void NAME(step)(const FftJob *j, int64_t from,          \
                                       int64_t to) {                           \
    if (j->lanes == 1)                                                         \
      NAME(step##_lanes)(j, from, to, 1);                                      \
    else                                                                       \
      NAME(step##_lanes)(j, from, to, FULL);                                   \
  }
FFT_STEP(load)
FFT_STEP(store)
FFT_STEP(split)
FFT_STEP(join)
FFT_STEP(unfold)
FFT_STEP(chirp_in)
FFT_STEP(chirp_out)
FFT_STEP(convolve)
#undef FFT_STEP
#undef BLOCK
#undef AHEAD
#undef REAL
#undef FULL
#undef NAME
