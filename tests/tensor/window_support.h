/*
** window_support.h - what the tests of sliding windows share: images, and
** where their elements lie. For pooling out_channels is in_channels.
*/
#ifndef TEST_WINDOW_SUPPORT_H
#define TEST_WINDOW_SUPPORT_H

#include "tests/tensor/support.h"

static inline void test_image_shape(const TensorWindow *w, bool out,
                                    int64_t shape[4]) {
  int64_t h = out ? w->out_h : w->in_h, width = out ? w->out_w : w->in_w;
  int64_t c = out ? w->out_channels : w->in_channels;
  int64_t last[4] = {w->batch, h, width, c}, first[4] = {w->batch, c, h, width};
  memcpy(shape, w->channels_first ? first : last, sizeof last);
}

/* What goes into the windows, or comes out. */
static inline Tensor test_image(const TensorWindow *w, TensorDType dtype,
                                bool out) {
  int64_t shape[4];
  test_image_shape(w, out, shape);
  return test_make(dtype, 4, shape);
}

/* Element offset of a pixel's channel. */
static inline int64_t test_pixel(const TensorWindow *w, bool out, int64_t n,
                                 int64_t h, int64_t v, int64_t c) {
  int64_t s[4];
  test_image_shape(w, out, s);
  if (w->channels_first) return ((n * s[1] + c) * s[2] + h) * s[3] + v;
  return ((n * s[1] + h) * s[2] + v) * s[3] + c;
}

/* A square window: output size from the padding on both sides. */
static inline TensorWindow test_square(int64_t batch, int64_t in,
                                       int64_t channels, int64_t kernel,
                                       int64_t filters, int64_t stride,
                                       int64_t pad) {
  int64_t out = (in + 2 * pad - kernel) / stride + 1;
  return (TensorWindow){.batch = batch,
                        .in_h = in,
                        .in_w = in,
                        .in_channels = channels,
                        .out_h = out,
                        .out_w = out,
                        .out_channels = filters,
                        .kernel_h = kernel,
                        .kernel_w = kernel,
                        .stride_h = stride,
                        .stride_w = stride,
                        .dilation_h = 1,
                        .dilation_w = 1,
                        .pad_top = pad,
                        .pad_left = pad,
                        .groups = 1};
}

/* Any geometry, its channels yet to be chosen: padding on each side alone,
** negative too; windows that may see nothing but padding. */
static inline TensorWindow test_random_window(void) {
  TensorWindow w = {.batch = test_between(0, 3), .groups = 1};
  w.in_h = test_between(1, 9);
  w.in_w = test_between(1, 9);
  w.kernel_h = test_between(1, 4);
  w.kernel_w = test_between(1, 4);
  w.stride_h = test_between(1, 3);
  w.stride_w = test_between(1, 3);
  w.dilation_h = test_between(1, 3);
  w.dilation_w = test_between(1, 3);
  w.pad_top = test_between(-2, 4);
  w.pad_left = test_between(-2, 4);
  w.out_h = test_between(1, 7);
  w.out_w = test_between(1, 7);
  return w;
}

#endif
