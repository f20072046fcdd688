/*
** batch_norm_body.h - the passes of batch_norm.c for one float dtype. Included
** with these defined: TYPE of an element and NAME(word), which makes the name
** of a function.
**
** A job is a block of rows of all channels where inner is 1, else a block of
** the planes of one channel.
*/

/* Where a job begins, and how many rows or planes it has. */
TENSOR_INLINE int64_t NAME(place)(const BatchNorm *b, int64_t job,
                                  int64_t *channel, int64_t *count) {
  int64_t block = b->inner == 1 ? job : job / b->channels;
  *channel = b->inner == 1 ? 0 : job % b->channels;
  *count = tensor_min64(b->block, b->outer - block * b->block);
  return (block * b->block * b->channels + *channel) * b->inner;
}

/* {== sums: of a and of b, for each channel ============================= */

/* Rows of all channels. With g: a = g, b = g (x - center); without: a = x -
** center, b = a^2. */
TENSOR_INLINE void NAME(sum_rows)(double *restrict a, double *restrict b,
                                  const TYPE *restrict x, const TYPE *g,
                                  const TYPE *restrict center, int64_t rows,
                                  int64_t channels) {
  for (int64_t r = 0; r < rows; r++) {
    const TYPE *xr = x + r * channels, *gr = g == NULL ? xr : g + r * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; c++) {
      double v = (double)(xr[c] - center[c]);
      double w = g == NULL ? v : (double)gr[c];
      a[c] += w;
      b[c] += w * v;
    }
  }
}

TENSOR_INLINE void NAME(sum_plane)(double sums[2], const TYPE *restrict x,
                                   const TYPE *g, TYPE center, int64_t n) {
  double a = 0, b = 0;
#pragma omp simd reduction(+ : a, b)
  for (int64_t i = 0; i < n; i++) {
    double v = (double)(x[i] - center);
    double w = g == NULL ? v : (double)g[i];
    a += w;
    b += w * v;
  }
  sums[0] += a;
  sums[1] += b;
}

TENSOR_INLINE void NAME(sums)(const BatchNorm *b, int64_t job, const TYPE *g) {
  int64_t channel, count, at = NAME(place)(b, job, &channel, &count);
  int64_t block = b->inner == 1 ? job : job / b->channels;
  double *first = b->sums + 2 * block * b->channels,
         *second = first + b->channels;
  const TYPE *x = (const TYPE *)b->x + at, *center = b->center;
  if (g != NULL) g += at;
  if (b->inner == 1) {
    memset(first, 0, (size_t)(2 * b->channels) * sizeof *first);
    if (g == NULL)
      NAME(sum_rows)(first, second, x, NULL, center, count, b->channels);
    else
      NAME(sum_rows)(first, second, x, g, center, count, b->channels);
    return;
  }
  double sums[2] = {0, 0};
  int64_t step = b->channels * b->inner;
  for (int64_t i = 0; i < count; i++) NAME(sum_plane)
  (sums, x + i * step, g == NULL ? NULL : g + i * step, center[channel],
   b->inner);
  first[channel] = sums[0];
  second[channel] = sums[1];
}

TENSOR_CLONES static void NAME(moments)(const BatchNorm *b, int64_t job) {
  NAME(sums)(b, job, NULL);
}

TENSOR_CLONES static void NAME(products)(const BatchNorm *b, int64_t job) {
  NAME(sums)(b, job, b->g);
}

/* }== elements: y = (x - center) x_factor + offset, plus g g_factor {== */

TENSOR_INLINE void NAME(elements)(const BatchNorm *b, int64_t job,
                                  const TYPE *g) {
  int64_t channel, count, at = NAME(place)(b, job, &channel, &count);
  const TYPE *restrict center = b->center, *restrict x_factor = b->x_factor;
  const TYPE *restrict g_factor = b->g_factor, *restrict offset = b->offset;
  int64_t row = b->inner == 1 ? b->channels : b->inner;
  int64_t step = b->channels * b->inner;
  for (int64_t i = 0; i < count; i++) {
    TYPE *restrict y = (TYPE *)b->y + at + i * step;
    const TYPE *restrict x = (const TYPE *)b->x + at + i * step;
    const TYPE *restrict gi = g == NULL ? x : g + at + i * step;
    if (b->inner == 1) {
#pragma omp simd
      for (int64_t c = 0; c < row; c++) {
        TYPE v = (x[c] - center[c]) * x_factor[c] + offset[c];
        y[c] = g == NULL ? v : v + gi[c] * g_factor[c];
      }
    } else {
      TYPE mid = center[channel], factor = x_factor[channel];
      TYPE other = g == NULL ? 0 : g_factor[channel], more = offset[channel];
#pragma omp simd
      for (int64_t k = 0; k < row; k++) {
        TYPE v = (x[k] - mid) * factor + more;
        y[k] = g == NULL ? v : v + gi[k] * other;
      }
    }
  }
}

TENSOR_CLONES static void NAME(forward)(const BatchNorm *b, int64_t job) {
  NAME(elements)(b, job, NULL);
}

TENSOR_CLONES static void NAME(backward)(const BatchNorm *b, int64_t job) {
  NAME(elements)(b, job, b->g);
}

/* }===================================================================== */

#undef TYPE
#undef NAME
