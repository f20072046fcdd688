/*
** softmax_body.h - softmax of one float dtype. Included with these defined:
** TYPE of an element, EXP (its exponential, good from SMALLEST to 0) and
** NAME(word), which makes the name of a function.
**
** out and x are the same memory where x was not contiguous, so neither is
** `restrict`; each element is read before it is written.
*/

/* e[i] = exp(x[i] - shift[i * step]), step 0 or 1; e has SOFTMAX_TILE places.
** What is below SMALLEST comes out as 0. */
TENSOR_INLINE void NAME(exps)(TYPE *restrict e, const TYPE *x,
                              const TYPE *shift, int step, int n) {
#pragma omp simd
  for (int i = 0; i < n; i++) {
    TYPE v = x[i] - shift[i * step];
    e[i] = v < SMALLEST ? 0 : EXP(v);
  }
}

TENSOR_INLINE TYPE NAME(greatest)(const TYPE *x, int64_t n) {
  TYPE part[TENSOR_LANES], most = x[0];
  int64_t i = 0;
  for (int j = 0; j < TENSOR_LANES; j++) part[j] = most;
  for (; i + TENSOR_LANES <= n; i += TENSOR_LANES) {
#pragma omp simd
    for (int j = 0; j < TENSOR_LANES; j++)
      part[j] = x[i + j] > part[j] ? x[i + j] : part[j];
  }
  for (int j = 0; j < TENSOR_LANES; j++) most = part[j] > most ? part[j] : most;
  for (; i < n; i++) most = x[i] > most ? x[i] : most;
  return most;
}

/* Adds the n elements of a tile to the lanes of sum: a few of them together
** in TYPE, which all but loses nothing as none is negative, then as double. */
TENSOR_INLINE void NAME(add)(double *restrict sum, TYPE *restrict e, int n) {
  TYPE part[TENSOR_LANES] = {0};
  int padded = (n + TENSOR_LANES - 1) / TENSOR_LANES * TENSOR_LANES;
  for (int i = n; i < padded; i++) e[i] = 0;
  for (int i = 0; i < padded; i += TENSOR_LANES) {
#pragma omp simd
    for (int j = 0; j < TENSOR_LANES; j++) part[j] += e[i + j];
  }
#pragma omp simd
  for (int j = 0; j < TENSOR_LANES; j++) sum[j] += (double)part[j];
}

/* One contiguous row. A NaN or an infinity in it reaches every element by
** way of the sum. */
TENSOR_INLINE void NAME(row)(TYPE *out, const TYPE *x, int64_t n, bool log_of) {
  TYPE shift = NAME(greatest)(x, n), e[SOFTMAX_TILE];
  double lanes[TENSOR_LANES] = {0}, sum = 0;
  for (int64_t i = 0; i < n; i += SOFTMAX_TILE) {
    int here = (int)tensor_min64(SOFTMAX_TILE, n - i);
    NAME(exps)(e, x + i, &shift, 0, here);
    if (!log_of) memcpy(out + i, e, (size_t)here * sizeof(TYPE));
    NAME(add)(lanes, e, here);
  }
  for (int j = 0; j < TENSOR_LANES; j++) sum += lanes[j];
  TYPE scale = (TYPE)(1 / sum), less = (TYPE)log(sum);
  if (log_of) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) out[i] = x[i] - shift - less;
  } else {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) out[i] *= scale;
  }
}

/* `width` columns side by side, n rows `row` elements apart. */
TENSOR_INLINE void NAME(tile)(TYPE *out, const TYPE *x, int64_t n, int64_t row,
                              int width, bool log_of) {
  TYPE shift[SOFTMAX_TILE], last[SOFTMAX_TILE], e[SOFTMAX_TILE];
  double sum[SOFTMAX_TILE] = {0};
  for (int j = 0; j < width; j++) shift[j] = x[j];
  for (int64_t i = 1; i < n; i++) {
    const TYPE *xi = x + i * row;
#pragma omp simd
    for (int j = 0; j < width; j++)
      shift[j] = xi[j] > shift[j] ? xi[j] : shift[j];
  }
  for (int64_t i = 0; i < n; i++) {
    NAME(exps)(e, x + i * row, shift, 1, width);
    if (!log_of) memcpy(out + i * row, e, (size_t)width * sizeof(TYPE));
#pragma omp simd
    for (int j = 0; j < width; j++) sum[j] += (double)e[j];
  }
  for (int j = 0; j < width; j++)
    last[j] = (TYPE)(log_of ? log(sum[j]) : 1 / sum[j]);
  for (int64_t i = 0; i < n; i++) {
    TYPE *o = out + i * row;
    const TYPE *xi = x + i * row;
#pragma omp simd
    for (int j = 0; j < width; j++)
      o[j] = log_of ? xi[j] - shift[j] - last[j] : o[j] * last[j];
  }
}

/* Does the jobs first..last-1: rows, or tiles of columns. */
TENSOR_CLONES static void NAME(jobs)(const Softmax *s, int64_t first,
                                     int64_t last) {
  TYPE *out = s->out;
  const TYPE *x = s->x;
  for (int64_t job = first; job < last; job++) {
    if (s->inner == 1) {
      NAME(row)(out + job * s->size, x + job * s->size, s->size, s->log);
      continue;
    }
    int64_t column = job % s->tiles * SOFTMAX_TILE;
    int64_t at = job / s->tiles * s->size * s->inner + column;
    int width = (int)tensor_min64(SOFTMAX_TILE, s->inner - column);
    NAME(tile)(out + at, x + at, s->size, s->inner, width, s->log);
  }
}

#undef TYPE
#undef EXP
#undef SMALLEST
#undef NAME
