/*
** rows_pool.c - the maximum and the mean under sliding windows, over
** sequences, images and volumes.
**
** The rows of images do all the work: a sequence is an image of height 1; the
** windows of a volume are separable, so that it is pooled over height and
** width first, then over depth, as an image whose columns are all pixels of
** a slice.
*/
#include "nn/rows.h"
#include "nn/window.h"

/* {== over images */

static int pool_shape(const OpCall *call, OpShape *out) {
  nn_image_shape(call, true, out);
  out[1] = out[0];
  out[1].dtype = TENSOR_INT64;
  return TENSOR_OK;
}

static int max_pool_kernel(const OpCall *call, Tensor *out) {
  Tensor x;
  TensorWindow w = nn_attrs_window(call->attrs);
  int status = tensor_as(&x, &call->in[0]->t, out->dtype);
  if (status != TENSOR_OK) return status;
  status = tensor_max_pool2d(&w, &out[0], &out[1], &x);
  tensor_release(&x);
  return status;
}

static void max_pool_gradient(Grad *c) {
  c->to[0] = nn_take_backward(c, c->g, c->r2, nn_input_shape(c, 0));
}

static const OpRow row_max_pool2d_window = {
    .name = "max_pool2d_window",
    .args = "x: tensor",
    .help = "",
    .internal = true,
    .outputs = 2,
    .keeps_result = true,
    .shape = pool_shape,
    .kernel = max_pool_kernel,
    .gradient = max_pool_gradient,
};

static int avg_pool_shape(const OpCall *call, OpShape *out) {
  return nn_image_shape(call, true, out);
}

static int avg_pool_back_shape(const OpCall *call, OpShape *out) {
  return nn_image_shape(call, false, out);
}

/* From image to windows, or back. */
static int run_avg_pool(const OpCall *call, Tensor *out,
                        int (*run)(const TensorWindow *, Tensor *,
                                   const Tensor *)) {
  Tensor x;
  TensorWindow w = nn_attrs_window(call->attrs);
  int status = tensor_as(&x, &call->in[0]->t, out->dtype);
  if (status != TENSOR_OK) return status;
  status = run(&w, out, &x);
  tensor_release(&x);
  return status;
}

static int avg_pool_kernel(const OpCall *call, Tensor *out) {
  return run_avg_pool(call, out, tensor_avg_pool2d);
}
static int avg_pool_back_kernel(const OpCall *call, Tensor *out) {
  return run_avg_pool(call, out, tensor_avg_pool2d_backward);
}

static const OpRow row_avg_pool2d_window, row_avg_pool2d_back;

static void avg_pool_gradient(Grad *c) {
  c->to[0] = nn_apply1(c, &row_avg_pool2d_back, c->g, c->attrs);
}
static void avg_pool_back_gradient(Grad *c) {
  c->to[0] = nn_apply1(c, &row_avg_pool2d_window, c->g, c->attrs);
}

static const OpRow row_avg_pool2d_window = {
    .name = "avg_pool2d_window",
    .args = "x: tensor",
    .help = "",
    .internal = true,
    .shape = avg_pool_shape,
    .kernel = avg_pool_kernel,
    .gradient = avg_pool_gradient,
};
static const OpRow row_avg_pool2d_back = {
    .name = "avg_pool2d_backward",
    .args = "g: tensor",
    .help = "",
    .internal = true,
    .shape = avg_pool_back_shape,
    .kernel = avg_pool_back_kernel,
    .gradient = avg_pool_back_gradient,
};

/* }== what users call {== */

/* A window that lies in the padding alone has no maximum and no mean. */
static int check_margins(const OpCall *call, const NnWindow *w) {
  for (int k = 0; k < w->axes; k++) {
    const NnAxis *a = &w->axis[k];
    if (a->before < a->kernel && a->after < a->kernel) continue;
    return tensor_fail("%s: padding must be smaller than the pool, or a window "
                       "would see nothing",
                       call->row->name);
  }
  return TENSOR_OK;
}

/* Lists: pool_size, strides (the pool size unless given), padding. */
static int read_pool(const OpCall *call, int axes, NnWindow *w) {
  int64_t pool[NN_AXES], strides[NN_AXES];
  int status =
      nn_window_input(call, &call->in[0]->t, axes, call->attrs->i[0] == 1, w);
  if (status == TENSOR_OK)
    status = nn_window_sizes(call, "pool_size", 0, axes, pool);
  for (int k = 0; k < axes && status == TENSOR_OK; k++) strides[k] = pool[k];
  if (status == TENSOR_OK)
    status = nn_window_sizes(call, "strides", 1, axes, strides);
  for (int k = 0; k < axes && status == TENSOR_OK; k++) {
    w->axis[k].kernel = pool[k];
    w->axis[k].stride = strides[k];
  }
  if (status == TENSOR_OK) status = nn_window_fit(call, 2, false, w);
  return status == TENSOR_OK ? check_margins(call, w) : status;
}

static Value *pool_image(Grad *c, const OpRow *row, Value *x,
                         const TensorWindow *w) {
  OpAttrs attrs;
  nn_window_attrs(w, &attrs);
  return nn_apply1(c, row, x, &attrs);
}

/* Over height and width; the slices of a volume are so many images, or,
** channels first, so many channels. */
static Value *pool_slices(Grad *c, const OpRow *row, Value *x,
                          const NnWindow *v) {
  TensorWindow w = nn_image_window(v, v->channels, 1);
  int64_t *many = v->channels_first ? &w.in_channels : &w.batch;
  if (__builtin_mul_overflow(*many, v->axis[0].in, many)) *many = INT64_MAX;
  w.out_channels = w.in_channels;
  const int64_t first[] = {w.batch, w.in_channels, w.in_h, w.in_w};
  const int64_t last[] = {w.batch, w.in_h, w.in_w, w.in_channels};
  x = op_reshape(c, x, 4, v->channels_first ? first : last);
  return pool_image(c, row, x, &w);
}

/* Over depth: a column is a pixel of a slice. */
static Value *pool_depth(Grad *c, const OpRow *row, Value *x,
                         const NnWindow *v) {
  NnWindow w = *v;
  const NnAxis *a = v->axis;
  const NnAxis pixel = {1, 1, 1, 1, 0, 0, 1};
  w.axes = 2;
  w.axis[1] = pixel;
  w.axis[1].in = w.axis[1].out = a[1].out * a[2].out;
  TensorWindow image = nn_image_window(&w, v->channels, 1);
  const int64_t first[] = {v->batch, v->channels, a[0].in, image.in_w};
  const int64_t last[] = {v->batch, a[0].in, image.in_w, v->channels};
  x = op_reshape(c, x, 4, v->channels_first ? first : last);
  return pool_image(c, row, x, &image);
}

static Value *pool_volume(Grad *c, const OpRow *row, Value *x,
                          const NnWindow *v) {
  const NnAxis *a = v->axis;
  const int64_t first[] = {v->batch, v->channels, a[0].out, a[1].out, a[2].out};
  const int64_t last[] = {v->batch, a[0].out, a[1].out, a[2].out, v->channels};
  x = pool_depth(c, row, pool_slices(c, row, x, v), v);
  return op_reshape(c, x, 5, v->channels_first ? first : last);
}

static int pool(Grad *c, const OpCall *call, int axes, const OpRow *row,
                OpResults *out) {
  Value *x = call->in[0];
  NnWindow w;
  int status = read_pool(call, axes, &w);
  if (status != TENSOR_OK) return status;
  x = op_to_float(c, x);
  if (axes == 3) return nn_answer(c, out, pool_volume(c, row, x, &w));
  TensorWindow image = nn_image_window(&w, w.channels, 1);
  if (axes == 2) return nn_answer(c, out, pool_image(c, row, x, &image));
  x = pool_image(c, row, nn_as_image(c, x, w.channels_first), &image);
  return nn_answer(c, out, nn_as_sequence(c, x, w.channels_first));
}

static int max_pool1d_compose(Grad *c, const OpCall *call, OpResults *out) {
  return pool(c, call, 1, &row_max_pool2d_window, out);
}
static int max_pool2d_compose(Grad *c, const OpCall *call, OpResults *out) {
  return pool(c, call, 2, &row_max_pool2d_window, out);
}
static int max_pool3d_compose(Grad *c, const OpCall *call, OpResults *out) {
  return pool(c, call, 3, &row_max_pool2d_window, out);
}
static int avg_pool1d_compose(Grad *c, const OpCall *call, OpResults *out) {
  return pool(c, call, 1, &row_avg_pool2d_window, out);
}
static int avg_pool2d_compose(Grad *c, const OpCall *call, OpResults *out) {
  return pool(c, call, 2, &row_avg_pool2d_window, out);
}
static int avg_pool3d_compose(Grad *c, const OpCall *call, OpResults *out) {
  return pool(c, call, 3, &row_avg_pool2d_window, out);
}

#define POOL                                                                   \
  "x: tensor, pool_size: ints = 2, strides: ints = nil, padding: padding = "   \
  "valid, data_format: channels_last|channels_first = channels_last"
#define SEQUENCES                                                              \
  "moved by strides (pool_size unless given) over sequences (batch, length, "  \
  "channels), or (batch, channels, length) with data_format = "                \
  "\"channels_first\". "
#define IMAGES                                                                 \
  "moved by strides (pool_size unless given) over images (batch, height, "     \
  "width, channels), or channels first. "
#define VOLUMES                                                                \
  "moved by strides (pool_size unless given) over volumes (batch, depth, "     \
  "height, width, channels), or channels first. "
/* What the two kinds do with padding. */
#define NEVER_WINS  "padded positions never win.\n"
#define NOT_COUNTED "padded positions are not counted.\n"

static const OpRow row_max_pool1d = {
    .name = "max_pool1d",
    .args = POOL,
    .help = "The greatest element under each window of pool_size, " SEQUENCES
            "Padding as in conv1d, without \"causal\"; " NEVER_WINS
            "  > tensor({1, 5, 2, 4}):reshape(1, 4, 1):max_pool1d():flatten()\n"
            "  float32 (2)\n"
            "    5  4",
    .compose = max_pool1d_compose,
};
static const OpRow row_max_pool2d = {
    .name = "max_pool2d",
    .args = POOL,
    .help = "The greatest element under each window of pool_size, " IMAGES
            "Padding as in conv2d; " NEVER_WINS
            "  > tensor.arange(16):reshape(1, 4, 4, 1):max_pool2d():flatten()\n"
            "  float32 (4)\n"
            "     6   8  14  16",
    .compose = max_pool2d_compose,
};
static const OpRow row_max_pool3d = {
    .name = "max_pool3d",
    .args = POOL,
    .help = "The greatest element under each window of pool_size, " VOLUMES
            "Padding as in conv3d; " NEVER_WINS
            "  > tensor.arange(8):reshape(1, 2, 2, 2, 1):max_pool3d():item()\n"
            "  8.0",
    .compose = max_pool3d_compose,
};
static const OpRow row_avg_pool1d = {
    .name = "avg_pool1d",
    .args = POOL,
    .help = "The mean under each window of pool_size, " SEQUENCES
            "Padding as in conv1d, without \"causal\"; " NOT_COUNTED
            "  > tensor({1, 5, 2, 4}):reshape(1, 4, 1):avg_pool1d():flatten()\n"
            "  float32 (2)\n"
            "    3  3",
    .compose = avg_pool1d_compose,
};
static const OpRow row_avg_pool2d = {
    .name = "avg_pool2d",
    .args = POOL,
    .help = "The mean under each window of pool_size, " IMAGES
            "Padding as in conv2d; " NOT_COUNTED
            "  > tensor.arange(4):reshape(1, 2, 2, 1):avg_pool2d():item()\n"
            "  2.5",
    .compose = avg_pool2d_compose,
};
static const OpRow row_avg_pool3d = {
    .name = "avg_pool3d",
    .args = POOL,
    .help = "The mean under each window of pool_size, " VOLUMES
            "Padding as in conv3d; " NOT_COUNTED
            "  > tensor.arange(8):reshape(1, 2, 2, 2, 1):avg_pool3d():item()\n"
            "  4.5",
    .compose = avg_pool3d_compose,
};

/* }== */

const OpRow *const nn_rows_pool[] = {
    &row_max_pool1d,        &row_max_pool2d,
    &row_max_pool3d,        &row_avg_pool1d,
    &row_avg_pool2d,        &row_avg_pool3d,
    &row_max_pool2d_window, &row_avg_pool2d_window,
    &row_avg_pool2d_back,   NULL};
