/*
** rows_pad.c - margins around a tensor, and windows over it.
**
** Constant margins, negative ones too, are a row of their own, whose gradient
** is itself with the signs turned. The other modes pick, dim by dim, the
** positions that the margins repeat.
*/
#include <math.h>
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

enum { CONSTANT, REFLECT, REPLICATE, CIRCULAR };

/* What goes before and after each dim. */
typedef struct Margins {
  int64_t before[TENSOR_MAX_DIMS], after[TENSOR_MAX_DIMS];
} Margins;

static int read_margins(const OpCall *call, Margins *m) {
  const OpAttrs *a = call->attrs;
  int ndim = call->in[0]->t.ndim, n = a->counts[0];
  memset(m, 0, sizeof *m);
  for (int d = 0; n == 1 && d < ndim; d++)
    m->before[d] = m->after[d] = a->lists[0][0];
  if (n == 1) return TENSOR_OK;
  if (n % 2 != 0)
    return tensor_fail("pad: padding is one number for all sides, or pairs "
                       "{before, after} from the last dim on; %d numbers are "
                       "neither",
                       n);
  if (n / 2 > ndim)
    return tensor_fail("pad: %d pairs of padding for a tensor with %d dim%s",
                       n / 2, ndim, ndim == 1 ? "" : "s");
  for (int k = 0; k < n / 2; k++) {
    m->before[ndim - 1 - k] = a->lists[0][2 * k];
    m->after[ndim - 1 - k] = a->lists[0][2 * k + 1];
  }
  return TENSOR_OK;
}

/* The size that a dim has with its margins. */
static int padded_size(int dim, int64_t size, int64_t before, int64_t after,
                       int64_t *padded) {
  int64_t sum;
  if (__builtin_add_overflow(size, before, &sum) ||
      __builtin_add_overflow(sum, after, &sum))
    return tensor_no_memory(INT64_MAX);
  if (sum < 0)
    return tensor_fail("pad: dim %d of size %lld is too small to lose %lld",
                       dim + 1, (long long)size, (long long)(size - sum));
  *padded = sum;
  return TENSOR_OK;
}

/* {== constant margins */

static int margins_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t;
  int status = nn_shape_like(out, x->dtype, x);
  for (int d = 0; d < x->ndim && status == TENSOR_OK; d++)
    status = padded_size(d, x->shape[d], call->attrs->lists[0][d],
                         call->attrs->lists[1][d], &out->shape[d]);
  return status;
}

static int64_t loss(int64_t margin) { return margin < 0 ? -margin : 0; }
static int64_t gain(int64_t margin) { return margin > 0 ? margin : 0; }

static int margins_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  Tensor to = *out, from = call->in[0]->t;
  int status = tensor_fill(out, a->f[0]);
  int64_t size = (int64_t)tensor_dtype_size(out->dtype);
  for (int d = 0; d < out->ndim; d++) {
    int64_t before = a->lists[0][d], after = a->lists[1][d];
    int64_t length = from.shape[d] - loss(before) - loss(after);
    if (length <= 0) return status; /* nothing of x is left */
    from.data += loss(before) * from.strides[d] * size;
    to.data += gain(before) * to.strides[d] * size;
    from.shape[d] = to.shape[d] = length;
  }
  return status == TENSOR_OK ? tensor_copy(&to, &from) : status;
}

static void margins_gradient(Grad *c) {
  OpAttrs back = *c->attrs;
  back.f[0] = 0;
  for (int d = 0; d < back.counts[0]; d++)
    for (int k = 0; k < 2; k++) back.lists[k][d] = -back.lists[k][d];
  c->to[0] = nn_apply1(c, c->node->row, c->g, &back);
}

static const OpRow row_margins = {
    .name = "margins",
    .args = "x, before: ints, after: ints, value: number",
    .help = "",
    .internal = true,
    .shape = margins_shape,
    .kernel = margins_kernel,
    .gradient = margins_gradient,
};

static int pad_constant(Grad *c, Value *x, const Margins *m, double value,
                        OpResults *out) {
  OpAttrs attrs;
  if (!tensor_dtype_is_float(x->t.dtype) &&
      (!isfinite(value) || value != trunc(value)))
    return tensor_fail("pad: the value %g does not fit into a tensor of %s",
                       value, tensor_dtype_name(x->t.dtype));
  attrs.f[0] = value;
  attrs.counts[0] = attrs.counts[1] = x->t.ndim;
  memcpy(attrs.lists[0], m->before, sizeof m->before);
  memcpy(attrs.lists[1], m->after, sizeof m->after);
  return nn_answer(c, out, nn_apply1(c, &row_margins, x, &attrs));
}

/* }== margins that repeat x {== */

static int64_t wrapped(int64_t i, int64_t period) {
  int64_t r = i % period;
  return r < 0 ? r + period : r;
}

/* Which of n elements, from 0, stands at position i outside them. */
static int64_t repeated(int64_t mode, int64_t i, int64_t n) {
  if (mode == CIRCULAR) return wrapped(i, n);
  if (mode == REPLICATE || n == 1) return i < 0 ? 0 : i >= n ? n - 1 : i;
  int64_t r = wrapped(i, 2 * (n - 1));
  return r < n ? r : 2 * (n - 1) - r;
}

static int check_repeated(const char *mode, int d, int64_t n, int64_t before,
                          int64_t after) {
  if (before < 0 || after < 0)
    return tensor_fail("pad: only the mode \"constant\" takes negative "
                       "padding, not \"%s\"",
                       mode);
  if (n == 0)
    return tensor_fail("pad: dim %d is empty, so the mode \"%s\" has nothing "
                       "to pad it with",
                       d + 1, mode);
  return TENSOR_OK;
}

/* x with the margins of dim d, by picking positions. */
static Value *pad_dim(Grad *c, Value *x, int d, int64_t mode, int64_t before,
                      int64_t after) {
  static const char *const names[] = {"constant", "reflect", "replicate",
                                      "circular"};
  int64_t n = x->t.shape[d], size;
  c->status = check_repeated(names[mode], d, n, before, after);
  if (c->status == TENSOR_OK)
    c->status = padded_size(d, n, before, after, &size);
  if (c->status != TENSOR_OK) return NULL;
  Value *index = op_zeros(c, TENSOR_INT64, 1, &size);
  if (index == NULL) return NULL;
  int64_t *at = (int64_t *)(void *)index->t.data;
  for (int64_t k = 0; k < size; k++) at[k] = repeated(mode, k - before, n) + 1;
  return op_index_select(c, x, d, index);
}

static int pad_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  int64_t mode = call->attrs->i[0];
  Margins m;
  int status = read_margins(call, &m);
  if (status != TENSOR_OK) return status;
  if (mode == CONSTANT) return pad_constant(c, x, &m, call->attrs->f[0], out);
  for (int d = 0; d < call->in[0]->t.ndim && x != NULL; d++)
    if (m.before[d] != 0 || m.after[d] != 0)
      x = pad_dim(c, x, d, mode, m.before[d], m.after[d]);
  if (x == call->in[0]) x = op_clone(c, x);
  return nn_answer(c, out, x);
}

static const OpRow row_pad = {
    .name = "pad",
    .args = "x, padding: ints, mode: constant|reflect|replicate|circular = "
            "constant, value: number = 0",
    .help =
        "x with margins. padding is a number, for all sides of all dims, or "
        "pairs of how much goes before and after a dim, from the last dim "
        "on: {left, right}, {left, right, top, bottom}, ... as in PyTorch. "
        "Dims without a pair stay as they are.\n"
        "The margins hold value, or what x has inside: \"reflect\" mirrors it "
        "at the edge element, \"replicate\" repeats the edge element, "
        "\"circular\" goes on at the other side. With \"constant\", negative "
        "padding takes elements away.\n"
        "  > tensor({{1, 2}, {3, 4}}):pad({1, 2, 0, 1})\n"
        "  float32 (3, 5)\n"
        "    0  1  2  0  0\n"
        "    0  3  4  0  0\n"
        "    0  0  0  0  0\n"
        "  > tensor({1, 2, 3}):pad({2, 1}, \"reflect\")\n"
        "  float32 (6)\n"
        "    3  2  1  2  3  2\n"
        "  > tensor({1, 2, 3}):pad(1, {value=9})\n"
        "  float32 (5)\n"
        "    9  1  2  3  9",
    .compose = pad_compose,
};

/* }== unfold {== */

static const OpRow row_unfold;

static int unfold_view(const OpCall *call, Tensor *out) {
  const Tensor *x = &call->in[0]->t;
  int dim = (int)call->attrs->i[0];
  int64_t size = call->attrs->i[1], step = call->attrs->i[2];
  if (size < 1 || size > x->shape[dim])
    return tensor_fail("unfold: windows of size %lld do not fit into dim %d of "
                       "size %lld",
                       (long long)size, dim + 1, (long long)x->shape[dim]);
  if (step < 1)
    return tensor_fail("unfold: the step must be 1 or more, not %lld",
                       (long long)step);
  if (x->ndim == TENSOR_MAX_DIMS)
    return tensor_fail("unfold: a tensor has at most %d dims", TENSOR_MAX_DIMS);
  int64_t count = (x->shape[dim] - size) / step + 1;
  tensor_slice(out, x, dim, 0, count > 1 ? step : 1, count);
  out->shape[out->ndim] = size;
  out->strides[out->ndim++] = x->strides[dim];
  return TENSOR_OK;
}

/* out's slice += g's slice number `at` of the dim `along`. */
static int fold_slice(const Tensor *out, int dim, int64_t start, int64_t step,
                      int64_t length, const Tensor *g, int along, int64_t at) {
  Tensor part, from;
  int status = tensor_poll();
  if (status != TENSOR_OK) return status;
  tensor_slice(&part, out, dim, start, step, length);
  tensor_select(&from, g, along, at);
  const Tensor *in[] = {&part, &from};
  status = tensor_map(&tensor_maps[TENSOR_MAP_add], out->dtype, &part, in);
  tensor_release(&part);
  tensor_release(&from);
  return status;
}

/* By position in the window or window by window, whichever takes fewer
** turns. */
static int fold_kernel(const OpCall *call, Tensor *out) {
  const Tensor *g = &call->in[0]->t;
  int dim = (int)call->attrs->i[0], last = g->ndim - 1, status = TENSOR_OK;
  int64_t size = call->attrs->i[1], step = call->attrs->i[2];
  int64_t count = g->shape[dim];
  tensor_fill(out, 0);
  if (size <= count) {
    for (int64_t j = 0; j < size && status == TENSOR_OK; j++)
      status = fold_slice(out, dim, j, step, count, g, last, j);
    return status;
  }
  Tensor turned; /* the windows counted by the last dim */
  tensor_transpose(&turned, g, dim, last);
  for (int64_t w = 0; w < count && status == TENSOR_OK; w++)
    status = fold_slice(out, dim, w * step, 1, size, &turned, last, w);
  tensor_release(&turned);
  return status;
}

static void fold_gradient(Grad *c) {
  c->to[0] = nn_apply1(c, &row_unfold, c->g, c->attrs);
}

/* Windows added up where they came from: zeros of the shape in lists[0]. */
static const OpRow row_fold = {
    .name = "fold",
    .args = "g, dim: int, size: int, step: int, shape: ints",
    .help = "",
    .internal = true,
    .shape = nn_listed_shape,
    .kernel = fold_kernel,
    .gradient = fold_gradient,
};

static void unfold_gradient(Grad *c) {
  OpAttrs attrs = *c->attrs;
  nn_list_input_shape(c, 0, &attrs);
  c->to[0] = nn_apply1(c, &row_fold, c->g, &attrs);
}

static const OpRow row_unfold = {
    .name = "unfold",
    .args = "x, dim: dim, size: int, step: int = 1",
    .help = "The windows of size elements along dim, step apart: dim counts "
            "the windows, and a new last dim holds their elements. A view: no "
            "element is copied, so where windows overlap the result cannot be "
            "changed in place.\n"
            "  > tensor.arange(5):unfold(1, 3, 2)\n"
            "  int64 (2, 3)\n"
            "    1  2  3\n"
            "    3  4  5",
    .view = unfold_view,
    .gradient = unfold_gradient,
};

/* }== */

const OpRow *const nn_rows_pad[] = {&row_pad, &row_margins, &row_unfold,
                                    &row_fold, NULL};
