/*
** window.h - inside nn: what the rows of sliding windows share: convolution
** and pooling over sequences, images and volumes.
*/
#ifndef NN_WINDOW_H
#define NN_WINDOW_H

#include "nn/ops.h"

#define NN_AXES 3

/* One direction in which windows slide. */
typedef struct NnAxis {
  int64_t in, kernel, stride, dilation;
  int64_t before, after; /* padding */
  int64_t out;           /* windows that fit */
} NnAxis;

/* How windows lie over an input: its axes are length, or height and width,
** or depth, height and width. */
typedef struct NnWindow {
  int axes;
  NnAxis axis[NN_AXES];
  int64_t batch, channels;
  bool channels_first;
} NnWindow;

/* Reads the sizes of x into w; what they are called. */
int nn_window_input(const OpCall *call, const Tensor *x, int axes,
                    bool channels_first, NnWindow *w);
/* A list of one size for all axes or one for each, all 1 or more. A list that
** was not given leaves the sizes as they are. */
int nn_window_sizes(const OpCall *call, const char *what, int list, int axes,
                    int64_t sizes[NN_AXES]);
/* From the sizes, kernel, strides and dilation that w holds, and the padding
** in the list: how much is put in front, and how many windows fit. */
int nn_window_fit(const OpCall *call, int list, bool causal, NnWindow *w);

/* A convolution's arguments: x and kernel; ints groups and data_format; lists
** stride, padding, dilation. Fills in all but the padding and what fits. The
** kernel of a transposed one is that of the convolution that it turns round:
** its channels in are what comes out. */
int nn_window_convolution(const OpCall *call, int axes, bool transposed,
                          NnWindow *w);
/* The window of a whole transposed convolution, whose lists are stride,
** padding, output_padding, dilation: that of the convolution turned round, so
** that w's `out` is the size of x and `in` that of the result. */
int nn_window_transposed(const OpCall *call, int axes, NnWindow *w);
/* Two values in the float dtype that both join in. */
void nn_join_floats(Grad *c, Value *pair[2]);

/* The last two axes (a sequence is an image of height 1) as an image's. */
TensorWindow nn_image_window(const NnWindow *w, int64_t out_channels,
                             int64_t groups);
/* A window in the attrs of the rows below, and back. */
void nn_window_attrs(const TensorWindow *w, OpAttrs *a);
TensorWindow nn_attrs_window(const OpAttrs *a);

/* Sequences as images of height 1, and back. */
Value *nn_as_image(Grad *c, Value *x, bool channels_first);
Value *nn_as_sequence(Grad *c, Value *y, bool channels_first);
/* A kernel with a height of 1. */
Value *nn_as_image_kernel(Grad *c, Value *kernel);

/* y(x, kernel), and its adjoint gx(gy, kernel). */
extern const OpRow nn_row_conv2d_window, nn_row_conv2d_input;

/* y(x, kernel) over volumes. */
Value *nn_conv3d(Grad *c, const NnWindow *v, Value *x, Value *kernel,
                 int64_t groups);

/* Runs a kernel of two inputs with the window in attrs. */
typedef int NnWindowKernel(const TensorWindow *w, Tensor *y, const Tensor *x,
                           const Tensor *k);
int nn_run_window(const OpCall *call, Tensor *out, NnWindowKernel *run);
/* The shape of a window's output, or of its input. */
int nn_image_shape(const OpCall *call, bool output, OpShape *out);

/* A row that is linear in each of its two inputs: y(x, kernel), gx(gy, kernel)
** or gk(x, gy). The gradients of each are made of the other two. */
#define NN_WINDOW_ROW(name_, shape_, kernel_, gradient_)                       \
  {                                                                            \
    .name = name_, .args = "a: tensor, b: tensor", .help = "",                 \
    .internal = true, .keeps = 3, .crosswise = true, .shape = shape_,          \
    .kernel = kernel_, .gradient = gradient_                                   \
  }

#endif
