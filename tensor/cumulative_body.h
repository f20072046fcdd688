/*
** cumulative_body.h - running sums, products and linear scans of one dtype
** (see cumulative.h). Included with these defined: TYPE of an element, SUM of
** what is carried along, and NAME(word), which makes the name of a function.
*/

/* The places first..last-1 of `width` columns; carry is what came before. */
TENSOR_INLINE void NAME(block)(const Cumulative *s, CumulativeStep step,
                               int64_t at, int width, int64_t first,
                               int64_t last, SUM *carry) {
  SUM sum[CUMULATIVE_TILE];
  for (int j = 0; j < width; j++) sum[j] = carry[j];
  for (int64_t i = first; i < last; i++) {
    int64_t row = at + (s->backwards ? s->n - 1 - i : i) * s->inner;
    const TYPE *x = (const TYPE *)s->x + row;
    const TYPE *link = (const TYPE *)s->link + row;
    TYPE *out = (TYPE *)s->out + row;
    if (s->backwards && i > 0) link += s->inner;
    for (int j = 0; j < width; j++) {
      if (step == CUMULATIVE_ADD)
        sum[j] += (SUM)x[j];
      else if (step == CUMULATIVE_MULTIPLY)
        sum[j] *= (SUM)x[j];
      else
        sum[j] = i == 0 ? (SUM)x[j] : (SUM)x[j] + (SUM)link[j] * sum[j];
      out[j] = (TYPE)sum[j];
    }
  }
  for (int j = 0; j < width; j++) carry[j] = sum[j];
}

TENSOR_INLINE void NAME(columns)(const Cumulative *s, CumulativeStep step,
                                 int64_t at, int width) {
  SUM carry[CUMULATIVE_TILE];
  int64_t rows = CUMULATIVE_BLOCK / width;
  for (int j = 0; j < width; j++) carry[j] = step == CUMULATIVE_MULTIPLY;
  for (int64_t i = 0; i < s->n; i += rows) {
    if (i > 0 && tensor_stopped(s->status)) return;
    NAME(block)
    (s, step, at, width, i, tensor_min64(s->n, i + rows), carry);
  }
}

TENSOR_CLONES static void NAME(jobs)(const Cumulative *s, int64_t first,
                                     int64_t last) {
  int width;
  for (int64_t job = first; job < last; job++) {
    int64_t at = tensor_cumulative_job(s, job, &width);
    switch (s->step) {
    case CUMULATIVE_ADD:
      if (width == 1)
        NAME(columns)(s, CUMULATIVE_ADD, at, 1);
      else
        NAME(columns)(s, CUMULATIVE_ADD, at, width);
      break;
    case CUMULATIVE_MULTIPLY:
      if (width == 1)
        NAME(columns)(s, CUMULATIVE_MULTIPLY, at, 1);
      else
        NAME(columns)(s, CUMULATIVE_MULTIPLY, at, width);
      break;
    default:
      if (width == 1)
        NAME(columns)(s, CUMULATIVE_LINK, at, 1);
      else
        NAME(columns)(s, CUMULATIVE_LINK, at, width);
    }
  }
}

#undef TYPE
#undef SUM
#undef NAME
