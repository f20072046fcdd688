/*
** rows_signal.c - correlation and convolution of signals and pictures, in
** one to three dims, without batch and channels.
**
** Floats are the convolution of one image of one channel; whole numbers have
** a row of their own, which is exact.
*/
#include <string.h>

#include "nn/rows.h"
#include "nn/window.h"

enum { MODE_VALID, MODE_SAME, MODE_FULL };

/* How b slides over a. */
typedef struct Sliding {
  int ndim;
  int64_t before[NN_AXES], out[NN_AXES];
} Sliding;

/* {== whole numbers */

/* Lists: the shape of the result, before. */
static int exact_shape(const OpCall *call, OpShape *out) {
  nn_listed_shape(call, out);
  out->dtype = TENSOR_INT64;
  return TENSOR_OK;
}

static int exact_kernel(const OpCall *call, Tensor *out) {
  Tensor x[2];
  int status = nn_contiguous_pair(call, TENSOR_INT64, x);
  if (status != TENSOR_OK) return status;
  status = tensor_correlate(out, &x[0], &x[1], call->attrs->lists[1]);
  tensor_release(&x[0]);
  tensor_release(&x[1]);
  return status;
}

static const OpRow row_correlate_exactly = {
    .name = "correlate_exactly",
    .args = "a: tensor, b: tensor, shape: ints, before: ints",
    .help = "",
    .internal = true,
    .shape = exact_shape,
    .kernel = exact_kernel,
};

static Value *slide_exactly(Grad *c, const Sliding *s, Value *a, Value *b) {
  OpAttrs attrs;
  size_t bytes = (size_t)s->ndim * sizeof(int64_t);
  attrs.counts[0] = attrs.counts[1] = s->ndim;
  memcpy(attrs.lists[0], s->out, bytes);
  memcpy(attrs.lists[1], s->before, bytes);
  return nn_apply2(c, &row_correlate_exactly, a, b, &attrs);
}

/* }== floats {== */

static void window_over(NnWindow *w, const Sliding *s, const Tensor *a,
                        const Tensor *b) {
  w->axes = s->ndim;
  w->batch = w->channels = 1;
  w->channels_first = false;
  for (int d = 0; d < s->ndim; d++) {
    NnAxis axis = {.in = a->shape[d],
                   .kernel = b->shape[d],
                   .stride = 1,
                   .dilation = 1,
                   .before = s->before[d],
                   .out = s->out[d]};
    w->axis[d] = axis;
  }
}

/* v with the 1s of a batch (one channel behind it) or a kernel (two). */
static Value *framed(Grad *c, Value *v, int axes, int behind) {
  int64_t shape[] = {1, 1, 1, 1, 1};
  int ndim = axes == 3 ? 5 : 4;
  if (v == NULL) return NULL;
  memcpy(shape + ndim - behind - axes, v->t.shape,
         (size_t)axes * sizeof *shape);
  return op_reshape(c, v, ndim, shape);
}

static Value *slide_floats(Grad *c, const Sliding *s, Value *a, Value *b) {
  NnWindow w;
  OpAttrs attrs;
  window_over(&w, s, &a->t, &b->t);
  Value *x = framed(c, a, s->ndim, 1), *kernel = framed(c, b, s->ndim, 2), *y;
  if (s->ndim == 3) {
    y = nn_conv3d(c, &w, x, kernel, 1);
  } else {
    TensorWindow image = nn_image_window(&w, 1, 1);
    nn_window_attrs(&image, &attrs);
    y = nn_apply2(c, &nn_row_conv2d_window, x, kernel, &attrs);
  }
  return op_reshape(c, y, s->ndim, s->out);
}

/* }== what users call {== */

static int check_pair(const OpCall *call) {
  const Tensor *a = &call->in[0]->t, *b = &call->in[1]->t;
  char left[TENSOR_SHAPE_TEXT], right[TENSOR_SHAPE_TEXT];
  tensor_shape_text(a->ndim, a->shape, left);
  tensor_shape_text(b->ndim, b->shape, right);
  if (a->ndim == 3 && b->ndim == 2)
    return tensor_fail("%s: the shapes %s and %s do not go together: both "
                       "must have as many dims, 1, 2 or 3; a picture with "
                       "channels goes through image.filter",
                       call->row->name, left, right);
  if (a->ndim != b->ndim || a->ndim < 1 || a->ndim > NN_AXES)
    return tensor_fail("%s: the shapes %s and %s do not go together: both "
                       "must have as many dims, 1, 2 or 3",
                       call->row->name, left, right);
  if (tensor_numel(a) == 0 || tensor_numel(b) == 0)
    return tensor_fail("%s: of the shapes %s and %s, one has no elements",
                       call->row->name, left, right);
  return TENSOR_OK;
}

/* Whether a is larger than b nowhere, and smaller somewhere. */
static bool is_smaller(const Tensor *a, const Tensor *b) {
  bool smaller = false;
  for (int d = 0; d < a->ndim; d++) {
    if (a->shape[d] > b->shape[d]) return false;
    smaller = smaller || a->shape[d] < b->shape[d];
  }
  return smaller;
}

static int fit(const OpCall *call, const Tensor *a, const Tensor *b,
               int64_t mode, Sliding *s) {
  char left[TENSOR_SHAPE_TEXT], right[TENSOR_SHAPE_TEXT];
  s->ndim = a->ndim;
  for (int d = 0; d < a->ndim; d++) {
    int64_t n = b->shape[d];
    s->before[d] = mode == MODE_VALID ? 0 : mode == MODE_SAME ? n / 2 : n - 1;
    s->out[d] = mode == MODE_SAME    ? a->shape[d]
                : mode == MODE_VALID ? a->shape[d] - n + 1
                                     : a->shape[d] + n - 1;
    if (s->out[d] < 1)
      return tensor_fail("%s: with mode valid one of %s and %s must be at "
                         "least as large as the other in every dim",
                         call->row->name,
                         tensor_shape_text(a->ndim, a->shape, left),
                         tensor_shape_text(b->ndim, b->shape, right));
  }
  return TENSOR_OK;
}

static Value *flipped(Grad *c, Value *x) {
  for (int d = 0; x != NULL && d < x->t.ndim; d++)
    x = op_slice_dim(c, x, d, x->t.shape[d] - 1, -1, x->t.shape[d]);
  return x;
}

/* b slides over a; flipped it is a convolution. A smaller a slides over b
** instead (but for mode same, whose result is like a): a convolution does not
** care which is which, a correlation then comes out backwards. */
static int slide(Grad *c, const OpCall *call, bool convolution,
                 OpResults *out) {
  Value *in[2] = {call->in[0], call->in[1]}, *y;
  Sliding s;
  int status = check_pair(call);
  if (status != TENSOR_OK) return status;
  int64_t mode = call->attrs->i[0];
  bool turned = mode != MODE_SAME && is_smaller(&in[0]->t, &in[1]->t);
  if (turned) {
    Value *first = in[0];
    in[0] = in[1];
    in[1] = first;
  }
  status = fit(call, &in[0]->t, &in[1]->t, mode, &s);
  if (status != TENSOR_OK) return status;
  bool exact = !tensor_dtype_is_float(nn_joined_dtype(2, in));
  if (!exact) nn_join_floats(c, in);
  if (convolution) in[1] = flipped(c, in[1]);
  if (in[0] == NULL || in[1] == NULL) return c->status;
  y = exact ? slide_exactly(c, &s, in[0], in[1])
            : slide_floats(c, &s, in[0], in[1]);
  return nn_answer(c, out, turned && !convolution ? flipped(c, y) : y);
}

static int correlate_compose(Grad *c, const OpCall *call, OpResults *out) {
  return slide(c, call, false, out);
}
static int convolve_compose(Grad *c, const OpCall *call, OpResults *out) {
  return slide(c, call, true, out);
}

#define SLIDING                                                                \
  "Both tensors have 1, 2 or 3 dims, without batch and channels (see conv2d "  \
  "for those). mode says which k come out, for sizes m of a and n of b: "      \
  "\"full\" all where the two meet, m + n - 1; \"same\" the middle m of "      \
  "these; \"valid\" those where neither hangs over, m - n + 1 (n - m + 1 if "  \
  "b "                                                                         \
  "is larger). Beyond the ends of a stand zeros. Whole numbers are added up "  \
  "in int64, exactly. Direct sums: meant for kernels that are small.\n"

static const OpRow row_correlate = {
    .name = "correlate",
    .args = "a: tensor, b: tensor, mode: valid|same|full = valid",
    .help = "The sum over j of a[k + j] b[j], for every shift k: b slides over "
            "a (cross-correlation). " SLIDING
            "  > tensor({1, 2, 3, 4}):correlate(tensor({1, 0, -1}))\n"
            "  float32 (2)\n"
            "    -2  -2",
    .compose = correlate_compose,
};
static const OpRow row_convolve = {
    .name = "convolve",
    .args = "a: tensor, b: tensor, mode: valid|same|full = full",
    .help = "The sum over j of a[k - j] b[j], for every shift k: as correlate "
            "with b reversed. " SLIDING
            "  > tensor({1, 2, 3}):convolve(tensor({1, 10}))\n"
            "  float32 (4)\n"
            "     1  12  23  30\n"
            "  > tensor.ones(28, 28):convolve(tensor.ones(3, 3), "
            "\"same\").shape\n"
            "  (28, 28)",
    .compose = convolve_compose,
};

/* }== */

const OpRow *const nn_rows_signal[] = {&row_correlate, &row_convolve,
                                       &row_correlate_exactly, NULL};
