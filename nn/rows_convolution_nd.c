/*
** rows_convolution_nd.c - convolution over sequences and volumes, and
** transposed convolution.
**
** Sequences are images of height 1. Volumes have three rows of their own, as
** images have. A transposed convolution is the row that carries a
** convolution's gradient to its input.
*/
#include <string.h>

#include "nn/rows.h"
#include "nn/window.h"

/* {== volumes in attrs */

static void volume_attrs(const TensorVolume *v, OpAttrs *a) {
  const TensorWindow *w = &v->slice;
  nn_window_attrs(w, a);
  const int64_t depth[] = {v->in_d,     v->out_d,      v->kernel_d,
                           v->stride_d, v->dilation_d, v->pad_front};
  memcpy(a->i + 2, depth, sizeof depth);
}

static TensorVolume volume_of(const OpAttrs *a) {
  const int64_t *depth = a->i + 2;
  TensorVolume v = {.slice = nn_attrs_window(a),
                    .in_d = depth[0],
                    .out_d = depth[1],
                    .kernel_d = depth[2],
                    .stride_d = depth[3],
                    .dilation_d = depth[4],
                    .pad_front = depth[5]};
  return v;
}

static int with_volume(const OpCall *call, Tensor *out,
                       int (*run)(const TensorVolume *, Tensor *,
                                  const Tensor *, const Tensor *)) {
  Tensor x[2];
  TensorVolume v = volume_of(call->attrs);
  int status = nn_contiguous_pair(call, out->dtype, x);
  if (status != TENSOR_OK) return status;
  status = run(&v, out, &x[0], &x[1]);
  tensor_release(&x[0]);
  tensor_release(&x[1]);
  return status;
}

/* }== the rows of volumes {== */

static const OpRow row_conv3d_window, row_conv3d_input, row_conv3d_kernel;

static int conv3d_shape(const OpCall *call, OpShape *out) {
  TensorVolume v = volume_of(call->attrs);
  const TensorWindow *w = &v.slice;
  const int64_t shape[] = {w->batch, v.out_d, w->out_h, w->out_w,
                           w->out_channels};
  return nn_shape_of(out, call->in[0]->t.dtype, 5, shape);
}
static int conv3d_input_shape(const OpCall *call, OpShape *out) {
  TensorVolume v = volume_of(call->attrs);
  const TensorWindow *w = &v.slice;
  const int64_t shape[] = {w->batch, v.in_d, w->in_h, w->in_w, w->in_channels};
  return nn_shape_of(out, call->in[0]->t.dtype, 5, shape);
}
static int conv3d_kernel_shape(const OpCall *call, OpShape *out) {
  TensorVolume v = volume_of(call->attrs);
  const TensorWindow *w = &v.slice;
  const int64_t shape[] = {v.kernel_d, w->kernel_h, w->kernel_w,
                           w->in_channels / w->groups, w->out_channels};
  return nn_shape_of(out, call->in[0]->t.dtype, 5, shape);
}
static int conv3d_run(const OpCall *call, Tensor *out) {
  return with_volume(call, out, tensor_conv3d);
}
static int conv3d_input_run(const OpCall *call, Tensor *out) {
  return with_volume(call, out, tensor_conv3d_backward_input);
}
static int conv3d_kernel_run(const OpCall *call, Tensor *out) {
  return with_volume(call, out, tensor_conv3d_backward_kernel);
}

static void conv3d_gradient(Grad *c) {
  Value *x = c->in[0], *k = c->in[1];
  if (c->needs[0])
    c->to[0] = nn_apply2(c, &row_conv3d_input, c->g, k, c->attrs);
  if (c->needs[1])
    c->to[1] = nn_apply2(c, &row_conv3d_kernel, x, c->g, c->attrs);
}
static void conv3d_input_gradient(Grad *c) {
  Value *gy = c->in[0], *k = c->in[1];
  if (c->needs[0])
    c->to[0] = nn_apply2(c, &row_conv3d_window, c->g, k, c->attrs);
  if (c->needs[1])
    c->to[1] = nn_apply2(c, &row_conv3d_kernel, c->g, gy, c->attrs);
}
static void conv3d_kernel_gradient(Grad *c) {
  Value *x = c->in[0], *gy = c->in[1];
  if (c->needs[0])
    c->to[0] = nn_apply2(c, &row_conv3d_input, gy, c->g, c->attrs);
  if (c->needs[1])
    c->to[1] = nn_apply2(c, &row_conv3d_window, x, c->g, c->attrs);
}

static const OpRow row_conv3d_window =
    NN_WINDOW_ROW("conv3d_window", conv3d_shape, conv3d_run, conv3d_gradient);
static const OpRow row_conv3d_input =
    NN_WINDOW_ROW("conv3d_backward_input", conv3d_input_shape, conv3d_input_run,
                  conv3d_input_gradient);
static const OpRow row_conv3d_kernel =
    NN_WINDOW_ROW("conv3d_backward_kernel", conv3d_kernel_shape,
                  conv3d_kernel_run, conv3d_kernel_gradient);

/* }== convolution {== */

static int conv1d_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *in[2] = {call->in[0], call->in[1]};
  NnWindow w;
  OpAttrs attrs;
  int status = nn_window_convolution(call, 1, false, &w);
  if (status == TENSOR_OK) status = nn_window_fit(call, 1, true, &w);
  if (status != TENSOR_OK) return status;
  TensorWindow image =
      nn_image_window(&w, in[1]->t.shape[2], call->attrs->i[0]);
  nn_window_attrs(&image, &attrs);
  nn_join_floats(c, in);
  in[0] = nn_as_image(c, in[0], w.channels_first);
  in[1] = nn_as_image_kernel(c, in[1]);
  Value *y = nn_apply(c, &nn_row_conv2d_window, 2, in, &attrs);
  return nn_answer(c, out, nn_as_sequence(c, y, w.channels_first));
}

Value *nn_conv3d(Grad *c, const NnWindow *v, Value *x, Value *kernel,
                 int64_t groups) {
  static const int64_t to_last[] = {0, 2, 3, 4, 1}, back[] = {0, 4, 1, 2, 3};
  const NnAxis *d = &v->axis[0];
  OpAttrs attrs;
  if (x == NULL || kernel == NULL) return NULL;
  TensorVolume volume = {.slice =
                             nn_image_window(v, kernel->t.shape[4], groups),
                         .in_d = d->in,
                         .out_d = d->out,
                         .kernel_d = d->kernel,
                         .stride_d = d->stride,
                         .dilation_d = d->dilation,
                         .pad_front = d->before};
  volume.slice.channels_first = false;
  volume_attrs(&volume, &attrs);
  if (v->channels_first) x = op_permute(c, x, to_last);
  Value *y = nn_apply2(c, &row_conv3d_window, x, kernel, &attrs);
  return v->channels_first ? op_permute(c, y, back) : y;
}

static int conv3d_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *in[2] = {call->in[0], call->in[1]};
  NnWindow w;
  int status = nn_window_convolution(call, 3, false, &w);
  if (status == TENSOR_OK) status = nn_window_fit(call, 1, false, &w);
  if (status != TENSOR_OK) return status;
  nn_join_floats(c, in);
  return nn_answer(c, out, nn_conv3d(c, &w, in[0], in[1], call->attrs->i[0]));
}

#define CONVOLUTION                                                            \
  "x: tensor, kernel: tensor, stride: ints = 1, padding: padding = valid, "    \
  "dilation: ints = 1, groups: int = 1, data_format: "                         \
  "channels_last|channels_first = channels_last"

static const OpRow row_conv1d = {
    .name = "conv1d",
    .args = CONVOLUTION,
    .help = "Slides a kernel (size, channels in / groups, channels out) along "
            "sequences (batch, length, channels), or (batch, channels, length) "
            "with data_format = \"channels_first\", and sums the products "
            "(cross-correlation).\n"
            "Output length: floor((length + padding - dilation * (size - 1) - "
            "1) / stride) + 1; padding is \"valid\" (none), \"same\" (output "
            "= ceil(length / stride)), \"causal\" (all of it in front, so "
            "that no output depends on what comes later), one size for both "
            "ends or {front, back}.\n"
            "  > local x = tensor.arange(5):reshape(1, 5, 1)\n"
            "  > x:conv1d(tensor.ones(2, 1, 1)):flatten()\n"
            "  float32 (4)\n"
            "    3  5  7  9\n"
            "  > x:conv1d(tensor.ones(2, 1, 1), 1, \"causal\"):flatten()\n"
            "  float32 (5)\n"
            "    1  3  5  7  9",
    .compose = conv1d_compose,
};
static const OpRow row_conv3d = {
    .name = "conv3d",
    .args = CONVOLUTION,
    .help = "Slides a kernel (depth, height, width, channels in / groups, "
            "channels out) through volumes (batch, depth, height, width, "
            "channels), or (batch, channels, depth, height, width) with "
            "data_format = \"channels_first\", and sums the products "
            "(cross-correlation).\n"
            "Output size: floor((size + padding - dilation * (kernel - 1) - "
            "1) / stride) + 1; padding is \"valid\" (none), \"same\" (output "
            "= ceil(size / stride)), one size for all sides, {depth, height, "
            "width} or {front, back, top, bottom, left, right}.\n"
            "  > tensor.conv3d(tensor.ones(1, 5, 6, 7, 2), tensor.ones(3, 3, "
            "3, 2, 4)).shape\n"
            "  (1, 3, 4, 5, 4)",
    .compose = conv3d_compose,
};

/* }== transposed convolution {== */

static int transpose(Grad *c, const OpCall *call, int axes, OpResults *out) {
  Value *in[2] = {call->in[0], call->in[1]};
  NnWindow w;
  OpAttrs attrs;
  int status = nn_window_transposed(call, axes, &w);
  if (status != TENSOR_OK) return status;
  TensorWindow image =
      nn_image_window(&w, in[1]->t.shape[axes + 1], call->attrs->i[0]);
  nn_window_attrs(&image, &attrs);
  nn_join_floats(c, in);
  if (axes == 1) {
    in[0] = nn_as_image(c, in[0], w.channels_first);
    in[1] = nn_as_image_kernel(c, in[1]);
  }
  Value *y = nn_apply(c, &nn_row_conv2d_input, 2, in, &attrs);
  return nn_answer(c, out,
                   axes == 1 ? nn_as_sequence(c, y, w.channels_first) : y);
}

static int conv_transpose1d_compose(Grad *c, const OpCall *call,
                                    OpResults *out) {
  return transpose(c, call, 1, out);
}
static int conv_transpose2d_compose(Grad *c, const OpCall *call,
                                    OpResults *out) {
  return transpose(c, call, 2, out);
}

#define TRANSPOSED                                                             \
  "x: tensor, kernel: tensor, stride: ints = 1, padding: padding = valid, "    \
  "output_padding: ints = nil, dilation: ints = 1, groups: int = 1, "          \
  "data_format: channels_last|channels_first = channels_last"
#define TRANSPOSED_SIZE                                                        \
  "Output size: (size - 1) * stride + dilation * (kernel - 1) + 1 - padding "  \
  "+ output_padding, where padding is sizes, as in conv2d, and "               \
  "output_padding "                                                            \
  "(less than the stride or the dilation) adds positions at the end. With "    \
  "\"same\" it is size * stride, with \"valid\" (no padding) at least that, "  \
  "unless output_padding is given.\n"

static const OpRow row_conv_transpose1d = {
    .name = "conv_transpose1d",
    .args = TRANSPOSED,
    .help = "The transpose of conv1d: each element of sequences (batch, "
            "length, channels), or (batch, channels, length) with data_format "
            "= \"channels_first\", lays its multiple of the kernel (size, "
            "channels out / groups, channels in) down in the output, stride "
            "positions apart, where they add up.\n" TRANSPOSED_SIZE
            "  > local x = tensor({1, 2, 3}):reshape(1, 3, 1)\n"
            "  > x:conv_transpose1d(tensor.ones(3, 1, 1), 2):flatten()\n"
            "  float32 (7)\n"
            "    1  1  3  2  5  3  3",
    .compose = conv_transpose1d_compose,
};
static const OpRow row_conv_transpose2d = {
    .name = "conv_transpose2d",
    .args = TRANSPOSED,
    .help = "The transpose of conv2d, as its gradient with respect to the "
            "input: each pixel of images (batch, height, width, channels), or "
            "(batch, channels, height, width) with data_format = "
            "\"channels_first\", lays its multiple of the kernel (height, "
            "width, channels out / groups, channels in) down in the output, "
            "stride pixels apart, where they add up.\n" TRANSPOSED_SIZE
            "  > local x = tensor.ones(1, 14, 14, 8)\n"
            "  > x:conv_transpose2d(tensor.ones(3, 3, 4, 8), 2, "
            "\"same\").shape\n"
            "  (1, 28, 28, 4)",
    .compose = conv_transpose2d_compose,
};

/* }== */

const OpRow *const nn_rows_convolution_nd[] = {
    &row_conv1d,           &row_conv3d,
    &row_conv3d_window,    &row_conv3d_input,
    &row_conv3d_kernel,    &row_conv_transpose1d,
    &row_conv_transpose2d, NULL};
