/*
** window.h - which elements of an image a sliding window meets.
*/
#ifndef TENSOR_WINDOW_H
#define TENSOR_WINDOW_H

#include "tensor/kernel.h"

/* The indices from <= i < to. */
typedef struct TensorRange {
  int64_t from, to;
} TensorRange;

/* Of 0 <= i < count, those with 0 <= start + i * step < size. */
static inline TensorRange tensor_inside(int64_t start, int64_t step,
                                        int64_t count, int64_t size) {
  TensorRange r = {0, count};
  if (start < 0) r.from = (-start + step - 1) / step;
  if (start + (count - 1) * step >= size)
    r.to = start < size ? (size - 1 - start) / step + 1 : 0;
  r.from = tensor_min64(r.from, count);
  r.to = tensor_max64(r.from, tensor_min64(r.to, count));
  return r;
}

/* Output position number `at` of the whole batch. */
typedef struct TensorSpot {
  int64_t image, row, column;
} TensorSpot;

static inline TensorSpot tensor_spot(const TensorWindow *w, int64_t at) {
  int64_t row = at / w->out_w;
  TensorSpot s = {row / w->out_h, row % w->out_h, at % w->out_w};
  return s;
}

/* The input row and column of a window's first tap. */
static inline int64_t tensor_window_top(const TensorWindow *w, int64_t row) {
  return row * w->stride_h - w->pad_top;
}
static inline int64_t tensor_window_left(const TensorWindow *w,
                                         int64_t column) {
  return column * w->stride_w - w->pad_left;
}

/* The taps of a window at that row (column) that meet the image. */
static inline TensorRange tensor_window_rows(const TensorWindow *w,
                                             int64_t row) {
  return tensor_inside(tensor_window_top(w, row), w->dilation_h, w->kernel_h,
                       w->in_h);
}
static inline TensorRange tensor_window_columns(const TensorWindow *w,
                                                int64_t column) {
  return tensor_inside(tensor_window_left(w, column), w->dilation_w,
                       w->kernel_w, w->in_w);
}

/* Of the `count` output columns from `column` on, those whose tap number
** `tap` meets the image. */
static inline TensorRange tensor_tap_columns(const TensorWindow *w, int64_t tap,
                                             int64_t column, int64_t count) {
  return tensor_inside(tensor_window_left(w, column) + tap * w->dilation_w,
                       w->stride_w, count, w->in_w);
}

#endif
