/*
** pick_index.c - several dims picked at once, to read and to write.
**
** The positions in all picked dims are joined into one offset for each place
** of the broadcast index; then a single loop of pick.h moves the elements,
** so that memory and time go by what is picked, not by the whole tensor.
*/
#include <string.h>

#include "tensor/map.h"
#include "tensor/pick.h"

/* Positions checked between two looks at the interrupt flag. */
#define POLL_POSITIONS (INT64_C(1) << 22)

typedef struct Shape {
  int ndim;
  int64_t shape[TENSOR_MAX_DIMS];
} Shape;

/* {== shapes ============================================================ */

static int index_count(const TensorIndex *k) {
  return __builtin_popcount(k->dims);
}

static int index_dtype(const Tensor *index) {
  if (index->dtype == TENSOR_INT64 || index->dtype == TENSOR_INT32 ||
      index->dtype == TENSOR_UINT8)
    return TENSOR_OK;
  return tensor_fail("an index tensor must hold integers or be a bool mask, "
                     "this one is %s (x:long() makes integers of it)",
                     tensor_dtype_name(index->dtype));
}

/* The shape to which the index tensors broadcast. */
static int joined_shape(const TensorIndex *k, Shape *joined) {
  Tensor so_far = {.ndim = 0};
  for (int n = 0; n < index_count(k); n++) {
    int status = index_dtype(k->index[n]);
    if (status != TENSOR_OK) return status;
    status = tensor_broadcast_shape(&so_far, k->index[n], &so_far.ndim,
                                    so_far.shape);
    if (status != TENSOR_OK)
      return tensor_fail_in(status, "indexing: the index tensors must have "
                                    "shapes that go together: ");
  }
  joined->ndim = so_far.ndim;
  memcpy(joined->shape, so_far.shape, sizeof joined->shape);
  return TENSOR_OK;
}

/* Where the index's dims go: in front unless the picked dims are a run. */
static int place_of(unsigned dims) {
  int first = dims == 0 ? 0 : __builtin_ctz(dims);
  unsigned run = dims >> first;
  return (run & (run + 1)) == 0 ? first : 0;
}

static int result_shape(const TensorIndex *k, const Tensor *x,
                        const Shape *joined, Shape *out) {
  int first = place_of(k->dims), n = 0;
  out->ndim = x->ndim - index_count(k) + joined->ndim;
  if (out->ndim > TENSOR_MAX_DIMS)
    return tensor_fail("indexing: the result would have %d dims, more than %d",
                       out->ndim, TENSOR_MAX_DIMS);
  memcpy(out->shape + first, joined->shape,
         (size_t)joined->ndim * sizeof *joined->shape);
  for (int d = 0; d < x->ndim; d++) {
    if (k->dims >> d & 1) continue;
    out->shape[n < first ? n : n + joined->ndim] = x->shape[d];
    n++;
  }
  return TENSOR_OK;
}

int tensor_index_shape(const TensorIndex *k, const Tensor *x, int *ndim,
                       int64_t *shape, int *first) {
  Shape joined, result;
  int status = joined_shape(k, &joined);
  if (status == TENSOR_OK) status = result_shape(k, x, &joined, &result);
  if (status != TENSOR_OK) return status;
  *ndim = result.ndim;
  *first = place_of(k->dims);
  memcpy(shape, result.shape, (size_t)result.ndim * sizeof *shape);
  return TENSOR_OK;
}

/* }== offsets =========================================================== */

/* The dim of x in the words of messages, from 1. */
static int name_of(const TensorIndex *k, int dim) {
  unsigned names = k->names;
  if (names == 0) return dim + 1;
  while (dim-- > 0) names &= names - 1;
  return __builtin_ctz(names) + 1;
}

static int wrong_position(const TensorIndex *k, const Tensor *index, int64_t at,
                          int64_t value, int dim, int64_t size) {
  char where[TENSOR_SHAPE_TEXT];
  tensor_pick_place(index, at, where);
  if (value == 0)
    return tensor_fail("index 0%s: positions count from 1", where);
  return tensor_fail("index %lld%s is outside dim %d of size %lld",
                     (long long)value, where, name_of(k, dim), (long long)size);
}

/* Turns positions from 1 into offsets along a dim, in place. The first wrong
** one, or -1. */
static int64_t to_offsets(int64_t *at, int64_t begin, int64_t end, int64_t size,
                          int64_t stride) {
  for (int64_t i = begin; i < end; i++) {
    int64_t v = at[i];
    if (v == 0 || v > size || v < -size) return i;
    at[i] = (v < 0 ? v + size : v - 1) * stride;
  }
  return -1;
}

/* A contiguous tensor of the offsets that index means along dim of x. */
static int dim_offsets(Tensor *out, const TensorIndex *k, const Tensor *x,
                       int dim, const Tensor *index) {
  int status = tensor_clone(out, index, TENSOR_INT64);
  if (status != TENSOR_OK) return status;
  int64_t *at = (int64_t *)(void *)out->data, n = tensor_numel(out);
  for (int64_t i = 0; i < n && status == TENSOR_OK; i += POLL_POSITIONS) {
    int64_t wrong = to_offsets(at, i, tensor_min64(n, i + POLL_POSITIONS),
                               x->shape[dim], x->strides[dim]);
    if (wrong >= 0)
      status = wrong_position(k, index, wrong, at[wrong], dim, x->shape[dim]);
    else
      status = tensor_poll();
  }
  if (status != TENSOR_OK) tensor_release(out);
  return status;
}

/* *sum += part, both broadcast to the shape; takes over part. */
static int add_offsets(Tensor *sum, Tensor *part, const Shape *shape) {
  Tensor wide, total;
  int status = tensor_new(&total, TENSOR_INT64, shape->ndim, shape->shape);
  if (status == TENSOR_OK) {
    const Tensor *in[] = {sum, part};
    status = tensor_map(&tensor_maps[TENSOR_MAP_add], TENSOR_INT64, &total, in);
    wide = *sum;
    *sum = total;
    tensor_release(&wide);
  }
  tensor_release(part);
  return status;
}

/* The offsets from x's data that the index means, of the joined shape,
** contiguous. */
static int joined_offsets(Tensor *out, const TensorIndex *k, const Tensor *x,
                          const Shape *joined) {
  int status = TENSOR_OK;
  Tensor part;
  out->storage = NULL;
  for (int d = 0, n = 0; d < x->ndim && status == TENSOR_OK; d++) {
    if ((k->dims >> d & 1) == 0) continue;
    status = dim_offsets(&part, k, x, d, k->index[n++]);
    if (status != TENSOR_OK) break;
    if (n == 1)
      *out = part;
    else
      status = add_offsets(out, &part, joined);
  }
  if (status != TENSOR_OK) tensor_release(out);
  return status;
}

/* }== moving ============================================================ */

/* A loop over the result's dims: steps in x in x_steps (0 along the index's
** dims), the result's own in result_steps. */
static void describe(Pick *p, const TensorIndex *k, const Tensor *x,
                     const Shape *joined, const Shape *result,
                     const Tensor *offsets, int64_t *x_steps) {
  int first = place_of(k->dims), n = 0;
  memset(p, 0, sizeof *p);
  p->dtype = x->dtype;
  p->ndim = result->ndim;
  memcpy(p->shape, result->shape, sizeof p->shape);
  p->positions = (const int64_t *)(const void *)offsets->data;
  for (int d = 0; d < joined->ndim; d++) p->at[first + d] = offsets->strides[d];
  for (int d = 0; d < x->ndim; d++) {
    if (k->dims >> d & 1) continue;
    x_steps[n < first ? n : n + joined->ndim] = x->strides[d];
    n++;
  }
}

/* Shapes and offsets: all that is checked before anything moves. */
static int prepare(const TensorIndex *k, const Tensor *x, Shape *joined,
                   Shape *result, Tensor *offsets) {
  int64_t count;
  int status = joined_shape(k, joined);
  if (status == TENSOR_OK)
    status = tensor_count(joined->ndim, joined->shape, &count);
  if (status == TENSOR_OK) status = result_shape(k, x, joined, result);
  if (status == TENSOR_OK) status = joined_offsets(offsets, k, x, joined);
  return status;
}

int tensor_index_get(Tensor *out, const Tensor *x, const TensorIndex *k) {
  Shape joined, result;
  Tensor offsets;
  Pick p;
  int status = prepare(k, x, &joined, &result, &offsets);
  if (status != TENSOR_OK) return status;
  describe(&p, k, x, &joined, &result, &offsets, p.from);
  p.out = out->data;
  p.x = x->data;
  p.from_picked = 1;
  memcpy(p.to, out->strides, (size_t)out->ndim * sizeof *p.to);
  if (tensor_numel(out) > 0) status = tensor_pick_gather(&p);
  tensor_release(&offsets);
  return status;
}

/* The source in x's dtype, apart from x, seen in the result's shape. */
static int as_source(Tensor *out, const Tensor *source, const Tensor *x,
                     const Shape *result) {
  Tensor apart;
  int status = tensor_broadcast_to(out, source, result->ndim, result->shape);
  if (status != TENSOR_OK) return tensor_fail_in(status, "assignment: ");
  if (source->dtype == x->dtype && !tensor_may_share(source, x))
    return TENSOR_OK;
  tensor_release(out);
  status = tensor_clone(&apart, source, x->dtype);
  if (status != TENSOR_OK) return status;
  status = tensor_broadcast_to(out, &apart, result->ndim, result->shape);
  tensor_release(&apart);
  return status;
}

int tensor_index_put(Tensor *x, const TensorIndex *k, const Tensor *source,
                     bool add) {
  Shape joined, result;
  Tensor offsets, values;
  Pick p;
  int status = prepare(k, x, &joined, &result, &offsets);
  if (status != TENSOR_OK) return status;
  status = as_source(&values, source, x, &result);
  if (status == TENSOR_OK) {
    describe(&p, k, x, &joined, &result, &offsets, p.to);
    p.out = x->data;
    p.x = values.data;
    p.to_picked = 1;
    memcpy(p.from, values.strides, (size_t)values.ndim * sizeof *p.from);
    if (tensor_numel(&values) > 0) status = tensor_pick_scatter(&p, add);
    tensor_release(&values);
  }
  tensor_release(&offsets);
  return status;
}

/* }====================================================================== */
