/*
** cumulative_extreme_body.h - running extremes of one dtype with their
** positions (see cumulative.h). Included with these defined: TYPE of an
** element, IS_NAN(element) and NAME(word), which makes the name of a
** function.
*/

/* Whether v takes the place of `best`: the last of equals does, and so does
** NaN, which nothing else replaces. */
TENSOR_INLINE bool NAME(replaces)(TYPE v, TYPE best, bool greatest) {
  bool as_good = greatest ? v >= best : v <= best;
  return IS_NAN(v) | (as_good & !IS_NAN(best));
}

TENSOR_INLINE void NAME(columns)(const Cumulative *s, bool greatest, int64_t at,
                                 int width) {
  TYPE best[CUMULATIVE_TILE];
  int64_t where[CUMULATIVE_TILE], rows = CUMULATIVE_BLOCK / width;
  const TYPE *x = (const TYPE *)s->x + at;
  TYPE *out = (TYPE *)s->out + at;
  int64_t *position = s->position + at;
  for (int j = 0; j < width; j++) {
    best[j] = x[j];
    where[j] = 1;
  }
  for (int64_t i = 0; i < s->n; i++) {
    for (int j = 0; j < width; j++) {
      bool better = NAME(replaces)(x[j], best[j], greatest);
      best[j] = better ? x[j] : best[j];
      where[j] = better ? i + 1 : where[j];
      out[j] = best[j];
      position[j] = where[j];
    }
    x += s->inner;
    out += s->inner;
    position += s->inner;
    if (i % rows == rows - 1 && tensor_stopped(s->status)) return;
  }
}

TENSOR_CLONES static void NAME(jobs)(const Cumulative *s, int64_t first,
                                     int64_t last) {
  int width;
  for (int64_t job = first; job < last; job++) {
    int64_t at = tensor_cumulative_job(s, job, &width);
    bool greatest = s->step == CUMULATIVE_GREATEST;
    if (width == 1)
      NAME(columns)(s, greatest, at, 1);
    else
      NAME(columns)(s, greatest, at, width);
  }
}

#undef TYPE
#undef IS_NAN
#undef NAME
