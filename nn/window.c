/*
** window.c - the arguments of sliding windows: sizes, strides, padding and
** dilation, checked and turned into how many windows fit.
*/
#include "nn/window.h"

#include <string.h>

#include "nn/rows.h"

/* Far from overflow in sums of a few. */
#define LARGEST (INT64_MAX / 4)

/* {== words for messages */

static const char *const inputs[] = {"sequence", "image", "volume"};
static const char *const names[NN_AXES][NN_AXES] = {
    {"length"}, {"height", "width"}, {"depth", "height", "width"}};
static const char *const joined[] = {"length", "height, width",
                                     "depth, height, width"};
/* One size for all axes or one for each. */
static const char *const counted[] = {"one size", "one or two sizes",
                                      "one or three sizes"};
static const char *const margins[] = {"1 or 2 sizes", "1, 2 or 4 sizes",
                                      "1, 3 or 6 sizes"};

/* }== reading {== */

int nn_window_input(const OpCall *call, const Tensor *x, int axes,
                    bool channels_first, NnWindow *w) {
  char text[TENSOR_SHAPE_TEXT];
  if (x->ndim != axes + 2)
    return tensor_fail("%s: %ss have %d dims (%s%s%s), got shape %s",
                       call->row->name, inputs[axes - 1], axes + 2,
                       channels_first ? "batch, channels, " : "batch, ",
                       joined[axes - 1], channels_first ? "" : ", channels",
                       tensor_shape_text(x->ndim, x->shape, text));
  w->axes = axes;
  w->channels_first = channels_first;
  w->batch = x->shape[0];
  w->channels = x->shape[channels_first ? 1 : axes + 1];
  for (int k = 0; k < axes; k++) {
    NnAxis axis = {.kernel = 1, .stride = 1, .dilation = 1};
    axis.in = x->shape[k + (channels_first ? 2 : 1)];
    w->axis[k] = axis;
  }
  return TENSOR_OK;
}

int nn_window_sizes(const OpCall *call, const char *what, int list, int axes,
                    int64_t sizes[NN_AXES]) {
  const OpAttrs *a = call->attrs;
  int n = a->counts[list];
  bool fine = n == 1 || n == axes;
  if (n < 0) return TENSOR_OK;
  for (int k = 0; k < axes && fine; k++) {
    sizes[k] = a->lists[list][n == 1 ? 0 : k];
    fine = sizes[k] >= 1;
  }
  if (fine) return TENSOR_OK;
  return tensor_fail("%s: %s must be %s of 1 or more", call->row->name, what,
                     counted[axes - 1]);
}

/* The padding that a list of numbers says: one for all sides, one for each
** axis, or two for each axis, before and after. */
static int read_margins(const OpCall *call, int list, NnWindow *w) {
  const OpAttrs *a = call->attrs;
  const int64_t *sizes = a->lists[list];
  int n = a->counts[list];
  bool fine = n == 1 || n == w->axes || n == 2 * w->axes;
  for (int k = 0; k < w->axes && fine; k++) {
    bool both = n == 2 * w->axes;
    NnAxis *axis = &w->axis[k];
    axis->before = sizes[n == 1 ? 0 : both ? 2 * k : k];
    axis->after = both ? sizes[2 * k + 1] : axis->before;
    fine = axis->before >= 0 && axis->after >= 0 && axis->before <= LARGEST &&
           axis->after <= LARGEST;
  }
  if (fine) return TENSOR_OK;
  return tensor_fail("%s: padding must be \"valid\", \"same\", or %s of 0 or "
                     "more",
                     call->row->name, margins[w->axes - 1]);
}

/* The positions from a window's first tap to its last. */
static int reach_of(const OpCall *call, const NnAxis *axis, int64_t *reach) {
  if (__builtin_mul_overflow(axis->kernel - 1, axis->dilation, reach) ||
      *reach >= LARGEST)
    return tensor_fail("%s: kernel and dilation are too large",
                       call->row->name);
  ++*reach;
  return TENSOR_OK;
}

/* A stride or dilation that moves nothing is 1, so that kernels need not
** fear large ones. */
static void settle(NnAxis *axis) {
  if (axis->out <= 1) axis->stride = 1;
  if (axis->kernel == 1) axis->dilation = 1;
}

static int fit_axis(const OpCall *call, int padding, const char *name,
                    NnAxis *axis) {
  int64_t reach;
  int status = reach_of(call, axis, &reach);
  if (status != TENSOR_OK) return status;
  if (padding == NN_SAME || padding == NN_CAUSAL) {
    axis->out = axis->in == 0 ? 0 : (axis->in - 1) / axis->stride + 1;
    int64_t total =
        axis->out == 0 ? 0 : (axis->out - 1) * axis->stride + reach - axis->in;
    total = total > 0 ? total : 0;
    axis->before = padding == NN_CAUSAL ? reach - 1 : total / 2;
    axis->after = padding == NN_CAUSAL ? 0 : total - total / 2;
  } else {
    int64_t room = axis->in + axis->before + axis->after - reach;
    if (room < 0)
      return tensor_fail("%s: a window of %lld does not fit into %lld "
                         "positions (%s with padding)",
                         call->row->name, (long long)reach,
                         (long long)(room + reach), name);
    axis->out = room / axis->stride + 1;
  }
  settle(axis);
  return TENSOR_OK;
}

static int refuse_causal(const OpCall *call) {
  return tensor_fail("%s: padding \"causal\" is for conv1d alone; here it is "
                     "\"valid\", \"same\" or sizes",
                     call->row->name);
}

int nn_window_fit(const OpCall *call, int list, bool causal, NnWindow *w) {
  int padding = call->attrs->counts[list], status = TENSOR_OK;
  if (padding == NN_CAUSAL && !causal) return refuse_causal(call);
  if (padding > 0) status = read_margins(call, list, w);
  for (int k = 0; k < w->axes && status == TENSOR_OK; k++)
    status = fit_axis(call, padding, names[w->axes - 1][k], &w->axis[k]);
  return status;
}

/* }== convolution {== */

static int check_kernel(const OpCall *call, int axes, bool transposed) {
  const Tensor *k = &call->in[1]->t;
  char text[TENSOR_SHAPE_TEXT];
  if (k->ndim != axes + 2)
    return tensor_fail("%s: a kernel has %d dims (%s, %s), got shape %s",
                       call->row->name, axes + 2, joined[axes - 1],
                       transposed ? "channels out, channels in"
                                  : "channels in, channels out",
                       tensor_shape_text(k->ndim, k->shape, text));
  for (int d = 0; d < axes; d++)
    if (k->shape[d] < 1)
      return tensor_fail("%s: the kernel is empty", call->row->name);
  return TENSOR_OK;
}

/* groups divides the channels, and the kernel fits the input. */
static int check_channels(const OpCall *call, const NnWindow *w,
                          bool transposed) {
  const int64_t *kernel = call->in[1]->t.shape + w->axes;
  int64_t groups = call->attrs->i[0], expected = kernel[1];
  const char *of = inputs[w->axes - 1];
  if (groups < 1 || w->channels % groups != 0 || kernel[1] % groups != 0)
    return tensor_fail("%s: groups = %lld does not divide %lld input and %lld "
                       "output channels",
                       call->row->name, (long long)groups,
                       (long long)w->channels,
                       (long long)(transposed ? kernel[0] : kernel[1]));
  if (!transposed && __builtin_mul_overflow(kernel[0], groups, &expected))
    expected = INT64_MAX;
  if (expected == w->channels) return TENSOR_OK;
  return tensor_fail("%s: the %s has %lld channels, the kernel expects %lld "
                     "(kernels are %s, %s)",
                     call->row->name, of, (long long)w->channels,
                     (long long)expected, joined[w->axes - 1],
                     transposed ? "channels out / groups, channels in"
                                : "channels in / groups, channels out");
}

int nn_window_convolution(const OpCall *call, int axes, bool transposed,
                          NnWindow *w) {
  int64_t strides[NN_AXES], dilation[NN_AXES];
  int status = check_kernel(call, axes, transposed);
  if (status == TENSOR_OK)
    status =
        nn_window_input(call, &call->in[0]->t, axes, call->attrs->i[1] == 1, w);
  if (status == TENSOR_OK)
    status = nn_window_sizes(call, "stride", 0, axes, strides);
  if (status == TENSOR_OK)
    status =
        nn_window_sizes(call, "dilation", transposed ? 3 : 2, axes, dilation);
  for (int k = 0; k < axes && status == TENSOR_OK; k++) {
    w->axis[k].kernel = call->in[1]->t.shape[k];
    w->axis[k].stride = strides[k];
    w->axis[k].dilation = dilation[k];
  }
  return status == TENSOR_OK ? check_channels(call, w, transposed) : status;
}

/* The size that comes out, and the padding of the convolution turned round.
** Without output_padding (extra is NN_ABSENT), words follow Keras: "same"
** gives in * stride, "valid" all that the kernel reaches, at least in *
** stride. */
static int64_t transposed_size(const NnAxis *a, int padding, int64_t reach,
                               int64_t extra) {
  int64_t least = (a->in - 1) * a->stride + reach;
  int64_t whole = a->in * a->stride;
  if (a->in == 0) return 0;
  if (padding == NN_SAME)
    return extra == NN_ABSENT ? whole : least - reach / 2 * 2 + extra;
  if (padding == 0 && extra == NN_ABSENT) return least > whole ? least : whole;
  return least - a->before - a->after + (extra == NN_ABSENT ? 0 : extra);
}

static int fit_transposed(const OpCall *call, int padding, int64_t extra,
                          NnAxis *a) {
  const char *name = call->row->name;
  int64_t reach, farthest;
  int status = reach_of(call, a, &reach);
  if (status != TENSOR_OK) return status;
  if (__builtin_mul_overflow(a->in, a->stride, &farthest) || farthest > LARGEST)
    return tensor_fail("%s: the stride is too large", name);
  if (extra != NN_ABSENT &&
      (extra < 0 || (extra >= a->stride && extra >= a->dilation)))
    return tensor_fail("%s: output_padding must be sizes of 0 or more, less "
                       "than the stride or the dilation",
                       name);
  int64_t in = a->in, size = transposed_size(a, padding, reach, extra);
  if (size < 1 && in > 0)
    return tensor_fail("%s: the padding leaves nothing of %lld positions", name,
                       (long long)(size + a->before + a->after));
  if (padding == NN_SAME) {
    int64_t total = (in - 1) * a->stride + reach - size;
    a->before = total > 0 ? total / 2 : 0;
  }
  a->in = size; /* the convolution turned round goes from size to in */
  a->out = in;
  settle(a);
  return TENSOR_OK;
}

int nn_window_transposed(const OpCall *call, int axes, NnWindow *w) {
  int padding = call->attrs->counts[1];
  const int64_t *extra = call->attrs->lists[2];
  int extras = call->attrs->counts[2];
  int status = nn_window_convolution(call, axes, true, w);
  if (status != TENSOR_OK) return status;
  if (padding == NN_CAUSAL) return refuse_causal(call);
  if (extras >= 0 && extras != 1 && extras != axes)
    return tensor_fail("%s: output_padding must be one size%s", call->row->name,
                       axes > 1 ? " or two" : "");
  if (padding > 0) status = read_margins(call, 1, w);
  for (int k = 0; k < axes && status == TENSOR_OK; k++)
    status = fit_transposed(call, padding,
                            extras < 0    ? NN_ABSENT
                            : extras == 1 ? extra[0]
                                          : extra[k],
                            &w->axis[k]);
  if (status != TENSOR_OK) return status;
  if (__builtin_mul_overflow(call->in[1]->t.shape[axes], call->attrs->i[0],
                             &w->channels))
    return tensor_fail("%s: there are too many groups", call->row->name);
  return TENSOR_OK;
}

void nn_join_floats(Grad *c, Value *pair[2]) {
  TensorDType dtype = nn_joined_float(2, pair);
  for (int k = 0; k < 2; k++) pair[k] = op_to(c, pair[k], dtype);
}

/* }== images {== */

TensorWindow nn_image_window(const NnWindow *w, int64_t out_channels,
                             int64_t groups) {
  static const NnAxis single = {1, 1, 1, 1, 0, 0, 1};
  const NnAxis *h = w->axes > 1 ? &w->axis[w->axes - 2] : &single;
  const NnAxis *v = &w->axis[w->axes - 1];
  TensorWindow image = {.batch = w->batch,
                        .in_h = h->in,
                        .in_w = v->in,
                        .in_channels = w->channels,
                        .out_h = h->out,
                        .out_w = v->out,
                        .out_channels = out_channels,
                        .kernel_h = h->kernel,
                        .kernel_w = v->kernel,
                        .stride_h = h->stride,
                        .stride_w = v->stride,
                        .dilation_h = h->dilation,
                        .dilation_w = v->dilation,
                        .pad_top = h->before,
                        .pad_left = v->before,
                        .groups = groups,
                        .channels_first = w->channels_first};
  return image;
}

void nn_window_attrs(const TensorWindow *w, OpAttrs *a) {
  const int64_t lists[NN_LISTS][TENSOR_MAX_DIMS] = {
      {w->batch, w->in_h, w->in_w, w->in_channels},
      {w->out_h, w->out_w, w->out_channels},
      {w->kernel_h, w->kernel_w, w->stride_h, w->stride_w},
      {w->dilation_h, w->dilation_w, w->pad_top, w->pad_left}};
  memcpy(a->lists, lists, sizeof lists);
  a->i[0] = w->groups;
  a->i[1] = w->channels_first;
}

TensorWindow nn_attrs_window(const OpAttrs *a) {
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

int nn_image_shape(const OpCall *call, bool output, OpShape *out) {
  TensorWindow w = nn_attrs_window(call->attrs);
  int64_t h = output ? w.out_h : w.in_h, x = output ? w.out_w : w.in_w;
  int64_t c = output ? w.out_channels : w.in_channels;
  const int64_t last[] = {w.batch, h, x, c}, first[] = {w.batch, c, h, x};
  return nn_shape_of(out, call->in[0]->t.dtype, 4,
                     w.channels_first ? first : last);
}

int nn_run_window(const OpCall *call, Tensor *out, NnWindowKernel *run) {
  Tensor x[2];
  TensorWindow w = nn_attrs_window(call->attrs);
  int status = nn_contiguous_pair(call, out->dtype, x);
  if (status != TENSOR_OK) return status;
  status = run(&w, out, &x[0], &x[1]);
  tensor_release(&x[0]);
  tensor_release(&x[1]);
  return status;
}

Value *nn_as_image(Grad *c, Value *x, bool channels_first) {
  return op_unsqueeze(c, x, channels_first ? 2 : 1);
}

Value *nn_as_image_kernel(Grad *c, Value *kernel) {
  return op_unsqueeze(c, kernel, 0);
}

Value *nn_as_sequence(Grad *c, Value *y, bool channels_first) {
  if (y == NULL) return NULL;
  const int64_t *s = y->t.shape;
  const int64_t last[] = {s[0], s[2], s[3]}, first[] = {s[0], s[1], s[3]};
  return op_reshape(c, y, 3, channels_first ? first : last);
}

/* }== */
