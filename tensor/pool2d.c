/*
** pool2d.c - the maximum and the mean of the pixels under sliding windows,
** and the mean's gradient. (The maximum's gradient goes by its positions.)
**
** Outputs are computed up to LANES at a time, neighbours in memory: channels
** of one position, or columns of one row where columns lie together. For
** each tap the lanes that meet the image take in their pixel.
*/
#include <limits.h>
#include <string.h>

#include "tensor/parallel.h"
#include "tensor/window.h"

#define LANES      64
#define BLOCK_WORK ((int64_t)1 << 20) /* pixels taken in between polls */

typedef enum PoolOp { POOL_MAX, POOL_MEAN, POOL_SPREAD } PoolOp;

/* One call. A plane is what one output depends on: an image, or one channel
** of it where columns lie together. A unit is one output position with all
** its channels, or one row of a plane. */
typedef struct Pool {
  const TensorWindow *w;
  PoolOp op;
  void *x, *y;
  int64_t *position;
  bool columns; /* columns lie together */
  int64_t planes, plane_units;
  int64_t pixel_step; /* elements from one pixel of x to the next */
  int64_t x_plane;    /* elements of x in a plane */
  int64_t row_lanes;  /* outputs of a unit */
  double unit_work;
} Pool;

/* The outputs lane .. lane + n - 1 of a unit. */
typedef struct Lanes {
  int64_t plane, row, column; /* of the first one */
  int64_t lane, n;
} Lanes;

/* The lanes whose tap in column `tap` of the window meets the image. */
TENSOR_INLINE TensorRange lanes_inside(const Pool *p, const Lanes *l,
                                       int64_t tap) {
  TensorRange r = {0, l->n};
  if (p->columns) return tensor_tap_columns(p->w, tap, l->column, l->n);
  int64_t at = tensor_window_left(p->w, l->column) + tap * p->w->dilation_w;
  if (at < 0 || at >= p->w->in_w) r.to = 0;
  return r;
}

/* How many pixels a lane sees: one at least, as a divisor. */
TENSOR_INLINE double pixels_seen(const Pool *p, const Lanes *l, int64_t lane) {
  int64_t column = l->column + (p->columns ? lane : 0);
  TensorRange rows = tensor_window_rows(p->w, l->row);
  TensorRange columns = tensor_window_columns(p->w, column);
  int64_t count = (rows.to - rows.from) * (columns.to - columns.from);
  return (double)tensor_max64(1, count);
}

/* In the body below each function has the name of its type. */
#define take_max   TYPED(take_max)
#define take_sum   TYPED(take_sum)
#define give_share TYPED(give_share)
#define take_row   TYPED(take_row)
#define take_taps  TYPED(take_taps)
#define max_lanes  TYPED(max_lanes)
#define mean_lanes TYPED(mean_lanes)
#define spread     TYPED(spread)
#define pool_unit  TYPED(pool_unit)
#define pool_units TYPED(pool_units)

#define REAL        float
#define INDEX       int32_t /* as wide as REAL */
#define TYPED(name) name##_f32
#include "tensor/pool2d_body.h"
#undef REAL
#undef INDEX
#undef TYPED

#define REAL        double
#define INDEX       int64_t
#define TYPED(name) name##_f64
#include "tensor/pool2d_body.h"
#undef REAL
#undef INDEX
#undef TYPED

static void plan(Pool *p, const TensorWindow *w, PoolOp op) {
  p->w = w;
  p->op = op;
  p->columns = w->channels_first || w->in_channels == 1;
  p->planes = w->batch * (p->columns ? w->in_channels : 1);
  p->plane_units = w->out_h * (p->columns ? 1 : w->out_w);
  p->pixel_step = p->columns ? 1 : w->in_channels;
  p->x_plane = w->in_h * w->in_w * p->pixel_step;
  p->row_lanes = p->columns ? w->out_w : w->in_channels;
  p->unit_work = (double)(w->kernel_h * w->kernel_w) * (double)p->row_lanes;
}

/* Walks units from .. to - 1 in blocks. */
static void walk(const Pool *p, TensorDType dtype, int64_t from, int64_t to,
                 int *status) {
  int64_t block = (int64_t)fmax(1, BLOCK_WORK / fmax(1, p->unit_work));
  while (from < to && !tensor_stopped(status)) {
    int64_t end = tensor_min64(to, from + block);
    if (dtype == TENSOR_FLOAT32)
      pool_units_f32(p, from, end);
    else
      pool_units_f64(p, from, end);
    from = end;
  }
}

/* Zeros in the planes from .. to - 1 of x. */
static void clear_planes(const Pool *p, size_t size, int64_t from, int64_t to) {
  int64_t bytes = p->x_plane * (int64_t)size;
  if (bytes > 0 && to > from)
    memset((char *)p->x + from * bytes, 0, (size_t)((to - from) * bytes));
}

static int run(const Pool *p, TensorDType dtype) {
  int status = TENSOR_OK;
  double work = p->unit_work * (double)p->plane_units * (double)p->planes;
  int count = tensor_threads_for((int64_t)fmin(work, 1e15));
#pragma omp parallel num_threads(count)
  {
    int thread = omp_get_thread_num(), threads = omp_get_num_threads();
    if (p->op == POOL_SPREAD) { /* windows overlap, but not across planes */
      int64_t from = tensor_piece(p->planes, thread, threads);
      int64_t to = tensor_piece(p->planes, thread + 1, threads);
      clear_planes(p, tensor_dtype_size(dtype), from, to);
      walk(p, dtype, from * p->plane_units, to * p->plane_units, &status);
    } else {
      int64_t units = p->planes * p->plane_units;
      walk(p, dtype, tensor_piece(units, thread, threads),
           tensor_piece(units, thread + 1, threads), &status);
    }
  }
  return status;
}

static int check(const char *name, const TensorWindow *w, TensorDType dtype) {
  if (!tensor_dtype_is_float(dtype))
    return tensor_fail("%s: needs a float dtype, got %s", name,
                       tensor_dtype_name(dtype));
  if (w->in_h > 0 && w->in_w > INT32_MAX / w->in_h)
    return tensor_fail("%s: an image of %lld x %lld pixels is more than the "
                       "%d that pooling handles",
                       name, (long long)w->in_h, (long long)w->in_w, INT32_MAX);
  return TENSOR_OK;
}

int tensor_max_pool2d(const TensorWindow *w, Tensor *y, Tensor *position,
                      const Tensor *x) {
  Pool p = {.x = x->data, .y = y->data, .position = (int64_t *)position->data};
  int status = check("max_pool2d", w, x->dtype);
  if (status != TENSOR_OK) return status;
  plan(&p, w, POOL_MAX);
  return run(&p, x->dtype);
}

int tensor_avg_pool2d(const TensorWindow *w, Tensor *y, const Tensor *x) {
  Pool p = {.x = x->data, .y = y->data};
  int status = check("avg_pool2d", w, x->dtype);
  if (status != TENSOR_OK) return status;
  plan(&p, w, POOL_MEAN);
  return run(&p, x->dtype);
}

int tensor_avg_pool2d_backward(const TensorWindow *w, Tensor *gx,
                               const Tensor *gy) {
  Pool p = {.x = gx->data, .y = gy->data};
  int status = check("avg_pool2d", w, gx->dtype);
  if (status != TENSOR_OK) return status;
  plan(&p, w, POOL_SPREAD);
  return run(&p, gx->dtype);
}
