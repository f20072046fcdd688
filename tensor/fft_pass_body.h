/*
** fft_pass_body.h - the butterflies over elements REAL taken VECTOR by
** VECTOR (REAL itself, or several side by side); NAME gives the functions
** their names. Included by fft_pass.c.
**
** A butterfly of radix r reads elements `in` apart, multiplies the results 1
** to r - 1 with the twiddles w and writes them `out` apart.
*/

typedef void NAME(butterfly)(const VECTOR *xr, const VECTOR *xi, int64_t in,
                             VECTOR *yr, VECTOR *yi, int64_t out, const REAL *w,
                             const FftPass *f);

TENSOR_INLINE void NAME(twiddle)(VECTOR *yr, VECTOR *yi, const VECTOR *ar,
                                 const VECTOR *ai, const REAL *w) {
  *yr = *ar * w[0] - *ai * w[1];
  *yi = *ar * w[1] + *ai * w[0];
}

TENSOR_INLINE void NAME(butterfly2)(const VECTOR *xr, const VECTOR *xi,
                                    int64_t in, VECTOR *yr, VECTOR *yi,
                                    int64_t out, const REAL *w,
                                    const FftPass *f) {
  (void)f;
  VECTOR dr = xr[0] - xr[in], di = xi[0] - xi[in];
  yr[0] = xr[0] + xr[in];
  yi[0] = xi[0] + xi[in];
  NAME(twiddle)(yr + out, yi + out, &dr, &di, w);
}

TENSOR_INLINE void NAME(butterfly4)(const VECTOR *xr, const VECTOR *xi,
                                    int64_t in, VECTOR *yr, VECTOR *yi,
                                    int64_t out, const REAL *w,
                                    const FftPass *f) {
  (void)f;
  VECTOR sr = xr[0] + xr[2 * in], si = xi[0] + xi[2 * in];
  VECTOR dr = xr[0] - xr[2 * in], di = xi[0] - xi[2 * in];
  VECTOR tr = xr[in] + xr[3 * in], ti = xi[in] + xi[3 * in];
  VECTOR er = xr[in] - xr[3 * in], ei = xi[in] - xi[3 * in];
  VECTOR ar = dr + ei, ai = di - er;
  VECTOR br = sr - tr, bi = si - ti;
  VECTOR cr = dr - ei, ci = di + er;
  yr[0] = sr + tr;
  yi[0] = si + ti;
  NAME(twiddle)(yr + out, yi + out, &ar, &ai, w);
  NAME(twiddle)(yr + 2 * out, yi + 2 * out, &br, &bi, w + 2);
  NAME(twiddle)(yr + 3 * out, yi + 3 * out, &cr, &ci, w + 4);
}

/* Any odd r: elements k and r - k go together, as their roots are conjugate.
** Inlined with r known, it unrolls. */
TENSOR_INLINE void NAME(butterfly_odd)(int r, const VECTOR *xr,
                                       const VECTOR *xi, int64_t in, VECTOR *yr,
                                       VECTOR *yi, int64_t out, const REAL *w,
                                       const FftPass *f) {
  const REAL *roots = f->roots;
  VECTOR sr[FFT_LARGEST_RADIX / 2], si[FFT_LARGEST_RADIX / 2];
  VECTOR dr[FFT_LARGEST_RADIX / 2], di[FFT_LARGEST_RADIX / 2];
  VECTOR sum_r = xr[0], sum_i = xi[0];
  for (int j = 1; j <= r / 2; j++) {
    sr[j - 1] = xr[j * in] + xr[(r - j) * in];
    si[j - 1] = xi[j * in] + xi[(r - j) * in];
    dr[j - 1] = xr[j * in] - xr[(r - j) * in];
    di[j - 1] = xi[j * in] - xi[(r - j) * in];
    sum_r += sr[j - 1];
    sum_i += si[j - 1];
  }
  yr[0] = sum_r;
  yi[0] = sum_i;
  for (int k = 1; k <= r / 2; k++) {
    VECTOR even_r = xr[0], even_i = xi[0];
    VECTOR odd_r = dr[0] * roots[2 * k + 1], odd_i = di[0] * roots[2 * k + 1];
    for (int j = 1, at = k; j <= r / 2; j++) {
      even_r += sr[j - 1] * roots[2 * at];
      even_i += si[j - 1] * roots[2 * at];
      if (j > 1) {
        odd_r += dr[j - 1] * roots[2 * at + 1];
        odd_i += di[j - 1] * roots[2 * at + 1];
      }
      at = at + k < r ? at + k : at + k - r;
    }
    VECTOR ar = even_r - odd_i, ai = even_i + odd_r;
    VECTOR br = even_r + odd_i, bi = even_i - odd_r;
    NAME(twiddle)(yr + k * out, yi + k * out, &ar, &ai, w + 2 * (k - 1));
    NAME(twiddle)
    (yr + (r - k) * out, yi + (r - k) * out, &br, &bi, w + 2 * (r - k - 1));
  }
}

TENSOR_INLINE void NAME(butterfly3)(const VECTOR *xr, const VECTOR *xi,
                                    int64_t in, VECTOR *yr, VECTOR *yi,
                                    int64_t out, const REAL *w,
                                    const FftPass *f) {
  NAME(butterfly_odd)(3, xr, xi, in, yr, yi, out, w, f);
}
TENSOR_INLINE void NAME(butterfly5)(const VECTOR *xr, const VECTOR *xi,
                                    int64_t in, VECTOR *yr, VECTOR *yi,
                                    int64_t out, const REAL *w,
                                    const FftPass *f) {
  NAME(butterfly_odd)(5, xr, xi, in, yr, yi, out, w, f);
}
TENSOR_INLINE void NAME(butterfly7)(const VECTOR *xr, const VECTOR *xi,
                                    int64_t in, VECTOR *yr, VECTOR *yi,
                                    int64_t out, const REAL *w,
                                    const FftPass *f) {
  NAME(butterfly_odd)(7, xr, xi, in, yr, yi, out, w, f);
}
TENSOR_INLINE void NAME(butterfly_any)(const VECTOR *xr, const VECTOR *xi,
                                       int64_t in, VECTOR *yr, VECTOR *yi,
                                       int64_t out, const REAL *w,
                                       const FftPass *f) {
  NAME(butterfly_odd)(f->radix, xr, xi, in, yr, yi, out, w, f);
}

/* Butterfly t stands at place t % width of group t / width; a group shares
** its twiddles. */
TENSOR_INLINE void NAME(walk)(const FftJob *j, int radix, int64_t from,
                              int64_t to, NAME(butterfly) * one) {
  const FftPass *f = j->pass;
  int64_t width =
      f->before * j->lanes * (int64_t)sizeof(REAL) / (int64_t)sizeof(VECTOR);
  const VECTOR *xr = j->a.re, *xi = j->a.im;
  VECTOR *yr = j->b.re, *yi = j->b.im;
  const REAL *twiddles = f->twiddles;
  int64_t p = from / width, q = from % width;
  while (from < to) {
    int64_t end = tensor_min64(width, q + (to - from));
    int64_t x = p * width, y = radix * p * width;
    const REAL *w = twiddles + 2 * (radix - 1) * p;
    from += end - q;
#pragma omp simd
    for (int64_t k = q; k < end; k++)
      one(xr + x + k, xi + x + k, width * f->after, yr + y + k, yi + y + k,
          width, w, f);
    p++;
    q = 0;
  }
}

TENSOR_CLONES static void NAME(pass2)(const FftJob *j, int64_t from,
                                      int64_t to) {
  NAME(walk)(j, 2, from, to, NAME(butterfly2));
}
TENSOR_CLONES static void NAME(pass3)(const FftJob *j, int64_t from,
                                      int64_t to) {
  NAME(walk)(j, 3, from, to, NAME(butterfly3));
}
TENSOR_CLONES static void NAME(pass4)(const FftJob *j, int64_t from,
                                      int64_t to) {
  NAME(walk)(j, 4, from, to, NAME(butterfly4));
}
TENSOR_CLONES static void NAME(pass5)(const FftJob *j, int64_t from,
                                      int64_t to) {
  NAME(walk)(j, 5, from, to, NAME(butterfly5));
}
TENSOR_CLONES static void NAME(pass7)(const FftJob *j, int64_t from,
                                      int64_t to) {
  NAME(walk)(j, 7, from, to, NAME(butterfly7));
}
TENSOR_CLONES static void NAME(pass_any)(const FftJob *j, int64_t from,
                                         int64_t to) {
  NAME(walk)(j, j->pass->radix, from, to, NAME(butterfly_any));
}

static void NAME(pass)(const FftJob *j, int64_t from, int64_t to) {
  switch (j->pass->radix) {
  case 2: NAME(pass2)(j, from, to); break;
  case 3: NAME(pass3)(j, from, to); break;
  case 4: NAME(pass4)(j, from, to); break;
  case 5: NAME(pass5)(j, from, to); break;
  case 7: NAME(pass7)(j, from, to); break;
  default: NAME(pass_any)(j, from, to); break;
  }
}

#undef VECTOR
#undef NAME
