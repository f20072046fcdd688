/*
** rows_convolution.c - convolution and pooling over images.
**
** What users call works out the window (padding, output size) and calls an
** internal row, whose attrs hold a whole TensorWindow in lists and flags, so
** that the rows of its gradient can share it.
*/
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== windows in attrs */

static void attrs_of(const TensorWindow *w, OpAttrs *a) {
  const int64_t lists[NN_LISTS][TENSOR_MAX_DIMS] = {
      {w->batch, w->in_h, w->in_w, w->in_channels},
      {w->out_h, w->out_w, w->out_channels},
      {w->kernel_h, w->kernel_w, w->stride_h, w->stride_w},
      {w->dilation_h, w->dilation_w, w->pad_top, w->pad_left}};
  memcpy(a->lists, lists, sizeof lists);
  a->i[0] = w->groups;
  a->i[1] = w->channels_first;
}

static TensorWindow window_of(const OpAttrs *a) {
  const int64_t *in = a->lists[0], *out = a->lists[1], *kernel = a->lists[2],
                *rest = a->lists[3];
  TensorWindow w = {.batch = in[0],
                    .in_h = in[1],
                    .in_w = in[2],
                    .in_channels = in[3],
                    .out_h = out[0],
                    .out_w = out[1],
                    .out_channels = out[2],
                    .kernel_h = kernel[0],
                    .kernel_w = kernel[1],
                    .stride_h = kernel[2],
                    .stride_w = kernel[3],
                    .dilation_h = rest[0],
                    .dilation_w = rest[1],
                    .pad_top = rest[2],
                    .pad_left = rest[3],
                    .groups = a->i[0],
                    .channels_first = a->i[1] != 0};
  return w;
}

static int image_shape(const OpCall *call, bool output, OpShape *out) {
  TensorWindow w = window_of(call->attrs);
  int64_t h = output ? w.out_h : w.in_h, x = output ? w.out_w : w.in_w;
  int64_t c = output ? w.out_channels : w.in_channels;
  const int64_t last[] = {w.batch, h, x, c}, first[] = {w.batch, c, h, x};
  return nn_shape_of(out, call->in[0]->t.dtype, 4,
                     w.channels_first ? first : last);
}

/* The kernels want contiguous images and kernels of one dtype. */
static int with_contiguous(const OpCall *call, Tensor *out,
                           int (*run)(const TensorWindow *, Tensor *,
                                      const Tensor *, const Tensor *)) {
  Tensor a, b;
  TensorWindow w = window_of(call->attrs);
  int status = tensor_as(&a, &call->in[0]->t, out->dtype);
  if (status != TENSOR_OK) return status;
  status = tensor_as(&b, &call->in[call->inputs - 1]->t, out->dtype);
  if (status == TENSOR_OK) {
    status = run(&w, out, &a, &b);
    tensor_release(&b);
  }
  tensor_release(&a);
  return status;
}

/* }== reading the options {== */

typedef struct Options {
  int strides, padding, dilation; /* which lists */
  int64_t groups;
  bool channels_first;
} Options;

/* A list of one or two sizes, 1 or more. */
static int pair(const OpCall *call, const char *what, int list, int64_t *first,
                int64_t *second) {
  const OpAttrs *a = call->attrs;
  int n = a->counts[list];
  *first = n > 0 ? a->lists[list][0] : 1;
  *second = n > 1 ? a->lists[list][1] : *first;
  if (n > 2 || *first < 1 || *second < 1)
    return tensor_fail("%s: %s must be one or two sizes of 1 or more",
                       call->row->name, what);
  return TENSOR_OK;
}

/* One direction: how many windows fit, and the padding before. */
static int extent(const OpCall *call, int list, int side, int64_t in,
                  int64_t kernel, int64_t stride, int64_t dilation,
                  int64_t *out, int64_t *pad) {
  const OpAttrs *a = call->attrs;
  int64_t reach, before = 0, after = 0;
  if (__builtin_mul_overflow(kernel - 1, dilation, &reach) ||
      reach >= INT64_MAX / 4)
    return tensor_fail("%s: kernel and dilation are too large",
                       call->row->name);
  reach++;
  if (a->counts[list] == NN_SAME) {
    *out = (in + stride - 1) / stride;
    int64_t total = (*out - 1) * stride + reach - in;
    *pad = total > 0 ? total / 2 : 0;
    return TENSOR_OK;
  }
  if (a->counts[list] == 4) { /* top, bottom, left, right */
    before = a->lists[list][2 * side];
    after = a->lists[list][2 * side + 1];
  } else if (a->counts[list] > 0) {
    before = after = a->lists[list][a->counts[list] == 2 ? side : 0];
  }
  if (before < 0 || after < 0 || before > INT64_MAX / 4 ||
      after > INT64_MAX / 4 || a->counts[list] == 3 || a->counts[list] > 4)
    return tensor_fail("%s: padding must be \"valid\", \"same\", or 1, 2 or 4 "
                       "sizes of 0 or more",
                       call->row->name);
  int64_t room = in + before + after - reach;
  if (room < 0)
    return tensor_fail("%s: a window of %lld does not fit into %lld positions "
                       "(%s with padding)",
                       call->row->name, (long long)reach,
                       (long long)(in + before + after),
                       side == 0 ? "height" : "width");
  *out = room / stride + 1;
  *pad = before;
  return TENSOR_OK;
}

/* Fills in all of w but the kernel's own sizes, which are there. */
static int read_window(const OpCall *call, const Tensor *x, const Options *o,
                       TensorWindow *w) {
  char text[TENSOR_SHAPE_TEXT];
  if (x->ndim != 4)
    return tensor_fail("%s: images have 4 dims (%s), got shape %s",
                       call->row->name,
                       o->channels_first ? "batch, channels, height, width"
                                         : "batch, height, width, channels",
                       tensor_shape_text(x->ndim, x->shape, text));
  int h = o->channels_first ? 2 : 1;
  w->batch = x->shape[0];
  w->in_h = x->shape[h];
  w->in_w = x->shape[h + 1];
  w->in_channels = x->shape[o->channels_first ? 1 : 3];
  w->groups = o->groups;
  w->channels_first = o->channels_first;
  w->dilation_h = w->dilation_w = 1;
  int status = pair(call, "strides", o->strides, &w->stride_h, &w->stride_w);
  if (status == TENSOR_OK && o->dilation >= 0)
    status =
        pair(call, "dilation", o->dilation, &w->dilation_h, &w->dilation_w);
  if (status == TENSOR_OK)
    status = extent(call, o->padding, 0, w->in_h, w->kernel_h, w->stride_h,
                    w->dilation_h, &w->out_h, &w->pad_top);
  if (status == TENSOR_OK)
    status = extent(call, o->padding, 1, w->in_w, w->kernel_w, w->stride_w,
                    w->dilation_w, &w->out_w, &w->pad_left);
  return status;
}

/* }== convolution {== */

static const OpRow row_conv2d_window, row_conv2d_input, row_conv2d_kernel;

static int conv2d_shape(const OpCall *call, OpShape *out) {
  return image_shape(call, true, out);
}
static int conv2d_kernel(const OpCall *call, Tensor *out) {
  return with_contiguous(call, out, tensor_conv2d);
}
static int conv2d_input_shape(const OpCall *call, OpShape *out) {
  return image_shape(call, false, out);
}
static int conv2d_input_kernel(const OpCall *call, Tensor *out) {
  return with_contiguous(call, out, tensor_conv2d_backward_input);
}
static int conv2d_kernel_shape(const OpCall *call, OpShape *out) {
  TensorWindow w = window_of(call->attrs);
  const int64_t shape[] = {w.kernel_h, w.kernel_w, w.in_channels / w.groups,
                           w.out_channels};
  return nn_shape_of(out, call->in[0]->t.dtype, 4, shape);
}
static int conv2d_kernel_kernel(const OpCall *call, Tensor *out) {
  return with_contiguous(call, out, tensor_conv2d_backward_kernel);
}

/* Each of the three is linear in both inputs, so that the gradient of each
** is made of the other two: y(x, k), gx(gy, k), gk(x, gy). */
static void conv2d_gradient(Grad *c) {
  Value *x = c->in[0], *k = c->in[1];
  if (c->needs[0])
    c->to[0] = nn_apply2(c, &row_conv2d_input, c->g, k, c->attrs);
  if (c->needs[1])
    c->to[1] = nn_apply2(c, &row_conv2d_kernel, x, c->g, c->attrs);
}
static void conv2d_input_gradient(Grad *c) {
  Value *gy = c->in[0], *k = c->in[1];
  if (c->needs[0])
    c->to[0] = nn_apply2(c, &row_conv2d_window, c->g, k, c->attrs);
  if (c->needs[1])
    c->to[1] = nn_apply2(c, &row_conv2d_kernel, c->g, gy, c->attrs);
}
static void conv2d_kernel_gradient(Grad *c) {
  Value *x = c->in[0], *gy = c->in[1];
  if (c->needs[0])
    c->to[0] = nn_apply2(c, &row_conv2d_input, gy, c->g, c->attrs);
  if (c->needs[1])
    c->to[1] = nn_apply2(c, &row_conv2d_window, x, c->g, c->attrs);
}

#define WINDOW_ROW(name_, shape_, run, gradient_)                              \
  {                                                                            \
    .name = name_, .args = "a: tensor, b: tensor", .help = "",                 \
    .internal = true, .keeps = 3, .crosswise = true, .shape = shape_,          \
    .kernel = run, .gradient = gradient_                                       \
  }
static const OpRow row_conv2d_window =
    WINDOW_ROW("conv2d_window", conv2d_shape, conv2d_kernel, conv2d_gradient);
static const OpRow row_conv2d_input =
    WINDOW_ROW("conv2d_backward_input", conv2d_input_shape, conv2d_input_kernel,
               conv2d_input_gradient);
static const OpRow row_conv2d_kernel =
    WINDOW_ROW("conv2d_backward_kernel", conv2d_kernel_shape,
               conv2d_kernel_kernel, conv2d_kernel_gradient);

static int check_channels(const OpCall *call, const TensorWindow *w,
                          int64_t kernel_channels) {
  if (w->groups < 1 || w->in_channels % w->groups != 0 ||
      w->out_channels % w->groups != 0)
    return tensor_fail("%s: groups = %lld does not divide %lld input and %lld "
                       "output channels",
                       call->row->name, (long long)w->groups,
                       (long long)w->in_channels, (long long)w->out_channels);
  if (kernel_channels * w->groups != w->in_channels)
    return tensor_fail("%s: the image has %lld channels, the kernel expects "
                       "%lld (kernels are height, width, channels in, "
                       "channels out)",
                       call->row->name, (long long)w->in_channels,
                       (long long)(kernel_channels * w->groups));
  return TENSOR_OK;
}

static Value *promoted(Grad *c, Value *v, TensorDType dtype) {
  return v->t.dtype == dtype ? v : op_to(c, v, dtype);
}

/* Ints: groups, data_format. Lists: strides, padding, dilation. */
static int conv2d_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0], *k = call->in[1];
  const Options options = {0, 1, 2, call->attrs->i[0], call->attrs->i[1] == 1};
  TensorWindow w;
  OpAttrs attrs;
  char text[TENSOR_SHAPE_TEXT];
  if (k->t.ndim != 4)
    return tensor_fail("conv2d: a kernel has 4 dims (height, width, channels "
                       "in, channels out), got shape %s",
                       tensor_shape_text(k->t.ndim, k->t.shape, text));
  w.kernel_h = k->t.shape[0];
  w.kernel_w = k->t.shape[1];
  w.out_channels = k->t.shape[3];
  if (w.kernel_h < 1 || w.kernel_w < 1)
    return tensor_fail("conv2d: the kernel is empty");
  int status = read_window(call, &x->t, &options, &w);
  if (status == TENSOR_OK) status = check_channels(call, &w, k->t.shape[2]);
  if (status != TENSOR_OK) return status;
  TensorDType dtype = nn_joined_dtype(2, call->in);
  if (!tensor_dtype_is_float(dtype)) dtype = nn_default_dtype;
  attrs_of(&w, &attrs);
  return nn_answer(c, out,
                   nn_apply2(c, &row_conv2d_window, promoted(c, x, dtype),
                             promoted(c, k, dtype), &attrs));
}

static const OpRow row_conv2d = {
    .name = "conv2d",
    .args = "x: tensor, kernel: tensor, stride: ints = 1, padding: padding = "
            "valid, dilation: ints = 1, groups: int = 1, data_format: "
            "channels_last|channels_first = channels_last",
    .help = "Slides a kernel (height, width, channels in / groups, channels "
            "out) over images (batch, height, width, channels), or (batch, "
            "channels, height, width) with data_format = \"channels_first\", "
            "and sums the products (cross-correlation, as deep learning calls "
            "convolution).\n"
            "Output size: floor((size + padding - dilation * (kernel - 1) - "
            "1) / stride) + 1; padding is \"valid\" (none), \"same\" (output "
            "= ceil(size / stride)), one size for all sides, {vertical, "
            "horizontal} or {top, bottom, left, right}.\n"
            "  > tensor.conv2d(tensor.ones(1, 5, 5, 1), tensor.ones(3, 3, 1, "
            "2)).shape\n"
            "  (1, 3, 3, 2)",
    .compose = conv2d_compose,
};

/* }== pooling {== */

static int pool_shape(const OpCall *call, OpShape *out) {
  image_shape(call, true, out);
  out[1] = out[0];
  out[1].dtype = TENSOR_INT64;
  return TENSOR_OK;
}

static int max_pool_kernel(const OpCall *call, Tensor *out) {
  Tensor x;
  TensorWindow w = window_of(call->attrs);
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
  return image_shape(call, true, out);
}

static int avg_pool(const TensorWindow *w, Tensor *y, const Tensor *x,
                    const Tensor *same) {
  (void)same;
  return tensor_avg_pool2d(w, y, x);
}
static int avg_pool_back(const TensorWindow *w, Tensor *gx, const Tensor *gy,
                         const Tensor *same) {
  (void)same;
  return tensor_avg_pool2d_backward(w, gx, gy);
}
static int avg_pool_kernel(const OpCall *call, Tensor *out) {
  return with_contiguous(call, out, avg_pool);
}
static int avg_pool_back_kernel(const OpCall *call, Tensor *out) {
  return with_contiguous(call, out, avg_pool_back);
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
    .shape = conv2d_input_shape,
    .kernel = avg_pool_back_kernel,
    .gradient = avg_pool_back_gradient,
};

/* Lists: pool_size, strides (the pool size unless given), padding. */
static int pool_compose(Grad *c, const OpCall *call, const OpRow *row,
                        OpResults *out) {
  Value *x = call->in[0];
  OpAttrs attrs = *call->attrs;
  OpCall with_strides = *call;
  const Options options = {1, 2, -1, 1, attrs.i[0] == 1};
  TensorWindow w;
  int status = pair(call, "pool_size", 0, &w.kernel_h, &w.kernel_w);
  if (status != TENSOR_OK) return status;
  if (attrs.counts[1] < 0) {
    attrs.counts[1] = 2;
    attrs.lists[1][0] = w.kernel_h;
    attrs.lists[1][1] = w.kernel_w;
  }
  with_strides.attrs = &attrs;
  status = read_window(&with_strides, &x->t, &options, &w);
  if (status != TENSOR_OK) return status;
  if (w.pad_top >= w.kernel_h || w.pad_left >= w.kernel_w)
    return tensor_fail("%s: padding must be smaller than the pool, or a window "
                       "would see nothing",
                       call->row->name);
  w.out_channels = w.in_channels;
  if (!tensor_dtype_is_float(x->t.dtype)) x = op_to(c, x, nn_default_dtype);
  attrs_of(&w, &attrs);
  return nn_answer(c, out, nn_apply1(c, row, x, &attrs));
}

static int max_pool_compose(Grad *c, const OpCall *call, OpResults *out) {
  return pool_compose(c, call, &row_max_pool2d_window, out);
}
static int avg_pool_compose(Grad *c, const OpCall *call, OpResults *out) {
  return pool_compose(c, call, &row_avg_pool2d_window, out);
}

#define POOL                                                                   \
  "x: tensor, pool_size: ints = 2, strides: ints = nil, padding: padding = "   \
  "valid, data_format: channels_last|channels_first = channels_last"

static const OpRow row_max_pool2d = {
    .name = "max_pool2d",
    .args = POOL,
    .help = "The greatest element under each window of pool_size, moved by "
            "strides (pool_size unless given) over images (batch, height, "
            "width, channels), or channels first. Padding as in conv2d; "
            "padded positions never win.\n"
            "  > tensor.arange(16):reshape(1, 4, 4, 1):max_pool2d():flatten()\n"
            "  float32 (4)\n"
            "     6   8  14  16",
    .compose = max_pool_compose,
};
static const OpRow row_avg_pool2d = {
    .name = "avg_pool2d",
    .args = POOL,
    .help = "The mean under each window of pool_size, moved by strides "
            "(pool_size unless given) over images (batch, height, width, "
            "channels), or channels first. Padding as in conv2d; padded "
            "positions are not counted.\n"
            "  > tensor.arange(16):float():reshape(1, 4, 4, "
            "1):avg_pool2d():flatten()\n"
            "  float32 (4)\n"
            "     3.5000   5.5000  11.5000  13.5000",
    .compose = avg_pool_compose,
};

/* }== */

const OpRow *const nn_rows_convolution[] = {
    &row_conv2d,          &row_conv2d_window,
    &row_conv2d_input,    &row_conv2d_kernel,
    &row_max_pool2d,      &row_max_pool2d_window,
    &row_avg_pool2d,      &row_avg_pool2d_window,
    &row_avg_pool2d_back, NULL};
