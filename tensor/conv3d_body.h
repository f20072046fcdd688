/*
** conv3d_body.h - laying slices beside each other, and adding them back, for
** one float dtype. Included with TYPE and NAME(word) defined.
*/

/* Runs from .. to - 1 of one slice, the tap's place among the taps. */
static inline void NAME(gather_runs)(TYPE *work, const TYPE *x, int64_t taps,
                                     int64_t run, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; i++)
    for (int64_t c = 0; c < run; c++)
      work[i * taps * run + c] = x == NULL ? 0 : x[i * run + c];
}
static inline void NAME(scatter_runs)(TYPE *restrict x, const TYPE *work,
                                      int64_t taps, int64_t run, int64_t from,
                                      int64_t to) {
  for (int64_t i = from; i < to; i++)
    for (int64_t c = 0; c < run; c++)
      x[i * run + c] += work[i * taps * run + c];
}

TENSOR_CLONES static void NAME(gather)(const Volume *c, Block b, int64_t from,
                                       int64_t to) {
  int64_t taps = c->v->kernel_d, slice = c->runs * c->run;
  for (int64_t s = b.from; s < b.to; s++)
    for (int64_t tap = 0; tap < taps; tap++) {
      int64_t under = slice_under(c->v, s, tap);
      const TYPE *x = under < 0 ? NULL : (const TYPE *)c->x + under * slice;
      TYPE *work = (TYPE *)c->work.data + (s - b.from) * taps * slice;
      if (c->run == 1)
        NAME(gather_runs)(work + tap, x, taps, 1, from, to);
      else
        NAME(gather_runs)(work + tap * c->run, x, taps, c->run, from, to);
    }
}

TENSOR_CLONES static void NAME(scatter)(const Volume *c, Block b, int64_t from,
                                        int64_t to) {
  int64_t taps = c->v->kernel_d, slice = c->runs * c->run;
  for (int64_t s = b.from; s < b.to; s++)
    for (int64_t tap = 0; tap < taps; tap++) {
      int64_t under = slice_under(c->v, s, tap);
      if (under < 0) continue;
      TYPE *x = (TYPE *)(void *)c->x + under * slice;
      const TYPE *work =
          (const TYPE *)c->work.data + (s - b.from) * taps * slice;
      if (c->run == 1)
        NAME(scatter_runs)(x, work + tap, taps, 1, from, to);
      else
        NAME(scatter_runs)(x, work + tap * c->run, taps, c->run, from, to);
    }
}

#undef TYPE
#undef NAME
