/*
** rows_convolution.c - convolution over images.
**
** What users call works out the window (padding, output size) and calls an
** internal row, whose attrs hold a whole TensorWindow in lists and flags, so
** that the rows of its gradient can share it.
*/
#include "nn/rows.h"
#include "nn/window.h"

static const OpRow row_conv2d_kernel;

static int conv2d_shape(const OpCall *call, OpShape *out) {
  return nn_image_shape(call, true, out);
}
static int conv2d_kernel(const OpCall *call, Tensor *out) {
  return nn_run_window(call, out, tensor_conv2d);
}
static int conv2d_input_shape(const OpCall *call, OpShape *out) {
  return nn_image_shape(call, false, out);
}
static int conv2d_input_kernel(const OpCall *call, Tensor *out) {
  return nn_run_window(call, out, tensor_conv2d_backward_input);
}
static int conv2d_kernel_shape(const OpCall *call, OpShape *out) {
  TensorWindow w = nn_attrs_window(call->attrs);
  const int64_t shape[] = {w.kernel_h, w.kernel_w, w.in_channels / w.groups,
                           w.out_channels};
  return nn_shape_of(out, call->in[0]->t.dtype, 4, shape);
}
static int conv2d_kernel_kernel(const OpCall *call, Tensor *out) {
  return nn_run_window(call, out, tensor_conv2d_backward_kernel);
}

static void conv2d_gradient(Grad *c) {
  Value *x = c->in[0], *k = c->in[1];
  if (c->needs[0])
    c->to[0] = nn_apply2(c, &nn_row_conv2d_input, c->g, k, c->attrs);
  if (c->needs[1])
    c->to[1] = nn_apply2(c, &row_conv2d_kernel, x, c->g, c->attrs);
}
static void conv2d_input_gradient(Grad *c) {
  Value *gy = c->in[0], *k = c->in[1];
  if (c->needs[0])
    c->to[0] = nn_apply2(c, &nn_row_conv2d_window, c->g, k, c->attrs);
  if (c->needs[1])
    c->to[1] = nn_apply2(c, &row_conv2d_kernel, c->g, gy, c->attrs);
}
static void conv2d_kernel_gradient(Grad *c) {
  Value *x = c->in[0], *gy = c->in[1];
  if (c->needs[0])
    c->to[0] = nn_apply2(c, &nn_row_conv2d_input, gy, c->g, c->attrs);
  if (c->needs[1])
    c->to[1] = nn_apply2(c, &nn_row_conv2d_window, x, c->g, c->attrs);
}

const OpRow nn_row_conv2d_window = NN_WINDOW_ROW(
    "conv2d_window", conv2d_shape, conv2d_kernel, conv2d_gradient);
const OpRow nn_row_conv2d_input =
    NN_WINDOW_ROW("conv2d_backward_input", conv2d_input_shape,
                  conv2d_input_kernel, conv2d_input_gradient);
static const OpRow row_conv2d_kernel =
    NN_WINDOW_ROW("conv2d_backward_kernel", conv2d_kernel_shape,
                  conv2d_kernel_kernel, conv2d_kernel_gradient);

static int conv2d_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *in[2] = {call->in[0], call->in[1]};
  NnWindow w;
  OpAttrs attrs;
  int status = nn_window_convolution(call, 2, false, &w);
  if (status == TENSOR_OK) status = nn_window_fit(call, 1, false, &w);
  if (status != TENSOR_OK) return status;
  TensorWindow image =
      nn_image_window(&w, in[1]->t.shape[3], call->attrs->i[0]);
  nn_window_attrs(&image, &attrs);
  nn_join_floats(c, in);
  return nn_answer(c, out, nn_apply(c, &nn_row_conv2d_window, 2, in, &attrs));
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

const OpRow *const nn_rows_convolution[] = {&row_conv2d, &nn_row_conv2d_window,
                                            &nn_row_conv2d_input,
                                            &row_conv2d_kernel, NULL};
