/*
** conv2d_patches_body.h - the kernels of conv2d_patches.c, for one type.
** Included with REAL, the type; GEMM, its product; and the names of functions
** defined to be the type's own.
**
** Patches are copied from the image in two directions of one walk: `add`
** false fills the patches, true adds them back to the image.
*/

/* c = a (m, k) times b (k, n) + beta * c */
static void multiply(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b,
                     REAL beta, Matrix c) {
  if (c.transposed) { /* then its transpose is (b transposed) (a transposed) */
    multiply(n, m, k, transpose(b), transpose(a), beta, transpose(c));
    return;
  }
  GEMM(CblasRowMajor, order_of(a), order_of(b), (blasint)m, (blasint)n,
       (blasint)k, 1, a.at, (blasint)a.ld, b.at, (blasint)b.ld, beta, c.at,
       (blasint)c.ld);
}

/* {== tall patches, (positions, depth): channels lie together ============ */

/* A short copy costs less here than a call. */
TENSOR_INLINE void tall_copy(int64_t n, REAL *patch, const REAL *x) {
  if (n > 64) {
    memcpy(patch, x, (size_t)n * sizeof *x);
    return;
  }
#pragma omp simd
  for (int64_t i = 0; i < n; i++) patch[i] = x[i];
}

/* One position and one row of taps. x: the pixel under the first tap;
** inside: the taps that meet the image. */
TENSOR_INLINE void tall_row(const TensorConv *c, TensorRange inside, REAL *x,
                            REAL *patch, bool add) {
  int64_t n = c->in_group, step = c->w->dilation_w * c->w->in_channels;
  int64_t taps = inside.to - inside.from;
  if (!add) {
    for (int64_t i = 0; i < inside.from * n; i++) patch[i] = 0;
    for (int64_t i = inside.to * n; i < c->w->kernel_w * n; i++) patch[i] = 0;
  }
  x += inside.from * step;
  patch += inside.from * n;
  if (step == n) { /* the taps lie together as well */
    n *= taps;
    taps = taps > 0;
  }
  for (int64_t tap = 0; tap < taps; tap++, x += step, patch += n) {
    if (!add) {
      tall_copy(n, patch, x);
      continue;
    }
#pragma omp simd
    for (int64_t i = 0; i < n; i++) x[i] += patch[i];
  }
}

/* One position; top: the row of the image under its first tap. */
TENSOR_INLINE void tall_patch(const TensorConv *c, const TensorConvSpan *s,
                              TensorSpot at, int64_t top, REAL *x, REAL *patch,
                              bool add) {
  const TensorWindow *w = c->w;
  int64_t width = w->kernel_w * c->in_group;
  int64_t left = tensor_window_left(w, at.column);
  TensorRange inside = tensor_window_columns(w, at.column);
  for (int64_t tap = 0; tap < w->kernel_h; tap++, patch += width) {
    int64_t row = top + tap * w->dilation_h, all = at.image * w->in_h + row;
    int64_t pixel = all * w->in_w + left;
    if (has_row(c, s, row, all, add))
      tall_row(c, inside, x + pixel * w->in_channels, patch, add);
    else if (!add)
      memset(patch, 0, (size_t)width * sizeof *patch);
  }
}

TENSOR_INLINE void tall_walk(const TensorConv *c, const TensorConvSpan *s,
                             int64_t group, bool add) {
  const TensorWindow *w = c->w;
  REAL *patch = s->patches, *x = (REAL *)c->x + group * c->in_group;
  TensorSpot at = tensor_spot(w, s->from);
  int64_t top = tensor_window_top(w, at.row);
  for (int64_t p = s->from; p < s->to; p++, patch += c->depth) {
    tall_patch(c, s, at, top, x, patch, add);
    if (++at.column == w->out_w) { /* the next row: division is slow */
      at = tensor_spot(w, p + 1);
      top = tensor_window_top(w, at.row);
    }
  }
}

TENSOR_CLONES static void tall_fill(const TensorConv *c,
                                    const TensorConvSpan *s, int64_t group) {
  tall_walk(c, s, group, false);
}

TENSOR_CLONES static void tall_add(const TensorConv *c, const TensorConvSpan *s,
                                   int64_t group) {
  tall_walk(c, s, group, true);
}

/* }== wide patches, (depth, positions): a run of columns at a time
 * ============= */

/* One tap and one channel at the positions of a run. x: the pixel under its
** first position; inside: the positions whose pixel is in the image. */
TENSOR_INLINE void wide_run(int64_t step, TensorRange inside, int64_t n,
                            REAL *x, REAL *patch, bool add) {
  if (!add) {
    for (int64_t i = 0; i < inside.from; i++) patch[i] = 0;
    for (int64_t i = inside.to; i < n; i++) patch[i] = 0;
  }
  x += inside.from * step;
  patch += inside.from;
  n = inside.to - inside.from;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    if (add)
      x[i * step] += patch[i];
    else
      patch[i] = x[i * step];
  }
}

/* One row of taps at the `n` positions from `at` on, which lie in one row of
** the output. x: the row in the image's first channel of the group. */
TENSOR_INLINE void wide_row(const TensorConv *c, TensorSpot at, int64_t n,
                            int64_t ld, REAL *x, REAL *patch, bool add) {
  const TensorWindow *w = c->w;
  int64_t left = tensor_window_left(w, at.column);
  for (int64_t tap = 0; tap < w->kernel_w; tap++) {
    TensorRange inside = tensor_tap_columns(w, tap, at.column, n);
    REAL *from = x + left + tap * w->dilation_w;
    for (int64_t i = 0; i < c->in_group; i++, patch += ld, from += c->in_plane)
      if (w->stride_w == 1) /* a constant, for the loops inside */
        wide_run(1, inside, n, from, patch, add);
      else
        wide_run(w->stride_w, inside, n, from, patch, add);
  }
}

TENSOR_INLINE void wide_zero(int64_t rows, int64_t n, int64_t ld, REAL *patch) {
  for (int64_t i = 0; i < rows; i++)
    memset(patch + i * ld, 0, (size_t)n * sizeof *patch);
}

TENSOR_INLINE void wide_walk(const TensorConv *c, const TensorConvSpan *s,
                             int64_t group, bool add) {
  const TensorWindow *w = c->w;
  int64_t ld = s->to - s->from, rows = w->kernel_w * c->in_group, n;
  for (int64_t p = s->from; p < s->to; p += n) {
    TensorSpot at = tensor_spot(w, p);
    n = tensor_min64(w->out_w - at.column, s->to - p);
    REAL *patch = (REAL *)s->patches + (p - s->from);
    int64_t channel = at.image * w->in_channels + group * c->in_group;
    REAL *x = (REAL *)c->x + channel * c->in_plane;
    for (int64_t tap = 0; tap < w->kernel_h; tap++, patch += rows * ld) {
      int64_t row = tensor_window_top(w, at.row) + tap * w->dilation_h;
      if (has_row(c, s, row, at.image * w->in_h + row, add))
        wide_row(c, at, n, ld, x + row * w->in_w, patch, add);
      else if (!add)
        wide_zero(rows, n, ld, patch);
    }
  }
}

TENSOR_CLONES static void wide_fill(const TensorConv *c,
                                    const TensorConvSpan *s, int64_t group) {
  wide_walk(c, s, group, false);
}

TENSOR_CLONES static void wide_add(const TensorConv *c, const TensorConvSpan *s,
                                   int64_t group) {
  wide_walk(c, s, group, true);
}

/* }== the three matrices of a group ====================================== */

/* The block's rows of x as patches, where they can serve as they are. */
static bool input_matrix(const TensorConv *c, const TensorConvSpan *s,
                         int64_t group, Matrix *m) {
  bool first = c->w->channels_first;
  if (!c->direct || (first && !in_one_image(c, s))) return false;
  m->at = (REAL *)c->x + group_offset(c, group, s->from, c->in_group);
  m->ld = first ? c->in_plane : c->w->in_channels;
  m->transposed = first;
  return true;
}

/* Room for the block's patches. */
static Matrix patch_matrix(const TensorConv *c, const TensorConvSpan *s) {
  Matrix m = {s->patches, c->wide ? s->to - s->from : c->depth, c->wide};
  return m;
}

static Matrix filled_patches(const TensorConv *c, const TensorConvSpan *s,
                             int64_t group) {
  Matrix m = patch_matrix(c, s);
  if (input_matrix(c, s, group, &m)) return m;
  if (c->wide)
    wide_fill(c, s, group);
  else
    tall_fill(c, s, group);
  return m;
}

static Matrix kernel_matrix(const TensorConv *c, void *kernel, int64_t group) {
  int64_t offset = group * c->out_group;
  Matrix m = {(REAL *)kernel + offset, c->w->out_channels, false};
  return m;
}

/* The block's rows of y, or room for them where they are in several images
** of planes. */
static Matrix output_matrix(const TensorConv *c, const TensorConvSpan *s,
                            int64_t group) {
  Matrix m = {s->y, s->to - s->from, true};
  if (c->w->channels_first && !in_one_image(c, s)) return m;
  m.at = (REAL *)c->y + group_offset(c, group, s->from, c->out_group);
  m.ld = c->w->channels_first ? c->out_plane : c->w->out_channels;
  m.transposed = c->w->channels_first;
  return m;
}

/* Copies between y and the room for it, image by image. */
static void copy_planes(const TensorConv *c, const TensorConvSpan *s,
                        int64_t group, bool to_y) {
  int64_t ld = s->to - s->from, n;
  for (int64_t p = s->from; p < s->to; p += n) {
    n = tensor_min64(c->out_plane - p % c->out_plane, s->to - p);
    REAL *y = (REAL *)c->y + group_offset(c, group, p, c->out_group);
    REAL *room = (REAL *)s->y + (p - s->from);
    for (int64_t i = 0; i < c->out_group; i++, y += c->out_plane, room += ld)
      memcpy(to_y ? y : room, to_y ? room : y, (size_t)n * sizeof *y);
  }
}

static Matrix filled_output(const TensorConv *c, const TensorConvSpan *s,
                            int64_t group) {
  Matrix m = output_matrix(c, s, group);
  if (m.at == s->y) copy_planes(c, s, group, false);
  return m;
}

/* }== steps ============================================================== */

static void forward(const TensorConv *c, const TensorConvSpan *s) {
  for (int64_t group = 0; group < c->w->groups; group++) {
    Matrix patches = filled_patches(c, s, group);
    Matrix y = output_matrix(c, s, group);
    multiply(s->to - s->from, c->out_group, c->depth, patches,
             kernel_matrix(c, c->k, group), 0, y);
    if (y.at == s->y) copy_planes(c, s, group, true);
  }
}

static void backward_input(const TensorConv *c, const TensorConvSpan *s) {
  for (int64_t group = 0; group < c->w->groups; group++) {
    Matrix patches = patch_matrix(c, s);
    bool direct = input_matrix(c, s, group, &patches);
    multiply(s->to - s->from, c->depth, c->out_group,
             filled_output(c, s, group),
             transpose(kernel_matrix(c, c->k, group)), 0, patches);
    if (direct) continue;
    if (c->wide)
      wide_add(c, s, group);
    else
      tall_add(c, s, group);
  }
}

static void backward_kernel(const TensorConv *c, const TensorConvSpan *s) {
  for (int64_t group = 0; group < c->w->groups; group++) {
    Matrix patches = filled_patches(c, s, group);
    multiply(c->depth, c->out_group, s->to - s->from, transpose(patches),
             filled_output(c, s, group), 1, kernel_matrix(c, s->kernel, group));
  }
}

/* }======================================================================= */
