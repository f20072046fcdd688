/*
** reduce_body.h - one reduction of one dtype. Included with these defined:
** TYPE of an element, ACC of an accumulator, OUT of a result, LOAD(element),
** COMBINE(acc, acc), STORE(acc), IDENTITY, NAME(word), which makes the name of
** a function, and CLONES, which is TENSOR_CLONES where that pays.
*/

/* acc[j] takes in x[r * row_step + j] for all rows r. */
TENSOR_INLINE void NAME(rows)(ACC *restrict acc, const TYPE *restrict x,
                              int64_t lanes, int64_t rows, int64_t row_step) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const TYPE *restrict x0 = x + r * row_step;
    const TYPE *restrict x1 = x0 + row_step;
    const TYPE *restrict x2 = x1 + row_step;
    const TYPE *restrict x3 = x2 + row_step;
#pragma omp simd
    for (int64_t j = 0; j < lanes; j++) {
      ACC a = LOAD(x0[j]), b = LOAD(x1[j]), c = LOAD(x2[j]), d = LOAD(x3[j]);
      ACC ab = COMBINE(a, b), cd = COMBINE(c, d);
      ACC all = COMBINE(ab, cd), old = acc[j];
      acc[j] = COMBINE(old, all);
    }
  }
  for (; r < rows; r++) {
    const TYPE *restrict x0 = x + r * row_step;
#pragma omp simd
    for (int64_t j = 0; j < lanes; j++) {
      ACC a = LOAD(x0[j]), old = acc[j];
      acc[j] = COMBINE(old, a);
    }
  }
}

/* All n elements of a row. The accumulators stay in registers. */
TENSOR_INLINE ACC NAME(row)(const TYPE *restrict x, int64_t n) {
  enum { LANES = sizeof(TYPE) == 1 ? 64 : 16 };
  ACC part[LANES], result = IDENTITY;
  int64_t i = 0;
  for (int j = 0; j < LANES; j++) part[j] = IDENTITY;
  for (; i + LANES <= n; i += LANES) {
#pragma omp simd
    for (int j = 0; j < LANES; j++) {
      ACC a = LOAD(x[i + j]), old = part[j];
      part[j] = COMBINE(old, a);
    }
  }
#pragma omp simd
  for (int j = 0; j < LANES / 2; j++) {
    ACC a = part[j], b = part[j + LANES / 2];
    part[j] = COMBINE(a, b);
  }
  for (int j = 0; j < LANES / 2; j++) result = COMBINE(result, part[j]);
  for (; i < n; i++) {
    ACC a = LOAD(x[i]);
    result = COMBINE(result, a);
  }
  return result;
}

/* acc[j] takes in x[r * row_step + j * step] for all rows r. */
static void NAME(strided_rows)(ACC *restrict acc, const TYPE *restrict x,
                               int64_t lanes, int64_t step, int64_t rows,
                               int64_t row_step) {
  for (int64_t r = 0; r < rows; r++, x += row_step) {
    for (int64_t j = 0; j < lanes; j++) {
      ACC a = LOAD(x[j * step]), old = acc[j];
      acc[j] = COMBINE(old, a);
    }
  }
}

TENSOR_INLINE void NAME(merge)(ACC *restrict acc, const ACC *restrict other,
                               int64_t lanes) {
#pragma omp simd
  for (int64_t j = 0; j < lanes; j++) {
    ACC a = acc[j], b = other[j];
    acc[j] = COMBINE(a, b);
  }
}

TENSOR_INLINE void NAME(store)(OUT *out, int64_t step, const ACC *acc,
                               int64_t width) {
  for (int64_t j = 0; j < width; j++) out[j * step] = STORE(acc[j]);
}

/* One run along the last reduced dim, `copies` positions at a time. */
TENSOR_INLINE void NAME(run)(const ReducePlan *p, ACC *acc, const TYPE *x,
                             int64_t width, int64_t length) {
  int64_t step = p->column.stride,
          row = p->reduced[p->reduced_count - 1].stride;
  int64_t rows = length / p->copies, rest = width * (length % p->copies);
  int64_t lanes = width * p->copies;
  if (p->column.size == 1 && row == 1) {
    ACC old = acc[0], more = NAME(row)(x, length);
    acc[0] = COMBINE(old, more);
  } else if (step == 1) {
    NAME(rows)(acc, x, lanes, rows, row * p->copies);
  } else {
    NAME(strided_rows)(acc, x, lanes, step, rows, row * p->copies);
  }
  if (rest > 0)
    NAME(strided_rows)(acc, x + rows * row * p->copies, rest, step, 1, 0);
}

CLONES static void NAME(jobs)(const ReducePlan *p, int64_t first,
                              int64_t last) {
  ACC acc[REDUCE_LANES];
  const TYPE *x = p->x;
  for (int64_t i = first; i < last; i++) {
    ReduceJob job = tensor_reduce_job(p, i);
    for (int64_t j = 0; j < job.width * p->copies; j++) acc[j] = IDENTITY;
    for (int64_t at = job.first; at < job.last;) {
      ReduceRun run = tensor_reduce_run(p, at, job.last);
      NAME(run)(p, acc, x + job.x + run.offset, job.width, run.length);
      at += run.length;
    }
    for (int64_t half = p->copies / 2; half > 0; half /= 2)
      NAME(merge)(acc, acc + half * job.width, half * job.width);
    if (p->blocks > 1)
      memcpy((ACC *)p->partial + i * p->width, acc,
             (size_t)job.width * sizeof(ACC));
    else
      NAME(store)
    ((OUT *)p->out + job.out, p->column.out_stride, acc, job.width);
  }
}

static void NAME(finish)(const ReducePlan *p, int64_t first, int64_t last) {
  for (int64_t unit = first; unit < last; unit++) {
    ReduceJob job = tensor_reduce_job(p, unit);
    ACC *acc = (ACC *)p->partial + unit * p->width;
    for (int64_t b = 1; b < p->blocks; b++)
      NAME(merge)(acc, acc + b * p->units * p->width, job.width);
    NAME(store)((OUT *)p->out + job.out, p->column.out_stride, acc, job.width);
  }
}

#undef ACC
#undef OUT
#undef LOAD
#undef COMBINE
#undef STORE
#undef IDENTITY
#undef NAME
#undef CLONES
