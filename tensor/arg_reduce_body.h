/*
** arg_reduce_body.h - position of the greatest or least element of one
** dtype. Included with these defined: TYPE of an element, IS_NAN(element),
** BEFORE(a, b), which is whether a is strictly better than b (neither being
** NaN), and NAME(word), which makes the name of a function.
*/

typedef struct NAME(best) {
  TYPE value;
  int64_t position; /* from 0 */
} NAME(best);

/* Whether v takes the place of `best`: NaN is better than all but NaN. */
TENSOR_INLINE bool NAME(better)(TYPE v, TYPE best) {
  return (BEFORE(v, best) | IS_NAN(v)) & !IS_NAN(best);
}

/* The better of the two; NaN if there is one. */
TENSOR_INLINE TYPE NAME(choose)(TYPE a, TYPE b) {
  TYPE m = BEFORE(a, b) ? a : b;
  return IS_NAN(a) ? a : m;
}

/* The best of n elements; n is a multiple of ARG_LANES. */
TENSOR_INLINE TYPE NAME(best_of)(const TYPE *restrict x, int64_t n) {
  TYPE part[ARG_LANES];
  for (int j = 0; j < ARG_LANES; j++) part[j] = x[j];
  for (int64_t i = ARG_LANES; i < n; i += ARG_LANES) {
#pragma omp simd
    for (int j = 0; j < ARG_LANES; j++) {
      TYPE a = part[j], b = x[i + j];
      part[j] = NAME(choose)(a, b);
    }
  }
#pragma omp simd
  for (int j = 0; j < ARG_LANES / 2; j++) {
    TYPE a = part[j], b = part[j + ARG_LANES / 2];
    part[j] = NAME(choose)(a, b);
  }
  for (int j = 1; j < ARG_LANES / 2; j++)
    part[0] = NAME(choose)(part[0], part[j]);
  return part[0];
}

/* Where in x the value stands first; it is there. */
TENSOR_INLINE int64_t NAME(find)(const TYPE *restrict x, TYPE value) {
  bool nan = IS_NAN(value);
  for (int64_t i = 0;; i += ARG_LANES) {
    int hit = 0;
#pragma omp simd reduction(| : hit)
    for (int j = 0; j < ARG_LANES; j++)
      hit |= (x[i + j] == value) | (nan & IS_NAN(x[i + j]));
    if (!hit) continue;
    while (!((x[i] == value) | (nan & IS_NAN(x[i])))) i++;
    return i;
  }
}

/* Looks at x[first * step] to x[(last - 1) * step]. */
TENSOR_INLINE NAME(best)
    NAME(row)(const TYPE *x, int64_t step, int64_t first, int64_t last) {
  NAME(best) best = {x[first * step], first};
  int64_t at = first;
  while (step == 1 && last - at >= ARG_LANES) {
    int64_t n = tensor_min64(ARG_CHUNK, (last - at) / ARG_LANES * ARG_LANES);
    TYPE value = NAME(best_of)(x + at, n);
    if (NAME(better)(value, best.value))
      best = (NAME(best)){value, at + NAME(find)(x + at, value)};
    at += n;
  }
  for (; at < last; at++) {
    if (NAME(better)(x[at * step], best.value))
      best = (NAME(best)){x[at * step], at};
  }
  return best;
}

TENSOR_INLINE void NAME(columns)(const TYPE *restrict x, int64_t step,
                                 TYPE *restrict value,
                                 int64_t *restrict position, int64_t width,
                                 int64_t row) {
#pragma omp simd
  for (int64_t j = 0; j < width; j++) {
    TYPE v = x[j * step], old = value[j];
    int64_t at = position[j];
    bool better = NAME(better)(v, old);
    value[j] = better ? v : old;
    position[j] = better ? row : at;
  }
}

TENSOR_INLINE void NAME(tile)(const ReducePlan *p, const ReduceJob *job,
                              NAME(best) * best) {
  TYPE value[REDUCE_LANES];
  int64_t position[REDUCE_LANES];
  int64_t step = p->column.stride, row_step = p->reduced[0].stride;
  const TYPE *x = (const TYPE *)p->x + job->x;
  for (int64_t j = 0; j < job->width; j++) {
    value[j] = x[job->first * row_step + j * step];
    position[j] = job->first;
  }
  for (int64_t r = job->first + 1; r < job->last; r++) {
    if (step == 1)
      NAME(columns)(x + r * row_step, 1, value, position, job->width, r);
    else
      NAME(columns)(x + r * row_step, step, value, position, job->width, r);
  }
  for (int64_t j = 0; j < job->width; j++)
    best[j] = (NAME(best)){value[j], position[j]};
}

static void NAME(store)(const ReducePlan *p, const ReduceJob *job,
                        const NAME(best) * best) {
  int64_t *out = (int64_t *)p->out + job->out;
  TYPE *value = p->out2;
  for (int64_t j = 0; j < job->width; j++) {
    out[j * p->column.out_stride] = best[j].position + 1;
    if (value != NULL)
      value[job->out + j * p->column.out_stride] = best[j].value;
  }
}

TENSOR_CLONES static void NAME(jobs)(const ReducePlan *p, int64_t first,
                                     int64_t last) {
  NAME(best) here[REDUCE_LANES];
  for (int64_t i = first; i < last; i++) {
    ReduceJob job = tensor_reduce_job(p, i);
    NAME(best) *best = here;
    if (p->blocks > 1) best = (NAME(best) *)p->partial + i * p->width;
    if (p->column.size == 1)
      best[0] = NAME(row)((const TYPE *)p->x + job.x, p->reduced[0].stride,
                          job.first, job.last);
    else
      NAME(tile)(p, &job, best);
    if (p->blocks == 1) NAME(store)(p, &job, best);
  }
}

/* Blocks in order, so that the first of equals stays. */
static void NAME(finish)(const ReducePlan *p, int64_t first, int64_t last) {
  for (int64_t unit = first; unit < last; unit++) {
    ReduceJob job = tensor_reduce_job(p, unit);
    NAME(best) *best = (NAME(best) *)p->partial + unit * p->width;
    for (int64_t b = 1; b < p->blocks; b++) {
      const NAME(best) *other = best + b * p->units * p->width;
      for (int64_t j = 0; j < job.width; j++)
        if (NAME(better)(other[j].value, best[j].value)) best[j] = other[j];
    }
    NAME(store)(p, &job, best);
  }
}

#undef BEFORE
#undef NAME
