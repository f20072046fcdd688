/*
** view.c - dtypes, shapes and views: all that moves no elements.
*/
#include <stdio.h>
#include <string.h>

#include "tensor/kernel.h"

/* {== dtypes */

size_t tensor_dtype_size(TensorDType dtype) {
  static const unsigned char sizes[] = {
#define X(NAME, type, sum, text) sizeof(type),
      TENSOR_DTYPES(X)
#undef X
  };
  return sizes[dtype];
}

const char *tensor_dtype_name(TensorDType dtype) {
  static const char *const names[] = {
#define X(NAME, type, sum, text) text,
      TENSOR_DTYPES(X)
#undef X
  };
  return names[dtype];
}

int tensor_dtype_parse(const char *name) {
  for (int i = 0; i < TENSOR_DTYPE_COUNT; i++)
    if (strcmp(name, tensor_dtype_name((TensorDType)i)) == 0) return i;
  if (strcmp(name, "float") == 0) return TENSOR_FLOAT32;
  if (strcmp(name, "double") == 0) return TENSOR_FLOAT64;
  return -1;
}

TensorDType tensor_dtype_promote(TensorDType a, TensorDType b) {
  return a > b ? a : b;
}

/* }== shapes {== */

int tensor_count(int ndim, const int64_t *shape, int64_t *count) {
  int64_t n = 1;
  bool overflow = false, empty = false;
  for (int d = 0; d < ndim; d++) {
    if (shape[d] < 0)
      return tensor_fail("a size cannot be negative: %lld",
                         (long long)shape[d]);
    empty = empty || shape[d] == 0;
    overflow = overflow || __builtin_mul_overflow(n, shape[d], &n);
  }
  if (overflow && !empty) {
    char text[TENSOR_SHAPE_TEXT];
    return tensor_fail("the shape %s has more elements than can be counted",
                       tensor_shape_text(ndim, shape, text));
  }
  *count = empty ? 0 : n;
  return TENSOR_OK;
}

char *tensor_shape_text(int ndim, const int64_t *shape,
                        char text[TENSOR_SHAPE_TEXT]) {
  size_t at = 0;
  text[at++] = '(';
  for (int d = 0; d < ndim; d++)
    at += (size_t)snprintf(text + at, TENSOR_SHAPE_TEXT - at, "%s%lld",
                           d > 0 ? ", " : "", (long long)shape[d]);
  snprintf(text + at, TENSOR_SHAPE_TEXT - at, ")");
  return text;
}

char *tensor_describe(const Tensor *t, char text[TENSOR_SHAPE_TEXT]) {
  char shape[TENSOR_SHAPE_TEXT];
  snprintf(text, TENSOR_SHAPE_TEXT, "%s %.180s", tensor_dtype_name(t->dtype),
           tensor_shape_text(t->ndim, t->shape, shape));
  return text;
}

int64_t tensor_numel(const Tensor *t) {
  int64_t n = 1;
  for (int d = 0; d < t->ndim; d++) n *= t->shape[d];
  return n;
}

int64_t tensor_bytes(const Tensor *t) {
  return tensor_numel(t) * (int64_t)tensor_dtype_size(t->dtype);
}

bool tensor_same_shape(const Tensor *a, const Tensor *b) {
  if (a->ndim != b->ndim) return false;
  for (int d = 0; d < a->ndim; d++)
    if (a->shape[d] != b->shape[d]) return false;
  return true;
}

bool tensor_is_contiguous(const Tensor *t) {
  int64_t expected = 1;
  if (tensor_numel(t) == 0) return true;
  for (int d = t->ndim - 1; d >= 0; d--) {
    if (t->shape[d] != 1 && t->strides[d] != expected) return false;
    expected *= t->shape[d];
  }
  return true;
}

/* }== making and letting go {== */

static void set_contiguous_strides(Tensor *t) {
  int64_t stride = 1;
  for (int d = t->ndim - 1; d >= 0; d--) {
    t->strides[d] = stride;
    stride *= tensor_max64(t->shape[d], 1);
  }
}

int tensor_new(Tensor *out, TensorDType dtype, int ndim, const int64_t *shape) {
  int64_t count, bytes;
  if (ndim > TENSOR_MAX_DIMS)
    return tensor_fail("a tensor has at most %d dims, not %d", TENSOR_MAX_DIMS,
                       ndim);
  int status = tensor_count(ndim, shape, &count);
  if (status != TENSOR_OK) return status;
  if (__builtin_mul_overflow(count, (int64_t)tensor_dtype_size(dtype), &bytes))
    return tensor_no_memory(INT64_MAX);
  TensorStorage *s = tensor_storage_new(bytes);
  if (s == NULL) return TENSOR_NO_MEMORY;
  out->storage = s;
  out->data = s->data;
  out->dtype = dtype;
  out->ndim = ndim;
  for (int d = 0; d < ndim; d++) out->shape[d] = shape[d];
  set_contiguous_strides(out);
  return TENSOR_OK;
}

int tensor_new_like(Tensor *out, TensorDType dtype, const Tensor *shape_of) {
  return tensor_new(out, dtype, shape_of->ndim, shape_of->shape);
}

void tensor_retain(const Tensor *t) { tensor_storage_retain(t->storage); }

void tensor_release(Tensor *t) {
  if (t->storage == NULL) return;
  tensor_storage_release(t->storage);
  t->storage = NULL;
}

/* }== overlap {== */

/* The dims by their steps, the shortest first; a step of 0 comes before all. A
** tensor lies apart where each step is longer than the reach of all the dims
** before it together. */
bool tensor_overlaps_itself(const Tensor *t) {
  int64_t step[TENSOR_MAX_DIMS], reach[TENSOR_MAX_DIMS], sum = 0;
  int n = 0;
  for (int d = 0; d < t->ndim; d++) {
    if (t->shape[d] == 0) return false;
    if (t->shape[d] == 1) continue;
    int64_t s = t->strides[d] < 0 ? -t->strides[d] : t->strides[d];
    int k = n++;
    for (; k > 0 && step[k - 1] > s; k--) {
      step[k] = step[k - 1];
      reach[k] = reach[k - 1];
    }
    step[k] = s;
    reach[k] = (t->shape[d] - 1) * s;
  }
  for (int k = 0; k < n; k++) {
    if (step[k] <= sum) return true;
    sum += reach[k];
  }
  return false;
}

/* The first byte of the elements and the one after the last. */
static void extent(const Tensor *t, char **low, char **high) {
  int64_t size = (int64_t)tensor_dtype_size(t->dtype), down = 0, up = 0;
  for (int d = 0; d < t->ndim; d++) {
    int64_t reach = (t->shape[d] - 1) * t->strides[d];
    if (reach < 0)
      down += reach;
    else
      up += reach;
  }
  *low = t->data + down * size;
  *high = t->data + (up + 1) * size;
}

bool tensor_may_share(const Tensor *a, const Tensor *b) {
  if (a->storage != b->storage) return false;
  if (tensor_numel(a) == 0 || tensor_numel(b) == 0) return false;
  char *a_low, *a_high, *b_low, *b_high;
  extent(a, &a_low, &a_high);
  extent(b, &b_low, &b_high);
  return a_low < b_high && b_low < a_high;
}

/* }== views {== */

void tensor_alias(Tensor *out, const Tensor *x) {
  *out = *x;
  tensor_retain(out);
}

void tensor_permute(Tensor *out, const Tensor *x, const int *order) {
  Tensor view = *x;
  for (int d = 0; d < x->ndim; d++) {
    view.shape[d] = x->shape[order[d]];
    view.strides[d] = x->strides[order[d]];
  }
  tensor_alias(out, &view);
}

void tensor_transpose(Tensor *out, const Tensor *x, int dim0, int dim1) {
  int order[TENSOR_MAX_DIMS];
  for (int d = 0; d < x->ndim; d++) order[d] = d;
  order[dim0] = dim1;
  order[dim1] = dim0;
  tensor_permute(out, x, order);
}

void tensor_slice(Tensor *out, const Tensor *x, int dim, int64_t start,
                  int64_t step, int64_t length) {
  Tensor view = *x;
  if (length > 0)
    view.data += start * x->strides[dim] * (int64_t)tensor_dtype_size(x->dtype);
  view.shape[dim] = length;
  view.strides[dim] = x->strides[dim] * step;
  tensor_alias(out, &view);
}

/* Takes dim out of a view that nothing else holds. */
static void drop_dim(Tensor *view, int dim) {
  view->ndim--;
  for (int d = dim; d < view->ndim; d++) {
    view->shape[d] = view->shape[d + 1];
    view->strides[d] = view->strides[d + 1];
  }
}

void tensor_select(Tensor *out, const Tensor *x, int dim, int64_t index) {
  tensor_slice(out, x, dim, index, 1, 1);
  drop_dim(out, dim);
}

void tensor_squeeze(Tensor *out, const Tensor *x, int dim) {
  tensor_alias(out, x);
  drop_dim(out, dim);
}

static int broadcast_failure(int an, const int64_t *a, int bn, const int64_t *b,
                             int64_t from_end) {
  char atext[TENSOR_SHAPE_TEXT], btext[TENSOR_SHAPE_TEXT];
  return tensor_fail("the shapes %s and %s do not broadcast: counted from the "
                     "end, dim %lld has sizes %lld and %lld (equal, or one of "
                     "them 1, is needed)",
                     tensor_shape_text(an, a, atext),
                     tensor_shape_text(bn, b, btext), (long long)from_end,
                     (long long)a[an - from_end], (long long)b[bn - from_end]);
}

int tensor_broadcast_to(Tensor *out, const Tensor *x, int ndim,
                        const int64_t *shape) {
  char from[TENSOR_SHAPE_TEXT], to[TENSOR_SHAPE_TEXT];
  if (ndim < x->ndim || ndim > TENSOR_MAX_DIMS)
    return tensor_fail("the shape %s does not broadcast to %s",
                       tensor_shape_text(x->ndim, x->shape, from),
                       tensor_shape_text(ndim, shape, to));
  Tensor view = *x;
  int shift = ndim - x->ndim;
  view.ndim = ndim;
  for (int d = ndim - 1; d >= 0; d--) {
    int64_t size = d >= shift ? x->shape[d - shift] : 1;
    if (size != 1 && size != shape[d])
      return tensor_fail("the shape %s does not broadcast to %s: dim %d has "
                         "size %lld where %lld is needed",
                         tensor_shape_text(x->ndim, x->shape, from),
                         tensor_shape_text(ndim, shape, to), d - shift + 1,
                         (long long)size, (long long)shape[d]);
    view.shape[d] = shape[d];
    view.strides[d] = size == 1 ? 0 : x->strides[d - shift];
  }
  tensor_alias(out, &view);
  return TENSOR_OK;
}

int tensor_broadcast_shape(const Tensor *a, const Tensor *b, int *ndim,
                           int64_t *shape) {
  int n = a->ndim > b->ndim ? a->ndim : b->ndim;
  for (int k = 1; k <= n; k++) { /* counted from the end */
    int64_t p = k <= a->ndim ? a->shape[a->ndim - k] : 1;
    int64_t q = k <= b->ndim ? b->shape[b->ndim - k] : 1;
    if (p != q && p != 1 && q != 1)
      return broadcast_failure(a->ndim, a->shape, b->ndim, b->shape, k);
    shape[n - k] = p == 1 ? q : p;
  }
  *ndim = n;
  return TENSOR_OK;
}

/* Joins neighbouring dims that lie in one run. Returns how many remain. */
static int coalesce(const Tensor *x, int64_t *shape, int64_t *strides) {
  int n = 0;
  for (int d = 0; d < x->ndim; d++) {
    if (x->shape[d] == 1) continue;
    if (n > 0 && strides[n - 1] == x->strides[d] * x->shape[d]) {
      shape[n - 1] *= x->shape[d];
      strides[n - 1] = x->strides[d];
    } else {
      shape[n] = x->shape[d];
      strides[n++] = x->strides[d];
    }
  }
  return n;
}

/* Each run of x must be cut exactly by a group of the new dims. */
bool tensor_view_as(Tensor *out, const Tensor *x, int ndim,
                    const int64_t *shape) {
  Tensor view = *x;
  int64_t run[TENSOR_MAX_DIMS], step[TENSOR_MAX_DIMS];
  view.ndim = ndim;
  for (int d = 0; d < ndim; d++) view.shape[d] = shape[d];
  if (tensor_is_contiguous(x)) {
    set_contiguous_strides(&view);
    tensor_alias(out, &view);
    return true;
  }
  int r = coalesce(x, run, step) - 1;
  int64_t left = r >= 0 ? run[r] : 1, stride = r >= 0 ? step[r] : 1;
  for (int d = ndim - 1; d >= 0; d--) {
    if (left == 1 && r > 0 && shape[d] != 1) {
      left = run[--r];
      stride = step[r];
    }
    if (left % shape[d] != 0) return false;
    view.strides[d] = stride;
    stride *= shape[d];
    left /= shape[d];
  }
  tensor_alias(out, &view);
  return true;
}

/* }== */
