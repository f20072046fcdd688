/*
** rows_interpolate.c - sequences, images and volumes in another size: one
** dim after the other, by the table of tensor_resample.
*/
#include <math.h>

#include "nn/rows.h"
#include "nn/window.h"

/* {== one dim */

/* Ints: dim, sizes in and out, mode, align_corners, antialias, transposed;
** float: scale. */
static TensorResample resample_of(const OpAttrs *a) {
  TensorResample r = {.mode = (TensorSampling)a->i[3],
                      .in = a->i[1],
                      .out = a->i[2],
                      .scale = a->f[0],
                      .align_corners = a->i[4] != 0,
                      .antialias = a->i[5] != 0,
                      .transposed = a->i[6] != 0};
  return r;
}

static int resample_shape(const OpCall *call, OpShape *out) {
  const OpAttrs *a = call->attrs;
  const Tensor *x = &call->in[0]->t;
  nn_shape_like(out, x->dtype, x);
  out->shape[a->i[0]] = a->i[6] ? a->i[1] : a->i[2];
  return TENSOR_OK;
}

static int resample_kernel(const OpCall *call, Tensor *out) {
  Tensor x;
  TensorResample r = resample_of(call->attrs);
  int status = tensor_as(&x, &call->in[0]->t, out->dtype);
  if (status != TENSOR_OK) return status;
  status = tensor_resample(&r, out, &x, (int)call->attrs->i[0]);
  tensor_release(&x);
  return status;
}

static const OpRow row_resample;

/* Linear: the gradient goes by the transposed table. */
static void resample_gradient(Grad *c) {
  OpAttrs attrs = *c->attrs;
  attrs.i[6] = !attrs.i[6];
  c->to[0] = nn_apply1(c, &row_resample, c->g, &attrs);
}

static const OpRow row_resample = {
    .name = "resample",
    .args = "x: tensor",
    .help = "",
    .internal = true,
    .shape = resample_shape,
    .kernel = resample_kernel,
    .gradient = resample_gradient,
};

/* }== what users call {== */

/* What was asked for, but for the sizes. */
typedef struct Options {
  TensorSampling mode;
  bool align_corners, antialias;
  double scale; /* 0: not given */
} Options;

static int read_options(const OpAttrs *a, Options *o) {
  o->mode = (TensorSampling)a->i[0];
  o->align_corners = a->i[1] != 0;
  o->antialias = a->i[2] != 0;
  o->scale = a->f[0];
  bool smooth = o->mode == TENSOR_LINEAR || o->mode == TENSOR_CUBIC;
  if ((a->counts[0] >= 0) == (o->scale == o->scale))
    return tensor_fail("interpolate: give the size or the scale, one of the "
                       "two");
  if (a->counts[0] >= 0) o->scale = 0;
  if (a->counts[0] < 0 && (o->scale <= 0 || isinf(o->scale)))
    return tensor_fail("interpolate: the scale must be a number above 0, not "
                       "%g",
                       o->scale);
  if ((o->align_corners || o->antialias) && !smooth)
    return tensor_fail("interpolate: %s is for the modes linear and cubic",
                       o->antialias ? "antialias" : "align_corners");
  if (o->align_corners && o->antialias)
    return tensor_fail("interpolate: antialias and align_corners do not go "
                       "together");
  return TENSOR_OK;
}

/* The sizes that come out, one for each axis. */
static int read_sizes(const OpCall *call, const NnWindow *w, double scale,
                      int64_t sizes[NN_AXES]) {
  int status = nn_window_sizes(call, "size", 0, w->axes, sizes);
  for (int k = 0; k < w->axes && status == TENSOR_OK; k++) {
    int64_t in = w->axis[k].in;
    if (in < 1)
      return tensor_fail("interpolate: there are no elements to make others "
                         "from");
    if (scale == 0) continue;
    double size = floor((double)in * scale);
    if (size < 1 || size > 9e15)
      return tensor_fail("interpolate: %lld positions times %g is no size",
                         (long long)in, scale);
    sizes[k] = (int64_t)size;
  }
  return status;
}

static int read_input(const OpCall *call, NnWindow *w) {
  const Tensor *x = &call->in[0]->t;
  char text[TENSOR_SHAPE_TEXT];
  if (x->ndim < 3 || x->ndim > NN_AXES + 2)
    return tensor_fail("interpolate: takes sequences (batch, length, "
                       "channels), images (batch, height, width, channels) or "
                       "volumes (batch, depth, height, width, channels), not "
                       "shape %s",
                       tensor_shape_text(x->ndim, x->shape, text));
  return nn_window_input(call, x, x->ndim - 2, call->attrs->i[3] == 1, w);
}

/* Whole numbers are picked as they are. */
static Value *pick_nearest(Grad *c, Value *x, int dim,
                           const TensorResample *r) {
  Value *index = op_zeros(c, TENSOR_INT64, 1, &r->out);
  if (index == NULL) return NULL;
  int64_t *position = (int64_t *)(void *)index->t.data;
  for (int64_t i = 0; i < r->out; i++) position[i] = tensor_nearest(r, i) + 1;
  return op_index_select(c, x, dim, index);
}

static Value *resample(Grad *c, Value *x, int dim, const TensorResample *r) {
  OpAttrs attrs;
  if (x == NULL) return NULL;
  if (!tensor_dtype_is_float(x->t.dtype) && tensor_numel(&x->t) > 0)
    return pick_nearest(c, x, dim, r);
  const int64_t ints[] = {
      dim, r->in, r->out, r->mode, r->align_corners, r->antialias, 0};
  for (int k = 0; k < 7; k++) attrs.i[k] = ints[k];
  attrs.f[0] = r->scale;
  return nn_apply1(c, &row_resample, x, &attrs);
}

/* Of the dims not yet done, the one that leaves the fewest elements to the
** others; -1 when all are. */
static int next_axis(const NnWindow *w, const int64_t *sizes, unsigned done) {
  int best = -1;
  double least = 0;
  for (int k = 0; k < w->axes; k++) {
    double factor = (double)sizes[k] / (double)w->axis[k].in;
    if (done >> k & 1 || (best >= 0 && factor >= least)) continue;
    best = k;
    least = factor;
  }
  return best;
}

static Value *resample_all(Grad *c, Value *x, const NnWindow *w,
                           const int64_t *sizes, const Options *o) {
  int k;
  for (unsigned done = 0; (k = next_axis(w, sizes, done)) >= 0;
       done |= 1u << k) {
    TensorResample r = {.mode = o->mode,
                        .in = w->axis[k].in,
                        .out = sizes[k],
                        .scale = o->scale,
                        .align_corners = o->align_corners,
                        .antialias = o->antialias};
    bool same = r.in == r.out && (o->scale == 0 || o->scale == 1);
    if (!same) x = resample(c, x, k + (w->channels_first ? 2 : 1), &r);
  }
  return x;
}

/* Whole numbers are computed as floats, rounded, and clipped to their range;
** the nearest are only picked. */
static int interpolate_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  TensorDType dtype = x->t.dtype;
  NnWindow w;
  Options o;
  int64_t sizes[NN_AXES];
  int status = read_input(call, &w);
  if (status == TENSOR_OK) status = read_options(call->attrs, &o);
  if (status == TENSOR_OK) status = read_sizes(call, &w, o.scale, sizes);
  if (status != TENSOR_OK) return status;
  if (o.mode == TENSOR_NEAREST || tensor_dtype_is_float(dtype))
    return nn_answer(c, out, resample_all(c, x, &w, sizes, &o));
  if (dtype == TENSOR_BOOL)
    return tensor_fail("interpolate: between truth values there is nothing; "
                       "use the mode nearest, or convert first");
  x = op_to(c, x, dtype == TENSOR_UINT8 ? TENSOR_FLOAT32 : TENSOR_FLOAT64);
  x = resample_all(c, x, &w, sizes, &o);
  return nn_answer(c, out, op_to(c, op_round(c, x), dtype));
}

static const OpRow row_interpolate = {
    .name = "interpolate",
    .args = "x: tensor, size: ints = nil, scale: number = nil, mode: "
            "nearest|linear|cubic|area = nearest, align_corners: bool = false, "
            "antialias: bool = false, data_format: "
            "channels_last|channels_first = channels_last",
    .help = "Sequences (batch, length, channels), images (batch, height, "
            "width, channels) or volumes (batch, depth, height, width, "
            "channels) in another size; with data_format = \"channels_first\" "
            "the channels come second. Give the size (one for all dims, or "
            "one for each), or the scale: size = floor(old size * scale).\n"
            "mode: nearest takes the element at floor(i / scale), i from 0; "
            "linear (bilinear over images) and cubic (bicubic, Keys's with a "
            "= -0.75) weigh the 2 or 4 neighbours in each dim; area takes the "
            "mean of all that an element covers, the right thing for making "
            "images smaller without antialias.\n"
            "The centre of element i lies at (i + 0.5) / scale - 0.5; with "
            "align_corners at i * (old size - 1) / (size - 1). antialias "
            "stretches the filter of linear and cubic (a = -0.5) where the "
            "result is smaller. Beyond the ends stands the last element.\n"
            "Whole numbers (uint8 images) are rounded and clipped to their "
            "range; mode nearest keeps any dtype.\n"
            "  > local x = tensor({0, 10, 20}):reshape(1, 3, 1)\n"
            "  > x:interpolate({size=6, mode=\"linear\"}):flatten()\n"
            "  float32 (6)\n"
            "          0   2.5000   7.5000  12.5000  17.5000  20.0000\n"
            "  > x:interpolate({scale=2}):flatten()\n"
            "  float32 (6)\n"
            "     0   0  10  10  20  20",
    .compose = interpolate_compose,
};

/* }== */

const OpRow *const nn_rows_interpolate[] = {&row_interpolate, &row_resample,
                                            NULL};
