/*
** pool2d_body.h - the kernels of pool2d.c, for one type. Included with REAL,
** the type; INDEX, an integer as wide; and the names of functions defined to
** be the type's own.
*/

/* Lane i takes in x[i * step], which is pixel at + i * at_step: NaN wins,
** and the first of equals stays. */
TENSOR_INLINE void take_max(int64_t n, const REAL *x, int64_t step, INDEX at,
                            INDEX at_step, REAL *best, INDEX *where) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL v = x[i * step], old = best[i];
    bool better = (!(v <= old) & (old == old)) | (where[i] < 0);
    best[i] = better ? v : old;
    where[i] = better ? (INDEX)(at + (INDEX)i * at_step) : where[i];
  }
}

TENSOR_INLINE void take_sum(int64_t n, const REAL *x, int64_t step,
                            double *sum) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) sum[i] += (double)x[i * step];
}

TENSOR_INLINE void give_share(int64_t n, REAL *x, int64_t step,
                              const REAL *share) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) x[i * step] += share[i];
}

/* What the lanes hold while they visit the taps. */
typedef struct TYPED(Held) {
  REAL *reals; /* greatest so far, or the share to give */
  INDEX *where;
  double *sum;
} TYPED(Held);

/* The taps of one row in order, but for those that meet no lane's pixel (a
** window may be far larger than the image). at: the pixel under the first. */
TENSOR_INLINE void take_row(const Pool *p, const Lanes *l, int64_t step,
                            int64_t at, REAL *x, TYPED(Held) held, PoolOp op) {
  INDEX at_step = (INDEX)(p->columns ? step : 0);
  int64_t last = l->column + (p->columns ? l->n - 1 : 0);
  int64_t tap = tensor_window_columns(p->w, last).from;
  int64_t end = tensor_window_columns(p->w, l->column).to;
  at += tap * p->w->dilation_w;
  for (; tap < end; tap++, at += p->w->dilation_w) {
    TensorRange in = lanes_inside(p, l, tap);
    int64_t n = in.to - in.from, first = at + in.from * at_step;
    if (n <= 0) continue;
    REAL *from = x + at * p->pixel_step + in.from * step;
    if (op == POOL_MAX)
      take_max(n, from, step, (INDEX)first, at_step, held.reals + in.from,
               held.where + in.from);
    else if (op == POOL_MEAN)
      take_sum(n, from, step, held.sum + in.from);
    else
      give_share(n, from, step, held.reals + in.from);
  }
}

TENSOR_INLINE void take_taps(const Pool *p, const Lanes *l, int64_t step,
                             REAL *x, TYPED(Held) held, PoolOp op) {
  const TensorWindow *w = p->w;
  int64_t top = tensor_window_top(w, l->row);
  int64_t left = tensor_window_left(w, l->column);
  TensorRange rows = tensor_window_rows(w, l->row);
  for (int64_t i = rows.from; i < rows.to; i++) {
    int64_t at = (top + i * w->dilation_h) * w->in_w + left;
    take_row(p, l, step, at, x, held, op);
  }
}

TENSOR_INLINE void max_lanes(const Pool *p, const Lanes *l, int64_t step,
                             int64_t x, REAL *y, int64_t *position) {
  REAL best[LANES];
  INDEX where[LANES];
  for (int64_t i = 0; i < l->n; i++) {
    best[i] = -(REAL)INFINITY;
    where[i] = -1;
  }
  TYPED(Held) held = {.reals = best, .where = where};
  take_taps(p, l, step, (REAL *)p->x + x, held, POOL_MAX);
  for (int64_t i = 0; i < l->n; i++) {
    int64_t pixel = where[i] < 0 ? 0 : (int64_t)where[i];
    y[i] = best[i];
    position[i] = x + pixel * p->pixel_step + (p->columns ? 0 : i) + 1;
  }
}

TENSOR_INLINE void mean_lanes(const Pool *p, const Lanes *l, int64_t step,
                              REAL *x, REAL *y) {
  double sum[LANES];
  for (int64_t i = 0; i < l->n; i++) sum[i] = 0;
  TYPED(Held) held = {.sum = sum};
  take_taps(p, l, step, x, held, POOL_MEAN);
  double seen = pixels_seen(p, l, 0);
  for (int64_t i = 0; i < l->n; i++) {
    if (p->columns) seen = pixels_seen(p, l, i);
    y[i] = (REAL)(sum[i] / seen);
  }
}

TENSOR_INLINE void spread(const Pool *p, const Lanes *l, int64_t step, REAL *x,
                          const REAL *y) {
  REAL share[LANES];
  double seen = pixels_seen(p, l, 0);
  for (int64_t i = 0; i < l->n; i++) {
    if (p->columns) seen = pixels_seen(p, l, i);
    share[i] = (REAL)((double)y[i] / seen);
  }
  TYPED(Held) held = {.reals = share};
  take_taps(p, l, step, x, held, POOL_SPREAD);
}

/* All lanes of a unit. step: from one lane's pixel to the next lane's. */
TENSOR_INLINE void pool_unit(const Pool *p, int64_t unit, int64_t step,
                             PoolOp op) {
  int64_t place = unit % p->plane_units, y = unit * p->row_lanes;
  Lanes l = {.plane = unit / p->plane_units};
  l.row = p->columns ? place : place / p->w->out_w;
  l.column = p->columns ? 0 : place % p->w->out_w;
  for (; l.lane < p->row_lanes; l.lane += l.n) {
    l.n = tensor_min64(LANES, p->row_lanes - l.lane);
    int64_t x = l.plane * p->x_plane + (p->columns ? 0 : l.lane);
    REAL *out = (REAL *)p->y + y + l.lane;
    if (p->columns) l.column = l.lane;
    if (op == POOL_MAX)
      max_lanes(p, &l, step, x, out, p->position + y + l.lane);
    else if (op == POOL_MEAN)
      mean_lanes(p, &l, step, (REAL *)p->x + x, out);
    else
      spread(p, &l, step, (REAL *)p->x + x, out);
  }
}

TENSOR_CLONES static void pool_units(const Pool *p, int64_t from, int64_t to) {
  int64_t step = p->columns ? p->w->stride_w : 1;
  for (int64_t unit = from; unit < to; unit++) {
    if (p->op == POOL_MAX && step == 1) /* constants, for the loops inside */
      pool_unit(p, unit, 1, POOL_MAX);
    else if (p->op == POOL_MAX)
      pool_unit(p, unit, step, POOL_MAX);
    else if (p->op == POOL_MEAN && step == 1)
      pool_unit(p, unit, 1, POOL_MEAN);
    else if (p->op == POOL_MEAN)
      pool_unit(p, unit, step, POOL_MEAN);
    else if (step == 1)
      pool_unit(p, unit, 1, POOL_SPREAD);
    else
      pool_unit(p, unit, step, POOL_SPREAD);
  }
}
