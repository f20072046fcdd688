/*
** interpolate_body.h - applying a table to one float dtype. Included with
** TYPE and NAME(word) defined. Sums are in double where elements stand alone,
** in TYPE where many move together.
*/

/* y = the weighted sum of count runs of x that follow each other; a piece of
** the run at a time, which stays in the cache. */
static inline void NAME(runs)(TYPE *restrict y, const TYPE *x,
                              const double *weights, int64_t count,
                              int64_t inner) {
  enum { PIECE = 1024 };
  for (int64_t at = 0; at < inner; at += PIECE) {
    int64_t n = tensor_min64(PIECE, inner - at), k = count % 2;
    const TYPE *from = x + at;
    TYPE first = k == 0 ? 0 : (TYPE)weights[0];
    if (count == 2) { /* the common case, in one go */
      TYPE a = (TYPE)weights[0], b = (TYPE)weights[1];
      for (int64_t j = 0; j < n; j++)
        y[at + j] = a * from[j] + b * from[inner + j];
      continue;
    }
    for (int64_t j = 0; j < n; j++) y[at + j] = k == 0 ? 0 : first * from[j];
    for (; k < count; k += 2) {
      TYPE a = (TYPE)weights[k], b = (TYPE)weights[k + 1];
      const TYPE *p = from + k * inner, *q = p + inner;
      for (int64_t j = 0; j < n; j++) y[at + j] += a * p[j] + b * q[j];
    }
  }
}

/* The same for short runs. */
static inline void NAME(short_runs)(TYPE *restrict y, const TYPE *x,
                                    const double *weights, int64_t count,
                                    int64_t inner) {
  for (int64_t j = 0; j < inner; j++) {
    double sum = 0;
    for (int64_t k = 0; k < count; k++)
      sum += weights[k] * (double)x[k * inner + j];
    y[j] = (TYPE)sum;
  }
}

TENSOR_CLONES static void NAME(rows)(const Job *job, int64_t from, int64_t to) {
  const Table *t = job->table;
  int64_t inner = job->inner, i = from % t->rows;
  TYPE *y = (TYPE *)job->y + from * inner;
  const TYPE *x = (const TYPE *)job->x + from / t->rows * t->columns * inner;
  for (int64_t row = from; row < to; row++, y += inner) {
    int64_t begin = t->start[i], count = t->start[i + 1] - begin;
    const TYPE *first = x + t->first[i] * inner;
    if (inner == 1)
      NAME(short_runs)(y, first, t->weights + begin, count, 1);
    else if (inner < 8)
      NAME(short_runs)(y, first, t->weights + begin, count, inner);
    else
      NAME(runs)(y, first, t->weights + begin, count, inner);
    if (++i < t->rows) continue;
    i = 0; /* on to the next of the outer dims */
    x += t->columns * inner;
  }
}

#undef TYPE
#undef NAME
