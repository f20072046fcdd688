/*
** conv2d_depthwise_body.h - the kernels of conv2d_depthwise.c, for one type.
** Included with REAL, the type, and the names of functions defined to be the
** type's own. `sum`, a constant of the caller, says which tensor is written.
*/

/* {== channels lie together ============================================== */

/* One tap at one position, all channels: `each` output channels come from
** one input channel. */
TENSOR_INLINE void channel_tap(int64_t channels, int64_t each, REAL *x, REAL *k,
                               REAL *y, Sum sum) {
  if (each == 1) {
#pragma omp simd
    for (int64_t i = 0; i < channels; i++) {
      if (sum == SUM_Y) y[i] += x[i] * k[i];
      if (sum == SUM_X) x[i] += y[i] * k[i];
      if (sum == SUM_K) k[i] += x[i] * y[i];
    }
    return;
  }
  for (int64_t i = 0; i < channels; i++, k += each, y += each) {
    for (int64_t j = 0; j < each; j++) {
      if (sum == SUM_Y) y[j] += x[i] * k[j];
      if (sum == SUM_X) x[i] += y[j] * k[j];
      if (sum == SUM_K) k[j] += x[i] * y[j];
    }
  }
}

TENSOR_INLINE void channel_walk(const TensorConv *c, const TensorConvSpan *s,
                                REAL *k, Sum sum) {
  const TensorWindow *w = c->w;
  int64_t channels = w->in_channels, outs = w->out_channels;
  TensorSpot at = tensor_spot(w, s->from);
  for (int64_t p = s->from; p < s->to; p++) {
    int64_t top = tensor_window_top(w, at.row);
    int64_t left = tensor_window_left(w, at.column);
    TensorRange rows = tensor_window_rows(w, at.row);
    TensorRange columns = tensor_window_columns(w, at.column);
    REAL *y = (REAL *)c->y + p * outs;
    if (sum == SUM_Y) memset(y, 0, (size_t)outs * sizeof *y);
    for (int64_t i = rows.from; i < rows.to; i++) {
      int64_t row = at.image * w->in_h + top + i * w->dilation_h;
      if (sum == SUM_X && (row < s->row_from || row >= s->row_to)) continue;
      for (int64_t j = columns.from; j < columns.to; j++) {
        int64_t pixel = row * w->in_w + left + j * w->dilation_w;
        channel_tap(channels, c->out_group, (REAL *)c->x + pixel * channels,
                    k + (i * w->kernel_w + j) * outs, y, sum);
      }
    }
    if (++at.column == w->out_w) at = tensor_spot(w, p + 1);
  }
}

/* }== columns lie together =============================================== */

/* One tap at n positions of a row, one channel. */
TENSOR_INLINE void column_tap(int64_t n, REAL *x, int64_t step, REAL *k,
                              REAL *y, Sum sum) {
  REAL total = 0, tap = *k;
#pragma omp simd reduction(+ : total)
  for (int64_t i = 0; i < n; i++) {
    if (sum == SUM_Y) y[i] += x[i * step] * tap;
    if (sum == SUM_X) x[i * step] += y[i] * tap;
    if (sum == SUM_K) total += x[i * step] * y[i];
  }
  if (sum == SUM_K) *k += total;
}

/* All taps at the n positions from `at` on, which lie in one row, for output
** channel `out`. */
TENSOR_INLINE void column_row(const TensorConv *c, const TensorConvSpan *s,
                              TensorSpot at, int64_t n, int64_t out, REAL *k,
                              REAL *y, Sum sum) {
  const TensorWindow *w = c->w;
  int64_t plane = at.image * w->in_channels + out / c->out_group;
  int64_t top = tensor_window_top(w, at.row);
  int64_t left = tensor_window_left(w, at.column);
  TensorRange rows = tensor_window_rows(w, at.row);
  if (sum == SUM_Y) memset(y, 0, (size_t)n * sizeof *y);
  for (int64_t i = rows.from; i < rows.to; i++) {
    int64_t row = top + i * w->dilation_h, all = at.image * w->in_h + row;
    if (sum == SUM_X && (all < s->row_from || all >= s->row_to)) continue;
    REAL *x = (REAL *)c->x + (plane * w->in_h + row) * w->in_w + left;
    for (int64_t j = 0; j < w->kernel_w; j++) {
      TensorRange in = tensor_tap_columns(w, j, at.column, n);
      REAL *tap = k + (i * w->kernel_w + j) * w->out_channels + out;
      REAL *first = x + j * w->dilation_w + in.from * w->stride_w;
      if (w->stride_w == 1)
        column_tap(in.to - in.from, first, 1, tap, y + in.from, sum);
      else
        column_tap(in.to - in.from, first, w->stride_w, tap, y + in.from, sum);
    }
  }
}

TENSOR_INLINE void column_walk(const TensorConv *c, const TensorConvSpan *s,
                               REAL *k, Sum sum) {
  const TensorWindow *w = c->w;
  int64_t n;
  for (int64_t out = 0; out < w->out_channels; out++) {
    for (int64_t p = s->from; p < s->to; p += n) {
      TensorSpot at = tensor_spot(w, p);
      n = tensor_min64(w->out_w - at.column, s->to - p);
      int64_t plane = at.image * w->out_channels + out;
      REAL *y = (REAL *)c->y + plane * c->out_plane + p % c->out_plane;
      column_row(c, s, at, n, out, k, y, sum);
    }
  }
}

/* }== steps ============================================================== */

TENSOR_INLINE void walk(const TensorConv *c, const TensorConvSpan *s, REAL *k,
                        Sum sum) {
  if (c->w->channels_first)
    column_walk(c, s, k, sum);
  else
    channel_walk(c, s, k, sum);
}

TENSOR_CLONES static void forward(const TensorConv *c,
                                  const TensorConvSpan *s) {
  walk(c, s, c->k, SUM_Y);
}

TENSOR_CLONES static void backward_input(const TensorConv *c,
                                         const TensorConvSpan *s) {
  walk(c, s, c->k, SUM_X);
}

TENSOR_CLONES static void backward_kernel(const TensorConv *c,
                                          const TensorConvSpan *s) {
  walk(c, s, s->kernel, SUM_K);
}

/* }======================================================================= */
