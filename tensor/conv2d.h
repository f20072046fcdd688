/*
** conv2d.h - inside convolution: what its driver (conv2d.c) and its kernels
** (conv2d_patches.c, conv2d_depthwise.c) share.
**
** A convolution is a matrix product: row p of the patches holds what output
** position p sees (depth = taps * input channels of the group), the kernel
** is (depth, output channels). Positions are counted through the whole
** batch. A thread gets a share of them, walks it in blocks, and only one
** block of patches exists at a time in each thread's workspace.
**
** A step works on one block for all groups. There is a step for each
** direction; the tensor that it writes is the one that its name says:
**   forward          y from x and k
**   backward_input   x from y and k: adds to the rows of x that the thread
**                    owns, and to no other
**   backward_kernel  span->kernel from x and y: adds to the thread's sums
*/
#ifndef TENSOR_CONV2D_H
#define TENSOR_CONV2D_H

#include "tensor/window.h"

typedef struct TensorConv {
  const TensorWindow *w;
  TensorDType dtype;
  void *x, *k, *y; /* images, kernel, output: elements, or gradients */
  int64_t positions;
  int64_t in_plane, out_plane;  /* pixels of an image */
  int64_t in_group, out_group;  /* channels of a group */
  int64_t depth, kernel_numel;  /* depth: rows of a group's kernel */
  int64_t block;                /* the most positions of a step */
  bool depthwise;               /* one input channel a group: no matrices */
  bool direct;                  /* 1x1: the input itself is the patches */
  bool wide;                    /* patches as (depth, positions) */
  int64_t patch_bytes, y_bytes; /* parts of a thread's workspace */
} TensorConv;

/* A thread's share of the work, or one block of it. */
typedef struct TensorConvSpan {
  int64_t from, to;         /* output positions */
  int64_t row_from, row_to; /* rows of x it owns, through the whole batch */
  void *patches;
  void *y;      /* output channels by positions, where y itself will not do */
  void *kernel; /* the thread's sums of the kernel's gradient */
} TensorConvSpan;

typedef void TensorConvStep(const TensorConv *c, const TensorConvSpan *s);

typedef struct TensorConvSteps {
  TensorConvStep *forward, *backward_input, *backward_kernel;
} TensorConvSteps;

/* For float32 and float64. */
extern const TensorConvSteps tensor_conv_patches[2];
extern const TensorConvSteps tensor_conv_depthwise[2];

#endif
